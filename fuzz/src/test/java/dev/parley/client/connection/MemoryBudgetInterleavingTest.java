// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

import static dev.parley.fuzz.Interleavings.check;
import static dev.parley.fuzz.Interleavings.sideBySide;
import static dev.parley.fuzz.Laws.require;

import dev.parley.client.connection.MemoryBudget.Answer;
import dev.parley.client.transport.Deadline;
import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketProtocolException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/**
 * The laws of {@link MemoryBudget}: nobody waits while what it asks for fits, what is held never
 * exceeds the budget, and what is given back is given back once. Time stands still, so that nobody
 * loses patience. How {@link IncomingPath} uses it is raced in {@link MemoryBudgetRaceTest}.
 */
final class MemoryBudgetInterleavingTest {
  private static final long STEP = MemoryBudget.STEP;

  /** Larger than the half, so that it takes the passage; two of them do not fit. */
  private static final long MESSAGE = 3 * STEP;

  private static final long SIZE = 4 * STEP;

  private static MemoryBudget budget() {
    return new MemoryBudget(SIZE, () -> 0);
  }

  /** A session as far as the budget sees it. It waits at an inbox, as the real ones do. */
  private static class Session implements MemoryBudget.Sharer {
    final Inbox inbox = new Inbox(4, 100, null);
    final MemoryBudget.Share share;
    private final long size;

    Session(MemoryBudget budget) {
      this(budget, SIZE);
    }

    /** Makes one that shares a budget of another size. */
    Session(MemoryBudget budget, long size) {
      this.share = budget.share(this);
      this.size = size;
    }

    /** Asks, for somebody who waits, until it is granted. */
    void obtain(long held, long more) {
      for (; ; ) {
        switch (share.ask(held, more, true)) {
          case GRANTED -> {
            return;
          }
          case WAIT -> await();
          case REFUSED -> throw new AssertionError("refused what fits");
        }
      }
    }

    /** Receives so much more of a message, in pieces. */
    void receive(long held, long whole) {
      for (long now = held; now < whole; now += STEP) {
        obtain(now, STEP);
        share.settle(now + STEP);
        require(share.budget().used() <= size, "more than there is");
      }
    }

    /** Receives what is left of a message, which is taken then. */
    void receiveToItsEnd(long held, long whole) {
      receive(held, whole);
      share.settle(0);
    }

    private void await() {
      try {
        require(inbox.awaitWhile(() -> !share.mayAskAgain(), Deadline.NONE), "waited to no end");
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }

    @Override
    public void goOn() {
      inbox.wake();
    }

    @Override
    public void fail(WebSocketProtocolException failure) {
      throw new AssertionError(failure);
    }
  }

  /** Reads ahead as {@link IncomingPath#readOnBehalf} does: once, and when it may go on. */
  private static final class Ahead extends Session {
    final AtomicInteger granted = new AtomicInteger();
    private final AtomicInteger reading;

    /**
     * Makes one.
     *
     * @param reading counts those who read, of whom there is room for one
     */
    Ahead(MemoryBudget budget, AtomicInteger reading) {
      super(budget);
      this.reading = reading;
    }

    void read() {
      if (share.ask(0, STEP, false) == Answer.GRANTED) {
        granted.incrementAndGet();
        require(reading.incrementAndGet() == 1, "more than there is");
        reading.decrementAndGet();
        share.settle(0);
      }
      share.budget().pass();
    }

    @Override
    public void goOn() {
      read();
    }
  }

  private static void requireIdle(MemoryBudget budget) {
    require(budget.used() == 0, budget.used() + " bytes are never given back");
    require(!budget.isTight(), "nobody waits, and it says so");
  }

  @Test
  void messagesThatDoNotFitTogetherComeOneAfterTheOther() {
    check(
        () -> {
          MemoryBudget budget = budget();
          AtomicLong inUse = new AtomicLong();
          Session one = new Session(budget);
          Session other = new Session(budget);
          sideBySide(() -> receive(one, inUse), () -> receive(other, inUse));
          requireIdle(budget);
        });
  }

  private static void receive(Session session, AtomicLong inUse) {
    session.obtain(0, MESSAGE);
    require(inUse.addAndGet(MESSAGE) <= SIZE, inUse);
    session.share.settle(MESSAGE);
    require(session.share.budget().used() <= SIZE, "more than there is");
    inUse.addAndGet(-MESSAGE);
    session.share.settle(0);
  }

  @Test
  void messagesThatComeInPiecesDoNotWaitForEachOther() {
    check(
        () -> {
          MemoryBudget budget = budget();
          Session one = new Session(budget);
          Session other = new Session(budget);
          sideBySide(
              () -> one.receiveToItsEnd(0, SIZE / 2), () -> other.receiveToItsEnd(0, SIZE / 2));
          requireIdle(budget);
        });
  }

  /** Three that have begun could take all there is, before one of them is whole. */
  @Test
  void messagesThatHaveBegunComeToTheirEnd() {
    check(
        () -> {
          MemoryBudget budget = new MemoryBudget(2 * MESSAGE, () -> 0);
          Session most = new Session(budget, 2 * MESSAGE);
          Session some = new Session(budget, 2 * MESSAGE);
          Session none = new Session(budget, 2 * MESSAGE);
          most.receive(0, 2 * STEP);
          some.receive(0, STEP);
          sideBySide(
              () -> most.receiveToItsEnd(2 * STEP, MESSAGE),
              () -> some.receiveToItsEnd(STEP, MESSAGE),
              () -> none.receiveToItsEnd(0, MESSAGE));
          requireIdle(budget);
        });
  }

  @Test
  void readsUnderWayCountForThoseThatAskMeanwhile() {
    check(
        () -> {
          MemoryBudget budget = new MemoryBudget(2 * STEP, () -> 0); // one step for reading ahead
          AtomicInteger reading = new AtomicInteger();
          Ahead one = new Ahead(budget, reading);
          Ahead other = new Ahead(budget, reading);
          sideBySide(one::read, other::read);
          require(one.granted.get() > 0 && other.granted.get() > 0, "one is left unread");
          requireIdle(budget);
        });
  }

  @Test
  void whoLeavesMakesWayForTheNext() {
    check(
        () -> {
          MemoryBudget budget = budget();
          Session first = new Session(budget);
          first.obtain(0, MESSAGE);
          first.share.settle(MESSAGE);
          Session impatient = new Session(budget);
          require(impatient.share.ask(0, MESSAGE, true) == Answer.WAIT, "went past the first");
          Session patient = new Session(budget);
          sideBySide(
              () -> first.share.settle(0),
              impatient.share::leave,
              () -> {
                patient.obtain(0, MESSAGE);
                patient.share.settle(0);
              });
          requireIdle(budget);
        });
  }

  @Test
  void sessionThatEndsMakesWay() {
    check(
        () -> {
          MemoryBudget budget = budget();
          Session ends = new Session(budget);
          ends.obtain(0, MESSAGE);
          ends.share.settle(MESSAGE);
          Session waits = new Session(budget);
          sideBySide(
              () -> ends.share.end(ends.inbox),
              () -> {
                waits.obtain(0, MESSAGE);
                waits.share.settle(0);
              });
          requireIdle(budget);
        });
  }

  @Test
  void readsAheadAreGrantedOneAfterTheOtherOnceThereIsRoom() {
    check(
        () -> {
          MemoryBudget budget = budget();
          Session slow = new Session(budget);
          slow.share.queued(SIZE / 2);
          Ahead one = new Ahead(budget, new AtomicInteger());
          Ahead other = new Ahead(budget, new AtomicInteger());
          sideBySide(() -> slow.share.taken(SIZE / 2), one::read, other::read);
          require(one.granted.get() > 0 && !one.share.isHungry(), "one is left unread");
          require(other.granted.get() > 0 && !other.share.isHungry(), "the other is left unread");
          requireIdle(budget);
        });
  }

  @Test
  void whoIsForsakenWhileItEndsGivesBackOnce() {
    check(
        () -> {
          MemoryBudget budget = budget();
          Session session = new Session(budget);
          session.share.queued(STEP);
          session.share.queued(STEP);
          sideBySide(
              () -> session.share.taken(STEP),
              session.share::forsake,
              () -> session.share.end(session.inbox));
          session.share.taken(STEP);
          requireIdle(budget);
        });
  }

  @Test
  void inboxCountsWhatItHolds() {
    check(
        () -> {
          MemoryBudget budget = budget();
          MemoryBudget.Share share = budget.share(new Session(budget));
          Inbox inbox = new Inbox(4, 100, share);
          Frame frame = new Frame.Binary(new byte[10]);
          Runnable taker =
              () -> {
                Frame unused = inbox.poll();
                require(budget.used() >= 0, "taken before it was counted");
              };
          sideBySide(
              () -> {
                inbox.add(frame);
                inbox.add(frame);
                share.end(inbox);
              },
              taker,
              taker);
          long left = budget.used();
          while (inbox.poll() != null) {
            left -= 10;
          }
          require(left == 0, left + " bytes more than are there");
          requireIdle(budget);
        });
  }
}
