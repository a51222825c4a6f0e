// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

import static dev.parley.client.connection.RacingConnection.bytes;
import static dev.parley.client.connection.RacingConnection.message;
import static dev.parley.fuzz.Laws.require;
import static dev.parley.fuzz.Races.giveWay;
import static dev.parley.fuzz.Races.race;

import dev.parley.fuzz.Races.Round;
import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketClosedException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A message that is sent in fragments, against those who wait for its last one: nothing but a
 * control frame comes in between, and nobody waits for a fragment that cannot come any more.
 */
@Timeout(value = 1, unit = TimeUnit.HOURS)
final class StreamingRaceTest {
  private static final Frame CLOSE = new Frame.Close(new byte[] {3, -24});
  private static final Frame PONG = new Frame.Pong(new byte[] {9});
  private static final Frame FIRST = fragment(11, false);
  private static final Frame SECOND = fragment(12, false);
  private static final Frame LAST = fragment(13, true);

  /** Of each of them on the wire. */
  private static final int FRAME_BYTES = 7;

  private static Frame fragment(int number, boolean last) {
    return new Frame.Binary(new byte[] {(byte) number}, last, false, false, false);
  }

  /** A connection, those who send on it, and whether they had to be told of its end. */
  private static final class Model {
    final RacingConnection racing;
    private final List<Frame> wanted = new ArrayList<>();
    private final AtomicInteger accepted = new AtomicInteger();
    private final AtomicInteger told = new AtomicInteger();

    Model(RacingWire wire) {
      racing = new RacingConnection(wire);
    }

    /** Sends fragments, as one thread. */
    Runnable streams(Frame... fragments) {
      wanted.addAll(List.of(fragments));
      return () -> {
        StreamedMessage message = new StreamedMessage(true);
        for (Frame fragment : fragments) {
          attempt(() -> racing.connection.send(message, fragment));
          giveWay();
        }
      };
    }

    Runnable sends(int number) {
      wanted.add(message(number));
      return () -> attempt(() -> racing.connection.send(message(number)));
    }

    /** Sends as those do who make no frame. */
    Runnable sendsBytes(int number) {
      wanted.add(message(number));
      return () -> attempt(() -> racing.connection.send(new byte[] {(byte) number}));
    }

    private void attempt(Runnable sending) {
      try {
        sending.run();
        accepted.incrementAndGet();
      } catch (WebSocketClosedException e) {
        require(!racing.connection.isOpen(), e);
        told.incrementAndGet();
      }
    }

    /** What must hold of every end: what was accepted was written, and all the rest was told. */
    void check() {
      racing.join();
      List<Frame> sent = new ArrayList<>(racing.sent());
      sent.removeIf(frame -> frame.opcode().isControl());
      require(wanted.containsAll(sent) && sent.size() >= accepted.get(), sent);
      require(accepted.get() + told.get() == wanted.size(), "neither sent nor told");
      List<Frame> streamed = new ArrayList<>(List.of(FIRST, SECOND, LAST));
      streamed.retainAll(sent);
      sent.retainAll(streamed);
      require(sent.equals(streamed), sent);
    }
  }

  @Test
  void messagesWaitForTheLastFragmentAndThenGoOut() {
    Frame[] others = {fragment(21, false), fragment(22, true)};
    race(
        () -> {
          Model model = new Model(new RacingWire(false));
          return new Round(
              List.of(
                  model.streams(FIRST, SECOND, LAST),
                  model.streams(others),
                  model.sends(1),
                  model.sendsBytes(2)),
              () -> {
                model.check();
                List<Frame> sent = model.racing.sent();
                require(model.told.get() == 0 && sent.size() == 7, sent);
                require(isRun(sent, FIRST, SECOND, LAST) && isRun(sent, others), sent);
              });
        });
  }

  private static boolean isRun(List<Frame> sent, Frame... frames) {
    return Collections.indexOfSubList(sent, List.of(frames)) >= 0;
  }

  @Test
  void whoWaitsForAMessageIsToldThatTheSessionIsTerminated() {
    race(
        () -> {
          Model model = new Model(new RacingWire(false));
          return new Round(
              List.of(
                  model.streams(FIRST, SECOND),
                  model.sends(1),
                  model.sendsBytes(2),
                  model.racing.connection::terminate),
              model::check);
        });
  }

  @Test
  void whoWaitsForAMessageIsToldOfThePeersClose() {
    race(
        () -> {
          Model model = new Model(new RacingWire(true, bytes(CLOSE)));
          return new Round(
              List.of(
                  model.streams(FIRST, SECOND),
                  model.sends(1),
                  model.racing.connection::readOnBehalf),
              () -> {
                model.check();
                List<Frame> sent = model.racing.sent();
                require(!sent.isEmpty() && sent.indexOf(CLOSE) == sent.size() - 1, sent);
              });
        });
  }

  /** Nothing else lets it out: no timer runs, and the next fragment waits for it. */
  @Test
  void pongGoesOutThoughWhoHoldsTheLockIsAboutToWaitForAMessage() {
    race(
        () -> {
          RacingWire wire = new RacingWire(false);
          RacingConnection model = new RacingConnection(wire);
          return new Round(
              List.of(
                  () -> {
                    StreamedMessage message = new StreamedMessage(true);
                    model.connection.send(message, FIRST);
                    wire.awaitWritten(2 * FRAME_BYTES);
                    model.connection.send(message, LAST);
                  },
                  () -> {
                    wire.awaitWritten(FRAME_BYTES);
                    model.connection.send(message(1));
                  },
                  () -> {
                    wire.awaitWritten(FRAME_BYTES);
                    model.connection.owe(PONG);
                  }),
              () -> {
                model.join();
                List<Frame> sent = model.sent();
                require(sent.equals(List.of(FIRST, PONG, LAST, message(1))), sent);
              });
        });
  }

  /** Nothing else comes to their help: the peer does not answer. */
  @Test
  void whoWaitsForAMessageIsToldOfOurClose() {
    race(
        () -> {
          Model model = new Model(new RacingWire(false));
          return new Round(
              List.of(
                  model.streams(FIRST),
                  model.sends(1),
                  model.sendsBytes(2),
                  () -> model.racing.connection.owe(CLOSE)),
              () -> {
                model.check();
                List<Frame> sent = model.racing.sent();
                require(!sent.isEmpty() && sent.indexOf(CLOSE) == sent.size() - 1, sent);
                require(!model.racing.connection.hasEnded(), "has ended");
              });
        });
  }
}
