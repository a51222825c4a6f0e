// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import static dev.parley.fuzz.Interleavings.check;
import static dev.parley.fuzz.Interleavings.sideBySide;
import static dev.parley.fuzz.Laws.require;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * The law of {@link LastFrames}: whoever looks while another adds sees headers that were added,
 * whole, the oldest first, and none left out between two; who knows that nothing is added any more
 * sees all of the last four.
 */
final class LastFramesInterleavingTest {
  @Test
  void firstFramesAreSeenInOrderAsSoonAsTheyAreKnown() {
    check(
        () -> {
          long[] kept = LastFrames.none();
          AtomicInteger known = new AtomicInteger();
          sideBySide(
              () -> {
                for (int number = 1; number <= 3; number++) {
                  LastFrames.add(kept, firstByte(number), length(number));
                  known.set(number);
                }
              },
              () -> {
                int before = known.get();
                List<FrameHeader> seen = LastFrames.list(kept);
                require(seen.size() >= before && isRun(1, seen), seen);
              });
        });
  }

  @Test
  void placeThatIsBeingTakenByANewerFrameIsNotShownAsTheOldest() {
    check(
        () -> {
          long[] kept = added(4);
          sideBySide(
              () -> add(kept, 5, 6),
              () -> {
                List<FrameHeader> seen = LastFrames.list(kept);
                require(!seen.isEmpty() && isRun(number(seen.getFirst()), seen), seen);
                require(number(seen.getLast()) >= 4, seen);
              });
          require(LastFrames.list(kept).equals(headers(3, 6)), LastFrames.list(kept));
        });
  }

  @Test
  void whoKnowsOfTheEndSeesTheLastFour() {
    check(
        () -> {
          long[] kept = added(3);
          AtomicBoolean ended = new AtomicBoolean();
          sideBySide(
              () -> {
                add(kept, 4, 5);
                ended.set(true);
              },
              () -> {
                boolean late = ended.get();
                List<FrameHeader> seen = LastFrames.list(kept);
                require(!late || seen.equals(headers(2, 5)), seen);
              });
        });
  }

  private static long[] added(int last) {
    long[] kept = LastFrames.none();
    add(kept, 1, last);
    return kept;
  }

  private static void add(long[] kept, int first, int last) {
    for (int number = first; number <= last; number++) {
      LastFrames.add(kept, firstByte(number), length(number));
    }
  }

  private static boolean isRun(int first, List<FrameHeader> seen) {
    return seen.size() <= 4 && seen.equals(headers(first, first + seen.size() - 1));
  }

  private static List<FrameHeader> headers(int first, int last) {
    List<FrameHeader> headers = new ArrayList<>();
    for (int number = first; number <= last; number++) {
      headers.add(new FrameHeader(firstByte(number), length(number)));
    }
    return headers;
  }

  private static int number(FrameHeader header) {
    return header.firstByte() & 0xf;
  }

  private static int firstByte(int number) {
    return 0x80 | number;
  }

  /** Returns a length whose halves both tell which it is. */
  private static long length(int number) {
    return (long) number << 32 | number;
  }
}
