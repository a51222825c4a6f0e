// SPDX-License-Identifier: Apache-2.0
package dev.parley.exam;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.parley.client.DefaultClientWebSocketSession;
import dev.parley.client.HttpClient;
import dev.parley.client.WebSocketOpeningException;
import dev.parley.client.WebSockets;
import dev.parley.client.transport.HttpAuthentication;
import dev.parley.client.transport.OpeningPhase;
import dev.parley.client.transport.ProxyException;
import dev.parley.client.transport.ProxyOptions;
import dev.parley.client.transport.ProxyOptions.Kind;
import dev.parley.client.transport.TlsHandshakeException;
import dev.parley.client.transport.TlsOptions;
import dev.parley.testkit.Fault;
import dev.parley.testkit.FaultProxy;
import dev.parley.testkit.Faults;
import dev.parley.testkit.MockProxy;
import dev.parley.testkit.MockWebSocketServer;
import dev.parley.testkit.Scenario;
import dev.parley.testkit.TestCertificates;
import dev.parley.testkit.TestCertificates.Issued;
import dev.parley.testkit.TestCertificates.Subject;
import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketException;
import dev.parley.websocket.handshake.HandshakeException;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ProxyTest {
  private static final Duration SOON = Duration.ofSeconds(10);
  private static final Duration SHORT = Duration.ofMillis(300);
  private static final String OPEN = "HTTP/1.1 200 OK\r\n\r\n";
  private static final TlsOptions TRUSTING =
      TlsOptions.DEFAULT.withContext(TestCertificates.clientContext());

  private static ProxyOptions at(Kind kind, int port) {
    return ProxyOptions.of(kind, "localhost", port).withTls(TRUSTING);
  }

  private static HttpClient client(ProxyOptions proxy, TlsOptions tls, Duration openTimeout) {
    return HttpClient.create(
        config ->
            config
                .install(WebSockets.PLUGIN, ws -> ws.openTimeout(openTimeout))
                .proxy(proxy)
                .tls(tls));
  }

  private static HttpClient client(ProxyOptions proxy) {
    return client(proxy, TRUSTING, SOON);
  }

  /** Opens a session that must fail, and returns how. */
  private static WebSocketException failure(ProxyOptions proxy, String url) {
    try (HttpClient client = client(proxy)) {
      return catchThrowableOfType(WebSocketException.class, () -> client.webSocketSession(url));
    }
  }

  /** Opens a session that must fail at the proxy for a reason that has a stable word. */
  private static ProxyException noTunnel(ProxyOptions proxy, String word) {
    WebSocketException failure = failure(proxy, "ws://origin.invalid/");
    assertFailed(failure, OpeningPhase.PROXY, word);
    assertThat(failure).hasCauseInstanceOf(ProxyException.class);
    return (ProxyException) Objects.requireNonNull(failure.getCause());
  }

  private static void assertFailed(@Nullable Throwable failure, OpeningPhase phase, String word) {
    assertThat(failure)
        .isExactlyInstanceOf(WebSocketOpeningException.class)
        .asInstanceOf(InstanceOfAssertFactories.type(WebSocketOpeningException.class))
        .returns(phase, WebSocketOpeningException::phase)
        .returns(word, WebSocketOpeningException::reason);
  }

  private static String echo(DefaultClientWebSocketSession session, String text) {
    session.send(text);
    return session.incoming().receive() instanceof Frame.Text answer ? answer.readText() : "";
  }

  @Row(61)
  @ParameterizedTest
  @CsvSource({
    "407, 'Basic realm=\"x\"',            proxy-credentials, ', offered Basic'",
    "407, Martian,                        proxy-credentials, ', offered Martian'",
    "407, ,                               proxy-credentials, ''",
    "403, ,                               proxy-refused,     ''",
    "502, ,                               proxy-refused,     ''",
  })
  void refusalIsToldWithItsStatusAndNotAskedForTwice(
      int status, @Nullable String challenge, String word, String offered) {
    String head =
        "HTTP/1.1 "
            + status
            + " No\r\n"
            + (challenge == null ? "" : "Proxy-Authenticate: " + challenge + "\r\n");
    ScriptedProxy.Service always =
        (socket, asked) -> {
          while (true) {
            ScriptedProxy.http(head + "Content-Length: 3\r\n\r\nno\n", (s, a) -> {})
                .serve(socket, asked);
          }
        };
    try (ScriptedProxy proxy = new ScriptedProxy(always)) {
      for (ProxyOptions options :
          List.of(
              at(Kind.HTTP, proxy.port()),
              at(Kind.HTTP, proxy.port()).withCredentials("user", "hunter2"))) {
        int before = proxy.asked().size();
        ProxyException e = noTunnel(options, word);
        assertThat(e.code()).hasValue(status);
        assertThat(e)
            .hasMessageEndingWith(
                "refused the tunnel to origin.invalid:80: %d No%s; connected to 127.0.0.1:%d",
                status, offered, proxy.port())
            .hasMessageNotContaining("hunter2");
        assertThat(proxy.asked()).hasSize(before + 1);
      }
      assertThat(proxy.connections()).isEqualTo(2);
    }
  }

  /** Whoever knows the password is believed at once; whoever does not need not try again. */
  @Row(61)
  @Test
  void digestThatIsNeverRightIsAnsweredOnce() {
    AtomicInteger nonces = new AtomicInteger();
    ScriptedProxy.Service never =
        (socket, asked) -> {
          while (true) {
            String challenge =
                "Proxy-Authenticate: Digest realm=\"r\", nonce=\"n%d\", qop=\"auth\", stale=true"
                    .formatted(nonces.incrementAndGet());
            ScriptedProxy.http(
                    "HTTP/1.1 407 No\r\n" + challenge + "\r\nContent-Length: 0\r\n\r\n",
                    (s, a) -> {})
                .serve(socket, asked);
          }
        };
    try (ScriptedProxy proxy = new ScriptedProxy(never)) {
      ProxyOptions plain = at(Kind.HTTP, proxy.port());
      for (ProxyOptions options :
          List.of(
              plain.withAuthentication(HttpAuthentication.digest("user", "hunter2")),
              plain.withCredentials("user", "hunter2"))) {
        int before = proxy.asked().size();
        ProxyException e = noTunnel(options, "proxy-credentials");
        assertThat(e.code()).hasValue(407);
        assertThat(proxy.asked()).hasSize(before + 2);
        assertThat(proxy.asked().getLast())
            .contains("\r\nProxy-Authorization: Digest username=\"user\", ")
            .doesNotContain("hunter2");
      }
      assertThat(proxy.connections()).isEqualTo(2);
    }
  }

  @Row(61)
  @Test
  void answerThatIsLateEndsAtTheDeadline() {
    CountDownLatch late = new CountDownLatch(1);
    ScriptedProxy.Service slow =
        (socket, asked) -> {
          ScriptedProxy.readHead(socket.getInputStream());
          await(late);
          socket.getOutputStream().write(OPEN.getBytes(StandardCharsets.US_ASCII));
        };
    try (ScriptedProxy proxy = new ScriptedProxy(slow)) {
      assertThat(lateBecauseOf(proxy.port(), "ws", OpeningPhase.PROXY))
          .hasMessageContaining("the proxy localhost:" + proxy.port());
      late.countDown();
    }
  }

  /** Opens a session through a proxy which something holds up, and returns how that fails. */
  private static WebSocketOpeningException lateBecauseOf(
      int proxy, String scheme, OpeningPhase phase) {
    return LateOpening.failure(
        phase,
        SHORT,
        timeout -> client(at(Kind.HTTP, proxy), TRUSTING, timeout),
        scheme + "://origin.invalid/");
  }

  @Row(61)
  @Test
  void answerThatDripsEndsAtTheDeadline() {
    ScriptedProxy.Service wordy =
        ScriptedProxy.http("HTTP/1.1 200 " + "O".repeat(8_000), ScriptedProxy::stayQuiet);
    try (ScriptedProxy proxy = new ScriptedProxy(wordy);
        FaultProxy way = FaultProxy.start(proxy.port())) {
      way.always(Faults.none().toClient(Fault.drip(Duration.ofMillis(20))));
      assertThat(lateBecauseOf(way.port(), "ws", OpeningPhase.PROXY))
          .hasMessageContaining("the proxy localhost:" + way.port());
    }
  }

  private static void await(CountDownLatch latch) throws IOException {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IOException("the proxy was closed", e);
    }
  }

  @Row(61)
  @Test
  void interimAnswersAreReadOver() {
    ScriptedProxy.Service proxying =
        ScriptedProxy.http(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 199 Soon\r\nA: b\r\n\r\nHTTP/1.1 502 No\r\n\r\n",
            ScriptedProxy::stayQuiet);
    try (ScriptedProxy proxy = new ScriptedProxy(proxying)) {
      assertThat(noTunnel(at(Kind.HTTP, proxy.port()), "proxy-refused").code()).hasValue(502);
    }
  }

  /** Tells the phase in which an opening failed, and why: also where the origin's answer did. */
  private static String told(@Nullable WebSocketException failure) {
    return switch (failure) {
      case WebSocketOpeningException e -> e.phase() + " " + e.reason();
      case HandshakeException e -> OpeningPhase.RESPONSE + " " + e.failure().word();
      case null, default -> String.valueOf(failure);
    };
  }

  @Row(62)
  @ParameterizedTest
  @CsvSource({"ws, RESPONSE incomplete", "wss, TLS tls-closed"})
  void tunnelThatEndsFailsTheOpening(String scheme, String told) throws Exception {
    CountDownLatch left = new CountDownLatch(1);
    ScriptedProxy.Service ending =
        (socket, asked) -> {
          socket.shutdownOutput();
          ScriptedProxy.stayQuiet(socket, asked);
          left.countDown();
        };
    try (ScriptedProxy proxy = new ScriptedProxy(ScriptedProxy.http(OPEN, ending))) {
      String url = scheme + "://origin.invalid/";
      assertThat(told(failure(at(Kind.HTTP, proxy.port()), url))).isEqualTo(told);
      assertThat(left.await(10, TimeUnit.SECONDS)).as("the socket is closed").isTrue();
      assertThat(proxy.asked()).singleElement().asString().startsWith("CONNECT ");
    }
  }

  @Row(62)
  @ParameterizedTest
  @CsvSource({"ws, RESPONSE connection-lost", "wss, TLS tls-closed"})
  void tunnelThatIsResetFailsTheOpening(String scheme, String told) {
    ScriptedProxy.Service resetting =
        (socket, asked) -> {
          assertThat(socket.getInputStream().read()).as("a request").isPositive();
          socket.setSoLinger(true, 0);
        };
    try (ScriptedProxy proxy = new ScriptedProxy(ScriptedProxy.http(OPEN, resetting))) {
      String url = scheme + "://origin.invalid/";
      assertThat(told(failure(at(Kind.HTTP, proxy.port()), url))).isEqualTo(told);
    }
  }

  /** The proxy may be gone before the request, or take it, or reset the connection for it. */
  @Row(62)
  @ParameterizedTest
  @CsvSource({
    "ws, REQUEST connection-lost | RESPONSE connection-lost | RESPONSE incomplete",
    "wss, TLS tls-closed"
  })
  void tunnelThatIsGoneAtOnceFailsTheOpening(String scheme, String told) {
    try (ScriptedProxy proxy = new ScriptedProxy(ScriptedProxy.http(OPEN, (s, a) -> {}))) {
      String url = scheme + "://origin.invalid/";
      assertThat(told(failure(at(Kind.HTTP, proxy.port()), url)))
          .isIn(List.of(told.split(" \\| ", -1)));
    }
  }

  @Row(62)
  @ParameterizedTest
  @CsvSource({"ws, RESPONSE", "wss, TLS"})
  void silentTunnelFailsTheOpeningInTime(String scheme, OpeningPhase phase) {
    try (ScriptedProxy proxy =
        new ScriptedProxy(ScriptedProxy.http(OPEN, ScriptedProxy::stayQuiet))) {
      assertThat(lateBecauseOf(proxy.port(), scheme, phase))
          .hasMessageContaining("through the proxy ");
    }
  }

  @Row(64)
  @ParameterizedTest
  @CsvSource({"false, tls-hostname", "true, tls-untrusted"})
  void certificateOfTheProxyIsNotTheOrigins(boolean mitm, String word) {
    // Either the proxy's own, which is valid for the proxy, or one that it made for the origin.
    SSLContext context =
        mitm
            ? TestCertificates.issue(Subject.SELF_SIGNED).context()
            : TestCertificates.issue(Subject.WRONG_HOST).context();
    try (ScriptedProxy proxy =
        new ScriptedProxy(
            ScriptedProxy.http(OPEN, ScriptedProxy.tls(context, ScriptedProxy::end)))) {
      WebSocketException failure = failure(at(Kind.HTTP, proxy.port()), "wss://localhost/");
      assertFailed(failure, OpeningPhase.TLS, word);
      assertThat(failure).hasCauseInstanceOf(TlsHandshakeException.class);
      assertThat(proxy.asked()).singleElement().asString().startsWith("CONNECT ");
    }
  }

  @Row(65)
  @ParameterizedTest
  @EnumSource(names = {"HTTP", "HTTPS"})
  void credentialsAreForTheProxyOnly(Kind kind) throws Exception {
    ScriptedProxy.Service service = ScriptedProxy.http(OPEN, ScriptedProxy::end);
    if (kind == Kind.HTTPS) {
      service = ScriptedProxy.tls(TestCertificates.serverContext(), service);
    }
    try (ScriptedProxy proxy = new ScriptedProxy(service);
        HttpClient client = client(at(kind, proxy.port()).withCredentials("user", "hunter2"))) {
      Throwable failure = catchThrowable(() -> client.webSocketSession("ws://origin.invalid/"));
      assertThat(failure).isInstanceOf(WebSocketException.class);
      assertThat(failure.toString()).doesNotContain("hunter2");
      assertThat(proxy.take()).contains("\r\nProxy-Authorization: Basic dXNlcjpodW50ZXIy\r\n");
      assertThat(proxy.take())
          .startsWith("GET / HTTP/1.1\r\n")
          .doesNotContainIgnoringCase("proxy-", "dXNlcjpodW50ZXIy");
    }
  }

  /** What comes of it: a session with this client certificate, or the reason why there is none. */
  private static String trial(@Nullable ProxyOptions proxy, TlsOptions tls, String url) {
    try (HttpClient client =
        HttpClient.create(config -> config.install(WebSockets.PLUGIN).proxy(proxy).tls(tls))) {
      DefaultClientWebSocketSession session = client.webSocketSession(url);
      return echo(session, "open");
    } catch (WebSocketException e) {
      return e.getCause() instanceof TlsHandshakeException why
          ? why.reason().toString()
          : Objects.toString(e.getCause());
    }
  }

  private static List<String> trials(@Nullable ProxyOptions proxy) {
    SSLParameters wantsCertificate = new SSLParameters();
    wantsCertificate.setNeedClientAuth(true);
    TlsOptions withCertificate =
        TlsOptions.DEFAULT.withContext(TestCertificates.issue(Subject.CLIENT).context());
    List<String> results = new ArrayList<>();
    for (Subject subject : List.of(Subject.SERVER, Subject.WRONG_HOST, Subject.EXPIRED)) {
      try (MockWebSocketServer server =
          MockWebSocketServer.start(
              config -> config.tls(TestCertificates.issue(subject).context()))) {
        results.add(trial(proxy, TRUSTING, server.url()));
        results.add(trial(proxy, TlsOptions.DEFAULT, server.url()));
      }
    }
    TlsOptions trusting = TlsOptions.DEFAULT.withTrust(TestCertificates.authorityFile());
    try (MockWebSocketServer server =
        MockWebSocketServer.start(config -> config.tls(TestCertificates.serverContext()))) {
      results.add(trial(proxy, trusting.withPinnedKeys(Pins.SERVER), server.url()));
      results.add(trial(proxy, trusting.withPinnedKeys(Pins.AUTHORITY), server.url()));
      results.add(trial(proxy, trusting.withPinnedKeys(Pins.OTHER), server.url()));
      results.add(trial(proxy, TlsOptions.DEFAULT.withPinnedKeys(Pins.SERVER), server.url()));
    }
    try (MockWebSocketServer server =
        MockWebSocketServer.start(
            config -> config.tls(TestCertificates.serverContext(), wantsCertificate))) {
      Issued client = TestCertificates.issue(Subject.CLIENT);
      TlsOptions own = trusting.withClientCertificate(client.certificateFile(), client.keyFile());
      results.add(trial(proxy, own.withPinnedKeys(Pins.AUTHORITY), server.url()));
      results.add(trial(proxy, withCertificate, server.url()));
      results.add(trial(proxy, TRUSTING, server.url()));
    }
    return results;
  }

  @Row(66)
  @Test
  void trustIsTheSameOnEveryWay() {
    List<String> straight = trials(null);
    assertThat(straight)
        .containsExactly(
            "open",
            "UNTRUSTED",
            "HOST_NAME",
            "UNTRUSTED",
            "UNTRUSTED",
            "UNTRUSTED",
            "open",
            "open",
            "PIN",
            "UNTRUSTED",
            "open",
            "open",
            "CLIENT_CERTIFICATE");
    try (MockProxy http = MockProxy.start();
        MockProxy https = MockProxy.start(TestCertificates.serverContext());
        ScriptedProxy socks = new ScriptedProxy(ScriptedProxy.socks5())) {
      assertThat(trials(at(Kind.HTTP, http.port()))).as("HTTP").isEqualTo(straight);
      assertThat(trials(at(Kind.HTTPS, https.port()))).as("HTTPS").isEqualTo(straight);
      assertThat(trials(at(Kind.SOCKS5, socks.port()))).as("SOCKS5").isEqualTo(straight);
    }
  }

  @Row(67)
  @Test
  void noTunnelIsShared() {
    try (ScriptedProxy proxy = new ScriptedProxy(ScriptedProxy.socks5());
        MockWebSocketServer one = MockWebSocketServer.start();
        MockWebSocketServer other = MockWebSocketServer.start();
        HttpClient client = client(at(Kind.SOCKS5, proxy.port()))) {
      one.enqueue(Scenario.accept().send("one").echo());
      other.enqueue(Scenario.accept().send("other").echo());
      try (var first = client.webSocketSession("ws://a.invalid:" + one.port());
          var second = client.webSocketSession("ws://a.invalid:" + other.port())) {
        assertThat(second.incoming().receive()).isEqualTo(new Frame.Text("other"));
        assertThat(first.incoming().receive()).isEqualTo(new Frame.Text("one"));
        assertThat(echo(first, "1")).isEqualTo("1");
        assertThat(echo(second, "2")).isEqualTo("2");
      }
      assertThat(proxy.connections()).isEqualTo(2);
      assertThat(proxy.asked())
          .containsExactlyInAnyOrder("a.invalid:" + one.port(), "a.invalid:" + other.port());
    }
  }

  /** A SOCKS proxy that says so many bytes, in hex, and no more. */
  private static ScriptedProxy socks(String method, String reply) {
    return new ScriptedProxy(
        (socket, asked) -> {
          say(socket, 3, method);
          say(socket, 7 + "origin.invalid".length(), reply);
          ScriptedProxy.stayQuiet(socket, asked);
        });
  }

  private static void say(Socket socket, int heard, String hex) throws IOException {
    socket.getInputStream().readNBytes(heard);
    socket.getOutputStream().write(HexFormat.ofDelimiter(" ").parseHex(hex));
  }

  @Row(68)
  @ParameterizedTest
  @CsvSource({
    "04 5a, '',          proxy-malformed",
    "05 01, '',          proxy-malformed",
    "05 ff, '',          proxy-credentials",
    "05 00, 04 00 00 01, proxy-malformed",
    "05 00, 05 00 00 07, proxy-malformed",
  })
  void socksThatIsNoneIsRefused(String method, String reply, String word) {
    try (ScriptedProxy proxy = socks(method, reply)) {
      assertThat(noTunnel(at(Kind.SOCKS5, proxy.port()), word))
          .hasMessageContaining("localhost:" + proxy.port());
    }
  }

  @Row(68)
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9, 0x80, 0xff})
  void replyCodeOfSocksIsTold(int code) {
    try (ScriptedProxy proxy = socks("05 00", "05 %02x 00 01 00 00 00 00 00 00".formatted(code))) {
      ProxyException e = noTunnel(at(Kind.SOCKS5, proxy.port()), "proxy-refused");
      assertThat(e.code()).hasValue(code);
      assertThat(e).hasMessageContaining("SOCKS5 reply " + code + ", ");
    }
  }

  @Row(68)
  @ParameterizedTest
  @ValueSource(strings = {"", "05", "05 00", "05 00 00 01 00 00 00 00 00", "05 00 00 03 09 61"})
  void truncatedReplyOfSocksIsRefused(String reply) {
    ScriptedProxy.Service truncating =
        (socket, asked) -> {
          say(socket, 3, "05 00");
          say(socket, 7 + "origin.invalid".length(), reply);
        };
    try (ScriptedProxy proxy = new ScriptedProxy(truncating)) {
      assertThat(noTunnel(at(Kind.SOCKS5, proxy.port()), "proxy-closed").code()).isEmpty();
    }
  }

  @Row(68)
  @Test
  void nameThatIsTooLongIsRefusedBeforeAnyByte() {
    try (ScriptedProxy proxy = socks("05 00", "");
        HttpClient client = client(at(Kind.SOCKS5, proxy.port()))) {
      String host = "a.".repeat(125) + "abcdef"; // 256 bytes
      assertThatIllegalArgumentException()
          .isThrownBy(() -> client.webSocketSession("ws://" + host + "/"));
      assertThat(proxy.connections()).isZero();
    }
  }

  @Row(68)
  @Test
  void nameIsLookedUpByTheProxyAndItsAnswerMayBeAName() {
    try (ScriptedProxy proxy = new ScriptedProxy(ScriptedProxy.socks5());
        MockWebSocketServer server = MockWebSocketServer.start();
        HttpClient client = client(at(Kind.SOCKS5, proxy.port()))) {
      String authority = "no-such-name.invalid:" + server.port();
      try (var session = client.webSocketSession("ws://" + authority)) {
        assertThat(echo(session, "hello")).isEqualTo("hello");
      }
      assertThat(proxy.asked()).containsExactly(authority);
    }
  }
}
