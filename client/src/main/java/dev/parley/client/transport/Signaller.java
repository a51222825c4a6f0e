// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Wakes the virtual threads that one pass of a {@link ReadinessLoop} found something for, where
 * they are several, from a virtual thread of its own: they are then in the queue of a carrier that
 * is at work. Woken by the loop's thread, the first of them would wake a carrier, which takes the
 * core from the loop before it has woken the second; so each would cost two changes of threads.
 *
 * <p>For the thread of the loop alone.
 */
final class Signaller {
  // Laws.
  //
  // Who was added is woken: by flush, or by our thread, which was started, or unparked after its
  // batch was there. It parks only where it found no batch, and an unpark that comes before the
  // park ends that at once; so no batch is left behind.
  //
  // `given` and `done` count batches. Our thread says that one is done after it gave way once, so
  // that whom it woke was before it in the queue of the same carrier. The loop sets `awaited`, then
  // looks at `done`, then parks; our thread sets `done`, then looks at `awaited`.

  /**
   * So long the loop waits for the turn of those whom it woke. A thread that holds the carrier for
   * longer must not hold up the others, nor timers.
   */
  private static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private static final ThreadFactory THREADS =
      Thread.ofVirtual().name("parley-signaller").inheritInheritableThreadLocals(false).factory();

  private final ThreadFactory threads;
  private final long patienceNanos;
  private final Queue<Thread[]> batches = new ConcurrentLinkedQueue<>();
  private volatile int done;
  private volatile @Nullable Thread awaited;
  private volatile boolean ended;

  // Of the loop's thread alone.
  private Thread[] signalled = new Thread[8];
  private int count;
  private int given;
  private int givenUp;
  private @Nullable Thread thread;

  /** Makes one that has no thread yet. */
  Signaller() {
    this(THREADS, PATIENCE_NANOS);
  }

  /** Makes one of other parts. */
  Signaller(ThreadFactory threads, long patienceNanos) {
    this.threads = threads;
    this.patienceNanos = patienceNanos;
  }

  /** Has a thread woken by the next {@link #flush}. */
  void add(Thread waiting) {
    if (count == signalled.length) {
      signalled = Arrays.copyOf(signalled, 2 * count);
    }
    signalled[count++] = waiting;
  }

  /**
   * Wakes all who were added.
   *
   * @return whether there was any
   */
  boolean flush() {
    if (count == 0) {
      return false;
    }
    Thread[] batch = Arrays.copyOf(signalled, count);
    Arrays.fill(signalled, 0, count, null);
    count = 0;
    if (batch.length == 1 || !handOver(batch)) {
      wake(batch);
    }
    return true;
  }

  private boolean handOver(Thread[] batch) {
    if (thread == null) {
      try {
        thread = threads.newThread(this::run);
        batches.add(batch);
        thread.start();
      } catch (RuntimeException | Error e) {
        ReadinessLoop.report(e);
        thread = null;
        batches.clear();
        return false;
      }
    } else {
      batches.add(batch);
      LockSupport.unpark(thread);
    }
    given++;
    return true;
  }

  /** Tells whether some of those who were woken may not have had their turn yet. */
  boolean isBusy() {
    return given != done && given != givenUp;
  }

  /** Waits until those who were woken have had their turn, but not for long. */
  void awaitTurn() {
    long until = System.nanoTime() + patienceNanos;
    awaited = Thread.currentThread();
    while (given != done) {
      long left = until - System.nanoTime();
      if (left <= 0) {
        givenUp = given;
        break;
      }
      LockSupport.parkNanos(this, left);
    }
    awaited = null;
  }

  /** Has the thread end when it has woken all whom it was given. Nobody is added after that. */
  void end() {
    ended = true;
    LockSupport.unpark(thread);
  }

  private void run() {
    int woken = 0;
    while (true) {
      Thread[] batch = batches.poll();
      if (batch != null) {
        wake(batch);
        giveWay();
        done = ++woken;
        LockSupport.unpark(awaited);
      } else if (ended) {
        return;
      } else {
        LockSupport.park(this);
      }
    }
  }

  @SuppressWarnings("ThreadPriorityCheck") // without it all works, with more passes of the loop
  private static void giveWay() {
    Thread.yield();
  }

  private static void wake(Thread[] batch) {
    for (Thread each : batch) {
      try {
        LockSupport.unpark(each);
      } catch (RuntimeException | Error e) {
        ReadinessLoop.report(e); // the others are to be woken all the same
      }
    }
  }
}
