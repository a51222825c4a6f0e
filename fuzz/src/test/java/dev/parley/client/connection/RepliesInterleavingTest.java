// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

import static dev.parley.fuzz.Interleavings.check;
import static dev.parley.fuzz.Interleavings.sideBySide;
import static dev.parley.fuzz.Laws.require;

import dev.parley.websocket.Frame;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is owed is written once, the newest Pong and the first Close at least. */
final class RepliesInterleavingTest {
  private static final Frame.Pong OLD = new Frame.Pong(new byte[] {1});
  private static final Frame.Pong NEW = new Frame.Pong(new byte[] {2});
  private static final Frame.Close FIRST = new Frame.Close(new byte[] {3, -24});
  private static final Frame.Close SECOND = new Frame.Close(new byte[] {3, -23});

  @Test
  void newestPongIsNeverLostAndNoneGoesOutTwice() {
    check(
        () -> {
          Replies replies = new Replies();
          List<Frame> taken = new ArrayList<>();
          sideBySide(
              () -> {
                replies.add(OLD);
                replies.add(NEW);
              },
              () -> take(replies, taken));
          take(replies, taken);
          require(taken.equals(List.of(NEW)) || taken.equals(List.of(OLD, NEW)), taken);
          require(replies.isEmpty(), taken);
        });
  }

  @Test
  void oneCloseGoesOutWhoeverOwesIt() {
    check(
        () -> {
          Replies replies = new Replies();
          List<Frame> taken = new ArrayList<>();
          sideBySide(() -> replies.add(FIRST), () -> replies.add(SECOND));
          take(replies, taken);
          require(taken.equals(List.of(FIRST)) || taken.equals(List.of(SECOND)), taken);
        });
  }

  @Test
  void twoWritersTakeEachFrameOnce() {
    check(
        () -> {
          Replies replies = new Replies();
          replies.add(NEW);
          replies.add(FIRST);
          List<Frame> one = new ArrayList<>();
          List<Frame> other = new ArrayList<>();
          sideBySide(() -> take(replies, one), () -> take(replies, other));
          require(one.size() + other.size() == 2, one);
          require(one.contains(NEW) != other.contains(NEW), one);
          require(one.contains(FIRST) != other.contains(FIRST), one);
        });
  }

  private static void take(Replies replies, List<Frame> taken) {
    for (Frame next = replies.next(); next != null; next = replies.next()) {
      taken.add(next);
    }
  }
}
