// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

final class DeadlineTest {
  private static final Duration HOUR = Duration.ofHours(1);

  @Test
  void comesWhenItsTimeIsOver() {
    assertThat(Deadline.after(Duration.ZERO).isOver()).isTrue();
    assertThat(Deadline.after(Duration.ofSeconds(Long.MIN_VALUE)).isOver()).isTrue();
    assertThat(Deadline.after(HOUR).isOver()).isFalse();
    assertThat(Deadline.after(HOUR).remainingNanos())
        .isPositive()
        .isLessThanOrEqualTo(HOUR.toNanos());
  }

  @Test
  void neverComes() {
    assertThat(Deadline.NONE.isNone()).isTrue();
    assertThat(Deadline.NONE.isOver()).isFalse();
    assertThat(Deadline.NONE.remainingNanos()).isEqualTo(Long.MAX_VALUE);
    assertThat(Deadline.after(Duration.ofSeconds(Long.MAX_VALUE))).isEqualTo(Deadline.NONE);
  }

  @Test
  void earlierIsByDifferenceBecauseNanoTimeOverflows() {
    Deadline before = new Deadline(Long.MAX_VALUE - 1);
    Deadline after = new Deadline(Long.MIN_VALUE + 10);
    assertThat(before.earlier(after)).isEqualTo(before);
    assertThat(after.earlier(before)).isEqualTo(before);
    assertThat(after.earlier(Deadline.NONE)).isEqualTo(after);
    assertThat(Deadline.NONE.earlier(after)).isEqualTo(after);
  }
}
