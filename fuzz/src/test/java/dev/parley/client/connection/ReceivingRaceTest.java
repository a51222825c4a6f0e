// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

import static dev.parley.client.connection.RacingConnection.bytes;
import static dev.parley.client.connection.RacingConnection.message;
import static dev.parley.fuzz.Laws.require;
import static dev.parley.fuzz.Races.race;

import dev.parley.fuzz.Races.Round;
import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketClosedException;
import dev.parley.websocket.WebSocketException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The laws of {@link IncomingPath}, on a real connection: each message comes to one receiver, once,
 * to each in order, all of them before the end; and nobody waits for what will not come.
 */
@Timeout(value = 1, unit = TimeUnit.HOURS)
final class ReceivingRaceTest {
  private static final byte[] CLOSE = bytes(new Frame.Close(new byte[] {3, -24}));
  private static final byte[] BURST = bytes(message(1), message(2), message(3), message(4));
  private static final byte[] MORE = bytes(message(5), message(6));
  private static final byte[] ONE = bytes(message(1));
  private static final byte[] TWO = bytes(message(2));
  private static final byte[] THREE = bytes(message(3));

  /** Receives to the end. */
  private static final class Receiver implements Runnable {
    final List<Integer> got = new ArrayList<>();
    private final RacingConnection model;

    Receiver(RacingConnection model) {
      this.model = model;
    }

    @Override
    public void run() {
      try {
        for (; ; ) {
          Frame frame = model.receive();
          if (frame instanceof Frame.Binary) {
            got.add((int) frame.data()[0]);
          }
        }
      } catch (WebSocketException e) {
        require(model.connection.hasEnded(), e);
      }
    }
  }

  private static void requireEachOnce(int messages, List<Receiver> receivers) {
    List<Integer> all = new ArrayList<>();
    for (Receiver receiver : receivers) {
      require(receiver.got.stream().sorted().toList().equals(receiver.got), receiver.got);
      all.addAll(receiver.got);
    }
    Collections.sort(all);
    List<Integer> wanted = new ArrayList<>();
    for (int number = 1; number <= messages; number++) {
      wanted.add(number);
    }
    require(all.equals(wanted), all);
  }

  @Test
  void receiversShareWhatCameTogetherAndAllSeeTheEnd() {
    race(
        () -> {
          RacingConnection model = new RacingConnection(new RacingWire(true, BURST, MORE, CLOSE));
          Receiver one = new Receiver(model);
          Receiver other = new Receiver(model);
          return new Round(
              List.of(one, other),
              () -> {
                model.join();
                requireEachOnce(6, List.of(one, other));
                require(model.connection.failure() == null, "no clean end");
              });
        });
  }

  @Test
  void receiverAndWhoReadsOnItsBehalfShareTheTurn() {
    race(
        () -> {
          RacingConnection model =
              new RacingConnection(new RacingWire(true, ONE, TWO, THREE, CLOSE));
          Receiver receiver = new Receiver(model);
          return new Round(
              List.of(receiver, model.connection::readOnBehalf),
              () -> {
                model.join();
                requireEachOnce(3, List.of(receiver));
              });
        });
  }

  @Test
  void whatWasReadComesThoughAnotherEndsTheSession() {
    race(
        () -> {
          RacingWire wire = new RacingWire(false, BURST);
          RacingConnection model = new RacingConnection(wire);
          Receiver receiver = new Receiver(model);
          return new Round(
              List.of(receiver, model.connection::terminate),
              () -> {
                model.join();
                requireEachOnce(wire.unread() == 0 ? 4 : 0, List.of(receiver));
              });
        });
  }

  @Test
  void everyoneWhoWaitsIsWokenByTheEnd() {
    race(
        () -> {
          RacingConnection model = new RacingConnection(new RacingWire(false));
          return new Round(
              List.of(new Receiver(model), new Receiver(model), model.connection::terminate),
              () -> {
                model.join();
                require(model.finished.get() == 1, model.finished);
              });
        });
  }

  @Test
  void queueThatIsTakenFromIsFilledAgain() {
    race(
        () -> {
          RacingWire wire = new RacingWire(false, ONE, TWO, THREE);
          RacingConnection model = new RacingConnection(wire, 1, null);
          List<Integer> got = new ArrayList<>();
          model.connection.start();
          return new Round(
              List.of(
                  () -> {
                    wire.awaitRead(); // by the other, who is about to find the queue full
                    got.add((int) model.receive().data()[0]);
                  },
                  model.connection::readOnBehalf),
              () -> {
                model.settle();
                require(wire.unread() <= 1, "nobody reads on");
                got.add((int) model.receive().data()[0]);
                got.add((int) model.receive().data()[0]);
                require(got.equals(List.of(1, 2, 3)), got);
              });
        });
  }

  @Test
  void pingIsAnsweredWhoeverLeftLast() {
    byte[] ping = bytes(new Frame.Ping(new byte[] {7}));
    race(
        () -> {
          RacingWire wire = new RacingWire(false, ONE, ping);
          wire.hold(1);
          RacingConnection model = new RacingConnection(wire);
          model.connection.start();
          return new Round(
              List.of(
                  () -> model.receive(),
                  () -> {
                    boolean unused = model.timers.runNext();
                    unused = model.timers.runNext();
                  }),
              () -> {
                model.settle();
                wire.arrive();
                model.settle();
                require(model.sent().equals(List.of(new Frame.Pong(new byte[] {7}))), "no answer");
              });
        });
  }

  @Test
  void endIsToldAsCleanWhereTheCloseCame() {
    race(
        () -> {
          RacingConnection model = new RacingConnection(new RacingWire(true, ONE, CLOSE));
          AtomicInteger messages = new AtomicInteger();
          Runnable receiver =
              () -> {
                try {
                  for (; ; ) {
                    if (model.receive().equals(message(1))) {
                      messages.incrementAndGet();
                    }
                  }
                } catch (WebSocketClosedException e) {
                  require(model.connection.closingHandshake().received() != null, e);
                }
              };
          return new Round(
              List.of(receiver, receiver, receiver),
              () -> {
                model.join();
                require(messages.get() == 1, messages);
              });
        });
  }
}
