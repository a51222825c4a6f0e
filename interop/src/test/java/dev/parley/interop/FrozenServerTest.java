// SPDX-License-Identifier: Apache-2.0
package dev.parley.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.parley.client.CloseInfo;
import dev.parley.client.DefaultClientWebSocketSession;
import dev.parley.client.HttpClient;
import dev.parley.client.WebSocketOpeningException;
import dev.parley.client.WebSocketSession;
import dev.parley.client.WebSockets;
import dev.parley.client.transport.OpeningPhase;
import dev.parley.client.transport.TlsOptions;
import dev.parley.testkit.TestCertificates;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.ClosingHandshake.Closer;
import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketClosedException;
import dev.parley.websocket.WebSocketException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A server whose process stands still, by {@code SIGSTOP}: its system takes connections and bytes
 * for it until there is no more room, and answers the probes of the socket. Each test ends with the
 * server going on, and a session with it.
 */
@Timeout(60)
final class FrozenServerTest {
  private static final Duration SLACK = Duration.ofSeconds(3); // the machine may be busy
  private static final Duration INTERVAL = Duration.ofMillis(500);
  private static final Duration TIMEOUT = Duration.ofSeconds(1);

  @SuppressWarnings("NullAway.Init") // start sets it
  private static NodeServer server;

  private boolean secure;

  @BeforeAll
  static void start() {
    server = NodeServer.start();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  /** Also where the last test failed. */
  @BeforeEach
  @AfterEach
  void thaw() throws IOException, InterruptedException {
    server.signal("CONT");
  }

  private static HttpClient client(Consumer<WebSockets.Config> configure) {
    return HttpClient.create(
        config ->
            config
                .tls(TlsOptions.DEFAULT.withContext(TestCertificates.clientContext()))
                .install(WebSockets.PLUGIN, configure));
  }

  private DefaultClientWebSocketSession open(HttpClient client) {
    return client.webSocketSession(server.uri(secure, "frozen", "echo").toString());
  }

  private static void assertWorks(WebSocketSession session) {
    session.send("hello");
    assertThat(session.incoming().receive()).isEqualTo(new Frame.Text("hello"));
  }

  private void assertWorksAgain(HttpClient client) throws IOException, InterruptedException {
    thaw();
    try (WebSocketSession session = open(client)) {
      assertWorks(session);
    }
  }

  private static Duration since(long start) {
    return Duration.ofNanos(System.nanoTime() - start);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void isFoundOutByPings(boolean tls) throws Exception {
    secure = tls;
    try (HttpClient client = client(ws -> ws.pingInterval(INTERVAL).pongTimeout(TIMEOUT))) {
      DefaultClientWebSocketSession session = open(client);
      assertWorks(session);
      server.signal("STOP");
      long start = System.nanoTime();

      assertThatExceptionOfType(WebSocketException.class)
          .isThrownBy(() -> session.incoming().receive())
          .withMessageContaining("no sign of life")
          .withCauseInstanceOf(SocketTimeoutException.class);

      assertThat(since(start)).isLessThan(INTERVAL.plus(TIMEOUT).plus(SLACK));
      assertThat(session.closeReason().join()).isNull();
      assertWorksAgain(client);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void isNotWaitedForLongerThanTheCloseTimeout(boolean tls) throws Exception {
    secure = tls;
    CloseReason bye = new CloseReason(4001, "bye");
    try (HttpClient client = client(ws -> ws.closeTimeout(TIMEOUT))) {
      DefaultClientWebSocketSession session = open(client);
      assertWorks(session);
      server.signal("STOP");
      long start = System.nanoTime();

      session.close(bye);

      assertThat(since(start)).isBetween(TIMEOUT, TIMEOUT.plus(SLACK));
      CloseInfo info = session.closeInfo().orElseThrow();
      assertThat(info.ours()).isEqualTo(bye);
      assertThat(info.peers()).isNull();
      assertThat(info.first()).isEqualTo(Closer.US);
      assertThat(info.failure()).hasMessageContaining("did not answer our Close within " + TIMEOUT);
      assertThat(session.closeReason().join()).isEqualTo(bye);
      assertThatExceptionOfType(WebSocketException.class)
          .isThrownBy(() -> session.incoming().receive())
          .withMessageContaining("did not answer our Close within " + TIMEOUT);
      assertWorksAgain(client);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void takesNothingAndEndsTheSessionAtTheWriteTimeout(boolean tls) throws Exception {
    secure = tls;
    try (HttpClient client = client(ws -> ws.writeTimeout(TIMEOUT))) {
      DefaultClientWebSocketSession session = open(client);
      assertWorks(session);
      server.signal("STOP");
      long start = System.nanoTime();

      assertThatExceptionOfType(WebSocketClosedException.class)
          .isThrownBy(
              () -> {
                while (true) {
                  session.send(new byte[1 << 20]);
                }
              })
          .withRootCauseInstanceOf(SocketTimeoutException.class)
          .withStackTraceContaining("taken nothing of what was sent for " + TIMEOUT);

      assertThat(since(start)).isBetween(TIMEOUT, TIMEOUT.plus(SLACK));
      assertThatExceptionOfType(WebSocketException.class)
          .isThrownBy(() -> session.incoming().receive())
          .withMessageContaining("taken nothing of what was sent for " + TIMEOUT)
          .withCauseInstanceOf(SocketTimeoutException.class);
      CloseInfo info = session.closeInfo().orElseThrow();
      assertThat(info.messagesSent()).isLessThan(info.messagesAccepted());
      assertWorksAgain(client);
    }
  }

  /** The handshake is what nobody answers: the system has taken the connection. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void isGivenUpAtTheOpenTimeout(boolean tls) throws Exception {
    secure = tls;
    try (HttpClient client = client(ws -> ws.openTimeout(TIMEOUT))) {
      server.signal("STOP");
      long start = System.nanoTime();

      assertThatExceptionOfType(WebSocketOpeningException.class)
          .isThrownBy(() -> open(client))
          .satisfies(
              failure -> {
                assertThat(failure.reason()).isEqualTo("timeout");
                assertThat(failure.phase())
                    .isEqualTo(tls ? OpeningPhase.TLS : OpeningPhase.RESPONSE);
              });

      assertThat(since(start)).isBetween(TIMEOUT, TIMEOUT.plus(SLACK));
    }
    try (HttpClient client = client(ws -> {})) {
      assertWorksAgain(client);
    }
  }
}
