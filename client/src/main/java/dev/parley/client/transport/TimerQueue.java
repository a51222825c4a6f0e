// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * The timers of a {@link ReadinessLoop}, the first due first. Most are cancelled long before their
 * time, so that costs next to nothing: a timer forgets its task at once, and leaves together with
 * others. Guarded by the loop's lock.
 */
final class TimerQueue {
  /** So many that were cancelled are in nobody's way. */
  private static final int FEW = 32;

  private final PriorityQueue<ReadinessLoop.Timer> timers = new PriorityQueue<>(2);
  private int cancelled; // and still in the queue

  void add(ReadinessLoop.Timer timer) {
    timers.add(timer);
  }

  /** Returns the one that is due first, {@code null} where there is none. */
  ReadinessLoop.@Nullable Timer first() {
    ReadinessLoop.Timer first = timers.peek();
    while (first != null && first.isCancelled()) {
      ReadinessLoop.Timer unused = timers.poll();
      cancelled--;
      first = timers.peek();
    }
    return first;
  }

  /** Takes the one that {@link #first} returned. */
  void removeFirst() {
    ReadinessLoop.Timer unused = timers.remove();
  }

  /** Takes note that one of these timers was cancelled. */
  void noteCancelled() {
    cancelled++;
    if (cancelled > FEW && cancelled > timers.size() / 2) {
      boolean unused = timers.removeIf(ReadinessLoop.Timer::isCancelled);
      cancelled = 0;
    }
  }

  boolean isEmpty() {
    return timers.size() == cancelled;
  }

  void clear() {
    timers.clear();
    cancelled = 0;
  }
}
