// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.handshake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ResponseHeadTest {
  @ParameterizedTest
  @ValueSource(ints = {100, 999})
  void statusOfThreeDigitsIsFine(int status) {
    assertThat(new ResponseHead(status, "", Headers.EMPTY).status()).isEqualTo(status);
  }

  @ParameterizedTest
  @ValueSource(ints = {99, 1000})
  void statusMustHaveThreeDigits(int status) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ResponseHead(status, "", Headers.EMPTY))
        .withMessage("status code %d, expected 100 to 999", status);
  }

  @Test
  void reasonCannotBreakTheHead() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ResponseHead(200, "OK\r\nA: b", Headers.EMPTY))
        .withMessage("reason phrase has the character U+000D at index 2 (RFC 9110 §5.5)");
  }
}
