// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class SignallerTest {
  private static final long EVER = TimeUnit.HOURS.toNanos(1);

  private final List<Thread> started = new ArrayList<>();
  private final Signaller signaller = new Signaller(noting(), EVER);

  private ThreadFactory noting() {
    return task -> {
      Thread thread = Thread.ofVirtual().unstarted(task);
      started.add(thread);
      return thread;
    };
  }

  /** Adds a virtual thread that is parked, and returns it. */
  private static Thread add(Signaller signaller) {
    Thread waiting = Thread.ofVirtual().start(LockSupport::park);
    signaller.add(waiting);
    return waiting;
  }

  private static void assertEnds(Thread thread) throws InterruptedException {
    assertThat(thread.join(Duration.ofSeconds(20))).isTrue();
  }

  @Test
  void wakesManyFromOneThreadThatEndsWhenItIsTold() throws Exception {
    List<Thread> waiting = new ArrayList<>();
    for (int batch = 0; batch < 3; batch++) {
      for (int i = 0; i < 20; i++) {
        waiting.add(add(signaller));
      }
      assertThat(signaller.flush()).isTrue();
      signaller.awaitTurn();
      assertThat(signaller.isBusy()).isFalse();
    }
    for (Thread each : waiting) {
      assertEnds(each);
    }
    assertThat(signaller.flush()).isFalse();
    assertThat(started).hasSize(1);
    assertThat(started.getFirst().isAlive()).isTrue();
    signaller.end();
    assertEnds(started.getFirst());
  }

  @Test
  void wakesWhomItWasGivenThoughItIsToldToEnd() throws Exception {
    Thread one = add(signaller);
    Thread two = add(signaller);
    assertThat(signaller.flush()).isTrue();
    signaller.end();
    assertEnds(one);
    assertEnds(two);
    assertEnds(started.getFirst());
  }

  @Test
  void wakesOneThatIsAloneByItself() throws Exception {
    Thread alone = add(signaller);
    assertThat(signaller.flush()).isTrue();
    assertEnds(alone);
    assertThat(started).isEmpty();
    assertThat(signaller.isBusy()).isFalse();
    signaller.end();
  }

  @Test
  void wakesAllByItselfWhereItGetsNoThread() throws Exception {
    RefusingThreads threads = new RefusingThreads(noting());
    Signaller refused = new Signaller(threads, EVER);
    threads.refuse(true);
    Thread one = add(refused);
    Thread two = add(refused);
    assertThat(refused.flush()).isTrue();
    assertEnds(one);
    assertEnds(two);
    assertThat(refused.isBusy()).isFalse();

    threads.refuse(false);
    Thread three = add(refused);
    Thread four = add(refused);
    assertThat(refused.flush()).isTrue();
    assertEnds(three);
    assertEnds(four);
    assertThat(started).hasSize(1);
    refused.end();
  }

  @Test
  void doesNotAwaitTheTurnOfThoseWhoHaveNoneForLong() {
    Signaller stuck = new Signaller(task -> Thread.ofVirtual().unstarted(() -> {}), 1_000_000);
    for (int i = 0; i < 2; i++) { // once more for the next ones
      Thread one = add(stuck);
      Thread two = add(stuck);
      assertThat(stuck.flush()).isTrue();
      assertThat(stuck.isBusy()).isTrue();
      long start = System.nanoTime();
      stuck.awaitTurn();
      assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(1_000_000);
      assertThat(stuck.isBusy()).isFalse();
      LockSupport.unpark(one);
      LockSupport.unpark(two);
    }
  }
}
