// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

import dev.parley.client.transport.Deadline;
import dev.parley.websocket.Frame;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Received frames that nobody has taken yet, in order, and the place where threads wait for one, or
 * for anything else about receiving to change.
 *
 * <p>The bound is soft: it says when to stop reading, and what was read is always kept, which is
 * one frame, or what is left of a {@link Burst}.
 */
final class Inbox {
  private final int maxFrames;
  private final long maxBytes;
  private final MemoryBudget.@Nullable Share share;

  /** What it takes to keep a frame, or to wait for one: most sessions do neither. */
  private static final class Room {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ArrayDeque<Frame> frames = new ArrayDeque<>(2);
    private long bytes;
  }

  private static final AtomicReferenceFieldUpdater<Inbox, @Nullable Room> ROOM =
      AtomicReferenceFieldUpdater.newUpdater(Inbox.class, Room.class, "room");

  /** Made when it is first needed, which it is where something is in it or somebody waits. */
  private volatile @Nullable Room room;

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

  private Room room() {
    Room made = room;
    if (made == null) {
      Room mine = new Room();
      made = ROOM.compareAndSet(this, null, mine) ? mine : Objects.requireNonNull(room);
    }
    return made;
  }

  int maxFrames() {
    return maxFrames;
  }

  void add(Frame frame) {
    if (share != null) {
      share.queued(frame.length()); // before somebody may take it
    }
    Room room = room();
    room.lock.lock();
    try {
      room.frames.add(frame);
      room.bytes += frame.length();
      empty = false;
      room.changed.signalAll();
    } finally {
      room.lock.unlock();
    }
  }

  /** Takes the oldest frame, if there is one. */
  @Nullable Frame poll() {
    if (empty) {
      return null;
    }
    Room room = room();
    Frame frame;
    room.lock.lock();
    try {
      frame = room.frames.poll();
      if (frame != null) {
        room.bytes -= frame.length();
        empty = room.frames.isEmpty();
        room.changed.signalAll();
      }
    } finally {
      room.lock.unlock();
    }
    if (frame != null && share != null) {
      share.taken(frame.length()); // without the lock: it may wake those of other sessions
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
    Room room = room();
    room.lock.lock();
    try {
      return room.frames.size() >= maxFrames || room.bytes >= maxBytes;
    } finally {
      room.lock.unlock();
    }
  }

  /** Tells whether the bound on bytes alone says so. */
  boolean isFullOfBytes() {
    Room room = room();
    room.lock.lock();
    try {
      return room.bytes >= maxBytes;
    } finally {
      room.lock.unlock();
    }
  }

  /** Tells whether so little is left that reading should begin again after it had stopped. */
  boolean isHalfEmpty() {
    if (empty) {
      return true;
    }
    Room room = room();
    room.lock.lock();
    try {
      return room.frames.size() <= maxFrames / 2 && room.bytes <= maxBytes / 2;
    } finally {
      room.lock.unlock();
    }
  }

  /** Wakes all who wait, so that they look again. */
  void wake() {
    if (waiting > 0) {
      Room room = room();
      room.lock.lock();
      try {
        room.changed.signalAll();
      } finally {
        room.lock.unlock();
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
    Room room = room();
    room.lock.lockInterruptibly();
    try {
      WAITING.incrementAndGet(this); // before the condition is looked at: see wake()
      while (condition.getAsBoolean()) {
        if (deadline.isOver()) {
          return false;
        }
        long unused =
            room.changed.awaitNanos(Math.min(deadline.remainingNanos(), TimeUnit.HOURS.toNanos(1)));
      }
      return true;
    } finally {
      WAITING.decrementAndGet(this);
      room.lock.unlock();
    }
  }
}
