// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.handshake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RequestHeadTest {
  @ParameterizedTest
  @ValueSource(strings = {"", "/a b", "/\r\n", "/\0", "/\u007f", "/\u00e9"})
  void targetMustBeVisible(String target) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new RequestHead("GET", target, Headers.EMPTY))
        .withMessage("request target is empty or has a character that must be percent-encoded");
  }

  @Test
  void targetMayHaveAnyVisibleCharacter() {
    assertThat(new RequestHead("GET", "/!~", Headers.EMPTY).target()).isEqualTo("/!~");
  }

  @Test
  void methodMustBeAToken() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new RequestHead("GET /", "/", Headers.EMPTY))
        .withMessageStartingWith("method has the character U+0020 at index 3");
  }

  @Test
  void neitherQueryNorValuesAreShown() {
    Headers headers = Headers.builder().add("Cookie", "secret").build();

    assertThat(new RequestHead("GET", "/chat?token=secret?", headers))
        .hasToString("GET /chat?... [Cookie]");
    assertThat(new RequestHead("GET", "/chat", headers)).hasToString("GET /chat [Cookie]");
  }
}
