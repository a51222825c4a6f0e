// SPDX-License-Identifier: Apache-2.0
package dev.parley.exam;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;

/** What must end by itself does so at its time, and not a second later. */
final class TimeBound {
  /** What the exam allows for a machine that is busy with other things. */
  static final Duration SLACK = Duration.ofSeconds(1);

  private TimeBound() {}

  /** Asserts that what began at a moment of {@code nanoTime} is over in time, and not too early. */
  static void assertTook(long startNanos, Duration least, Duration most) {
    assertThat(Duration.ofNanos(System.nanoTime() - startNanos)).isBetween(least, most.plus(SLACK));
  }

  /** Asserts that what began at a moment of {@code nanoTime} is over in time. */
  static void assertTook(long startNanos, Duration most) {
    assertTook(startNanos, Duration.ZERO, most);
  }
}
