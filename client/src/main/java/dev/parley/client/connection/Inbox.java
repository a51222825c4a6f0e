// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

import dev.parley.client.transport.Deadline;
import dev.parley.websocket.Frame;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Received frames that nobody has taken yet, in order, and the place where threads wait for one, or
 * for anything else about receiving to change.
 *
 * <p>The bound is soft by one frame: it says when to stop reading, and what was read is always
 * kept.
 */
final class Inbox {
  private final int maxFrames;
  private final long maxBytes;
  private final MemoryBudget.@Nullable Share share;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<Frame> frames = new ArrayDeque<>(2);
  private long bytes;

  /** Written under the lock; read without it, so that an empty inbox costs a receiver one read. */
  private volatile boolean empty = true;

  /** Read without the lock, so that a change nobody waits for costs one read. */
  private volatile int waiting;

  private static final AtomicIntegerFieldUpdater<Inbox> WAITING =
      AtomicIntegerFieldUpdater.newUpdater(Inbox.class, "waiting");

  Inbox(int maxFrames, long maxBytes, MemoryBudget.@Nullable Share share) {
    this.maxFrames = maxFrames;
    this.maxBytes = maxBytes;
    this.share = share;
  }

  void add(Frame frame) {
    if (share != null) {
      share.queued(frame.data().length); // before somebody may take it
    }
    lock.lock();
    try {
      frames.add(frame);
      bytes += frame.data().length;
      empty = false;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Takes the oldest frame, if there is one. */
  @Nullable Frame poll() {
    if (empty) {
      return null;
    }
    Frame frame;
    lock.lock();
    try {
      frame = frames.poll();
      if (frame != null) {
        bytes -= frame.data().length;
        empty = frames.isEmpty();
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
    if (frame != null && share != null) {
      share.taken(frame.data().length); // without the lock: it may wake those of other sessions
    }
    return frame;
  }

  boolean isEmpty() {
    return empty;
  }

  /** Tells whether reading should stop until something is taken. */
  boolean isFull() {
    if (empty) {
      return false;
    }
    lock.lock();
    try {
      return full();
    } finally {
      lock.unlock();
    }
  }

  /** Tells whether so little is left that reading should begin again after it had stopped. */
  boolean isHalfEmpty() {
    if (empty) {
      return true;
    }
    lock.lock();
    try {
      return frames.size() <= maxFrames / 2 && bytes <= maxBytes / 2;
    } finally {
      lock.unlock();
    }
  }

  private boolean full() {
    return frames.size() >= maxFrames || bytes >= maxBytes;
  }

  /** Wakes all who wait, so that they look again. */
  void wake() {
    if (waiting > 0) {
      lock.lock();
      try {
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  /**
   * Waits while a condition holds. Whoever makes it false calls {@link #wake} afterwards, unless
   * adding or taking a frame made it so.
   *
   * @return whether the condition is over; else the deadline came
   */
  boolean awaitWhile(BooleanSupplier condition, Deadline deadline) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      WAITING.incrementAndGet(this); // before the condition is looked at: see wake()
      while (condition.getAsBoolean()) {
        if (deadline.isOver()) {
          return false;
        }
        long unused =
            changed.awaitNanos(Math.min(deadline.remainingNanos(), TimeUnit.HOURS.toNanos(1)));
      }
      return true;
    } finally {
      WAITING.decrementAndGet(this);
      lock.unlock();
    }
  }
}
