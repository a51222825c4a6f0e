// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import java.time.Duration;

/**
 * A moment until which something may last.
 *
 * @param nanos the moment in terms of {@link System#nanoTime()}; {@link Long#MAX_VALUE} never comes
 */
public record Deadline(long nanos) {
  /** Never comes. */
  public static final Deadline NONE = new Deadline(Long.MAX_VALUE);

  // Moments of nanoTime are compared by their difference, which must not overflow.
  private static final Duration FAR = Duration.ofNanos(Long.MAX_VALUE / 4);

  /** Has come, so that nothing is waited for. */
  public static final Deadline PAST = after(Duration.ZERO);

  /** Returns the moment that is so far from now; {@link #NONE} for a duration of many decades. */
  public static Deadline after(Duration duration) {
    if (duration.compareTo(FAR) > 0) {
      return NONE;
    }
    long nanos = System.nanoTime() + nanos(duration);
    return new Deadline(nanos == Long.MAX_VALUE ? nanos - 1 : nanos);
  }

  /** Returns a duration that may be added to a moment: not negative, and many decades at most. */
  static long nanos(Duration duration) {
    if (duration.isNegative()) {
      return 0;
    }
    return duration.compareTo(FAR) > 0 ? FAR.toNanos() : duration.toNanos();
  }

  /** Tells whether this deadline never comes. */
  public boolean isNone() {
    return nanos == Long.MAX_VALUE;
  }

  /** Returns how long it is until then: not positive when it is over, huge when it never comes. */
  public long remainingNanos() {
    return isNone() ? Long.MAX_VALUE : nanos - System.nanoTime();
  }

  /** Tells whether the moment has come. */
  public boolean isOver() {
    return remainingNanos() <= 0;
  }

  /** Returns the one of the two that comes first. */
  public Deadline earlier(Deadline other) {
    if (isNone() || other.isNone()) {
      return isNone() ? other : this;
    }
    return nanos - other.nanos <= 0 ? this : other;
  }
}
