// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.handshake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HeadLimitsTest {
  @Test
  void defaultsAreThoseOfTheDocumentation() {
    assertThat(HeadLimits.DEFAULT).isEqualTo(new HeadLimits(8192, 8192, 128, 65536));
  }

  @ParameterizedTest
  @CsvSource({
    "0, 1, 1, 1,  maxStartLine of 0",
    "1, -1, 1, 1, maxHeaderLine of -1",
    "1, 1, 0, 1,  maxHeaderLines of 0",
    "1, 1, 1, 0,  maxHeadSize of 0",
  })
  void limitsMustBePositive(int startLine, int headerLine, int lines, int size, String message) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new HeadLimits(startLine, headerLine, lines, size))
        .withMessage(message + ", expected at least 1");
  }
}
