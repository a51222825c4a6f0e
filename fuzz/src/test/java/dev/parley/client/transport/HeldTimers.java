// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Field;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.PriorityQueue;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A real readiness loop that has no thread: its timers stand still until a test runs them. A test
 * may make thousands.
 */
public final class HeldTimers {
  private static final Field IN_USE = field(ReadinessLoop.class, "inUse");
  private static final Field LOCK = field(ReadinessLoop.class, "lock");
  private static final Field TIMERS = field(ReadinessLoop.class, "timers");
  private static final Field QUEUE = field(TimerQueue.class, "timers");
  private static final Field HANDED_OVER = field(ReadinessLoop.class, "handedOver");
  private static final Field TASK = field(ReadinessLoop.Timer.class, "task");
  private static final Field DUE = field(ReadinessLoop.Timer.class, "due");
  private static final Field TICKERS = field(ReadinessLoop.class, "tickers");
  private static final Field TICK = field(ReadinessLoop.Ticker.class, "task");
  private static final Field TICK_DUE = field(ReadinessLoop.Ticker.class, "due");
  private static final Field TICK_WAITS = field(ReadinessLoop.Ticker.class, "waits");

  // Of all loops: one that has a selector starts no thread, and without a thread nobody selects.
  private static final Selector SELECTOR = open();

  private final ReadinessLoop loop = new ReadinessLoop();

  /** Makes a loop in which nothing is set. */
  public HeldTimers() {
    set(IN_USE, loop, SELECTOR);
    set(HANDED_OVER, loop, new RunAtOnce());
  }

  /** Returns the loop to set timers in. */
  public ReadinessLoop loop() {
    return loop;
  }

  /**
   * Runs the timer or ticker that is due first, if there is one, as the loop does: without its
   * lock.
   *
   * @return whether there was one
   */
  public boolean runNext() {
    Runnable next;
    ReentrantLock lock = get(LOCK, loop, ReentrantLock.class);
    lock.lock();
    try {
      next = pollNext();
    } finally {
      lock.unlock();
    }
    if (next != null) {
      next.run();
    }
    return next != null;
  }

  private @Nullable Runnable pollNext() {
    TimerQueue timers = get(TIMERS, loop, TimerQueue.class);
    ReadinessLoop.Timer timer = timers.first();
    ArrayDeque<?> tickers = get(TICKERS, loop, ArrayDeque.class);
    Object ticker = tickers.peekFirst();
    boolean ticks =
        ticker != null
            && (timer == null
                || get(TICK_DUE, ticker, Long.class) - get(DUE, timer, Long.class) < 0);
    if (ticks) {
      tickers.removeFirst();
      set(TICK_WAITS, ticker, false);
      return get(TICK, ticker, Runnable.class);
    }
    if (timer == null) {
      return null;
    }
    timers.removeFirst();
    Runnable task = get(TASK, timer, Runnable.class);
    set(TASK, timer, null);
    return task;
  }

  /** Counts the timers that are due as late as that, or later. To be called when all is quiet. */
  public int countFrom(Duration delay) {
    long from = System.nanoTime() + delay.toNanos();
    int count = 0;
    TimerQueue timers = get(TIMERS, loop, TimerQueue.class);
    for (Object timer : get(QUEUE, timers, PriorityQueue.class)) {
      if (get(TASK, timer, Object.class) != null && get(DUE, timer, Long.class) - from >= 0) {
        count++;
      }
    }
    return count;
  }

  /** What is handed over to the loop is no timer: it does not stand still. */
  private static final class RunAtOnce extends ArrayDeque<Runnable> {
    private static final long serialVersionUID = 1;

    @Override
    public boolean add(Runnable task) {
      task.run();
      return true;
    }
  }

  private static Selector open() {
    try {
      return Selector.open();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Field field(Class<?> type, String name) {
    try {
      Field field = type.getDeclaredField(name);
      field.setAccessible(true);
      return field;
    } catch (NoSuchFieldException e) {
      throw new AssertionError(e);
    }
  }

  private static <T> T get(Field field, Object owner, Class<T> type) {
    try {
      return type.cast(field.get(owner));
    } catch (IllegalAccessException e) {
      throw new AssertionError(e);
    }
  }

  private static void set(Field field, Object owner, @Nullable Object value) {
    try {
      field.set(owner, value);
    } catch (IllegalAccessException e) {
      throw new AssertionError(e);
    }
  }
}
