// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

import static dev.parley.client.connection.RacingConnection.message;
import static dev.parley.fuzz.Laws.require;
import static dev.parley.fuzz.Races.race;

import dev.parley.fuzz.Races.Round;
import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketClosedException;
import dev.parley.websocket.WebSocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The laws of {@link OutgoingPath}, on a real connection: what is owed or accepted is written. */
@Timeout(value = 1, unit = TimeUnit.HOURS)
final class SendingRaceTest {
  /** About as long as a peer takes to make room. */
  private static final int MOMENT_NANOS = 100_000;

  private static final Frame PONG = new Frame.Pong(new byte[] {9});
  private static final Frame CLOSE = new Frame.Close(new byte[] {3, -24});

  @Test
  void pongGoesOutWhoeverHoldsTheLock() {
    race(
        () -> {
          RacingWire wire = new RacingWire(false);
          RacingConnection model = new RacingConnection(wire);
          return new Round(
              List.of(
                  () -> {
                    model.connection.send(message(1));
                    model.connection.send(message(2));
                  },
                  () -> model.connection.owe(PONG)),
              () -> {
                model.join();
                List<Frame> sent = new ArrayList<>(model.sent());
                require(sent.remove(PONG) && sent.equals(List.of(message(1), message(2))), sent);
              });
        });
  }

  @Test
  void pongGoesOutThoughTheLoopGivesTheBufferBack() {
    race(
        () -> {
          RacingWire wire = new RacingWire(false);
          RacingConnection model = new RacingConnection(wire);
          OutgoingPath path =
              new OutgoingPath(
                  model.connection, wire, RacingConnection.outbound(), model.buffers, null);
          return new Round(
              List.of(
                  () -> {
                    for (int i = 0; i < 100; i++) {
                      path.rest();
                    }
                  },
                  () -> path.owe(PONG)),
              () -> {
                model.join();
                require(model.sent().equals(List.of(PONG)), model.sent());
              });
        });
  }

  @Test
  void pongGoesOutThoughTheDrainerIsAboutToEnd() {
    race(
        () -> {
          RacingWire wire = new RacingWire(false);
          RacingConnection model = new RacingConnection(wire);
          model.connection.enqueue(message(1));
          return new Round(
              List.of(model.timers::runNext, () -> model.connection.owe(PONG)),
              () -> {
                model.join(); // no timer is to come to its help
                List<Frame> sent = new ArrayList<>(model.sent());
                require(sent.remove(PONG) && sent.equals(List.of(message(1))), sent);
              });
        });
  }

  @Test
  void pongThatFindsNoRoomIsWrittenOnceThereIsSome() {
    race(
        () -> {
          RacingWire wire = new RacingWire(false);
          wire.bound(3);
          RacingConnection model = new RacingConnection(wire);
          return new Round(
              List.of(() -> model.connection.owe(PONG), () -> wire.bound(100)),
              () -> {
                model.join();
                require(model.sent().equals(List.of(PONG)), model.sent());
              });
        });
  }

  @Test
  void whatIsHeldBackHasAFlushToCome() {
    race(
        () -> {
          RacingWire wire = new RacingWire(false);
          RacingConnection model = new RacingConnection(wire);
          model.connection.enqueue(message(1));
          return new Round(
              List.of(
                  () -> {
                    wire.awaitWritten(); // and come right behind the drainer
                    model.connection.enqueue(message(2));
                  },
                  model.timers::runNext),
              () -> {
                model.settle();
                require(model.sent().equals(List.of(message(1), message(2))), model.sent());
              });
        });
  }

  @Test
  void whatIsHeldBackIsWrittenInTimeThoughASenderHoldsTheLock() {
    race(
        () -> {
          RacingWire wire = new RacingWire(false);
          RacingConnection model = new RacingConnection(wire);
          model.connection.enqueue(message(1));
          return new Round(
              List.of(
                  () -> {
                    model.connection.enqueue(message(2));
                    model.connection.enqueue(message(3));
                  },
                  model.timers::runNext),
              () -> {
                model.join(); // no other timer is to come to its help
                require(model.sent().contains(message(1)), "held back for longer");
                model.settle();
                require(
                    model.sent().equals(List.of(message(1), message(2), message(3))), model.sent());
              });
        });
  }

  @Test
  void whatIsHeldBackIsWrittenOnceThereIsRoom() {
    race(
        () -> {
          RacingWire wire = new RacingWire(false);
          wire.bound(3);
          RacingConnection model = new RacingConnection(wire);
          model.connection.enqueue(message(1));
          return new Round(
              List.of(
                  () -> model.connection.send(message(2)),
                  () -> model.connection.enqueue(message(3)),
                  model.timers::runNext,
                  () -> wire.bound(100)),
              () -> {
                model.settle();
                List<Frame> sent = model.sent();
                require(sent.size() == 3 && sent.getFirst().equals(message(1)), sent);
              });
        });
  }

  @Test
  void flushWritesWhatItsThreadHeldBack() {
    race(
        () -> {
          RacingWire wire = new RacingWire(false);
          RacingConnection model = new RacingConnection(wire);
          AtomicBoolean written = new AtomicBoolean();
          return new Round(
              List.of(
                  () -> {
                    model.connection.enqueue(message(1));
                    model.connection.flush();
                    written.set(model.sent().contains(message(1)));
                  },
                  () -> model.connection.enqueue(message(2))),
              () -> {
                require(written.get(), "not flushed");
                model.settle();
                require(model.sent().size() == 2, model.sent());
              });
        });
  }

  @Test
  void senderIsToldOfTheEndAndTearsNoFrame() {
    race(
        () -> {
          RacingWire wire = new RacingWire(false);
          RacingConnection model = new RacingConnection(wire);
          AtomicInteger accepted = new AtomicInteger();
          return new Round(
              List.of(
                  () -> {
                    try {
                      model.connection.send(message(1));
                      accepted.incrementAndGet();
                      model.connection.send(message(2));
                      accepted.incrementAndGet();
                    } catch (WebSocketClosedException e) {
                      require(model.connection.hasEnded(), e);
                    }
                  },
                  () -> model.connection.terminate()),
              () -> {
                model.join();
                List<Frame> sent = model.sent();
                require(
                    List.of(message(1), message(2)).subList(0, sent.size()).equals(sent)
                        && sent.size() >= accepted.get()
                        && model.finished.get() == 1,
                    sent);
                boolean told = false;
                try {
                  boolean unused = model.connection.tryEnqueue(message(3));
                } catch (WebSocketClosedException e) {
                  told = true;
                }
                require(told, "accepted after the end");
              });
        });
  }

  @Test
  void sendersAreToldWhetherThereWasRoomInTime() {
    race(
        () -> {
          RacingWire wire = new RacingWire(false);
          wire.bound(3);
          int patience = ThreadLocalRandom.current().nextInt(1, MOMENT_NANOS);
          RacingConnection model = new RacingConnection(wire, Duration.ofNanos(patience));
          AtomicInteger accepted = new AtomicInteger();
          Runnable sender =
              () -> {
                try {
                  model.connection.send(message(1));
                  accepted.incrementAndGet();
                } catch (WebSocketClosedException e) {
                  require(model.connection.hasEnded(), e);
                }
              };
          return new Round(
              List.of(sender, sender, () -> wire.bound(100)),
              () -> {
                model.join();
                WebSocketException failure = model.connection.failure();
                if (failure == null) {
                  require(accepted.get() == 2 && model.sent().size() == 2, model.sent());
                } else {
                  require(failure.getCause() instanceof SocketTimeoutException, failure);
                  require(wire.isClosed() && model.finished.get() == 1, "left open");
                }
                long stalled = model.connection.outgoing().stalledSinceNanos();
                require(stalled == 0, "stalls, and nothing is written");
              });
        });
  }

  @Test
  void oneCloseGoesOutAndNothingBehindIt() {
    race(
        () -> {
          RacingWire wire = new RacingWire(false);
          RacingConnection model = new RacingConnection(wire);
          return new Round(
              List.of(
                  () -> model.connection.owe(CLOSE),
                  () -> {
                    try {
                      model.connection.send(message(1));
                    } catch (WebSocketClosedException e) {
                      require(model.connection.closingHandshake().sent() != null, e);
                    }
                  },
                  () -> model.connection.owe(PONG)),
              () -> {
                model.join();
                List<Frame> sent = model.sent();
                require(!sent.isEmpty() && sent.indexOf(CLOSE) == sent.size() - 1, sent);
              });
        });
  }
}
