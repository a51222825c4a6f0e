// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import static dev.parley.fuzz.Interleavings.check;
import static dev.parley.fuzz.Laws.require;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/**
 * The laws of {@link Signaller}: whoever was added is woken, and a loop that awaits their turn goes
 * on. What is not woken sleeps for ever: the patience of the loop does not end here.
 */
final class SignallerInterleavingTest {
  private static final long EVER = Long.MAX_VALUE / 2;

  /** Sleeps until it is signalled. */
  private static final class Waiter {
    private final Thread thread = Thread.ofPlatform().unstarted(this::await);
    private volatile boolean signalled;

    private void await() {
      while (!signalled) {
        LockSupport.park(this);
      }
    }

    void signal(Signaller signaller) {
      signalled = true;
      signaller.add(thread);
    }
  }

  private final ConcurrentLinkedQueue<Thread> threads = new ConcurrentLinkedQueue<>();

  private Thread thread(Runnable task) {
    Thread thread = Thread.ofPlatform().unstarted(task);
    threads.add(thread);
    return thread;
  }

  private static Waiter waiter() {
    Waiter waiter = new Waiter();
    waiter.thread.start();
    return waiter;
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** Has the thread of a signaller end, which has to have one. */
  private void end(Signaller signaller) {
    signaller.end();
    require(threads.size() == 1, "threads: " + threads);
    threads.forEach(SignallerInterleavingTest::join);
    threads.clear();
  }

  @Test
  void whoeverIsAddedIsWoken() {
    check(
        () -> {
          Signaller signaller = new Signaller(this::thread, EVER);
          Waiter one = waiter();
          Waiter two = waiter();
          one.signal(signaller);
          two.signal(signaller);
          require(signaller.flush(), "nobody was added");
          join(one.thread);
          join(two.thread);
          require(!signaller.flush(), "somebody was left");
          end(signaller);
        });
  }

  @Test
  void secondBatchIsWokenWhileTheThreadGoesToSleep() {
    check(
        () -> {
          Signaller signaller = new Signaller(this::thread, EVER);
          for (int i = 0; i < 2; i++) {
            Waiter waiter = waiter();
            waiter.signal(signaller);
            waiter.signal(signaller);
            require(signaller.flush(), "nobody was added");
            join(waiter.thread);
          }
          end(signaller);
        });
  }

  @Test
  void loopThatAwaitsTheTurnGoesOn() {
    check(
        () -> {
          Signaller signaller = new Signaller(this::thread, EVER);
          Waiter waiter = waiter();
          waiter.signal(signaller);
          waiter.signal(signaller);
          require(signaller.flush(), "nobody was added");
          signaller.awaitTurn();
          require(!signaller.isBusy(), "given up");
          join(waiter.thread);
          end(signaller);
        });
  }
}
