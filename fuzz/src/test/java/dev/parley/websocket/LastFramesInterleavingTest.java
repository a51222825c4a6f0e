// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import static dev.parley.fuzz.Interleavings.check;
import static dev.parley.fuzz.Interleavings.sideBySide;
import static dev.parley.fuzz.Laws.require;

import dev.parley.websocket.Inbound.Delivery;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
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

  /** The half makes the place for them with the first frame. */
  @Test
  void framesAreSeenAsSoonAsTheHalfHasBegunThem() {
    check(
        () -> {
          Outbound half = new Outbound(Role.SERVER, List.of(), () -> 0);
          ByteBuffer target = ByteBuffer.allocate(8);
          requireSeenOnceKnown(
              half::lastFrames,
              known -> {
                half.begin(new Frame.Ping(new byte[1]));
                known.set(1);
                require(half.write(target), "no room");
                half.begin(new Frame.Ping(new byte[2]));
                known.set(2);
              });
        });
  }

  @Test
  void framesAreSeenAsSoonAsTheHalfHasGivenThem() {
    check(
        () -> {
          Inbound half = new Inbound(Role.CLIENT, Limits.DEFAULT, Delivery.FRAMES, List.of());
          ByteBuffer source = ByteBuffer.wrap(new byte[] {(byte) 0x89, 1, 0, (byte) 0x89, 2, 0, 0});
          requireSeenOnceKnown(
              half::lastFrames,
              known -> {
                require(half.poll(source) instanceof Event.Received, "not received");
                known.set(1);
                require(half.poll(source) instanceof Event.Received, "not received");
                known.set(2);
              });
        });
  }

  /** Looks while a half has its first two frames, Pings of one byte and of two. */
  private static void requireSeenOnceKnown(
      Supplier<List<FrameHeader>> look, Consumer<AtomicInteger> half) {
    AtomicInteger known = new AtomicInteger();
    sideBySide(
        () -> half.accept(known),
        () -> {
          int before = known.get();
          List<FrameHeader> seen = look.get();
          require(seen.size() >= before && seen.size() <= 2, seen);
          for (int i = 0; i < seen.size(); i++) {
            require(seen.get(i).equals(new FrameHeader(0x89, i + 1)), seen);
          }
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
