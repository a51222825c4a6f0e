// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

import static dev.parley.client.connection.RacingConnection.LONG;
import static dev.parley.client.connection.RacingConnection.bytes;
import static dev.parley.client.connection.RacingConnection.message;
import static dev.parley.fuzz.Laws.require;
import static dev.parley.fuzz.Races.race;

import dev.parley.fuzz.Races.Round;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.ClosingHandshake;
import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketException;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The end of a real connection is decided once, whoever comes first, and leaves nothing behind. */
@Timeout(value = 1, unit = TimeUnit.HOURS)
final class ClosingRaceTest {
  private static final CloseReason GOING_AWAY = new CloseReason(1001, "");
  private static final byte[] CLOSE = bytes(new Frame.Close(GOING_AWAY));
  private static final byte[] MASKED = {(byte) 0x82, (byte) 0x81, 0, 0, 0, 0, 1};

  /** A connection, and how often and as what its end was told. */
  private static final class Ended {
    final RacingWire wire;
    final RacingConnection model;
    final AtomicInteger told = new AtomicInteger();
    private final AtomicReference<@Nullable CloseReason> reason = new AtomicReference<>();
    private final AtomicReference<@Nullable WebSocketException> first = new AtomicReference<>();

    Ended(RacingWire wire) {
      this.wire = wire;
      model = new RacingConnection(wire, 4, LONG);
      model.connection.start();
      var unused =
          model
              .connection
              .closeReason()
              .thenAccept(
                  how -> {
                    told.incrementAndGet();
                    reason.set(how);
                    first.set(model.connection.failure());
                  });
    }

    void read() {
      model.connection.readOnBehalf();
    }

    void send() {
      wire.breakOutput();
      try {
        model.connection.send(message(1));
        throw new AssertionError("was sent");
      } catch (WebSocketException e) {
        require(model.connection.hasEnded() || e.getCause() != null || isClosing(), e.toString());
      }
    }

    @SuppressWarnings("ThreadPriorityCheck") // there may be more threads than processors
    void awaitEnd() {
      while (!model.connection.hasEnded()) {
        Thread.yield();
      }
    }

    private boolean isClosing() {
      return !model.connection.closingHandshake().isOpen();
    }

    /** What must hold of every end. */
    void check() {
      model.join();
      int late = model.timers.countFrom(LONG.dividedBy(2)); // some of that is over by now
      model.settle();
      ClosingHandshake how = model.connection.closingHandshake();
      require(model.finished.get() == 1, "finished " + model.finished);
      require(told.get() == 1, "told " + told);
      require(how.ended() && wire.isClosed(), how);
      require(Objects.equals(first.get(), model.connection.failure()), "decided again");
      require(late == 0, late + " timers outlast it");
      require(
          reason.get() == null
              || reason.get().equals(how.sent())
              || reason.get().equals(how.received()),
          reason);
    }
  }

  @Test
  void peersCloseRacesTerminate() {
    race(
        () -> {
          Ended ended = new Ended(new RacingWire(true, CLOSE));
          return new Round(List.of(ended::read, ended.model.connection::terminate), ended::check);
        });
  }

  @Test
  void violationRacesFailureToWrite() {
    race(
        () -> {
          Ended ended = new Ended(new RacingWire(true, MASKED));
          return new Round(List.of(ended::read, ended::send), ended::check);
        });
  }

  @Test
  void violationRacesTerminateAndTheTickOfTheWatch() {
    race(
        () -> {
          Ended ended = new Ended(new RacingWire(true, MASKED));
          return new Round(
              List.of(ended.model.connection::terminate, ended::read, ended.model.timers::runNext),
              ended::check);
        });
  }

  @Test
  void closeRacesThePeersClose() {
    race(
        () -> {
          Ended ended = new Ended(new RacingWire(true, CLOSE));
          return new Round(
              List.of(() -> ended.model.connection.close(CloseReason.NORMAL), ended::read),
              () -> {
                ended.check();
                ClosingHandshake how = ended.model.connection.closingHandshake();
                require(how.isClean() && ended.model.connection.failure() == null, how);
                require(
                    ended.reason.get() != null && ended.reason.get().equals(how.closeReason()),
                    how);
                require(ended.model.sent().size() == 1, ended.model.sent());
              });
        });
  }

  @Test
  void timerOfOurCloseIsCancelledHoweverLateItIsSet() {
    race(
        () -> {
          Ended ended = new Ended(new RacingWire(false));
          return new Round(
              List.of(
                  () -> ended.model.connection.owe(new Frame.Close(GOING_AWAY)),
                  ended.model.connection::terminate),
              ended::check);
        });
  }

  @Test
  void timerOfThePingsIsCancelledHoweverLateItIsSet() {
    race(
        () -> {
          Ended ended = new Ended(new RacingWire(false));
          return new Round(
              List.of(
                  () -> {
                    ended.awaitEnd(); // and come while all is released
                    ended.model.connection.schedulePing(() -> {}, LONG);
                  },
                  ended.model.connection::terminate),
              ended::check);
        });
  }
}
