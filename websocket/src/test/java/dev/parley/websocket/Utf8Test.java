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
  @ParameterizedTest
  @ValueSource(strings = {"", "a", "?", "é", "世界?", "🌍", "a🌍b"})
  void encodesAsTheJdkDoes(String text) {
    assertThat(Utf8.encode(text)).isEqualTo(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void refusesALoneSurrogateAndNeverReplacesIt() {
    for (String text : new String[] {"\ud800", "a\udfff", "\udc00\ud800", "🌍\ud83c", "\ud800?"}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Utf8.encode(text))
          .withCauseInstanceOf(CharacterCodingException.class);
    }
  }
}
