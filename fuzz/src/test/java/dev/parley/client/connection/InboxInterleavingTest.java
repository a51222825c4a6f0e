// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

import static dev.parley.fuzz.Interleavings.check;
import static dev.parley.fuzz.Interleavings.sideBySide;
import static dev.parley.fuzz.Laws.require;

import dev.parley.client.transport.Deadline;
import dev.parley.websocket.Frame;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * Nobody waits at the inbox for what is there already, nor for a turn that was given back. How
 * {@link IncomingPath} uses both is raced in {@link ReceivingRaceTest}.
 */
final class InboxInterleavingTest {
  private static final Frame FRAME = new Frame.Binary(new byte[] {1});

  @Test
  void turnIsTakenByOne() {
    check(
        () -> {
          ReadTurn turn = new ReadTurn();
          AtomicInteger holders = new AtomicInteger();
          Runnable taker =
              () -> {
                if (turn.tryTake()) {
                  holders.incrementAndGet();
                }
              };
          sideBySide(taker, taker);
          require(holders.get() == 1, holders);
        });
  }

  @Test
  void turnIsHeldByOneAndFoundFreeByWhoeverWaits() {
    check(
        () -> {
          Inbox inbox = new Inbox(4, 100, null);
          ReadTurn turn = new ReadTurn();
          AtomicInteger holders = new AtomicInteger();
          Runnable reader = () -> holdOnce(inbox, turn, holders);
          sideBySide(reader, reader);
          require(!turn.isTaken(), "not given back");
        });
  }

  private static void holdOnce(Inbox inbox, ReadTurn turn, AtomicInteger holders) {
    try {
      while (!turn.tryTake()) {
        require(inbox.awaitWhile(turn::isTaken, Deadline.NONE), "waited to no end");
      }
      require(holders.incrementAndGet() == 1, holders);
      holders.decrementAndGet();
      turn.giveBack();
      inbox.wake();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void whoeverEndsTheSessionWakesTheReceiver() {
    check(
        () -> {
          Inbox inbox = new Inbox(4, 100, null);
          AtomicBoolean ended = new AtomicBoolean();
          sideBySide(
              () -> {
                ended.set(true);
                inbox.wake();
              },
              () -> {
                try {
                  require(
                      inbox.awaitWhile(() -> inbox.isEmpty() && !ended.get(), Deadline.NONE),
                      "waited to no end");
                } catch (InterruptedException e) {
                  throw new AssertionError(e);
                }
              });
        });
  }

  @Test
  void takersTakeEachFrameOnceAndTheBoundIsKeptCount() {
    check(
        () -> {
          Inbox inbox = new Inbox(2, 100, null);
          AtomicInteger taken = new AtomicInteger();
          Runnable taker =
              () -> {
                if (inbox.poll() != null) {
                  taken.incrementAndGet();
                }
              };
          sideBySide(
              () -> {
                inbox.add(FRAME);
                inbox.add(FRAME);
              },
              taker,
              taker);
          boolean full = inbox.isFull();
          int left = 0;
          while (inbox.poll() != null) {
            left++;
          }
          require(taken.get() + left == 2, taken);
          require(full == (left == 2) && inbox.isEmpty() && inbox.isHalfEmpty(), "miscounted");
        });
  }
}
