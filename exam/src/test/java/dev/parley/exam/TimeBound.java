// SPDX-License-Identifier: Apache-2.0
package dev.parley.exam;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * What must end by itself does so at its time, and not a second later.
 *
 * <p>The time in which the machine lets nobody run does not count, be it busy with another process
 * or collecting garbage: a thread that does nothing but wake up every few milliseconds measures by
 * how much it is late. So a bound can be as tight as the exam asks on a machine that is shared. It
 * is a virtual thread, as those of the client are, because they share their carriers with the
 * floods of all the servers of the exam.
 */
final class TimeBound {
  /** What the exam allows. */
  static final Duration SLACK = Duration.ofSeconds(1);

  private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
  private static final int REMEMBERED = 20_000;

  /** When something was late, from the start of this clock, and by how much in all until then. */
  private static final ConcurrentSkipListMap<Long, Long> LATE = new ConcurrentSkipListMap<>();

  private static final long START = System.nanoTime();

  static {
    Thread unused = Thread.ofVirtual().name("exam-clock").start(TimeBound::tick);
  }

  private TimeBound() {}

  private static void tick() {
    long total = 0;
    int entries = 0;
    long before = System.nanoTime();
    while (true) {
      LockSupport.parkNanos(TICK_NANOS);
      long now = System.nanoTime();
      long late = now - before - 2 * TICK_NANOS;
      if (late > 0) {
        total += late;
        LATE.put(now - START, total);
        if (++entries > REMEMBERED) {
          LATE.pollFirstEntry();
        }
      }
      before = now;
    }
  }

  private static long lateUntil(long nanos) {
    Map.Entry<Long, Long> last = LATE.floorEntry(nanos - START);
    return last == null ? 0 : last.getValue();
  }

  /** Returns the present moment, and sees to it that lateness is measured from here on. */
  static long now() {
    return System.nanoTime();
  }

  /** Returns how long it is since a moment of {@link #now}, as far as the machine was there. */
  static Duration since(long startNanos) {
    long now = System.nanoTime();
    return Duration.ofNanos(now - startNanos - (lateUntil(now) - lateUntil(startNanos)));
  }

  /** Asserts that what began at a moment of {@link #now} is over in time, and not too early. */
  static void assertTook(long startNanos, Duration least, Duration most) {
    Duration taken = since(startNanos);
    assertThat(Duration.ofNanos(System.nanoTime() - startNanos)).isGreaterThanOrEqualTo(least);
    assertThat(taken).isLessThanOrEqualTo(most.plus(SLACK));
  }

  /** Asserts that what began at a moment of {@link #now} is over in time. */
  static void assertTook(long startNanos, Duration most) {
    assertTook(startNanos, Duration.ZERO, most);
  }
}
