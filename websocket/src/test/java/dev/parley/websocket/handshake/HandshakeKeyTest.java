// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.handshake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.HexFormat;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HandshakeKeyTest {
  @Nested
  @DisplayName("RFC 6455 §1.3: the example")
  class Example {
    @Test
    void acceptAnswersTheKey() {
      assertThat(new HandshakeKey("dGhlIHNhbXBsZSBub25jZQ==").accept())
          .isEqualTo("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }
  }

  @Nested
  @DisplayName("RFC 6455 §4.1: the nonce")
  class Nonce {
    @Test
    void keyIsTheNonceInBase64() {
      byte[] nonce = HexFormat.of().parseHex("0102030405060708090a0b0c0d0e0f10");

      assertThat(HandshakeKey.of(nonce).value()).isEqualTo("AQIDBAUGBwgJCgsMDQ4PEA==");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 15, 17})
    void nonceMustHave16Bytes(int length) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> HandshakeKey.of(new byte[length]))
          .withMessage("nonce of %d bytes, expected 16", length);
    }
  }

  @Nested
  @DisplayName("RFC 6455 §4.2.1: the key")
  class Key {
    @Test
    void unusedBitsOfTheLastCharacterDoNotMatter() {
      // The example of RFC 6455 §4.1 itself has such a bit.
      assertThat(new HandshakeKey("AQIDBAUGBwgJCgsMDQ4PEC==").value()).endsWith("EC==");
      assertThat(new HandshakeKey("+/09+/09+/09azAZ+/09+A==").value()).startsWith("+/09");
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "",
          "AQIDBAUGBwgJCgsMDQ4PEA",
          "AQIDBAUGBwgJCgsMDQ4PEBE=",
          "AQIDBAUGBwgJCgsMDQ4PEBES",
          "AQIDBAUGBwgJCgsMDQ4P===",
          "AQIDBAUGBwgJCgsMDQ4P?A==",
          "AQIDBAUGBwgJCgsMDQ4P-A==",
          "AQIDBAUGBwgJCgsMDQ4P_A==",
          "AQIDBAUGBwgJCgsMDQ4P{A=="
        })
    void keyMustBeTheBase64Of16Bytes(String value) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new HandshakeKey(value))
          .withMessage("Sec-WebSocket-Key: \"%s\", expected the base64 of 16 bytes", value);
    }
  }
}
