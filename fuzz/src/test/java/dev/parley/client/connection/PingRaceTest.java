// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

import static dev.parley.client.connection.RacingConnection.LONG;
import static dev.parley.client.connection.RacingConnection.bytes;
import static dev.parley.client.connection.RacingConnection.message;
import static dev.parley.fuzz.Laws.require;
import static dev.parley.fuzz.Races.race;

import dev.parley.fuzz.Races.Round;
import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketClosedException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The Pings of a real connection, which makes what counts them with the first: whoever waits for a
 * Pong is woken by it, whoever reads it, by nothing else, and by the end.
 */
@Timeout(value = 1, unit = TimeUnit.HOURS)
final class PingRaceTest {
  /** Of one Ping: header, masking key and number. */
  private static final int PING_BYTES = 2 + 4 + Long.BYTES;

  private static byte[] pong(long number) {
    return bytes(new Frame.Pong(ByteBuffer.allocate(Long.BYTES).putLong(number).array()));
  }

  /** Sends a Ping and has to get its Pong. */
  private static void ping(RacingConnection model) {
    Duration roundTrip = model.connection.ping(LONG);
    require(!roundTrip.isNegative(), roundTrip);
  }

  private static void twoAtOnce(byte[]... pongs) {
    race(
        () -> {
          RacingWire wire = new RacingWire(false, pongs);
          wire.hold(0);
          RacingConnection model = new RacingConnection(wire);
          return new Round(
              List.of(
                  () -> ping(model),
                  () -> ping(model),
                  () -> {
                    wire.awaitWritten(2 * PING_BYTES);
                    for (int i = 0; i < pongs.length; i++) {
                      wire.arrive();
                    }
                  }),
              () -> {
                model.join();
                require(model.connection.lastRoundTrip() != null, "not measured");
              });
        });
  }

  @Test
  void twoAtOnceAreAnsweredInTheirOrder() {
    twoAtOnce(pong(1), pong(2));
  }

  @Test
  void twoAtOnceAreAnsweredInTheOtherOrder() {
    twoAtOnce(pong(2), pong(1));
  }

  @Test
  void peerThatAnswersOnlyTheLatestAnswersBoth() {
    race(
        () -> {
          byte[] pong = pong(0);
          RacingWire wire = new RacingWire(false, pong);
          wire.hold(0);
          RacingConnection model = new RacingConnection(wire);
          return new Round(
              List.of(
                  () -> ping(model),
                  () -> ping(model),
                  () -> {
                    wire.awaitWritten(2 * PING_BYTES);
                    byte[] pings = wire.written(); // with a key of zeros
                    System.arraycopy(
                        pings,
                        PING_BYTES * 2 - Long.BYTES,
                        pong,
                        pong.length - Long.BYTES,
                        Long.BYTES);
                    wire.arrive();
                  }),
              model::join);
        });
  }

  @Test
  void pongThatNobodyAskedForWakesNobody() {
    race(
        () -> {
          RacingWire wire = new RacingWire(false, pong(7), pong(1));
          wire.hold(1);
          RacingConnection model = new RacingConnection(wire);
          AtomicBoolean answered = new AtomicBoolean();
          return new Round(
              List.of(
                  () -> {
                    ping(model);
                    require(answered.get(), "answered by another's Pong");
                  },
                  () -> {
                    wire.awaitWritten(PING_BYTES);
                    answered.set(true);
                    wire.arrive();
                  }),
              model::join);
        });
  }

  @Test
  void pongThatTheReceiverReadsWakesWhoWaitsForIt() {
    race(
        () -> {
          RacingWire wire = new RacingWire(false, pong(1), bytes(message(1)));
          wire.hold(0);
          RacingConnection model = new RacingConnection(wire);
          CountDownLatch answered = new CountDownLatch(1);
          return new Round(
              List.of(
                  () -> require(model.receive().equals(message(1)), "another message"),
                  () -> {
                    try {
                      ping(model);
                    } finally {
                      answered.countDown(); // so that the receiver has its message all the same
                    }
                  },
                  () -> {
                    wire.awaitWritten(PING_BYTES);
                    wire.arrive();
                    await(answered);
                    wire.arrive();
                  }),
              model::join);
        });
  }

  private static void await(CountDownLatch latch) {
    try {
      require(latch.await(LONG.toSeconds() * 2, TimeUnit.SECONDS), "waits for ever");
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void pingOfTheTimersTakesNobodysPong() {
    race(
        () -> {
          RacingWire wire = new RacingWire(false, pong(1), pong(2));
          wire.hold(0);
          RacingConnection model = new RacingConnection(wire);
          return new Round(
              List.of(
                  () -> ping(model),
                  model.connection::pingUnasked,
                  () -> {
                    wire.awaitWritten(2 * PING_BYTES);
                    wire.arrive();
                    wire.arrive();
                  }),
              model::join);
        });
  }

  @Test
  void whoWaitsForAPongIsToldOfTheEnd() {
    race(
        () -> {
          RacingConnection model = new RacingConnection(new RacingWire(false));
          return new Round(
              List.of(
                  () -> {
                    try {
                      Duration unused = model.connection.ping(LONG);
                      throw new AssertionError("answered by nobody");
                    } catch (WebSocketClosedException e) {
                      require(model.connection.hasEnded(), e);
                    }
                  },
                  model.connection::terminate),
              model::join);
        });
  }

  @Test
  @SuppressWarnings("ThreadPriorityCheck") // there may be more threads than processors
  void whoSeesThatAPingIsWrittenSeesWhen() {
    race(
        () -> {
          RoundTrips trips = new RoundTrips();
          RoundTrips.Ping ping = trips.next();
          long made = ping.sentNanos();
          return new Round(
              List.of(
                  () -> {
                    while (System.nanoTime() == made) {
                      Thread.onSpinWait();
                    }
                    trips.begun(ping.frame());
                  },
                  () -> {
                    while (!ping.isBegun()) {
                      Thread.yield();
                    }
                    require(ping.sentNanos() != made, "when it was made");
                  }),
              () -> {});
        });
  }
}
