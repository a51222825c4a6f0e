// SPDX-License-Identifier: Apache-2.0
package dev.parley.testkit;

import static dev.parley.testkit.Fault.End.RESET;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.parley.testkit.ProxiedConnection.Ending;
import dev.parley.testkit.TestCertificates.Subject;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Event;
import dev.parley.websocket.Frame;
import dev.parley.websocket.handshake.Headers;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The code of {@code docs/howto/test-your-websocket-code.md}, which runs. */
@Timeout(60)
final class HowToTest {
  /**
   * The code under test of the page: says hello, and returns the answer. It stands for any client.
   */
  private static final class Greeter implements AutoCloseable {
    private final HttpClient http;

    Greeter() {
      this(HttpClient.newBuilder().sslContext(TestCertificates.clientContext()));
    }

    Greeter(MockProxy proxy) {
      this(
          HttpClient.newBuilder()
              .proxy(ProxySelector.of(new InetSocketAddress("localhost", proxy.port()))));
    }

    private Greeter(HttpClient.Builder http) {
      this.http = http.build();
    }

    String greet(String url) {
      CompletableFuture<String> answer = new CompletableFuture<>();
      WebSocket.Listener listener =
          new WebSocket.Listener() {
            @Override
            public @Nullable CompletionStage<?> onText(
                WebSocket webSocket, CharSequence data, boolean last) {
              answer.complete(data.toString());
              return null;
            }

            @Override
            public @Nullable CompletionStage<?> onClose(
                WebSocket webSocket, int statusCode, String reason) {
              answer.completeExceptionally(new IOException("closed with " + statusCode));
              return null;
            }

            @Override
            public void onError(WebSocket webSocket, Throwable error) {
              answer.completeExceptionally(error);
            }
          };
      WebSocket socket =
          http.newWebSocketBuilder()
              .header("Authorization", "Bearer token")
              .buildAsync(URI.create(url), listener)
              .join();
      socket.sendText("hello", true).join();
      String text = answer.join();
      socket.sendClose(WebSocket.NORMAL_CLOSURE, "").join();
      return text;
    }

    @Override
    public void close() {
      // Not close(), which waits for a WebSocket whose listener asks for no more: ours.
      http.shutdownNow();
    }
  }

  @AutoClose private final Greeter greeter = new Greeter();

  @Test
  void goesThroughAProxy() {
    try (var proxy = MockProxy.start();
        var server = MockWebSocketServer.start();
        var greeter = new Greeter(proxy)) {
      String authority = "chat.invalid:" + server.port();

      assertThat(greeter.greet("ws://" + authority)).isEqualTo("hello");
      assertThat(proxy.takeRequest(Duration.ofSeconds(5)).target()).isEqualTo(authority);
    }
  }

  @Test
  void echoes() {
    try (var server = MockWebSocketServer.start()) {
      assertThat(greeter.greet(server.url("/greetings"))).isEqualTo("hello");
    }
  }

  @Test
  void followsAScript() {
    try (var server = MockWebSocketServer.start()) {
      server.enqueue(Scenario.accept().expect("hello").send("welcome").expectClose());

      assertThat(greeter.greet(server.url())).isEqualTo("welcome");
    }
  }

  @Test
  void showsWhatItSaw() {
    try (var server = MockWebSocketServer.start()) {
      greeter.greet(server.url("/greetings"));

      MockConnection connection = server.takeConnection(Duration.ofSeconds(5));
      assertThat(connection.handshake().request().target()).isEqualTo("/greetings");
      assertThat(connection.handshake().request().headers().get("Authorization"))
          .isEqualTo("Bearer token");
      assertThat(connection.takeFrame(Duration.ofSeconds(5)).payloadAsText()).isEqualTo("hello");
    }
  }

  private void assertNoGreeting(Scenario scenario) {
    try (var server = MockWebSocketServer.start()) {
      server.enqueue(scenario);
      assertThatExceptionOfType(CompletionException.class)
          .isThrownBy(() -> greeter.greet(server.url()));
    }
  }

  @Test
  void misbehaves() {
    Scenario busy = Scenario.reject(503, Headers.builder().add("Retry-After", "5").build(), "busy");
    Scenario dropped = Scenario.accept().expect("hello").reset();
    Scenario closed = Scenario.accept().expect("hello").close(CloseReason.GOING_AWAY);
    Scenario broken = Scenario.accept().send(RawFrame.text("?").withRsv1(true));

    assertNoGreeting(busy);
    assertNoGreeting(dropped);
    assertNoGreeting(closed);
    assertNoGreeting(broken);
  }

  @Test
  void speaksTls() {
    try (var server =
        MockWebSocketServer.start(config -> config.tls(TestCertificates.serverContext()))) {
      assertThat(greeter.greet(server.url())).isEqualTo("hello");
    }
  }

  @Test
  void presentsAnExpiredCertificate() {
    var expired = TestCertificates.issue(Subject.EXPIRED).context();
    try (var server = MockWebSocketServer.start(config -> config.tls(expired))) {
      assertThatExceptionOfType(CompletionException.class)
          .isThrownBy(() -> greeter.greet(server.url()));
    }
  }

  @Test
  void meetsABadNetwork() {
    try (var server = MockWebSocketServer.start();
        var proxy = FaultProxy.start(server.port())) {
      proxy.enqueue(Faults.none().toClient(Fault.cut(130, RESET)));

      assertThatExceptionOfType(CompletionException.class)
          .isThrownBy(() -> greeter.greet("ws://localhost:" + proxy.port()));

      ProxiedConnection connection = proxy.takeConnection(Duration.ofSeconds(5));
      assertThat(connection.awaitEnding(Duration.ofSeconds(5))).isEqualTo(Ending.CUT);
      assertThat(connection.bytesToClient()).isEqualTo(130);
    }
  }

  @Test
  void needsNoSocket() {
    try (var pair = InMemoryPair.open()) {
      byte[] bytes = pair.client().send(new Frame.Text("hello"));

      assertThat(pair.server().receive(bytes, 1))
          .containsExactly(new Event.Received(new Frame.Text("hello")));
    }
  }
}
