// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.extension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import dev.parley.websocket.extension.WebSocketExtensionHeader.Parameter;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WebSocketExtensionHeaderTest {
  private static WebSocketExtensionHeader header(String name, Parameter... parameters) {
    return new WebSocketExtensionHeader(name, List.of(parameters));
  }

  @Nested
  @DisplayName("RFC 6455 §9.1: parsing")
  class Parsing {
    @Test
    void elementsKeepTheirParametersAndOrder() {
      assertThat(
              WebSocketExtensionHeader.parse(
                  List.of("permessage-deflate; client_max_window_bits; server_max_window_bits=10")))
          .containsExactly(
              header(
                  "permessage-deflate",
                  new Parameter("client_max_window_bits", null),
                  new Parameter("server_max_window_bits", "10")));
    }

    @Test
    void whiteSpaceMayStandBetweenAllParts() {
      assertThat(WebSocketExtensionHeader.parse(List.of("\t a ;\tb\t= c ; d = \"e\" , f ")))
          .containsExactly(
              header("a", new Parameter("b", "c"), new Parameter("d", "e")), header("f"));
    }

    @Test
    void whiteSpaceIsNotNeeded() {
      assertThat(WebSocketExtensionHeader.parse(List.of("a;b=c;b,f")))
          .containsExactly(
              header("a", new Parameter("b", "c"), new Parameter("b", null)), header("f"));
    }

    @Test
    void elementsGoOverLinesAndEmptyOnesAreLeftOut() {
      assertThat(WebSocketExtensionHeader.parse(List.of("a,,b, ", "", ",c")))
          .containsExactly(header("a"), header("b"), header("c"));
    }

    @ParameterizedTest
    @CsvSource(
        quoteCharacter = '`',
        value = {"a;b=\"c\", c", "a;b=\"\\c\", c", "a;b=\"\\c\\d\", cd"})
    void quotesAndBackslashesAreTakenOff(String text, String value) {
      assertThat(WebSocketExtensionHeader.parse(List.of(text)))
          .containsExactly(header("a", new Parameter("b", value)));
    }

    @Test
    void headerThatIsMissingHasNoElements() {
      assertThat(WebSocketExtensionHeader.parse(List.of())).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", ",", " ,\t, "})
    void headerWithoutElementsIsRefused(String text) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> WebSocketExtensionHeader.parse(List.of(text)))
          .withMessage("Sec-WebSocket-Extensions: expected an extension, got none");
    }

    @ParameterizedTest
    @CsvSource(
        quoteCharacter = '`',
        value = {
          "a b,         a comma or a semicolon at index 2 and got U+0062",
          "a=b,         a comma or a semicolon at index 1 and got U+003D",
          "a;,          a token at index 2 and got the end",
          "a;;b,        a token at index 2 and got U+003B",
          ";b,          a token at index 0 and got U+003B",
          "a;=b,        a token at index 2 and got U+003D",
          "a;b=,        a token at index 4 and got the end",
          "a;b=;c,      a token at index 4 and got U+003B",
          "a;b=c d,     a comma or a semicolon at index 6 and got U+0064",
          "a;b=\"\",    a token in quotes at index 5 and got U+0022",
          "a;b=\"c,     a token in quotes at index 6 and got the end",
          "a;b=\"c d\", a token in quotes at index 6 and got U+0020",
          "a;b=\"\\\"\", a token in quotes at index 6 and got U+0022",
          "a;b=\"\\,    a token in quotes at index 6 and got the end",
          "a;b=\"c\"d,  a comma or a semicolon at index 7 and got U+0064",
          "\"a\",       a token at index 0 and got U+0022",
          "\u00e9,      a token at index 0 and got U+00E9",
          "`\0`,        a token at index 0 and got U+0000",
        })
    void anythingElseIsRefused(String text, String expectedAndGot) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> WebSocketExtensionHeader.parse(List.of(text)))
          .withMessage(
              "Sec-WebSocket-Extensions: expected " + expectedAndGot.replace(" and got", ", got"));
    }

    @Test
    void timeIsLinear() {
      String spaces = " ".repeat(1 << 20);
      String text = "a" + spaces + ";b" + spaces + "=\"" + "\\c".repeat(1 << 20) + "\"" + spaces;

      assertTimeout(
          Duration.ofSeconds(10),
          () -> assertThat(WebSocketExtensionHeader.parse(List.of(text))).hasSize(1));
    }
  }

  @Nested
  class Making {
    @Test
    void everyTokenCharacterIsFine() {
      String token = "!#$%&'*+-.^_`|~09azAZ";
      assertThat(header(token, new Parameter(token, token)))
          .hasToString(token + "; " + token + "=" + token);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "a\r\n", "a;", "\u00e9", "{", "[", "@", "/"})
    void namesAndValuesMustBeTokens(String text) {
      assertThatIllegalArgumentException().isThrownBy(() -> header(text));
      assertThatIllegalArgumentException().isThrownBy(() -> new Parameter(text, null));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new Parameter("a", text))
          .withMessageStartingWith("parameter value: expected a token at index ");
    }
  }

  @Nested
  class Printing {
    @Test
    void printedElementsParseToThemselves() {
      List<WebSocketExtensionHeader> elements =
          List.of(
              header("a", new Parameter("b", "c"), new Parameter("d", null)), header("e-~09AZ"));

      String printed = WebSocketExtensionHeader.print(elements);

      assertThat(printed).isEqualTo("a; b=c; d, e-~09AZ");
      assertThat(WebSocketExtensionHeader.parse(List.of(printed))).isEqualTo(elements);
    }
  }
}
