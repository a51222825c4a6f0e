// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.parley.client.transport.Destination;
import dev.parley.client.transport.OpeningPhase;
import dev.parley.client.transport.ProxyOptions;
import dev.parley.client.transport.TlsOptions;
import dev.parley.testkit.MockWebSocketServer;
import dev.parley.testkit.TestCertificates;
import dev.parley.testkit.UnixRelay;
import dev.parley.websocket.Frame;
import dev.parley.websocket.handshake.Headers;
import dev.parley.websocket.handshake.RequestHead;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
final class UnixSocketTest {
  private static final Duration SOON = Duration.ofSeconds(10);

  @TempDir Path directory;

  private static HttpRequest request(String url) {
    return new HttpRequestBuilder(null).url(url).build(Headers.EMPTY);
  }

  @Nested
  final class AUrl {
    @ParameterizedTest
    @CsvSource({
      "ws+unix:/run/app.sock,                 /run/app.sock,   ws://localhost/",
      "ws+unix:///run/app.sock,               /run/app.sock,   ws://localhost/",
      "WS+UNIX:/run/app.sock:/chat?a=b c,     /run/app.sock,   ws://localhost/chat?a=b%20c",
      "wss+unix:/run/app.sock:/chat,          /run/app.sock,   wss://localhost/chat",
      "ws+unix:/run/app.sock:?a,              /run/app.sock,   ws://localhost/?a",
      "ws+unix:app.sock:,                     app.sock,        ws://localhost/",
      "ws+unix:/run/a%3Ab%20c+d.sock:/x,      /run/a:b c+d.sock, ws://localhost/x",
    })
    void namesTheSocketAndTheRequest(String url, String socket, String expected) {
      HttpRequest request = request(url);
      assertThat(request.destination().unixSocket()).isEqualTo(Path.of(socket));
      assertThat(request.url()).hasToString(expected);
      assertThat(request.headers().get("Host")).isEqualTo("localhost");
      assertThat(request.destination()).hasToString(socket);
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "ws+unix:",
          "ws+unix://host/run/app.sock",
          "ws+unix:/run/app.sock#fragment",
          "ws+unix:/run/app.sock:chat",
          "ws+unix:/run/%zz",
          "ws+unix:/run/%00",
          "ws+tcp:/run/app.sock",
        })
    void thatIsNoneIsRefused(String url) {
      assertThatIllegalArgumentException().isThrownBy(() -> request(url));
    }

    @Test
    void keepsAHostThatWasSetAndLosesTheSocketToAnotherUrl() {
      HttpRequestBuilder builder =
          new HttpRequestBuilder(null).host("app.example").url("wss+unix:/run/app.sock");
      HttpRequest request = builder.build(Headers.EMPTY);
      assertThat(request.headers().get("Host")).isEqualTo("app.example");
      assertThat(request.destination())
          .isEqualTo(new Destination(true, "app.example", 443).by(Path.of("/run/app.sock")));
      assertThat(builder.url("ws://h/").build(Headers.EMPTY).destination().unixSocket()).isNull();
      builder.unixSocket(Path.of("/run/own.sock"));
      assertThat(builder.url("ws://h/chat").build(Headers.EMPTY).destination().unixSocket())
          .as("that was set for itself")
          .isEqualTo(Path.of("/run/own.sock"));
    }

    @Test
    void mustHaveTheSchemeThatWasCalledFor() {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new HttpRequestBuilder(Scheme.WSS).url("ws+unix:/a"))
          .withMessage("scheme ws, expected wss");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new HttpRequestBuilder(null).unixSocket(Path.of("")));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new HttpRequestBuilder(null).unixSocket(Path.of("/" + "a".repeat(107))))
          .withMessage("Unix-domain socket with a path of 108 bytes, at most 107");
    }
  }

  private RequestHead talk(boolean secure, @Nullable ProxyOptions proxy) throws IOException {
    Path socket = directory.resolve("app.sock");
    try (MockWebSocketServer server =
            MockWebSocketServer.start(
                config -> {
                  if (secure) {
                    config.tls(TestCertificates.serverContext());
                  }
                });
        UnixRelay relay = UnixRelay.start(socket, server.port());
        HttpClient client =
            HttpClient.create(
                config ->
                    config
                        .install(WebSockets.PLUGIN)
                        .proxy(proxy)
                        .tls(TlsOptions.DEFAULT.withTrust(TestCertificates.authorityFile())))) {
      assertThat(relay.socket()).isEqualTo(socket);
      client.webSocket(
          (secure ? "wss+unix:" : "ws+unix:") + socket + ":/chat?room=1",
          session -> {
            byte[] large = new byte[1 << 20];
            session.send(large);
            assertThat(session.incoming().receive()).isEqualTo(new Frame.Binary(large));
          });
      return server.takeHandshake(SOON).request();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void leadsToTheServer(boolean secure) throws Exception {
    RequestHead request = talk(secure, null);
    assertThat(request.target()).isEqualTo("/chat?room=1");
    assertThat(request.headers().get("Host")).isEqualTo("localhost");
  }

  @Test
  void passesEveryProxyBy() throws Exception {
    talk(false, ProxyOptions.parse("http://127.0.0.1:1"));
  }

  @Test
  void thatIsNotThereIsNamed() {
    Path missing = directory.resolve("missing.sock");
    try (HttpClient client = HttpClient.create()) {
      WebSocketOpeningException failure =
          catchThrowableOfType(
              WebSocketOpeningException.class, () -> client.webSocketSession("ws+unix:" + missing));
      assertThat(failure.phase()).isEqualTo(OpeningPhase.CONNECT);
      assertThat(failure.reason()).isEqualTo("unreachable");
      assertThat(failure).hasMessageContaining(missing.toString());
    }
  }
}
