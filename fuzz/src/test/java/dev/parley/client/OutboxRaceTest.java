// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import static dev.parley.fuzz.Laws.require;
import static dev.parley.fuzz.Races.giveWay;
import static dev.parley.fuzz.Races.race;

import dev.parley.client.ReconnectPolicy.Unsent;
import dev.parley.fuzz.Races.Round;
import dev.parley.websocket.Frame;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The laws of {@link Outbox}: what was taken is sent once and in order, or is still there in the
 * end; and nobody waits for what will not come.
 */
@Timeout(value = 1, unit = TimeUnit.HOURS)
final class OutboxRaceTest {
  private static final Frame ONE = new Frame.Binary(new byte[] {1});
  private static final Frame TWO = new Frame.Binary(new byte[] {2});
  private static final Duration SOON = Duration.ofSeconds(20);

  /** A session that takes so many messages. Used by the outbox's thread, read when it is over. */
  private static final class FakeWay implements Outbox.Way {
    final List<Frame> sent = new ArrayList<>();
    private int room;

    FakeWay(int room) {
      this.room = room;
    }

    @Override
    public boolean sendIfOpen(Frame message) {
      giveWay();
      boolean takes = room > 0;
      room--;
      takes = takes && sent.add(message);
      giveWay();
      return takes;
    }
  }

  private static Outbox outbox(int messages) {
    Outbox outbox =
        new Outbox(
            new Unsent.Keep(messages, 100),
            Thread::new,
            (message, failure) -> {
              throw new AssertionError(failure);
            });
    outbox.start();
    return outbox;
  }

  private static void put(Outbox outbox, Frame... messages) {
    for (Frame message : messages) {
      outbox.put(message, false);
    }
  }

  /** Waits until all is sent, and ends it. */
  private static void end(Outbox outbox) {
    outbox.awaitSent(SOON);
    outbox.end();
    require(outbox.messages().isEmpty(), outbox.messages());
  }

  @Test
  void whatIsTakenIsSentOnceASessionComes() {
    race(
        () -> {
          Outbox outbox = outbox(2);
          FakeWay way = new FakeWay(2);
          return new Round(
              List.of(() -> put(outbox, ONE, TWO), () -> outbox.attach(way)),
              () -> {
                end(outbox);
                require(way.sent.equals(List.of(ONE, TWO)), way.sent);
              });
        });
  }

  @Test
  void nextSessionTakesOverThoughTheOneBeforeIsGivenUpLate() {
    race(
        () -> {
          Outbox outbox = outbox(2);
          FakeWay ended = new FakeWay(1);
          FakeWay next = new FakeWay(2);
          put(outbox, ONE);
          return new Round(
              List.of(
                  () -> put(outbox, TWO),
                  () -> {
                    outbox.attach(ended);
                    giveWay();
                    outbox.attach(next);
                  }),
              () -> {
                end(outbox);
                List<Frame> sent = new ArrayList<>(ended.sent);
                sent.addAll(next.sent);
                require(sent.equals(List.of(ONE, TWO)), sent);
              });
        });
  }

  @Test
  void whoWaitsForRoomGoesOnWhenSomethingWasSent() {
    race(
        () -> {
          Outbox outbox = outbox(1);
          FakeWay way = new FakeWay(2);
          put(outbox, ONE);
          return new Round(
              List.of(() -> put(outbox, TWO), () -> outbox.attach(way)),
              () -> {
                end(outbox);
                require(way.sent.equals(List.of(ONE, TWO)), way.sent);
              });
        });
  }

  @Test
  void whoWaitsForRoomIsToldOfTheEnd() {
    race(
        () -> {
          Outbox outbox = outbox(1);
          put(outbox, ONE);
          AtomicBoolean told = new AtomicBoolean();
          return new Round(
              List.of(
                  () -> {
                    try {
                      put(outbox, TWO);
                    } catch (NoSessionException e) {
                      told.set(true);
                    }
                  },
                  outbox::refuse),
              () -> {
                outbox.end();
                require(told.get() && outbox.messages().equals(List.of(ONE)), outbox.messages());
              });
        });
  }

  @Test
  void whatIsNotSentByTheEndIsLeft() {
    race(
        () -> {
          Outbox outbox = outbox(2);
          FakeWay way = new FakeWay(2);
          put(outbox, ONE, TWO);
          return new Round(
              List.of(() -> outbox.attach(way), outbox::end),
              () -> {
                List<Frame> all = new ArrayList<>(way.sent);
                all.addAll(outbox.messages());
                require(all.equals(List.of(ONE, TWO)), all);
              });
        });
  }
}
