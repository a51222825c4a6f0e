// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

import static dev.parley.fuzz.Interleavings.check;
import static dev.parley.fuzz.Interleavings.sideBySide;
import static dev.parley.fuzz.Laws.require;

import dev.parley.websocket.Frame;
import dev.parley.websocket.Inbound;
import dev.parley.websocket.Limits;
import dev.parley.websocket.Role;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;

/** Each message of a burst is taken once, and in order, whoever comes for it. */
final class BurstInterleavingTest {
  private static final int MESSAGES = 3;

  private static Burst burst() {
    ByteBuffer others = ByteBuffer.allocate(3 * (MESSAGES - 1));
    for (byte number = 1; number < MESSAGES; number++) {
      others.put((byte) 0x82).put((byte) 1).put(number);
    }
    Burst burst = new Burst(new Frame.Binary(new byte[] {0}), MESSAGES);
    burst.fill(
        new Inbound(Role.CLIENT, Limits.DEFAULT, Inbound.Delivery.MESSAGES, List.of()),
        others.flip());
    return burst;
  }

  @Test
  void isSharedByThoseWhoTakeOneAndTheOneWhoTakesTheRest() {
    check(
        () -> {
          Burst burst = burst();
          AtomicIntegerArray taken = new AtomicIntegerArray(MESSAGES);
          Runnable taker =
              () -> {
                int last = -1;
                for (Frame frame = burst.take(); frame != null; frame = burst.take()) {
                  last = next(last, frame, taken);
                }
              };
          sideBySide(
              taker,
              taker,
              () -> {
                int last = -1;
                for (Frame frame : burst.takeAll()) {
                  last = next(last, frame, taken);
                }
              });
          for (int number = 0; number < MESSAGES; number++) {
            require(taken.get(number) == 1, taken);
          }
          require(
              burst.isEmpty() && burst.take() == null && burst.takeAll().equals(List.of()),
              "not empty");
        });
  }

  private static int next(int last, Frame frame, AtomicIntegerArray taken) {
    int number = frame.data()[0];
    require(number > last, "out of order");
    taken.incrementAndGet(number);
    return number;
  }

  @Test
  void nothingIsLeftBehindTheOneWhoTookTheRest() {
    check(
        () -> {
          Burst burst = burst();
          AtomicBoolean moved = new AtomicBoolean();
          sideBySide(
              () -> {
                List<Frame> unused = burst.takeAll();
                moved.set(true);
              },
              () -> {
                boolean late = moved.get();
                require(burst.take() == null || !late, "left behind");
              });
        });
  }
}
