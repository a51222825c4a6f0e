// SPDX-License-Identifier: Apache-2.0
package dev.parley.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PrettyJsonTest {
  @Test
  void objectsAreIndented() {
    assertThat(PrettyJson.indent("{\"a\":[1,2],\"b\":{\"c\":null}}"))
        .hasValue(
            """
            {
              "a": [ 1, 2 ],
              "b": {
                "c": null
              }
            }\
            """);
  }

  @Test
  void numbersStayAsTheyWereWritten() {
    assertThat(PrettyJson.indent("[1.50,1e3,-0,123456789012345678901234567890.10]"))
        .hasValue("[ 1.50, 1e3, -0, 123456789012345678901234567890.10 ]");
  }

  @Test
  void escapedControlsStayEscaped() {
    assertThat(PrettyJson.indent("[\"\\u001b[2J\\n\"]")).hasValue("[ \"\\u001B[2J\\n\" ]");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "hello", "42", "\"text\"", "{", "[1,]", "{} {}", "[1] x", "{a:1}"})
  void whatIsNoObjectOrArrayIsLeftAlone(String text) {
    assertThat(PrettyJson.indent(text)).isEmpty();
  }
}
