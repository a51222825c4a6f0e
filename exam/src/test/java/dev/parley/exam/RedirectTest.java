// SPDX-License-Identifier: Apache-2.0
package dev.parley.exam;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.parley.client.AttributeKey;
import dev.parley.client.HttpClient;
import dev.parley.client.HttpClientConfig;
import dev.parley.client.HttpClientPlugin;
import dev.parley.client.HttpRequestBuilder;
import dev.parley.client.Redirects;
import dev.parley.client.WebSocketOpeningException;
import dev.parley.client.WebSocketUpgradeException;
import dev.parley.client.WebSockets;
import dev.parley.client.transport.HttpAuthentication;
import dev.parley.client.transport.ProxyOptions;
import dev.parley.client.transport.TlsOptions;
import dev.parley.testkit.MockProxy;
import dev.parley.testkit.MockWebSocketServer;
import dev.parley.testkit.Scenario;
import dev.parley.testkit.TestCertificates;
import dev.parley.websocket.Frame;
import dev.parley.websocket.handshake.HandshakeException;
import dev.parley.websocket.handshake.Headers;
import dev.parley.websocket.handshake.RequestHead;
import dev.parley.websocket.handshake.ResponseHead;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What follows a redirect, once somebody asked for it, and what never does. */
final class RedirectTest {
  private static final Duration SOON = Duration.ofSeconds(10);
  private static final String[] SECRETS = {"Authorization", "Cookie", "Proxy-Authorization"};

  private final MockWebSocketServer server = MockWebSocketServer.start();
  private final MockWebSocketServer other = MockWebSocketServer.start();
  private final MockWebSocketServer secure =
      MockWebSocketServer.start(config -> config.tls(TestCertificates.serverContext()));
  private final HttpClient client = client(config -> {});

  @AfterEach
  void close() {
    client.close();
    server.close();
    other.close();
    secure.close();
  }

  private static HttpClient client(Consumer<HttpClientConfig> more) {
    return HttpClient.create(
        config -> {
          config
              .install(WebSockets.PLUGIN, ws -> ws.timeout(SOON))
              .install(Redirects.PLUGIN)
              .tls(TlsOptions.DEFAULT.withTrust(TestCertificates.authorityFile()));
          more.accept(config);
        });
  }

  private static Scenario redirect(int status, String location) {
    return Scenario.reject(status, Headers.builder().add("Location", location).build(), "");
  }

  private static Scenario redirect(String location) {
    return redirect(302, location);
  }

  private static void withSecrets(HttpRequestBuilder request) {
    for (String secret : SECRETS) {
      request.header(secret, "hunter2");
    }
    request.header("X-Api-Key", "hunter2").header("User-Agent", "exam").subprotocols("chat");
  }

  private static RequestHead take(MockWebSocketServer from) {
    return from.takeHandshake(SOON).request();
  }

  private void assertNobodyElseCame() {
    for (MockWebSocketServer each : new MockWebSocketServer[] {server, other, secure}) {
      assertThatExceptionOfType(AssertionError.class)
          .isThrownBy(() -> each.takeConnection(Duration.ofMillis(20)));
    }
  }

  private static void assertEchoes(HttpClient client, String url) {
    try (var session = client.webSocketSession(url, RedirectTest::withSecrets)) {
      session.send("hello");
      assertThat(session.incoming().receive()).isEqualTo(new Frame.Text("hello"));
    }
  }

  private WebSocketUpgradeException refusal(String url) {
    WebSocketUpgradeException refusal =
        catchThrowableOfType(
            WebSocketUpgradeException.class,
            () -> client.webSocketSession(url, RedirectTest::withSecrets));
    assertThat(refusal).isNotNull().hasMessageNotContainingAny("hunter2", "secret");
    return refusal;
  }

  @Row(15)
  @ParameterizedTest
  @ValueSource(ints = {301, 302, 303, 307, 308})
  void sameOriginIsFollowedWithEverything(int status) {
    server.enqueue(redirect(status, "/elsewhere?a=b#fragment"));
    assertEchoes(client, server.url("/here"));
    assertThat(take(server).target()).isEqualTo("/here");
    RequestHead second = take(server);
    assertThat(second.target()).isEqualTo("/elsewhere?a=b");
    for (String secret : SECRETS) {
      assertThat(second.headers().getAll(secret)).containsExactly("hunter2");
    }
    assertThat(second.headers().get("X-Api-Key")).isEqualTo("hunter2");
    assertThat(second.headers().getAll("Sec-WebSocket-Key")).hasSize(1);
  }

  @Row(15)
  @ParameterizedTest
  @CsvSource({
    "/a/b/c,  d,            /a/b/d",
    "/a/b/c,  ../d?e,       /a/d?e",
    "/a/b/c,  ./,           /a/b/",
    "/a/b/c,  ../../../../, /",
    "/a?b,    ?c,           /a?c",
    "/a?b,    '',           /a?b",
    "/a,      '#x',         /a",
    "/a,      /b c,         /b%20c",
    "/a,      '  /b  ',     /b",
  })
  void relativeLocationIsResolved(String from, String location, String to) {
    server.enqueue(redirect(location));
    assertEchoes(client, server.url(from));
    assertThat(take(server).target()).isEqualTo(from);
    assertThat(take(server).target()).isEqualTo(to);
  }

  @Row({15, 16, 65})
  @ParameterizedTest
  @ValueSource(strings = {"other port", "no scheme", "other host", "http", "to wss"})
  void secretsStayWithTheirOrigin(String kind) {
    MockWebSocketServer target =
        kind.equals("to wss") ? secure : kind.equals("other host") ? server : other;
    String location =
        switch (kind) {
          case "no scheme" -> "//localhost:" + other.port() + "/there";
          case "other host" -> "ws://127.0.0.1:" + server.port() + "/there";
          case "http" -> "http://localhost:" + other.port() + "/there";
          default -> target.url("/there");
        };
    server.enqueue(redirect(location));
    assertEchoes(client, server.url());
    RequestHead first = take(server);
    assertThat(first.headers().get("Authorization")).isEqualTo("hunter2");
    RequestHead second = take(target);
    assertThat(second.target()).isEqualTo("/there");
    assertThat(second.toString() + second.headers().fields()).doesNotContain("hunter2");
    assertThat(second.headers().get("User-Agent")).isEqualTo("exam");
    assertThat(second.headers().get("Sec-WebSocket-Protocol")).isEqualTo("chat");
    assertThat(second.headers().get("Host")).endsWith(":" + target.port());
    assertThat(second.headers().get("Sec-WebSocket-Key"))
        .isNotEqualTo(first.headers().get("Sec-WebSocket-Key"));
  }

  @Row({15, 16})
  @Test
  void secretsDoNotComeBackWithTheOrigin() {
    server.enqueue(redirect(other.url()));
    other.enqueue(redirect(server.url("/again")));
    assertEchoes(client, server.url());
    RequestHead first = take(server);
    RequestHead third = take(server);
    assertThat(first.headers().get("Authorization")).isEqualTo("hunter2");
    assertThat(third.headers().get("Authorization")).isNull();
    assertThat(third.target()).isEqualTo("/again");
  }

  @Row(15)
  @Test
  void neverFromWssToWs() {
    secure.enqueue(redirect(server.url()));
    WebSocketUpgradeException refusal = refusal(secure.url());
    assertThat(refusal.reason()).isEqualTo("redirect-insecure");
    assertThat(refusal)
        .hasMessage(
            "WebSocket upgrade failed: 302 Rejected, a redirect that is not followed: from wss to"
                + " ws; connected to 127.0.0.1:%d over TLSv1.3",
            secure.port());
    assertThat(refusal.response().headers().get("Location")).isEqualTo(server.url());
    take(secure);
    assertNobodyElseCame();
  }

  @Row(15)
  @Test
  void neverFromWssToWsByADetour() {
    server.enqueue(redirect(secure.url()));
    secure.enqueue(redirect("http://localhost:" + other.port()));
    assertThat(refusal(server.url()).reason()).isEqualTo("redirect-insecure");
    take(server);
    take(secure);
    assertNobodyElseCame();
  }

  @Row(15)
  @Test
  void loopEndsAfterFive() {
    for (int i = 0; i < 6; i++) {
      server.enqueue(redirect("/"));
    }
    WebSocketUpgradeException refusal = refusal(server.url());
    assertThat(refusal.reason()).isEqualTo("redirect-limit");
    assertThat(refusal).hasMessageContaining(": one too many, at most 5; ");
    for (int i = 0; i < 6; i++) {
      take(server);
    }
    assertNobodyElseCame();
  }

  @Row(15)
  @Test
  void fiveAreFollowed() {
    for (int i = 1; i <= 5; i++) {
      (i % 2 == 1 ? server : other).enqueue(redirect((i % 2 == 1 ? other : server).url("/" + i)));
    }
    assertEchoes(client, server.url());
  }

  @Row(15)
  @ParameterizedTest
  @ValueSource(
      strings = {
        "file:///etc/passwd",
        "file:/secret",
        "javascript:alert(1)",
        "ftp://localhost/secret",
        "ws:localhost",
        "localhost:80",
        "ws://",
        "ws://user:secret@localhost/",
        "ws://localhost:0/",
        "ws://localhost:99999/",
        "ws://local host/",
        "ws://[::1%25eth0]/",
      })
  void locationThatLeadsNowhereIsNotFollowed(String location) {
    server.enqueue(redirect(location));
    WebSocketUpgradeException refusal = refusal(server.url());
    assertThat(refusal.reason()).isEqualTo("redirect-malformed");
    assertThat(refusal.response().status().value()).isEqualTo(302);
    take(server);
    assertNobodyElseCame();
  }

  @Row(15)
  @Test
  void locationMissingOrTwice() {
    server.enqueue(Scenario.reject(302));
    assertThat(refusal(server.url()))
        .hasMessageContaining(": 0 Location headers, expected one; ")
        .returns("redirect-malformed", WebSocketUpgradeException::reason);
    server.enqueue(
        Scenario.reject(
            302, Headers.builder().add("Location", "/a").add("Location", "/b").build(), ""));
    assertThat(refusal(server.url()).reason()).isEqualTo("redirect-malformed");
  }

  @Row(15)
  @ParameterizedTest
  @ValueSource(strings = {"/a\nX: y", "/a\rX: y", "/a\0"})
  void locationWithALineBreakIsNoHttp(String location) {
    server.enqueue(
        Scenario.answer(
            right ->
                ("HTTP/1.1 302 Found\r\nLocation: " + location + "\r\n\r\n")
                    .getBytes(StandardCharsets.ISO_8859_1)));
    assertThatExceptionOfType(HandshakeException.class)
        .isThrownBy(() -> client.webSocketSession(server.url()));
    take(server);
    assertNobodyElseCame();
  }

  @Row(15)
  @Test
  void injectedHeaderIsNotSentOn() {
    server.enqueue(redirect("/a%0d%0aX-Injected:%20y"));
    assertEchoes(client, server.url());
    take(server);
    RequestHead second = take(server);
    assertThat(second.target()).isEqualTo("/a%0d%0aX-Injected:%20y");
    assertThat(second.headers().get("X-Injected")).isNull();
  }

  @Row(15)
  @ParameterizedTest
  @ValueSource(ints = {300, 304, 305, 306, 399, 201, 401})
  void otherStatusesAreNoRedirects(int status) {
    server.enqueue(redirect(status, "/elsewhere"));
    assertThat(refusal(server.url()).reason()).isEqualTo("status-not-101");
  }

  @Row(15)
  @Test
  void wsMayLeadToWss() {
    server.enqueue(redirect(secure.url()));
    client.ws(
        server.url(),
        session -> {
          session.send("hello");
          assertThat(session.incoming().receive()).isEqualTo(new Frame.Text("hello"));
        });
  }

  @Row(16)
  @Test
  void credentialsThatAnsweredAChallengeStayWithTheirOrigin() {
    server.enqueue(
        Scenario.reject(401, Headers.builder().add("WWW-Authenticate", "Basic").build(), ""));
    server.enqueue(redirect(other.url("/there")));
    other.enqueue(
        Scenario.reject(401, Headers.builder().add("WWW-Authenticate", "Basic").build(), ""));
    try (HttpClient answering = client(config -> config.install(new Answering()))) {
      assertThatExceptionOfType(WebSocketUpgradeException.class)
          .isThrownBy(() -> answering.webSocketSession(server.url()));
    }
    assertThat(take(server).headers().get("Authorization")).isNull();
    assertThat(take(server).headers().get("Authorization")).isEqualTo("Basic aHVudGVyMg==");
    assertThat(take(other).headers().get("Authorization")).isNull();
    assertNobodyElseCame();
  }

  /** A plugin that answers the first 401 of an opening, and knows nothing of redirects. */
  private static final class Answering implements HttpClientPlugin<Answering, Answering> {
    private static final AttributeKey<Answering> KEY = new AttributeKey<>("Answering");

    @Override
    public AttributeKey<Answering> key() {
      return KEY;
    }

    @Override
    public Answering prepare(Consumer<Answering> configure) {
      return this;
    }

    @Override
    public void install(Answering plugin, HttpClient client) {
      client
          .hooks()
          .onSend(
              (request, next) -> {
                var call = next.send(request);
                return call.response().status().value() == 401
                    ? next.send(request.setHeader("Authorization", "Basic aHVudGVyMg=="))
                    : call;
              });
    }
  }

  /** The proxy challenges each tunnel anew, whether or not it was told a password at once. */
  @Row({16, 65})
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void credentialsForTheProxyStayThere(boolean basicFirst) {
    try (MockProxy proxy = MockProxy.start()) {
      ProxyOptions plain = ProxyOptions.parse(proxy.url());
      ProxyOptions knowing =
          basicFirst
              ? plain.withCredentials("user", "hunter2")
              : plain.withAuthentication(HttpAuthentication.digest("user", "hunter2"));
      for (int tunnel = 0; tunnel < 2; tunnel++) {
        proxy.enqueue(
            new ResponseHead(
                407,
                "Who",
                Headers.builder()
                    .add("Proxy-Authenticate", "Digest realm=\"r\", nonce=\"n\", qop=\"auth\"")
                    .build()));
        proxy.enqueue(new ResponseHead(200, "OK", Headers.EMPTY));
      }
      server.enqueue(redirect("ws://second.invalid:" + other.port() + "/"));
      try (HttpClient proxied = client(config -> config.proxy(knowing));
          var session = proxied.webSocketSession("ws://first.invalid:" + server.port())) {
        session.send("hello");
        assertThat(session.incoming().receive()).isEqualTo(new Frame.Text("hello"));
      }
      for (String host : new String[] {"first", "second"}) {
        RequestHead asked = proxy.takeRequest(SOON);
        assertThat(asked.target()).startsWith(host + ".invalid:");
        assertThat(asked.headers().get("Proxy-Authorization"))
            .isEqualTo(basicFirst ? "Basic dXNlcjpodW50ZXIy" : null);
        RequestHead answered = proxy.takeRequest(SOON);
        assertThat(answered.target()).isEqualTo(asked.target());
        assertThat(answered.headers().get("Proxy-Authorization"))
            .startsWith("Digest username=\"user\", ")
            .contains("uri=\"" + asked.target() + '"');
      }
    }
    for (MockWebSocketServer origin : new MockWebSocketServer[] {server, other}) {
      RequestHead request = take(origin);
      assertThat(request.toString() + request.headers().fields())
          .doesNotContainIgnoringCase("authorization", "dXNlcjpodW50ZXIy", "digest");
    }
  }

  @Row(15)
  @Test
  void deadlineIsOneForAll() {
    Scenario slow =
        Scenario.empty().pause(Duration.ofMillis(300)).then(redirect("/").steps().getFirst());
    try (MockWebSocketServer endless =
            MockWebSocketServer.start(config -> config.unscripted(slow));
        HttpClient hasty =
            HttpClient.create(
                config ->
                    config
                        .install(WebSockets.PLUGIN, ws -> ws.openTimeout(Duration.ofMillis(800)))
                        .install(Redirects.PLUGIN))) {
      long start = TimeBound.now();
      assertThatExceptionOfType(WebSocketOpeningException.class)
          .isThrownBy(() -> hasty.webSocketSession(endless.url()))
          .returns("timeout", WebSocketOpeningException::reason);
      TimeBound.assertTook(start, Duration.ofMillis(800), Duration.ofMillis(800));
    }
  }
}
