// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

import static dev.parley.client.connection.RacingConnection.bytes;
import static dev.parley.client.connection.RacingConnection.message;
import static dev.parley.fuzz.Laws.require;
import static dev.parley.fuzz.Races.race;

import dev.parley.fuzz.Races.Round;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The law of {@link IdleWatch}, on a real connection: after the last reader left, either what
 * arrives is read on behalf of the application, or one tick is to come that sees to it; and after
 * the last writer left, its buffer goes back.
 */
@Timeout(value = 1, unit = TimeUnit.HOURS)
final class IdleWatchRaceTest {
  private static final byte[] ONE = bytes(message(1));
  private static final byte[] TWO = bytes(message(2));
  private static final byte[] THREE = bytes(message(3));
  private static final Duration EVER = Duration.ofDays(-1);

  /** Has the ticks come that are set. */
  private static void tick(RacingConnection model) {
    for (int i = 0; i < 3; i++) {
      boolean unused = model.timers.runNext();
    }
  }

  /** What must hold when all have left, before time passes and after it. */
  private static void requireWatched(RacingConnection model, RacingWire wire) {
    model.join();
    int ticks = model.timers.countFrom(EVER);
    require(ticks <= 1, ticks + " ticks are to come");
    require(ticks == 1 || wire.isWatched(), "left alone");
    model.settle();
    require(model.timers.countFrom(EVER) == 0 && wire.isWatched(), "never at rest");
    require(model.borrowed() == 0, "buffers are kept");
  }

  private static void requireReadOnBehalf(RacingConnection model, RacingWire wire) {
    wire.arrive();
    model.settle();
    require(wire.unread() == 0, "nobody reads");
  }

  @Test
  void sessionIsReadOnBehalfOfTheReaderThatLeft() {
    race(
        () -> {
          RacingWire wire = new RacingWire(false, ONE, TWO);
          wire.hold(1);
          RacingConnection model = new RacingConnection(wire);
          model.connection.start();
          return new Round(
              List.of(
                  () -> require(model.receive().equals(message(1)), "another message"),
                  () -> tick(model)),
              () -> {
                requireWatched(model, wire);
                requireReadOnBehalf(model, wire);
              });
        });
  }

  @Test
  void sessionIsReadOnBehalfOfTheLastOfTwoReaders() {
    race(
        () -> {
          RacingWire wire = new RacingWire(false, ONE, TWO, THREE);
          wire.hold(2);
          RacingConnection model = new RacingConnection(wire);
          model.connection.start();
          Runnable reader = () -> model.receive();
          return new Round(
              List.of(reader, reader, () -> tick(model)),
              () -> {
                requireWatched(model, wire);
                requireReadOnBehalf(model, wire);
              });
        });
  }

  @Test
  void sessionIsReadOnBehalfThoughItWasAtRest() {
    race(
        () -> {
          RacingWire wire = new RacingWire(false, ONE, TWO);
          wire.hold(0);
          RacingConnection model = new RacingConnection(wire);
          model.connection.start();
          model.settle();
          return new Round(
              List.of(
                  () -> require(model.receive().equals(message(1)), "another message"),
                  wire::arrive,
                  () -> tick(model)),
              () -> {
                requireWatched(model, wire);
                requireReadOnBehalf(model, wire);
              });
        });
  }

  @Test
  void bufferOfTheLastWriterGoesBack() {
    race(
        () -> {
          RacingWire wire = new RacingWire(false);
          RacingConnection model = new RacingConnection(wire);
          model.connection.start();
          return new Round(
              List.of(
                  () -> model.connection.send(message(1)),
                  () -> model.connection.send(message(2)),
                  () -> tick(model)),
              () -> {
                requireWatched(model, wire);
                require(model.sent().size() == 2, model.sent());
              });
        });
  }
}
