// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.Objects;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/**
 * Whatever a URL is made of, what goes on the wire is a URL, and reading it again changes nothing.
 */
final class UrlPropertiesTest {
  @Provide
  Arbitrary<String> urls() {
    Arbitrary<String> hosts =
        Arbitraries.oneOf(
            Arbitraries.of(
                "localhost", "EXAMPLE.org.", "b\u00fccher.example", "127.0.0.1", "[::1]"),
            Arbitraries.strings().withChars("aZ0-._[]:%@/\\\u00e4\uff0f").ofMaxLength(12));
    Arbitrary<String> rest =
        Arbitraries.strings().withChars("aZ0/?&=%2F#+ ;:@\"<\u20ac\ud834").ofMaxLength(16);
    return Combinators.combine(
            Arbitraries.of("ws://", "wss://", "http://", "", "ftp://", "WS:"),
            hosts,
            Arbitraries.of("", ":", ":80", ":443", ":0", ":65536", ":+80"),
            Arbitraries.of("", "/", "?"),
            rest)
        .as((scheme, host, port, mark, tail) -> scheme + host + port + mark + tail);
  }

  @Property
  void isRefusedOrFitForTheWireAndStable(@ForAll("urls") String text) {
    Url url;
    try {
      url = Url.parse(text);
    } catch (IllegalArgumentException e) {
      return; // the one way to say no
    }
    assertThat(url.target()).matches("/[!-~&&[^#\"<>\\\\^`{|}\\[\\]]]*");
    assertThat(Url.parseTarget(url.target()).target()).isEqualTo(url.target());
    if (url.scheme() != null && url.host() != null) {
      assertThat(Url.parse(url.toString()).toString()).isEqualTo(url.toString());
      URI uri = URI.create("ws://" + url.authority() + "/");
      assertThat(Objects.toString(uri.getRawAuthority(), "")).isEqualTo(url.authority());
      assertThat(uri.getRawUserInfo()).isNull();
    }
  }
}
