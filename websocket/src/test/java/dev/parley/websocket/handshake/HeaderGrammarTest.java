// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.handshake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class HeaderGrammarTest {
  @Nested
  @DisplayName("RFC 9110 §5.6.1: lists")
  class Lists {
    @Test
    void elementsGoOverLinesAndEmptyOnesAreLeftOut() {
      assertThat(HeaderGrammar.elements(List.of("a,b ,\tc d", "", " , ", ",e,")))
          .containsExactly("a", "b", "c d", "e");
    }

    @Test
    void timeIsLinear() {
      String spaces = " ".repeat(1 << 20);

      assertTimeout(
          Duration.ofSeconds(5),
          () ->
              assertThat(
                      HeaderGrammar.elements(
                          List.of("b" + spaces + "x", spaces, ",".repeat(1 << 20))))
                  .hasSize(1));
    }
  }

  @Nested
  class Showing {
    @Test
    void controlCharactersAreEscaped() {
      assertThat(HeaderGrammar.show("a\r\n\u001b[31m~\u00e9"))
          .isEqualTo("\"a\\u000d\\u000a\\u001b[31m~\\u00e9\"");
    }

    @Test
    void longTextIsCut() {
      assertThat(HeaderGrammar.show("x".repeat(40))).isEqualTo("\"" + "x".repeat(40) + "\"");
      assertThat(HeaderGrammar.show("x".repeat(41))).isEqualTo("\"" + "x".repeat(40) + "...\"");
    }
  }
}
