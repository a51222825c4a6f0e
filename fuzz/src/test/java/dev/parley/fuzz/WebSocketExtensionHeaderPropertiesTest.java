// SPDX-License-Identifier: Apache-2.0
package dev.parley.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.websocket.extension.WebSocketExtensionHeader;
import dev.parley.websocket.extension.WebSocketExtensionHeader.Parameter;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** What is printed is parsed, and what is parsed can be printed. */
final class WebSocketExtensionHeaderPropertiesTest {
  @Provide
  Arbitrary<List<WebSocketExtensionHeader>> elements() {
    Arbitrary<String> tokens =
        Arbitraries.strings().withChars("aB9!#$%&'*+-.^_`|~").ofMinLength(1).ofMaxLength(12);
    Arbitrary<List<Parameter>> parameters =
        Combinators.combine(tokens, tokens.injectNull(0.3)).as(Parameter::new).list().ofMaxSize(4);
    return Combinators.combine(tokens, parameters)
        .as(WebSocketExtensionHeader::new)
        .list()
        .ofMinSize(1)
        .ofMaxSize(4);
  }

  @Provide
  Arbitrary<String> lines() {
    return Arbitraries.strings().withChars("ab9 ,;=\"\\\t\u00e4").ofMaxLength(24);
  }

  @Property
  void parsesWhatItPrints(
      @ForAll("elements") List<WebSocketExtensionHeader> one,
      @ForAll("elements") List<WebSocketExtensionHeader> two) {
    String first = WebSocketExtensionHeader.print(one);
    String second = WebSocketExtensionHeader.print(two).replace(", ", " ,\t, ").replace("=", " = ");
    List<WebSocketExtensionHeader> both = WebSocketExtensionHeader.parse(List.of(first, second));
    assertThat(both.subList(0, one.size())).isEqualTo(one);
    assertThat(both.subList(one.size(), both.size())).isEqualTo(two);
  }

  @Property
  void refusesOrPrintsWhatMeansTheSame(@ForAll("lines") String line) {
    List<WebSocketExtensionHeader> parsed;
    try {
      parsed = WebSocketExtensionHeader.parse(List.of(line));
    } catch (IllegalArgumentException e) {
      assertThat(e).hasMessageStartingWith("Sec-WebSocket-Extensions: expected ");
      return;
    }
    assertThat(WebSocketExtensionHeader.parse(List.of(WebSocketExtensionHeader.print(parsed))))
        .isEqualTo(parsed);
  }
}
