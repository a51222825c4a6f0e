// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.parley.websocket.handshake.Headers;
import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class HttpRequestBuilderTest {
  private final HttpRequestBuilder builder = new HttpRequestBuilder(null);

  private HttpRequest build() {
    return builder.build(Headers.EMPTY);
  }

  private static HttpRequestBuilder wss() {
    return new HttpRequestBuilder(Scheme.WSS);
  }

  @Nested
  class Where {
    @Test
    void partsMakeTheUrl() {
      builder.host("example.com").port(8080).path("/chat").parameter("room", "a b");
      assertThat(build().url()).isEqualTo(URI.create("ws://example.com:8080/chat?room=a%20b"));
    }

    @Test
    void parametersFollowTheQueryOfTheUrl() {
      builder.url("wss://h/?a=1").parameter("b", "2").parameter("b", "3");
      assertThat(build().url()).isEqualTo(URI.create("wss://h/?a=1&b=2&b=3"));
    }

    @Test
    void parameterFollowsAnEmptyQuery() {
      builder.url("wss://h/?").parameter("b", "2");
      assertThat(build().url()).isEqualTo(URI.create("wss://h/?b=2"));
    }

    @Test
    void pathKeepsTheQueryUnlessItHasOne() {
      builder.url("ws://h/a?x").path("/b");
      assertThat(build().url()).isEqualTo(URI.create("ws://h/b?x"));
      builder.path("/c?y");
      assertThat(build().url()).isEqualTo(URI.create("ws://h/c?y"));
    }

    @Test
    void laterUrlTakesThePlaceOfAll() {
      builder.url("wss://one:1/a?x").url("ws://two/");
      assertThat(build().url()).isEqualTo(URI.create("ws://two/"));
    }

    @Test
    void relativeUrlKeepsTheHost() {
      builder.host("h").port(8080).url("/a?b");
      assertThat(build().url()).isEqualTo(URI.create("ws://h:8080/a?b"));
    }

    @Test
    void anyUrlThatIsTakenIsAUri() {
      builder.url("ws://my_service:81/a\\b[]|{}\"<>^`%?q=[]|'\\ ö%%zz");
      assertThat(build().url().getRawQuery()).startsWith("q=%5B%5D");
    }

    @ParameterizedTest
    @ValueSource(ints = {Integer.MIN_VALUE, -1, 0, 65_536})
    void portOutOfRangeIsRefused(int port) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> builder.port(port))
          .withMessageContaining("expected 1 to 65535");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "a/b", "h:80", "user@h", "[::1%1]", "h\r\n", "h?", "h#"})
    void badHostIsRefused(String host) {
      assertThatIllegalArgumentException().isThrownBy(() -> builder.host(host));
    }

    @Test
    void missingHostIsRefused() {
      builder.path("/chat");
      assertThatIllegalArgumentException()
          .isThrownBy(HttpRequestBuilderTest.this::build)
          .withMessageContaining("no host");
    }

    @Test
    void missingSchemeOfAUrlIsRefused() {
      builder.url("example.com/chat");
      assertThatIllegalArgumentException()
          .isThrownBy(HttpRequestBuilderTest.this::build)
          .withMessageContaining("no scheme");
      builder.secure(true);
      assertThat(build().url()).isEqualTo(URI.create("wss://example.com/chat"));
    }
  }

  @Nested
  class RequiredScheme {
    @Test
    void isSuppliedWhereTheUrlHasNone() {
      assertThat(wss().url("localhost:8443/chat").build(Headers.EMPTY).url())
          .isEqualTo(URI.create("wss://localhost:8443/chat"));
      assertThat(wss().host("h").build(Headers.EMPTY).url()).isEqualTo(URI.create("wss://h/"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"wss://h/", "https://h/"})
    void agrees(String url) {
      assertThat(wss().url(url).build(Headers.EMPTY).url()).isEqualTo(URI.create("wss://h/"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"ws://h/", "http://h/"})
    void refusesTheOther(String url) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> wss().url(url))
          .withMessage("scheme ws, expected wss");
      assertThatIllegalArgumentException().isThrownBy(() -> wss().secure(false));
    }
  }

  @Nested
  @DisplayName("RFC 6455 §4.1: the method is GET")
  class Method {
    @ParameterizedTest
    @EnumSource(value = HttpMethod.class, mode = EnumSource.Mode.EXCLUDE, names = "GET")
    void otherMethodIsRefused(HttpMethod method) {
      builder.url("ws://h/").method(method);
      assertThatIllegalArgumentException()
          .isThrownBy(HttpRequestBuilderTest.this::build)
          .withMessageContaining("expected GET");
    }
  }

  @Nested
  class HeaderFields {
    @Test
    void areAppendedInOrderAfterHostAndHandshake() {
      builder.url("ws://h:81/").header("A", "1").header("a", "2");
      Headers headers =
          builder.build(Headers.builder().add("Upgrade", "websocket").build()).headers();
      assertThat(headers.fields())
          .containsExactly(
              new Headers.Field("Host", "h:81"),
              new Headers.Field("Upgrade", "websocket"),
              new Headers.Field("A", "1"),
              new Headers.Field("a", "2"));
    }

    @Test
    void setHeaderReplaces() {
      builder.url("ws://h/").header("A", "1").header("A", "2").setHeader("a", "3");
      assertThat(build().headers().getAll("A")).containsExactly("3");
    }

    @Test
    void hostLeavesTheDefaultPortOut() {
      assertThat(builder.url("wss://[::1]:443/").build(Headers.EMPTY).headers().get("Host"))
          .isEqualTo("[::1]");
    }

    @Test
    void hostOfTheCallerIsTheOnlyOne() {
      builder.url("ws://h/").header("host", "other");
      assertThat(build().headers().getAll("Host")).containsExactly("other");
    }

    @Test
    void secondHostIsRefused() {
      builder.header("Host", "one");
      assertThatIllegalArgumentException().isThrownBy(() -> builder.header("HOST", "two"));
      assertThat(builder.headers().getAll("Host")).containsExactly("one");
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "Sec-WebSocket-Key",
          "sec-websocket-version",
          "SEC-WEBSOCKET-PROTOCOL",
          "Sec-WebSocket-Extensions",
          "Sec-WebSocket-Anything",
          "Connection",
          "Upgrade",
          "Content-Length",
          "transfer-encoding",
        })
    void fieldOfTheHandshakeIsRefused(String name) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> builder.header(name, "x"))
          .withMessageContaining("belongs to the opening handshake");
      assertThatIllegalArgumentException().isThrownBy(() -> builder.setHeader(name, "x"));
      assertThat(builder.headers().fields()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\rb", "a\nb", "a\0b", "a\r\nX: y", "\u0001", "€"})
    void badValueIsRefusedAndNotShown(String value) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> builder.header("Cookie", value))
          .withMessageContaining("header Cookie")
          .withMessageNotContaining(value);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "a:", "a\r\n", "ä", "a\0"})
    void badNameIsRefused(String name) {
      assertThatIllegalArgumentException().isThrownBy(() -> builder.header(name, "x"));
    }
  }

  @Nested
  class Subprotocols {
    @Test
    void areOfferedInOrder() {
      builder.url("ws://h/").subprotocols("b", "a").subprotocols("c");
      assertThat(build().subprotocols()).containsExactly("b", "a", "c");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "a,b", "a\r\n", "ä", "a"})
    void badOrSecondOneIsRefused(String name) {
      builder.subprotocols("a");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> builder.subprotocols("x", name))
          .withMessageContaining("subprotocol");
      assertThat(builder.subprotocols()).isEqualTo(List.of("a"));
    }
  }

  @Test
  void attributesGoWithTheRequest() {
    AttributeKey<String> key = new AttributeKey<>("trace");
    builder.url("ws://h/").attributes().put(key, "7");
    assertThat(build().attributes().get(key)).isEqualTo("7");
  }

  @Test
  void textShowsNoSecret() {
    builder.url("wss://h/p?token=hunter2").header("Authorization", "hunter2");
    assertThat(builder).hasToString("GET wss://h/p [Authorization]");
    assertThat(build()).hasToString("GET wss://h/p [Host, Authorization]");
  }
}
