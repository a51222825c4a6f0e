// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.parley.websocket.handshake.Headers;
import java.net.URI;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class DefaultRequestTest {
  private static HttpRequest request(
      Consumer<DefaultRequest.Config> defaults, Consumer<HttpRequestBuilder> request) {
    try (HttpClient client =
        HttpClient.create(config -> config.install(DefaultRequest.PLUGIN, defaults))) {
      HttpRequestBuilder builder = new HttpRequestBuilder(null);
      request.accept(builder);
      client.hooks().request(builder);
      return builder.build(Headers.EMPTY);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "wss://api.example.com/v1, /socket?a=b, wss://api.example.com/v1/socket?a=b",
    "wss://api.example.com/v1/, /socket, wss://api.example.com/v1/socket",
    "ws://localhost:8080, /socket, ws://localhost:8080/socket",
    "ws://localhost:8080/ö, /%C3%B6, ws://localhost:8080/%C3%B6/%C3%B6",
    "wss://api.example.com/v1, ws://other:81/socket, ws://other:81/socket",
  })
  void requestWithoutHostIsCompleted(String defaults, String url, String expected) {
    assertThat(request(config -> config.url(defaults), builder -> builder.url(url)).url())
        .isEqualTo(URI.create(expected));
  }

  @Test
  void whatTheRequestSaysOfSchemeAndPortStands() {
    HttpRequest request =
        request(
            config -> config.url("ws://api.example.com:8080"),
            builder -> builder.secure(true).port(8443).path("/token"));
    assertThat(request.url()).isEqualTo(URI.create("wss://api.example.com:8443/token"));
  }

  @Test
  void partsCanBeSetOneByOne() {
    HttpRequest request =
        request(
            config -> config.host("bücher.example").port(81).pathPrefix("api"),
            builder -> builder.path("x"));
    assertThat(request.url()).isEqualTo(URI.create("ws://xn--bcher-kva.example:81/api/x"));
  }

  @Test
  void headersGoWithEveryRequestThatDoesNotSetThem() {
    HttpRequest request =
        request(
            config -> config.header("A", "1").header("A", "2").header("B", "default"),
            builder -> builder.url("ws://h/").header("b", "own"));
    assertThat(request.headers().getAll("A")).containsExactly("1", "2");
    assertThat(request.headers().getAll("B")).containsExactly("own");
  }

  @Test
  void badDefaultsAreRefusedWhenTheClientIsMade() {
    refuses(config -> config.url("/v1"));
    refuses(config -> config.url("api.example.com/v1"));
    refuses(config -> config.url("wss://api.example.com/?x"));
    refuses(config -> config.host("a b"));
    refuses(config -> config.port(0));
    refuses(config -> config.pathPrefix("/a?b"));
    refuses(config -> config.header("Upgrade", "h2c"));
    refuses(config -> config.header("A", "\n"));
  }

  private static void refuses(Consumer<DefaultRequest.Config> defaults) {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> HttpClient.create(config -> config.install(DefaultRequest.PLUGIN, defaults)));
  }
}
