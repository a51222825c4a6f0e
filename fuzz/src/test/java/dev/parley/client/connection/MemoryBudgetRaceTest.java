// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

import static dev.parley.client.connection.RacingConnection.bytes;
import static dev.parley.client.connection.RacingConnection.message;
import static dev.parley.fuzz.Laws.require;
import static dev.parley.fuzz.Races.race;

import dev.parley.fuzz.Races.Round;
import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Two real connections share a budget so small that one read takes all of it: each of them gets all
 * of its messages, and neither waits until it asks again by itself, which is after {@link
 * MemoryBudget#PATIENCE}.
 */
@Timeout(value = 1, unit = TimeUnit.HOURS)
final class MemoryBudgetRaceTest {
  private static final byte[] CLOSE = bytes(new Frame.Close(new byte[] {3, -24}));
  private static final byte[] ONE = bytes(message(1));
  private static final byte[] TWO = bytes(message(2));
  private static final byte[] THREE = bytes(message(3));

  /** Less than one read may take. */
  private static final int SIZE = 4;

  private static final long IN_VAIN = MemoryBudget.PATIENCE.minusSeconds(1).toNanos();

  /** Two connections, and since when. */
  private static final class Pair {
    final MemoryBudget budget = new MemoryBudget(SIZE);
    final RacingConnection one;
    final RacingConnection other;
    private final long begun = System.nanoTime();

    Pair(RacingWire wire, RacingWire otherWire) {
      one = new RacingConnection(wire, budget, 0);
      other = new RacingConnection(otherWire, budget, 1);
    }

    void settle() {
      for (int i = 0; i < 4; i++) { // a thread of one may have the other read on, and so on
        one.join();
        other.join();
      }
      require(System.nanoTime() - begun < IN_VAIN, "waited in vain");
    }
  }

  private static List<Integer> receiveAll(RacingConnection model) {
    List<Integer> got = new ArrayList<>();
    try {
      for (; ; ) {
        if (model.receive() instanceof Frame.Binary message) {
          got.add((int) message.data()[0]);
        }
      }
    } catch (WebSocketException e) {
      require(model.connection.hasEnded(), e);
    }
    return got;
  }

  private static void requireAll(RacingConnection model) {
    List<Integer> got = receiveAll(model);
    require(got.equals(List.of(1, 2, 3)), got);
  }

  @Test
  void receiversOfTwoSessionsGetAllOfTheirs() {
    race(
        () -> {
          Pair pair =
              new Pair(
                  new RacingWire(true, ONE, TWO, THREE, CLOSE),
                  new RacingWire(true, ONE, TWO, THREE, CLOSE));
          return new Round(
              List.of(() -> requireAll(pair.one), () -> requireAll(pair.other)),
              () -> {
                pair.settle();
                require(pair.budget.used() == 0, pair.budget.used());
              });
        });
  }

  @Test
  void sessionThatIsLeftUnreadIsReadOnceTheOtherIsTakenFrom() {
    race(
        () -> {
          RacingWire waits = new RacingWire(false, ONE);
          Pair pair = new Pair(new RacingWire(false, ONE, TWO), waits);
          pair.one.connection.readOnBehalf();
          pair.one.join();
          require(pair.budget.used() >= SIZE / 2, "there is room for more");
          return new Round(
              List.of(
                  () -> {
                    require(pair.one.receive().equals(message(1)), "out of order");
                    require(pair.one.receive().equals(message(2)), "out of order");
                  },
                  pair.other.connection::readOnBehalf),
              () -> {
                pair.settle();
                require(waits.unread() == 0, "left unread");
              });
        });
  }

  @Test
  void sessionThatNeedsNothingJustNowPassesOnToTheNext() {
    race(
        () -> {
          RacingWire waits = new RacingWire(false, ONE);
          Pair pair = new Pair(new RacingWire(false, ONE, TWO), new RacingWire(false));
          RacingConnection last = new RacingConnection(waits, pair.budget, 2);
          for (RacingConnection each : List.of(pair.one, pair.other, last)) {
            each.connection.readOnBehalf();
            each.join();
          }
          require(pair.budget.used() >= SIZE / 2, "there is room for more");
          return new Round(
              List.of(
                  () -> require(pair.one.receive().equals(message(1)), "out of order"),
                  () -> {
                    for (int i = 0; i < 100 && waits.unread() > 0; i++) {
                      var unused = pair.other.connection.incoming().rest(); // it has the turn
                    }
                  }),
              () -> {
                pair.settle();
                last.join();
                require(waits.unread() == 0, "left unread");
              });
        });
  }

  @Test
  void receiverGetsItsMessageOnceTheSessionThatHoldsAllIsTerminated() {
    byte[] large = bytes(new Frame.Binary(new byte[SIZE]));
    race(
        () -> {
          Pair pair = new Pair(new RacingWire(false, large), new RacingWire(false, ONE));
          pair.one.connection.readOnBehalf();
          pair.one.join();
          require(pair.budget.used() == SIZE, "there is room for more");
          return new Round(
              List.of(
                  () -> require(pair.other.receive().equals(message(1)), "another message"),
                  pair.one.connection::terminate),
              () -> {
                pair.settle();
                require(pair.budget.used() == 0, pair.budget.used());
              });
        });
  }
}
