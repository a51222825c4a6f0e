// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("RFC 6455 §7.4: close codes and reasons")
final class CloseReasonTest {
  @ParameterizedTest
  @CsvSource({
    "0, 999, false",
    "1000, 1003, true",
    "1004, 1006, false",
    "1007, 1014, true",
    "1015, 2999, false",
    "3000, 4999, true",
    "5000, 65535, false"
  })
  void knowsWhichCodesMayBeSent(int from, int to, boolean sendable) {
    for (int code = from; code <= to; code++) {
      assertThat(CloseReason.isSendable(code)).as("%s", code).isEqualTo(sendable);
    }
  }

  @Test
  void refusesACodeThatMustNotBeSent() {
    assertThatIllegalArgumentException()
        .isThrownBy(CloseReason.TLS_HANDSHAKE_FAILED::requireSendable)
        .withMessage(
            "close code 1015 must not be sent, expected 1000-1003, 1007-1014 or 3000-4999");
  }

  @Test
  void boundsTheMessageInBytes() {
    CloseReason longest = new CloseReason(1000, "é".repeat(61) + "x");
    assertThat(longest.requireSendable()).isSameAs(longest);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new CloseReason(1000, "é".repeat(62)).requireSendable())
        .withMessage("close message of 124 bytes of UTF-8, at most 123");
  }

  @Test
  void refusesALoneSurrogate() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new CloseReason(1000, "\udc00").requireSendable());
  }

  @Test
  @SuppressWarnings("NullAway") // the test breaks the contract on purpose
  void needsAMessage() {
    assertThatNullPointerException().isThrownBy(() -> new CloseReason(1000, null));
  }

  @Test
  void goesOnTheWireAndBack() {
    CloseReason reason = new CloseReason(4999, "bye, é");
    assertThat(Wire.hex(reason.encode())).isEqualTo("13 87 62 79 65 2c 20 c3 a9");
    assertThat(CloseReason.decode(reason.encode())).isEqualTo(reason);
  }
}
