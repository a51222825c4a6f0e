// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.parley.client.transport.Connector;
import dev.parley.client.transport.OpeningPhase;
import dev.parley.client.transport.OpeningTimeoutException;
import dev.parley.client.transport.ProxyException;
import dev.parley.client.transport.ProxyOptions;
import dev.parley.client.transport.TlsOptions;
import dev.parley.testkit.MockProxy;
import dev.parley.testkit.MockWebSocketServer;
import dev.parley.testkit.Scenario;
import dev.parley.testkit.TestCertificates;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketException;
import dev.parley.websocket.WebSocketInterruptedException;
import dev.parley.websocket.handshake.HandshakeException;
import dev.parley.websocket.handshake.HandshakeFailure;
import dev.parley.websocket.handshake.HeadLimits;
import dev.parley.websocket.handshake.Headers;
import dev.parley.websocket.handshake.ResponseHead;
import java.io.IOException;
import java.net.ConnectException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class WebSocketOpenerTest {
  private static final Duration SOON = Duration.ofSeconds(10);

  /** Half an answer. */
  private static final Scenario PARTIAL =
      Scenario.answer(right -> "HTTP/1.1 503 No\r\n".getBytes(US_ASCII)).reset();

  private final MockWebSocketServer server =
      MockWebSocketServer.start(config -> config.subprotocols("v2.chat"));
  private final List<HttpClient> clients = new ArrayList<>();

  private HttpClient client(Consumer<HttpClientConfig> configure) {
    HttpClient client =
        HttpClient.create(config -> configure.accept(config.install(WebSockets.PLUGIN)));
    clients.add(client);
    return client;
  }

  private HttpClient client() {
    return client(config -> {});
  }

  private HttpClient impatient(Consumer<WebSockets.Config> configure) {
    HttpClient client = HttpClient.create(config -> config.install(WebSockets.PLUGIN, configure));
    clients.add(client);
    return client;
  }

  /** Sends something there and back, and counts that. */
  private static WebSocketBlock echo(AtomicInteger times) {
    return session -> {
      session.send("hello");
      assertThat(session.incoming().receive()).isEqualTo(new Frame.Text("hello"));
      times.incrementAndGet();
    };
  }

  @AfterEach
  void end() {
    clients.forEach(HttpClient::close);
    server.close();
  }

  @Nested
  class Granted {
    @Test
    void callHasRequestAndResponse() {
      AttributeKey<String> trace = new AttributeKey<>("trace");
      try (var session =
          client()
              .webSocketSession(
                  server.url("/chat?a=b"),
                  request ->
                      request
                          .header("X-Test", "1")
                          .subprotocols("v3.chat", "v2.chat")
                          .attributes()
                          .put(trace, "7"))) {
        HttpClientCall call = session.call();
        assertThat(call.request().method()).isEqualTo(HttpMethod.GET);
        assertThat(call.request().url()).hasToString(server.url("/chat?a=b"));
        assertThat(call.request().attributes().get(trace)).isEqualTo("7");
        assertThat(call.response().status().value()).isEqualTo(101);
        assertThat(call.response().bodyAsText()).isEmpty();
        assertThat(session.subprotocol()).isEqualTo("v2.chat");
        assertThat(session.extensions()).isEmpty();
        var seen = server.takeHandshake(SOON).request();
        assertThat(seen.target()).isEqualTo("/chat?a=b");
        assertThat(seen.headers().fields()).isEqualTo(call.request().headers().fields());
        assertThat(seen.headers().fields().getFirst())
            .isEqualTo(new Headers.Field("Host", "localhost:" + server.port()));
        assertThat(seen.headers().get("X-Test")).isEqualTo("1");
      }
    }

    @Test
    void subprotocolMayBeNone() {
      try (var session = client().webSocketSession(server.url())) {
        assertThat(session.subprotocol()).isNull();
      }
    }

    @Test
    void everyFormOfOpeningWorks() {
      HttpClient client = client();
      AtomicInteger opened = new AtomicInteger();
      WebSocketBlock echo = echo(opened);
      String authority = "localhost:" + server.port();
      client.webSocket("ws://" + authority, echo);
      client.webSocket(HttpMethod.GET, "localhost", server.port(), "/", echo);
      client.webSocket(request -> request.host("localhost").port(server.port()), echo);
      client.ws(authority, echo);
      client.ws("ws://" + authority + "/x", echo);
      client.ws(HttpMethod.GET, "localhost", server.port(), "/", echo);
      client.ws(request -> request.url(authority), echo);
      assertThat(opened).hasValue(7);
    }
  }

  @Nested
  class OverTls {
    private final MockWebSocketServer secure =
        MockWebSocketServer.start(config -> config.tls(TestCertificates.serverContext()));

    @AfterEach
    void end() {
      secure.close();
    }

    @Test
    void everyFormOfOpeningWorks() {
      HttpClient client =
          client(
              config ->
                  config.tls(TlsOptions.DEFAULT.withContext(TestCertificates.clientContext())));
      AtomicInteger opened = new AtomicInteger();
      WebSocketBlock echo = echo(opened);
      String authority = "localhost:" + secure.port();
      client.webSocket("wss://" + authority, echo);
      client.webSocket(request -> request.secure(true).url("wss://" + authority), echo);
      client.wss(authority, echo);
      client.wss("https://" + authority, echo);
      client.wss(HttpMethod.GET, "localhost", secure.port(), "/", echo);
      client.wss(request -> request.host("localhost").port(secure.port()), echo);
      assertThat(opened).hasValue(6);
    }

    @Test
    void unknownAuthorityIsNotTrusted() {
      assertThatExceptionOfType(WebSocketException.class)
          .isThrownBy(() -> client().webSocketSession(secure.url()))
          .withCauseInstanceOf(SSLException.class);
      assertThat(failure(client(), secure.url()))
          .satisfies(e -> assertThat(e.phase()).isEqualTo(OpeningPhase.TLS))
          .satisfies(e -> assertThat(e.reason()).isEqualTo("tls-untrusted"))
          .hasMessageEndingWith("; connected to 127.0.0.1:" + secure.port());
    }

    @Test
    void failureInsideOfItTellsTheVersion() {
      secure.enqueue(Scenario.reject(403));
      HttpClient client =
          client(
              config ->
                  config.tls(TlsOptions.DEFAULT.withContext(TestCertificates.clientContext())));
      assertThat(failure(client, secure.url()))
          .hasMessage(
              "WebSocket upgrade failed: 403 Rejected; connected to 127.0.0.1:%d over TLSv1.3",
              secure.port());
    }
  }

  @Nested
  class ThroughAProxy {
    private final MockProxy proxy = MockProxy.start();

    @AfterEach
    void end() {
      proxy.close();
    }

    private HttpClient proxied() {
      return client(config -> config.proxy(ProxyOptions.parse(proxy.url())));
    }

    @Test
    void theProxyLooksTheNameUp() {
      String authority = "nowhere.invalid:" + server.port();
      AtomicInteger opened = new AtomicInteger();
      proxied().webSocket("ws://" + authority, echo(opened));
      assertThat(opened).hasValue(1);
      assertThat(proxy.takeRequest(SOON).target()).isEqualTo(authority);
      assertThat(server.takeHandshake(SOON).request().headers().get("Host")).isEqualTo(authority);
    }

    @Test
    void aRefusalIsTheCause() {
      proxy.enqueue(new ResponseHead(403, "Forbidden", Headers.EMPTY));
      assertThatExceptionOfType(WebSocketOpeningException.class)
          .isThrownBy(() -> proxied().webSocketSession(server.url()))
          .satisfies(
              e -> {
                assertThat(e.phase()).isEqualTo(OpeningPhase.PROXY);
                assertThat(e.reason()).isEqualTo("proxy-refused");
              })
          .withMessage(
              "cannot open ws://localhost:%1$d/: the proxy localhost:%2$d refused the tunnel to "
                  + "localhost:%1$d: 403 Forbidden; connected to 127.0.0.1:%2$d",
              server.port(), proxy.port())
          .withCauseInstanceOf(ProxyException.class);
    }

    @Test
    void failureBehindItTellsTheProxyAndNoCredentials() {
      server.enqueue(Scenario.reject(403));
      HttpClient client =
          client(
              config ->
                  config.proxy(
                      ProxyOptions.of(ProxyOptions.Kind.HTTP, "localhost", proxy.port())
                          .withCredentials("user", "hunter2")));
      assertThat(failure(client, server.url()))
          .hasMessageEndingWith(
              "; connected through the proxy http://localhost:%1$d at 127.0.0.1:%1$d", proxy.port())
          .hasMessageNotContaining("hunter2");
    }

    @Test
    void failureOfTlsBehindItTellsTheProxy() {
      try (MockWebSocketServer secure =
          MockWebSocketServer.start(config -> config.tls(TestCertificates.serverContext()))) {
        WebSocketOpeningException failure = failure(proxied(), secure.url());
        assertThat(failure.phase()).isEqualTo(OpeningPhase.TLS);
        assertThat(failure)
            .hasMessageEndingWith(
                "; connected through the proxy http://localhost:%1$d at 127.0.0.1:%1$d",
                proxy.port());
      }
    }

    @Test
    void failureInsideOfTlsBehindItTellsBoth() {
      try (MockWebSocketServer secure =
          MockWebSocketServer.start(config -> config.tls(TestCertificates.serverContext()))) {
        secure.enqueue(Scenario.reject(403));
        HttpClient client =
            client(
                config ->
                    config
                        .proxy(ProxyOptions.parse(proxy.url()))
                        .tls(TlsOptions.DEFAULT.withContext(TestCertificates.clientContext())));
        assertThat(failure(client, secure.url()))
            .hasMessageEndingWith(
                "; connected through the proxy http://localhost:%1$d at 127.0.0.1:%1$d over"
                    + " TLSv1.3",
                proxy.port());
      }
    }

    @Test
    void oneMayBeChosenForEachServer() {
      HttpClient client =
          client(
              config ->
                  config
                      .proxy(ProxyOptions.parse(proxy.url()))
                      .connector(
                          sockets ->
                              (destination, deadline) ->
                                  (destination.host().equals("localhost")
                                          ? sockets.withProxy(null)
                                          : sockets)
                                      .connect(destination, deadline)));
      client.webSocket(server.url(), session -> session.send("straight"));
      client.webSocket("ws://a.invalid:" + server.port(), session -> session.send("through"));
      assertThat(proxy.takeRequest(SOON).target()).startsWith("a.invalid:");
    }
  }

  @Nested
  class Refused {
    @Test
    void refusalHasStatusHeadersAndBody() {
      server.enqueue(
          Scenario.reject(
              503, Headers.builder().add("Retry-After", "7").build(), "back in a minute"));
      assertThatExceptionOfType(WebSocketUpgradeException.class)
          .isThrownBy(() -> client().webSocketSession(server.url()))
          .satisfies(
              e -> {
                assertThat(e.phase()).isEqualTo(OpeningPhase.RESPONSE);
                assertThat(e.reason()).isEqualTo("status-not-101");
                assertThat(e.response().status().value()).isEqualTo(503);
                assertThat(e.response().headers().get("Retry-After")).isEqualTo("7");
                assertThat(e.response().bodyAsText()).isEqualTo("back in a minute");
              });
      server.takeConnection(SOON).awaitEnd(SOON);
    }

    @Test
    void bodyIsBounded() {
      server.enqueue(Scenario.reject(403, Headers.EMPTY, "x".repeat(100_000)));
      assertThatExceptionOfType(WebSocketUpgradeException.class)
          .isThrownBy(() -> client().webSocketSession(server.url()))
          .satisfies(e -> assertThat(e.response().bodyAsBytes()).hasSize(64 << 10));
    }

    @ParameterizedTest
    @ValueSource(ints = {200, 204, 301, 302, 307, 308, 400, 401, 404, 407, 426, 500})
    void everyOtherStatusIsARefusal(int status) {
      server.enqueue(
          Scenario.reject(status, Headers.builder().add("Location", "ws://other/").build(), ""));
      assertThatExceptionOfType(WebSocketUpgradeException.class)
          .isThrownBy(() -> client().webSocketSession(server.url()))
          .satisfies(e -> assertThat(e.response().status().value()).isEqualTo(status));
    }

    @Test
    void wrongUpgradeBreaksTheProtocol() {
      server.enqueue(
          Scenario.accept(Headers.builder().add("Sec-WebSocket-Accept", "wrong").build()));
      assertThatExceptionOfType(HandshakeException.class)
          .isThrownBy(() -> client().webSocketSession(server.url()))
          .satisfies(
              e -> {
                assertThat(e.failure()).isEqualTo(HandshakeFailure.BAD_ACCEPT);
                assertThat(e)
                    .hasMessageStartingWith("cannot open " + server.url() + ": Sec-WebSocket-Acc")
                    .hasMessageEndingWith(
                        "(RFC 6455 §4.1); connected to 127.0.0.1:" + server.port());
                ResponseHead response = Objects.requireNonNull(e.response());
                assertThat(response.headers().get("Sec-WebSocket-Accept")).isEqualTo("wrong");
              });
      server.takeConnection(SOON).awaitEnd(SOON);
    }

    @Test
    void somethingElseThanHttpTellsHowFarItCame() {
      server.enqueue(Scenario.answer(right -> "SSH-2.0-x\r\n".getBytes(US_ASCII)).stall());
      assertThatExceptionOfType(HandshakeException.class)
          .isThrownBy(() -> client().webSocketSession(server.url()))
          .withMessage(
              "cannot open %s: byte 0x53 at index 0 of status line, expected HTTP/1.1"
                  + " (RFC 9112 §2.2), after 1 bytes; connected to 127.0.0.1:%d",
              server.url(), server.port())
          .satisfies(e -> assertThat(e.failure()).isEqualTo(HandshakeFailure.BAD_HTTP))
          .satisfies(e -> assertThat(e.response()).isNull());
    }

    @Test
    void headIsLimited() {
      server.enqueue(Scenario.accept(Headers.builder().add("X-Big", "x".repeat(1_000)).build()));
      HttpClient client =
          client(config -> config.headLimits(new HeadLimits(1_000, 1_000, 10, 10_000)));
      assertThatExceptionOfType(HandshakeException.class)
          .isThrownBy(() -> client.webSocketSession(server.url()))
          .satisfies(e -> assertThat(e.failure()).isEqualTo(HandshakeFailure.HEAD_TOO_LARGE));
    }
  }

  /** Returns how an opening fails on its way. */
  private static WebSocketOpeningException failure(HttpClient client, String url) {
    return catchThrowableOfType(
        WebSocketOpeningException.class, () -> client.webSocketSession(url));
  }

  @Nested
  class Failed {
    private void assertFails(
        Connector connector, OpeningPhase phase, String reason, Class<? extends Exception> cause) {
      HttpClient client = client(config -> config.connector(sockets -> connector));
      WebSocketOpeningException failure = failure(client, server.url());
      assertThat(failure.phase()).isEqualTo(phase);
      assertThat(failure.reason()).isEqualTo(reason);
      assertThat(failure).hasMessageEndingWith(": on purpose").hasCauseInstanceOf(cause);
    }

    private static Connector throwing(IOException failure) {
      return (destination, deadline) -> {
        throw failure;
      };
    }

    @Test
    void phaseAndReasonAreTold() {
      assertFails(
          throwing(new UnknownHostException("on purpose")),
          OpeningPhase.LOOK_UP,
          "unknown-host",
          UnknownHostException.class);
      assertFails(
          throwing(new OpeningTimeoutException(OpeningPhase.TLS, "on purpose", null)),
          OpeningPhase.TLS,
          "timeout",
          SocketTimeoutException.class);
      assertFails(
          throwing(new ConnectException("on purpose")),
          OpeningPhase.CONNECT,
          "unreachable",
          ConnectException.class);
      assertFails(
          throwing(new SSLException("on purpose")),
          OpeningPhase.CONNECT,
          "tls-failed",
          SSLException.class);
      assertFails(
          throwing(new IOException("on purpose")),
          OpeningPhase.CONNECT,
          "connection-lost",
          IOException.class);
    }

    @Test
    void nobodyListens() throws Exception {
      try (Socket held = new Socket()) { // at a port that nobody else can get to listen at
        held.bind(null);
        int port = held.getLocalPort();
        assertThatExceptionOfType(WebSocketException.class)
            .isThrownBy(() -> client().webSocketSession("ws://localhost:" + port + "/?key=hunter2"))
            .withMessageStartingWith("cannot open ws://localhost:" + port + "/: ")
            .withMessageNotContaining("hunter2")
            .withCauseInstanceOf(ConnectException.class);
      }
    }

    @Test
    void serverBreaksOffInTheHead() {
      server.enqueue(PARTIAL);
      WebSocketOpeningException failure = failure(client(), server.url());
      assertThat(failure.phase()).isEqualTo(OpeningPhase.RESPONSE);
      assertThat(failure.reason()).isEqualTo("connection-lost");
      assertThat(failure)
          .hasMessageStartingWith("cannot open " + server.url() + ": ")
          .hasMessageEndingWith(
              ", after 17 bytes, status 503; connected to 127.0.0.1:" + server.port());
    }

    @Test
    void serverIsSilentForLongerThanThisRequestWaits() {
      server.enqueue(Scenario.empty().stall());
      assertThatExceptionOfType(WebSocketOpeningException.class)
          .isThrownBy(
              () -> client().webSocketSession(server.url(), r -> r.timeout(Duration.ofMillis(300))))
          .satisfies(failure -> assertThat(failure.reason()).isEqualTo("timeout"));
    }

    @Test
    void serverIsSilent() {
      server.enqueue(Scenario.empty().stall());
      HttpClient client = impatient(ws -> ws.openTimeout(Duration.ofSeconds(1)));
      WebSocketOpeningException failure = failure(client, server.url());
      assertThat(failure)
          .hasCauseInstanceOf(SocketTimeoutException.class)
          .hasMessage(
              "cannot open %s: timeout while waiting for the response to the opening request, after"
                  + " 0 bytes; connected to 127.0.0.1:%d",
              server.url(), server.port());
      assertThat(failure.phase()).isEqualTo(OpeningPhase.RESPONSE);
      assertThat(failure.reason()).isEqualTo("timeout");
    }

    @Test
    void threadIsInterrupted() {
      Thread.currentThread().interrupt();
      assertThatExceptionOfType(WebSocketInterruptedException.class)
          .isThrownBy(() -> client().webSocketSession(server.url()));
      assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void whateverAConnectorThrowsFailsTheOpening() {
      SecurityException refusal = new SecurityException("not allowed");
      HttpClient client =
          client(
              config ->
                  config.connector(
                      sockets ->
                          (destination, deadline) -> {
                            throw refusal;
                          }));

      assertThatExceptionOfType(WebSocketException.class)
          .isThrownBy(() -> client.webSocketSession("ws://localhost:1"))
          .withMessage("cannot open ws://localhost:1/: java.lang.SecurityException")
          .withCause(refusal);
    }

    @Test
    void callersErrorOpensNoSocket() {
      AtomicInteger connects = new AtomicInteger();
      HttpClient client =
          client(
              config ->
                  config.connector(
                      sockets ->
                          (destination, deadline) -> {
                            connects.incrementAndGet();
                            return sockets.connect(destination, deadline);
                          }));
      List<Consumer<HttpRequestBuilder>> wrong =
          List.of(
              request -> request.url("localhost"),
              request -> request.url("http:localhost"),
              request -> request.url("ws://localhost/#fragment"),
              request -> request.path("/no-host"),
              request -> request.url("ws://localhost").method(HttpMethod.POST),
              request -> request.url("ws://localhost").header("X", "a\r\nY: b"),
              request -> request.url("ws://localhost").subprotocols("a", "a"));
      for (Consumer<HttpRequestBuilder> request : wrong) {
        assertThatIllegalArgumentException().isThrownBy(() -> client.webSocketSession(request));
        assertThatIllegalArgumentException().isThrownBy(() -> client.webSocket(request, s -> {}));
      }
      assertThatIllegalArgumentException().isThrownBy(() -> client.ws("wss://localhost", s -> {}));
      assertThatIllegalArgumentException().isThrownBy(() -> client.wss("ws://localhost", s -> {}));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> client.webSocket(HttpMethod.GET, "localhost", 0, "/", s -> {}));
      assertThat(connects).hasValue(0);
    }

    @Test
    void pluginIsNotInstalled() {
      try (HttpClient client = HttpClient.create(config -> {})) {
        assertThatIllegalStateException()
            .isThrownBy(() -> client.webSocketSession(server.url()))
            .withMessageContaining("config.install(WebSockets.PLUGIN)");
      }
    }
  }

  @Nested
  class Hooks {
    private HttpClient hooked(Consumer<PluginHooks> install) {
      return client(
          config ->
              config.install(
                  new HttpClientPlugin<Object, Object>() {
                    private final AttributeKey<Object> key = new AttributeKey<>("hooks");

                    @Override
                    public AttributeKey<Object> key() {
                      return key;
                    }

                    @Override
                    public Object prepare(Consumer<Object> configure) {
                      return this;
                    }

                    @Override
                    public void install(Object plugin, HttpClient client) {
                      install.accept(client.hooks());
                    }
                  }));
    }

    @Test
    void sendHookSendsAgain() {
      server.enqueue(Scenario.reject(401));
      server.enqueue(Scenario.accept().echo());
      HttpClient client =
          hooked(
              hooks ->
                  hooks.onSend(
                      (request, next) -> {
                        HttpClientCall call = next.send(request);
                        return call.response().status().value() == 401
                            ? next.send(request.setHeader("Authorization", "token"))
                            : call;
                      }));
      client.webSocket(server.url(), session -> session.send("in"));
      assertThat(server.takeHandshake(SOON).request().headers().contains("Authorization"))
          .isFalse();
      assertThat(server.takeHandshake(SOON).request().headers().get("Authorization"))
          .isEqualTo("token");
    }

    @Test
    void sendHookSeesAResponseThatBreaksTheHandshake() {
      server.enqueue(
          Scenario.accept(Headers.builder().add("Sec-WebSocket-Accept", "wrong").build()));
      List<HttpClientCall> seen = new ArrayList<>();
      HttpClient client =
          hooked(
              hooks ->
                  hooks
                      .onSend(
                          (request, next) -> {
                            seen.add(next.send(request));
                            return seen.getLast();
                          })
                      .onResponse(response -> seen.clear()));
      assertThatExceptionOfType(HandshakeException.class)
          .isThrownBy(() -> client.webSocketSession(server.url()));
      assertThat(seen)
          .singleElement()
          .extracting(call -> call.response().headers().get("Sec-WebSocket-Accept"))
          .isEqualTo("wrong");
    }

    @Test
    void connectionThatIsNotChosenIsDropped() {
      HttpClient client =
          hooked(
              hooks ->
                  hooks.onSend(
                      (request, next) -> {
                        HttpClientCall first = next.send(request);
                        assertThat(first.response().status().value()).isEqualTo(101);
                        return next.send(request);
                      }));
      try (var session = client.webSocketSession(server.url())) {
        server.takeConnection(SOON).awaitEnd(SOON);
        session.send("open");
        assertThat(session.incoming().receive()).isEqualTo(new Frame.Text("open"));
      }
    }

    @Test
    void responseHookRefuses() {
      IllegalStateException refusal = new IllegalStateException("no cookie");
      HttpClient client =
          hooked(
              hooks ->
                  hooks.onResponse(
                      response -> {
                        throw refusal;
                      }));
      assertThatThrownBy(() -> client.webSocketSession(server.url())).isSameAs(refusal);
      server.takeConnection(SOON).awaitEnd(SOON);
    }

    @Test
    void defaultRequestCompletes() {
      HttpClient client =
          client(
              config ->
                  config.install(
                      DefaultRequest.PLUGIN,
                      request -> request.url(server.url("/v1")).header("X-Default", "1")));
      client.webSocket("/chat", session -> session.send("hello"));
      var request = server.takeHandshake(SOON).request();
      assertThat(request.target()).isEqualTo("/v1/chat");
      assertThat(request.headers().get("X-Default")).isEqualTo("1");
    }
  }

  @Nested
  class Closed {
    @Test
    void everySessionIsClosedAndNoneCanBeOpened() {
      HttpClient client = client();
      List<ClientWebSocketSession> sessions = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        server.enqueue(Scenario.accept().expectClose(CloseReason.GOING_AWAY));
        sessions.add(client.webSocketSession(server.url()));
      }
      client.close();
      assertThat(sessions)
          .allSatisfy(
              session ->
                  assertThat(session.closeReason().getNow(null)).isEqualTo(CloseReason.GOING_AWAY));
      assertThatIllegalStateException()
          .isThrownBy(() -> client.webSocketSession(server.url()))
          .withMessage("the client is closed");
      client.close();
    }

    @Test
    void silentPeerIsDroppedInTime() {
      server.enqueue(Scenario.accept().stall());
      HttpClient client = impatient(ws -> ws.closeTimeout(Duration.ofMillis(100)));
      ClientWebSocketSession session = client.webSocketSession(server.url());
      client.close();
      assertThat(session.closeReason()).isDone();
    }

    @Test
    void interruptedThreadDropsWhatIsOpen() {
      server.enqueue(Scenario.accept().stall());
      HttpClient client = client();
      ClientWebSocketSession session = client.webSocketSession(server.url());
      Thread.currentThread().interrupt();
      client.close();
      assertThat(Thread.interrupted()).isTrue();
      assertThat(session.closeReason()).isDone();
    }
  }
}
