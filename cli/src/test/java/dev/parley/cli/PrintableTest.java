// SPDX-License-Identifier: Apache-2.0
package dev.parley.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PrintableTest {
  @Test
  void harmlessTextStaysTheSameString() {
    String text = "wörld, שלום, 日本, 👋, \ta \\ and \"quotes\"";

    assertThat(Printable.line(text)).isSameAs(text);
  }

  @Test
  void lineBreaksBecomeTwoCharacters() {
    assertThat(Printable.line("a\nb\r\nc")).isEqualTo("a\\nb\\r\\nc");
  }

  @Test
  void escapeSequencesLoseTheirEscape() {
    assertThat(Printable.line("\u001b]0;title\u0007")).isEqualTo("\\u001b]0;title\\u0007");
  }

  @ParameterizedTest
  @ValueSource(
      chars = {
        0x00, 0x08, 0x0b, 0x1f, 0x7f, 0x80, 0x85, 0x9b, 0x9f, 0x2028, 0x2029, 0x202a, 0x202e,
        0x2066, 0x2069
      })
  void controlsAreEscaped(char control) {
    assertThat(Printable.line("a" + control + "b")).isEqualTo("a\\u%04xb".formatted((int) control));
  }

  @ParameterizedTest
  @ValueSource(chars = {0x20, 0x7e, 0xa0, 0xad, 0x200e, 0x2027, 0x202f, 0x2065, 0x206a})
  void theirNeighboursAreNot(char neighbour) {
    assertThat(Printable.line("a" + neighbour + "b")).isEqualTo("a" + neighbour + "b");
  }
}
