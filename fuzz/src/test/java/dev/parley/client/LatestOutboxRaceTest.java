// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import static dev.parley.fuzz.Laws.require;
import static dev.parley.fuzz.Races.giveWay;
import static dev.parley.fuzz.Races.race;

import dev.parley.fuzz.Races.Round;
import dev.parley.websocket.Frame;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The laws of {@link LatestOutbox}: what is put is sent, replaced or dropped, and the latest of a
 * key is never left waiting with nobody to send it.
 */
@Timeout(value = 1, unit = TimeUnit.HOURS)
final class LatestOutboxRaceTest {
  private static final int PUTS = 3;
  private static final long SOON = TimeUnit.SECONDS.toNanos(20);

  private static Frame message(int key, int number) {
    return new Frame.Binary(new byte[] {(byte) key, (byte) number});
  }

  private static void put(LatestOutbox<Integer> outbox, int key) {
    for (int number = 1; number <= PUTS; number++) {
      boolean unused = outbox.put(key, message(key, number));
      giveWay(); // so that all may be sent by now
    }
  }

  /** Waits until everything came to one of its ends. */
  @SuppressWarnings("ThreadPriorityCheck") // there may be more threads than processors
  private static void awaitAll(int taken, LatestOutbox<Integer> outbox, RacingSession session) {
    long begun = System.nanoTime();
    for (long ended = 0; ended < taken; ) {
      require(System.nanoTime() - begun < SOON, ended + " of " + taken + " came to an end");
      Thread.yield();
      ended = outbox.replaced() + outbox.dropped() + session.sent().size();
      require(ended <= taken, ended + " of " + taken + " came to an end");
    }
  }

  private static int lastSent(RacingSession session, int key) {
    int last = 0;
    for (Frame frame : session.sent()) {
      if (frame.data()[0] == key) {
        require(frame.data()[1] > last, "out of order");
        last = frame.data()[1];
      }
    }
    return last;
  }

  @Test
  void latestOfEachKeyIsSent() {
    race(
        () -> {
          RacingSession session = new RacingSession();
          LatestOutbox<Integer> outbox = new LatestOutbox<>(session, 2);
          return new Round(
              List.of(() -> put(outbox, 1), () -> put(outbox, 2)),
              () -> {
                awaitAll(2 * PUTS, outbox, session);
                require(outbox.dropped() == 0, outbox.dropped());
                require(lastSent(session, 1) == PUTS, session.sent());
                require(lastSent(session, 2) == PUTS, session.sent());
              });
        });
  }

  @Test
  void whatTheEndLeavesIsCounted() {
    race(
        () -> {
          RacingSession session = new RacingSession();
          LatestOutbox<Integer> outbox = new LatestOutbox<>(session, 1);
          AtomicInteger taken = new AtomicInteger();
          return new Round(
              List.of(
                  () -> {
                    for (int key = 1; key <= PUTS; key++) {
                      taken.addAndGet(outbox.put(key, message(key, 1)) ? 1 : 0);
                    }
                  },
                  session::terminate),
              () -> awaitAll(taken.get(), outbox, session));
        });
  }
}
