// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class Utf8Test {
  @Test
  void emptyTextHasNoBytes() {
    assertThat(Utf8.encode("")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"?", "é", "?é", "日本?", "😀", "?😀", "¿", ">", "@"})
  void encodesAsTheJdkDoesWhereverItStands(String piece) {
    for (int length = 0; length < 20; length++) {
      for (int at = 0; at <= length; at++) {
        String text = "a".repeat(at) + piece + "b".repeat(length - at);
        assertThat(Utf8.encode(text)).isEqualTo(text.getBytes(StandardCharsets.UTF_8));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"\ud800", "\udc00", "?\udfff", "😀\udbff", "\udc00\ud800"})
  void refusesALoneSurrogateWhereverItStands(String piece) {
    for (int length = 0; length < 20; length++) {
      for (int at = 0; at <= length; at++) {
        String text = "a".repeat(at) + piece + "b".repeat(length - at);
        assertThatIllegalArgumentException()
            .isThrownBy(() -> Utf8.encode(text))
            .withMessage("text has a lone surrogate, which UTF-8 cannot hold")
            .withCauseInstanceOf(CharacterCodingException.class);
      }
    }
  }
}
