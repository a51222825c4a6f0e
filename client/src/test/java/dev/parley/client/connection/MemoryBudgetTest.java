// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

import static dev.parley.client.connection.MemoryBudget.Answer.GRANTED;
import static dev.parley.client.connection.MemoryBudget.Answer.REFUSED;
import static dev.parley.client.connection.MemoryBudget.Answer.WAIT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.websocket.Violation;
import dev.parley.websocket.WebSocketProtocolException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class MemoryBudgetTest {
  private static final long MIB = 1 << 20;
  private static final long STEP = MemoryBudget.STEP;

  private static final long PATIENCE = MemoryBudget.PATIENCE.toNanos();

  private long now;
  private final MemoryBudget budget = new MemoryBudget(4 * MIB, () -> now);

  /** A session that only takes note of what it is told. */
  private static final class Session implements MemoryBudget.Sharer {
    private final MemoryBudget.Share share;
    private final List<WebSocketProtocolException> failures = new ArrayList<>();
    private int told;

    Session(MemoryBudget budget) {
      share = budget.share(this);
    }

    /** Reads so much of a message, so that it holds this much in all. */
    MemoryBudget.Answer read(long held, long before, boolean wanted) {
      MemoryBudget.Answer answer = share.ask(before, Math.min(STEP, held - before), wanted);
      if (answer == GRANTED) {
        share.settle(held);
      }
      return answer;
    }

    @Override
    public void goOn() {
      told++;
    }

    @Override
    public void fail(WebSocketProtocolException failure) {
      failures.add(failure);
    }
  }

  private Session queueing(long bytes) {
    Session session = new Session(budget);
    session.share.queued(bytes);
    return session;
  }

  private Session assembling(long bytes) {
    Session session = new Session(budget);
    session.share.settle(bytes);
    return session;
  }

  /** A session that has asked to read its first bytes, and has to wait. */
  private Session waiting(boolean wanted) {
    Session session = new Session(budget);
    assertThat(session.share.ask(0, STEP, wanted)).isEqualTo(WAIT);
    return session;
  }

  private static void assertWaits(Session session) {
    assertThat(session.share.ask(0, STEP, true)).isEqualTo(WAIT);
  }

  @Test
  void whatIsAskedForCountsOnlyWhileTheReadGoesOn() {
    Session session = new Session(budget);
    assertThat(session.share.ask(0, STEP, true)).isEqualTo(GRANTED);
    assertThat(budget.used()).isZero();
    session.share.settle(1000);
    assertThat(budget.used()).isEqualTo(1000);
    session.share.settle(0);
    assertThat(budget.used()).isZero();
  }

  @Test
  void readingAheadEndsAtTheHalfAndBeginsAgainInTurn() {
    Session slow = queueing(2 * MIB);
    Session first = waiting(false);
    Session second = waiting(false);
    assertThat(first.share.isHungry()).isTrue();
    slow.share.taken(MIB);
    assertThat(first.told).isOne();
    assertThat(first.share.isHungry()).isFalse();
    assertThat(second.told).as("one after the other").isZero();
    budget.pass();
    assertThat(second.told).isOne();
    budget.pass();
    assertThat(first.told).isOne();
  }

  @Test
  void readerWhoseMessageIsTooLargeForTheHalfIsNotToldInVain() {
    Session slow = queueing(2 * MIB);
    Session large = assembling(100);
    assertThat(large.share.ask(100, 2 * MIB, false)).isEqualTo(WAIT);
    slow.share.taken(MIB);
    assertThat(large.told).isZero();
    assertThat(large.share.ask(100, 2 * MIB, true)).as("once somebody wants it").isEqualTo(GRANTED);
  }

  @Test
  void whoIsWaitedForGoesPastTheHalf() {
    Session slow = queueing(2 * MIB);
    Session wanted = new Session(budget);
    assertThat(wanted.read(STEP, 0, true)).isEqualTo(GRANTED);
    assertThat(wanted.share.ask(STEP, 2 * MIB - STEP, true)).as("to the brim").isEqualTo(GRANTED);
    wanted.share.settle(2 * MIB);
    assertThat(budget.used()).isEqualTo(4 * MIB);
    assertThat(wanted.share.ask(2 * MIB, STEP, true)).as("something is queued").isEqualTo(WAIT);
    slow.share.taken(2 * MIB);
    assertThat(wanted.told).isOne();
    assertThat(wanted.share.mayAskAgain()).isTrue();
    assertThat(wanted.share.ask(2 * MIB, STEP, true)).isEqualTo(GRANTED);
  }

  @Test
  void onlyOneSessionGoesPastTheHalfUntilItsMessageIsWhole() {
    Session slow = queueing(2 * MIB);
    Session one = new Session(budget);
    assertThat(one.read(STEP, 0, true)).isEqualTo(GRANTED);
    Session two = waiting(true);
    Session three = waiting(true);
    assertThat(one.read(2 * STEP, STEP, true)).isEqualTo(GRANTED);
    assertThat(two.told).isZero();
    one.share.settle(0);
    assertThat(two.told).isOne();
    assertThat(three.share.ask(0, STEP, true)).as("not its turn").isEqualTo(WAIT);
    assertThat(two.share.ask(0, STEP, true)).isEqualTo(GRANTED);
    two.share.settle(0);
    assertThat(three.share.ask(0, STEP, true)).isEqualTo(GRANTED);
    three.share.settle(0);
    slow.share.taken(2 * MIB);
    assertThat(budget.used()).isZero();
  }

  @Test
  void whoFitsTheHalfIsToldPastOneWhoNeedsThePassage() {
    Session slow = queueing(2 * MIB);
    Session holder = new Session(budget);
    Session large = assembling(100);
    Session small = new Session(budget);
    assertThat(holder.read(STEP, 0, true)).isEqualTo(GRANTED);
    assertThat(large.share.ask(100, 2 * MIB, true)).isEqualTo(WAIT);
    assertWaits(small);
    slow.share.taken(MIB);
    assertThat(large.told).isZero();
    assertThat(small.told).isOne();
    assertThat(small.share.ask(0, STEP, true)).isEqualTo(GRANTED);
    small.share.settle(0);
    holder.share.settle(0);
    assertThat(large.told).isOne();
    assertThat(large.share.ask(100, 2 * MIB, true)).isEqualTo(GRANTED);
  }

  @Test
  void whoFitsTheHalfIsToldPastAPassageThatCannotGoOn() {
    Session slow = queueing(2 * MIB);
    Session holder = new Session(budget);
    assertThat(holder.read(STEP, 0, true)).isEqualTo(GRANTED);
    assertThat(holder.share.ask(STEP, 3 * MIB, true)).isEqualTo(WAIT);
    Session small = new Session(budget);
    assertWaits(small);
    slow.share.taken(MIB);
    assertThat(holder.told).isZero();
    assertThat(small.told).isOne();
    assertThat(small.share.ask(0, STEP, true)).isEqualTo(GRANTED);
    small.share.settle(0);
    slow.share.taken(MIB);
    assertThat(holder.told).isOne();
    assertThat(holder.share.ask(STEP, 3 * MIB, true)).isEqualTo(GRANTED);
  }

  @Test
  void whoLeavesMakesWay() {
    Session slow = queueing(2 * MIB);
    Session holder = new Session(budget);
    holder.read(STEP, 0, true);
    Session one = waiting(true);
    Session two = waiting(true);
    one.share.leave();
    holder.share.settle(0);
    assertThat(one.told).isZero();
    assertThat(two.told).isOne();
    slow.share.taken(2 * MIB);
  }

  @Test
  void messageThatNothingCouldMakeRoomForIsRefused() {
    Session other = assembling(MIB);
    Session session = assembling(2 * MIB);
    assertThat(session.share.ask(2 * MIB, 2 * MIB, true)).isEqualTo(REFUSED);
    assertThat(session.share.failure(2 * MIB))
        .returns(Violation.MEMORY_BUDGET_USED_UP, WebSocketProtocolException::violation)
        .hasMessageStartingWith(
            "message of at least 4194304 bytes, memoryBudget is 4194304,"
                + " of which 1048576 are in use by other messages");
    assertThat(session.share.failure(STEP))
        .as("it need not be so much")
        .hasMessageStartingWith("message of at least 2097152 bytes,");
    session.share.settle(0);
    other.share.settle(0);
    assertThat(budget.used()).isZero();
  }

  @Test
  void whoHoldsMostFailsWhereNothingComesFree() {
    Session stalled = assembling(3 * MIB);
    Session small = assembling(MIB);
    Session wanting = new Session(budget);
    assertWaits(wanting);
    now += PATIENCE - 1;
    assertWaits(wanting);
    assertThat(stalled.failures).isEmpty();
    now++;
    assertWaits(wanting);
    assertThat(stalled.failures)
        .singleElement()
        .asString()
        .contains(
            "message of at least 3145728 bytes, not whole while another waited for 10 s,"
                + " memoryBudget is 4194304");
    assertThat(small.failures).isEmpty();
    assertThat(stalled.share.ask(3 * MIB, STEP, true)).isEqualTo(REFUSED);
    stalled.share.end(stalled);
    assertThat(wanting.told).isPositive();
    assertThat(wanting.share.ask(0, STEP, true)).isEqualTo(GRANTED);
  }

  @Test
  void whoHoldsMostAndWaitsItselfIsRefused() {
    Session large = assembling(2 * MIB);
    Session small = assembling(MIB);
    Session slow = queueing(MIB);
    assertThat(large.share.ask(2 * MIB, STEP, true)).isEqualTo(WAIT);
    now += PATIENCE;
    assertThat(large.share.ask(2 * MIB, STEP, true)).isEqualTo(REFUSED);
    assertThat(large.failures).as("it was told").isEmpty();
    assertThat(small.failures).isEmpty();
    slow.share.taken(MIB);
  }

  @Test
  void nobodyFailsWhereSomethingCameFree() {
    Session stalled = assembling(3 * MIB);
    Session queueing = queueing(MIB);
    Session wanting = new Session(budget);
    assertWaits(wanting);
    now += PATIENCE - 1;
    queueing.share.taken(1);
    now += PATIENCE - 1;
    assertThat(wanting.share.ask(MIB, STEP, true)).isEqualTo(WAIT);
    assertThat(stalled.failures).isEmpty();
  }

  @Test
  void timeInWhichNobodyWantsMemoryDoesNotCount() {
    Session slow = assembling(3 * MIB);
    Session other = assembling(MIB);
    Session wanting = new Session(budget);
    for (int i = 0; i < 10; i++) {
      assertWaits(wanting);
      now += PATIENCE / 10;
      assertThat(slow.failures).isEmpty();
      wanting.share.leave();
      now += PATIENCE;
    }
    assertWaits(wanting);
    assertThat(slow.failures).as("what came together counts").hasSize(1);
    assertThat(other.failures).isEmpty();
  }

  @Test
  void nobodyFailsWhileThoseWhoWaitGetTheirTurn() {
    Session slow = assembling(MIB);
    for (int i = 0; i < 10; i++) {
      Session first = new Session(budget);
      Session second = new Session(budget);
      Session third = new Session(budget);
      assertThat(first.share.ask(0, MIB, true)).isEqualTo(GRANTED);
      assertThat(second.share.ask(0, STEP, true)).as("past the half").isEqualTo(GRANTED);
      assertWaits(third);
      now += PATIENCE / 2;
      first.share.settle(0);
      assertThat(third.share.ask(0, STEP, true)).isEqualTo(GRANTED);
      second.share.settle(0);
      third.share.settle(0);
    }
    assertThat(slow.failures).isEmpty();
  }

  private Session past(long held) {
    Session slow = queueing(2 * MIB);
    Session session = new Session(budget);
    assertThat(session.read(held, 0, true)).isEqualTo(GRANTED);
    slow.share.taken(2 * MIB);
    return session;
  }

  @Test
  void messageThatStandsStillPastTheHalfFailsWhileMemoryComesFreeElsewhere() {
    Session stopped = past(STEP);
    Session large = assembling(MIB);
    assertThat(large.share.ask(MIB, 2 * MIB, true)).as("needs the passage").isEqualTo(WAIT);
    for (int i = 0; i < 2; i++) {
      now += PATIENCE / 2;
      queueing(1000).share.taken(1000);
      assertThat(stopped.share.ask(STEP, STEP, true)).isEqualTo(GRANTED);
      stopped.share.settle(STEP); // nothing came
      assertThat(stopped.failures).isEmpty();
      assertThat(large.share.ask(MIB, 2 * MIB, true)).isEqualTo(WAIT);
    }
    assertThat(stopped.failures).hasSize(1);
    assertThat(large.failures).isEmpty();
    stopped.share.end(stopped);
    assertThat(large.share.ask(MIB, 2 * MIB, true)).isEqualTo(GRANTED);
  }

  @Test
  void messageThatStandsStillFailsWhereAnotherWantsMemoryNowAndThen() {
    Session stopped = past(STEP);
    Session large = assembling(MIB);
    for (int i = 0; i < 2; i++) {
      assertThat(large.share.ask(MIB, 2 * MIB, true)).isEqualTo(WAIT);
      now += PATIENCE / 2;
      queueing(1000).share.taken(1000);
      assertThat(stopped.share.ask(STEP, STEP, true)).isEqualTo(GRANTED);
      stopped.share.settle(STEP); // nothing came
      large.share.leave();
      now += PATIENCE; // which does not count
      assertThat(stopped.failures).isEmpty();
    }
    assertThat(large.share.ask(MIB, 2 * MIB, true)).isEqualTo(WAIT);
    assertThat(stopped.failures).hasSize(1);
  }

  @Test
  void messageThatStandsStillWhileNobodyWantsMemoryIsSpared() {
    Session stopped = past(STEP);
    Session large = assembling(MIB);
    assertThat(large.share.ask(MIB, 2 * MIB, true)).isEqualTo(WAIT);
    now += PATIENCE - 1;
    queueing(1000).share.taken(1000);
    assertThat(stopped.share.ask(STEP, STEP, true)).isEqualTo(GRANTED);
    assertThat(stopped.share.ask(STEP, STEP, true)).as("something came").isEqualTo(GRANTED);
    stopped.share.settle(STEP);
    large.share.leave();
    now += PATIENCE; // which does not count
    assertThat(large.share.ask(MIB, 2 * MIB, true)).isEqualTo(WAIT);
    now += 1;
    assertThat(large.share.ask(MIB, 2 * MIB, true)).isEqualTo(WAIT);
    assertThat(stopped.failures).as("stood still for a moment while memory was wanted").isEmpty();
    now += PATIENCE - 1;
    queueing(1000).share.taken(1000);
    assertThat(large.share.ask(MIB, 2 * MIB, true)).isEqualTo(WAIT);
    assertThat(stopped.failures).hasSize(1);
  }

  @Test
  void messageThatStoodStillForWantOfMemoryIsSpared() {
    Session holder = past(STEP);
    Session slow = queueing(2 * MIB);
    Session large = assembling(100);
    assertThat(holder.share.ask(STEP, 3 * MIB, true)).isEqualTo(WAIT);
    assertThat(large.share.ask(100, 2 * MIB, true)).isEqualTo(WAIT);
    now += PATIENCE / 2;
    slow.share.taken(1000);
    now += PATIENCE / 2;
    slow.share.taken(2 * MIB - 1000);
    assertThat(holder.share.ask(STEP, 3 * MIB, true)).isEqualTo(GRANTED);
    assertThat(large.share.ask(100, 2 * MIB, true)).isEqualTo(WAIT);
    assertThat(holder.failures).isEmpty();
  }

  @Test
  void messageThatComesSlowlyPastTheHalfIsSpared() {
    Session slow = past(STEP);
    Session large = assembling(MIB);
    assertThat(large.share.ask(MIB, 2 * MIB, true)).isEqualTo(WAIT);
    assertThat(slow.share.ask(STEP, STEP, true)).isEqualTo(GRANTED);
    for (int i = 0; i < 10; i++) {
      now += PATIENCE / 2;
      queueing(1000).share.taken(1000);
      assertThat(slow.share.ask(STEP, STEP, true)).as("something was read").isEqualTo(GRANTED);
      assertThat(large.share.ask(MIB, 2 * MIB, true)).isEqualTo(WAIT);
    }
    assertThat(slow.failures).isEmpty();
    assertThat(large.failures).isEmpty();
  }

  @Test
  void whatIsLeftOfAnEndedSessionCountsUntilItIsTaken() {
    Session session = queueing(MIB);
    session.share.settle(1000);
    session.share.end(session);
    assertThat(budget.used()).isEqualTo(MIB);
    session.share.taken(MIB);
    assertThat(budget.used()).isZero();
  }

  @Test
  void whatIsForsakenCountsUntilTheEndOnly() {
    Session before = queueing(MIB);
    before.share.forsake();
    assertThat(budget.used()).isEqualTo(MIB);
    before.share.end(before);
    assertThat(budget.used()).isZero();
    before.share.queued(10);
    before.share.taken(MIB);
    assertThat(budget.used()).as("nothing is given back twice").isZero();
    Session after = queueing(MIB);
    after.share.end(after);
    after.share.forsake();
    assertThat(budget.used()).isZero();
  }

  @Test
  void whatNobodyCanTakeAnyMoreIsGivenBack() {
    endAndForget(MIB);
    assertThat(budget.used()).isEqualTo(MIB);
    while (budget.used() > 0) {
      System.gc();
      budget.pass();
    }
  }

  @Test
  void whatNobodyCanTakeAnyMoreIsFoundBeforeTheAnswer() {
    endAndForget(2 * MIB);
    Session session = new Session(budget);
    MemoryBudget.Answer answer;
    do {
      System.gc();
      answer = session.share.ask(0, STEP, false);
    } while (budget.used() > 0);
    assertThat(answer).isEqualTo(GRANTED);
  }

  @Test
  void whatIsLeftOfAnEndedSessionMakesNobodyWait() {
    Session left = queueing(MIB);
    left.share.end(left);
    assertThat(budget.isTight()).isFalse();
    Session session = new Session(budget);
    session.share.settle(1000);
    session.share.settle(0);
    assertThat(budget.isTight()).isFalse();
  }

  private void endAndForget(long bytes) {
    queueing(bytes).share.end(new Object());
  }
}
