// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

import static dev.parley.client.connection.RacingConnection.LONG;
import static dev.parley.client.connection.RacingConnection.bytes;
import static dev.parley.fuzz.Laws.require;
import static dev.parley.fuzz.Races.race;

import dev.parley.fuzz.Races.Round;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Frame;
import dev.parley.websocket.Violation;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Whoever asks how a session ends, while that is being decided, is told: once, on the future and on
 * what hangs on it, and all who ask are told the same. {@link ClosingRaceTest} asks before.
 */
@Timeout(value = 1, unit = TimeUnit.HOURS)
final class CloseReasonRaceTest {
  private static final CloseReason GOING_AWAY = new CloseReason(1001, "");
  private static final byte[] CLOSE = bytes(new Frame.Close(GOING_AWAY));
  private static final byte[] MASKED = {(byte) 0x82, (byte) 0x81, 0, 0, 0, 0, 1};

  /** Asks, and hangs something on the answer. */
  private static final class Asker implements Runnable {
    private final WebSocketConnection connection;
    private final AtomicInteger told = new AtomicInteger();
    private final AtomicReference<@Nullable CloseReason> heard = new AtomicReference<>();
    private @Nullable CompletableFuture<@Nullable CloseReason> answer;

    Asker(RacingConnection model) {
      connection = model.connection;
    }

    @Override
    public void run() {
      CompletableFuture<@Nullable CloseReason> asked = connection.closeReason();
      answer = asked;
      var unused =
          asked.thenAccept(
              reason -> {
                heard.set(reason);
                told.incrementAndGet();
              });
    }

    void check(@Nullable CloseReason expected) {
      CompletableFuture<@Nullable CloseReason> asked = Objects.requireNonNull(answer);
      require(told.get() == 1 && asked.isDone(), "told " + told);
      require(Objects.equals(heard.get(), expected), heard);
      require(Objects.equals(asked.join(), expected), asked);
    }
  }

  /** Returns what whoever asks after the end is told, which is at once. */
  private static @Nullable CloseReason ofTheEnd(RacingConnection model) {
    model.join();
    CompletableFuture<@Nullable CloseReason> late = model.connection.closeReason();
    require(model.connection.hasEnded() && late.isDone(), late);
    return late.join();
  }

  @Test
  void terminateTellsWhoAsks() {
    race(
        () -> {
          RacingConnection model = new RacingConnection(new RacingWire(false));
          Asker asker = new Asker(model);
          return new Round(
              List.of(asker, model.connection::terminate),
              () -> {
                require(ofTheEnd(model) == null, "no Close frame passed");
                asker.check(null);
              });
        });
  }

  @Test
  @SuppressWarnings("ThreadPriorityCheck") // there may be more threads than processors
  void terminateTellsTwoWhoAskAtOnce() {
    race(
        () -> {
          RacingConnection model = new RacingConnection(new RacingWire(false));
          Asker one = new Asker(model);
          Asker other = new Asker(model);
          AtomicInteger missing = new AtomicInteger(2);
          Runnable together =
              () -> {
                missing.decrementAndGet();
                while (missing.get() > 0) {
                  Thread.yield();
                }
              };
          return new Round(
              List.of(
                  () -> {
                    together.run();
                    one.run();
                  },
                  () -> {
                    together.run();
                    other.run();
                  },
                  model.connection::terminate),
              () -> {
                require(ofTheEnd(model) == null, "no Close frame passed");
                one.check(null);
                other.check(null);
              });
        });
  }

  @Test
  void peersCloseTellsWhoAsks() {
    race(
        () -> {
          RacingConnection model = new RacingConnection(new RacingWire(true, CLOSE));
          Asker asker = new Asker(model);
          return new Round(
              List.of(asker, model.connection::readOnBehalf),
              () -> {
                require(GOING_AWAY.equals(ofTheEnd(model)), "not the peer's reason");
                asker.check(GOING_AWAY);
              });
        });
  }

  @Test
  void violationTellsWhoAsks() {
    CloseReason ours = Violation.FRAME_MASKED.closeReason();
    race(
        () -> {
          RacingConnection model = new RacingConnection(new RacingWire(true, MASKED));
          Asker asker = new Asker(model);
          return new Round(
              List.of(asker, model.connection::readOnBehalf),
              () -> {
                require(ours.equals(ofTheEnd(model)), "not ours");
                asker.check(ours);
              });
        });
  }

  @Test
  void allAreToldTheSameWhoeverEndsIt() {
    race(
        () -> {
          RacingConnection model = new RacingConnection(new RacingWire(true, CLOSE));
          Asker one = new Asker(model);
          Asker other = new Asker(model);
          return new Round(
              List.of(one, other, model.connection::readOnBehalf, model.connection::terminate),
              () -> {
                CloseReason reason = ofTheEnd(model);
                require(reason == null || reason.equals(GOING_AWAY), "neither's reason");
                one.check(reason);
                other.check(reason);
              });
        });
  }

  @Test
  void whoAsksWhileOurCloseIsAnsweredIsToldOurReason() {
    race(
        () -> {
          RacingConnection model = new RacingConnection(new RacingWire(true, CLOSE), 4, LONG);
          Asker asker = new Asker(model);
          model.connection.owe(new Frame.Close(CloseReason.NORMAL));
          return new Round(
              List.of(asker, () -> model.connection.close(CloseReason.NORMAL)),
              () -> {
                require(CloseReason.NORMAL.equals(ofTheEnd(model)), "not ours");
                asker.check(CloseReason.NORMAL);
              });
        });
  }
}
