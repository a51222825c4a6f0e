// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

final class LimitsTest {
  @Test
  void defaultsAreAsDocumented() {
    assertThat(Limits.DEFAULT).isEqualTo(new Limits(Long.MAX_VALUE, 67_108_864, 131_072));
  }

  @Test
  void changesOneAtATime() {
    assertThat(Limits.DEFAULT.withMaxFrameSize(1).withMaxMessageSize(2).withMaxFragments(3))
        .isEqualTo(new Limits(1, 2, 3));
  }

  @Test
  void refusesWhatLetsNothingThrough() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Limits.DEFAULT.withMaxFrameSize(0))
        .withMessage("maxFrameSize of 0, expected at least 1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Limits.DEFAULT.withMaxMessageSize(-1))
        .withMessage("maxMessageSize of -1, expected at least 1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Limits.DEFAULT.withMaxFragments(0))
        .withMessage("maxFragments of 0, expected at least 1");
  }
}
