// SPDX-License-Identifier: Apache-2.0
package dev.parley.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.parley.client.HttpClient;
import dev.parley.client.WebSockets;
import dev.parley.client.transport.ProxyOptions;
import dev.parley.client.transport.TlsOptions;
import dev.parley.testkit.MockConnection;
import dev.parley.testkit.MockProxy;
import dev.parley.testkit.MockWebSocketServer;
import dev.parley.testkit.Scenario;
import dev.parley.testkit.TestCertificates;
import dev.parley.testkit.TestCertificates.Subject;
import dev.parley.testkit.UnixRelay;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Frame;
import dev.parley.websocket.extension.WebSocketExtensions;
import dev.parley.websocket.handshake.Headers;
import dev.parley.websocket.handshake.RequestHead;
import dev.parley.websocket.handshake.ResponseHead;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.CookieManager;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import javax.net.ssl.SSLParameters;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each example does what the documents say that it does. */
final class ExamplesTest {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final MockWebSocketServer server =
      MockWebSocketServer.start(
          config ->
              config
                  .subprotocols("chat.v1")
                  .extensions(
                      extensions -> extensions.install(WebSocketExtensions.perMessageDeflate())));
  private final PrintStream standardOut = System.out;
  private final PrintStream standardError = System.err;
  private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

  @BeforeEach
  void catchOutput() {
    PrintStream output = new PrintStream(printed, true, UTF_8);
    System.setOut(output);
    System.setErr(output);
  }

  @AfterEach
  void end() {
    System.setOut(standardOut);
    System.setErr(standardError);
    server.close();
  }

  private void assertPrinted(String... lines) {
    assertThat(printed.toString(UTF_8).lines()).containsExactly(lines);
  }

  private RequestHead takeRequest() {
    return server.takeHandshake(PATIENCE).request();
  }

  @Test
  void echo() {
    Echo.main(server.url());
    assertPrinted("Received: Hello, WebSocket!");
  }

  @Test
  void chat() {
    Chat.main(server.url());
    assertPrinted(
        "Text: Hello, chat!",
        "Binary: 4 bytes",
        "Closed: CloseReason[code=1000, message=Normal closure]");
  }

  @Test
  void customRequest() {
    CustomRequest.main(server.url("/socket"));
    RequestHead request = takeRequest();
    assertThat(request.target()).isEqualTo("/socket?room=chat-room-1");
    assertThat(request.headers().get("Authorization")).isEqualTo("Bearer token123");
    assertPrinted("Subprotocol: chat.v1", "Server: null");
  }

  @Test
  void jsonMessages() {
    JsonMessages.main(server.url());
    assertPrinted("ada says: Hello everyone!", "2 messages", "Not a ChatMessage: Text[15 bytes]");
  }

  @Test
  void ownConverter() {
    OwnConverter.main(server.url());
    assertPrinted("RFC 6455 is of 2011");
  }

  @Test
  void resilient() {
    Frame subscription = new Frame.Text("subscribe prices");
    server.enqueue(Scenario.accept().expect(subscription).send("1.07").endOfStream());
    server.enqueue(Scenario.reject(503));
    server.enqueue(
        Scenario.accept().expect(subscription).send("1.09").close(CloseReason.SERVICE_RESTART));
    server.enqueue(Scenario.accept().expect(subscription).send("1.08").close(CloseReason.NORMAL));
    Resilient.main(server.url());
    assertThat(prices()).containsExactly("1.07", "1.09", "1.08");
    assertThat(printed.toString(UTF_8)).contains("Lost: the connection ended without a Close");
  }

  /** The lines that are prices; the log is printed too. */
  private List<String> prices() {
    return printed.toString(UTF_8).lines().filter(line -> line.matches("1\\.0\\d")).toList();
  }

  @Test
  void reconnecting() {
    server.enqueue(
        Scenario.accept()
            .expect("resume after 0")
            .expect("an order")
            .send("41")
            .close(new CloseReason(4000, "moved")));
    server.enqueue(
        Scenario.accept().expect("resume after 41").send("42").close(CloseReason.NORMAL));
    Reconnecting.main(server.url());
    assertThat(printed.toString(UTF_8).lines())
        .containsSubsequence(
            "Session 1",
            "Event 41",
            "Lost, closed: the peer sent 4000 (moved) first, we sent 4000 (moved)",
            "Session 2",
            "Event 42",
            "Stopped, done",
            "Ended: done, 0 unsent");
  }

  @Test
  void receiveTimeout() {
    ReceiveTimeout.main(server.url());
    assertPrinted("Nobody spoke: true", "Somebody answered: true");
  }

  @Test
  void twoThreads() throws InterruptedException {
    TwoThreads.main(server.url());
    assertPrinted("Received 1000 messages");
  }

  @Test
  void endingSessions() {
    CloseReason closing = new CloseReason(4000, "shop is closing");
    server.enqueue(
        Scenario.accept().expect("the last order").send("we have it").expectClose(closing));
    server.enqueue(
        Scenario.accept()
            .expect("what else is there?")
            .expect(new Frame.Close(CloseReason.NORMAL))
            .send("the end of the stock")
            .send(new Frame.Close(CloseReason.NORMAL))
            .endOfStream());
    server.enqueue(Scenario.accept());
    server.enqueue(Scenario.accept().expectClose(CloseReason.GOING_AWAY));
    EndingSessions.main(server.url());
    assertPrinted(
        "Left over: Text[10 bytes]",
        "Left over: Close[4000]",
        "First: US, both Closes passed: true",
        "Received: Text[20 bytes]",
        "Received: Close[1000]",
        "Not sent: cannot send: we sent no Close, the peer sent no Close;"
            + " the session was terminated by this end",
        "With the client: " + CloseReason.GOING_AWAY);
  }

  @Test
  void manySessions() throws InterruptedException {
    ManySessions.main(server.url("/"));
    List<String> lines = printed.toString(UTF_8).lines().sorted().toList();
    // None as a rule; but a session that something is being done to just then may be left out.
    int left = Integer.parseInt(lines.getFirst().substring("Left out: ".length()));
    assertThat(lines.subList(1, lines.size()))
        .hasSize(3 - left)
        .allMatch("Received: Dinner is ready"::equals);
  }

  @Test
  void subprotocols() {
    Subprotocols.main(server.url());
    server.enqueue(
        Scenario.accept(
            right ->
                new ResponseHead(
                    right.status(),
                    right.reason(),
                    right.headers().toBuilder().remove("Sec-WebSocket-Protocol").build())));
    Subprotocols.main(server.url());
    server.enqueue(
        Scenario.accept(Headers.builder().add("Sec-WebSocket-Protocol", "chat.v3").build()));
    Subprotocols.main(server.url());
    assertThat(printed.toString(UTF_8).lines())
        .satisfiesExactly(
            line -> assertThat(line).isEqualTo("Speaking chat.v1"),
            line -> assertThat(line).isEqualTo("No subprotocol"),
            line -> assertThat(line).startsWith("BAD_SUBPROTOCOL: ").contains("chat.v3"));
    assertThat(takeRequest().headers().get("Sec-WebSocket-Protocol")).isEqualTo("chat.v2, chat.v1");
  }

  @Test
  void callbacks() throws InterruptedException {
    Callbacks.main(server.url());
    server.enqueue(
        Scenario.accept()
            .expect("Hello, listener!")
            .expect(new Frame.Binary(new byte[] {1, 2, 3, 4}))
            .endOfStream());
    Callbacks.main(server.url());
    assertThat(printed.toString(UTF_8).lines())
        .satisfiesExactly(
            line -> assertThat(line).isEqualTo("Text: Hello, listener!"),
            line -> assertThat(line).isEqualTo("Binary: 4 bytes"),
            line -> assertThat(line).isEqualTo("Closed: " + CloseReason.NORMAL),
            line -> assertThat(line).startsWith("Failed: the connection "));
  }

  @Test
  void compression() {
    Compression.main(server.url());
    assertPrinted(
        "Negotiated: permessage-deflate, PerMessageDeflateConfig[serverMaxWindowBits=15,"
            + " clientMaxWindowBits=15, serverNoContextTakeover=false,"
            + " clientNoContextTakeover=false, compressIfBiggerThan=1024]",
        "Received: 110000 bytes",
        "Negotiated: permessage-deflate, PerMessageDeflateConfig[serverMaxWindowBits=15,"
            + " clientMaxWindowBits=15, serverNoContextTakeover=true,"
            + " clientNoContextTakeover=true, compressIfBiggerThan=4096]",
        "Received: 110000 bytes");
    MockConnection connection = server.takeConnection(PATIENCE);
    assertThat(connection.takeFrame(PATIENCE).payload().remaining()).isLessThan(2_000);
    assertThat(connection.takeFrame(PATIENCE).payload().remaining())
        .as("what was not compressed")
        .isEqualTo(33 * 50);
  }

  @Test
  void defaultRequests() {
    DefaultRequests.main(server.url("/v1"));
    for (String path : new String[] {"/v1/rooms/1", "/v1/rooms/2"}) {
      RequestHead request = takeRequest();
      assertThat(request.target()).isEqualTo(path);
      assertThat(request.headers().get("Authorization")).isEqualTo("Bearer token123");
    }
  }

  @Test
  void tokenPlugin() {
    server.enqueue(Scenario.reject(401));
    server.enqueue(Scenario.accept().expect("Let me in!").expectClose());
    TokenPlugin.main(server.url());
    String refused = takeRequest().headers().get("Authorization");
    String accepted = takeRequest().headers().get("Authorization");
    assertThat(accepted).startsWith("Bearer t").isNotEqualTo(refused);
  }

  @Test
  void rawSession() {
    server.enqueue(
        Scenario.accept()
            .send(new Frame.Ping(new byte[0]))
            .expect(new Frame.Ping(new byte[] {1, 2, 3}))
            .send(new Frame.Pong(new byte[] {1, 2, 3}))
            .expect("One message in two frames")
            .expect(new Frame.Pong(new byte[0]))
            .sendFragmented(new Frame.Text("fragment"), 4)
            .expectClose(CloseReason.NORMAL));
    RawSession.main(server.url());
    assertPrinted(
        "Received: Ping[0 bytes]",
        "Received: Pong[3 bytes]",
        "they are there",
        "Received: Text[4 bytes, not final]",
        "to be continued",
        "Received: Text[4 bytes]",
        "Received: Close[1000]");
  }

  @Test
  void robustSessionListensToTheEnd() {
    server.enqueue(
        Scenario.accept().expect("subscribe").send("news").close(CloseReason.GOING_AWAY));
    Robust.main(server.url());
    assertPrinted("news", "Closed: CloseReason[code=1001, message=Going away]");
  }

  @Test
  void robustSessionTellsWhatWentWrong() {
    server.enqueue(Scenario.reject(403, Headers.EMPTY, "members only"));
    server.enqueue(Scenario.accept().sendBytes(new byte[] {(byte) 0xff, 0}));
    server.enqueue(Scenario.accept().expect("subscribe").endOfStream());
    Robust.main(server.url());
    Robust.main(server.url());
    Robust.main(server.url());
    assertThat(printed.toString(UTF_8).lines())
        .satisfiesExactly(
            line -> assertThat(line).isEqualTo("Refused: 403 Rejected members only"),
            line -> assertThat(line).startsWith("The server broke the protocol: "),
            line -> assertThat(line).startsWith("No connection, or no more: "));
  }

  @Test
  void timeoutsAndLimits() {
    TimeoutsAndLimits.main(server.url());
    assertThat(printed.toString(UTF_8)).contains("100000 bytes, maxMessageSize is 65536");
  }

  @Test
  void memoryBudget() {
    MemoryBudget.main(server.url());
    assertThat(printed.toString(UTF_8).lines())
        .satisfiesExactly(
            line -> assertThat(line).isEqualTo("Received: 1048576 bytes"),
            line ->
                assertThat(line)
                    .startsWith("MEMORY_BUDGET_USED_UP: message of at least ")
                    .contains("memoryBudget is 1048576"));
  }

  @Test
  void dictionaryExtension() {
    DictionaryExtension.main();
    assertThat(printed.toString(UTF_8).lines())
        .satisfiesExactly(
            line -> assertThat(line).isEqualTo("Received: true"),
            line -> assertThat(line).matches("39 bytes took [12]\\d on the wire"));
  }

  @Test
  void tls(@TempDir Path directory) throws IOException, GeneralSecurityException {
    KeyStore trusted = emptyKeyStore();
    trusted.setCertificateEntry("authority", certificates(TestCertificates.authorityFile())[0]);
    KeyStore own = emptyKeyStore();
    TestCertificates.Issued client = TestCertificates.issue(Subject.CLIENT);
    own.setKeyEntry(
        "client", key(client.keyFile()), PASSWORD, certificates(client.certificateFile()));
    SSLParameters wantsCertificate = new SSLParameters();
    wantsCertificate.setWantClientAuth(true);

    try (MockWebSocketServer secure =
        MockWebSocketServer.start(
            config -> config.tls(TestCertificates.serverContext(), wantsCertificate))) {
      Tls.main(
          secure.url(),
          store(trusted, directory.resolve("trusted.p12")),
          store(own, directory.resolve("own.p12")),
          new String(PASSWORD));
    }
    String answer = "Received: Can anybody else read this?";
    assertPrinted(answer, answer, answer);
  }

  @Test
  void tlsWithPemFiles() throws IOException, GeneralSecurityException {
    TestCertificates.Issued client = TestCertificates.issue(Subject.CLIENT);
    byte[] key = certificates(TestCertificates.authorityFile())[0].getPublicKey().getEncoded();
    byte[] hash = MessageDigest.getInstance("SHA-256").digest(key);
    SSLParameters wantsCertificate = new SSLParameters();
    wantsCertificate.setWantClientAuth(true);
    try (MockWebSocketServer secure =
        MockWebSocketServer.start(
            config -> config.tls(TestCertificates.serverContext(), wantsCertificate))) {
      Tls.withPemFiles(
          secure.url(),
          TestCertificates.authorityFile().toString(),
          client.certificateFile().toString(),
          client.keyFile().toString(),
          "sha256/" + Base64.getEncoder().encodeToString(new byte[32]),
          "sha256/" + Base64.getEncoder().encodeToString(hash));
    }
    String answer = "Received: Can anybody else read this?";
    assertPrinted(answer, answer, answer);
  }

  @Test
  void tlsWithoutACheck() {
    try (MockWebSocketServer secure =
        MockWebSocketServer.start(
            config -> config.tls(TestCertificates.issue(Subject.SELF_SIGNED).context()))) {
      Tls.withoutACheck(secure.url());
      secure.verify();
      assertThat(secure.takeConnection(PATIENCE)).isNotNull();
    }
  }

  @Test
  void followRedirects() {
    server.enqueue(Scenario.reject(308, Headers.builder().add("Location", "/moved").build(), ""));
    FollowRedirects.main(server.url("/"));
    assertPrinted("Ended up at " + server.url("/moved"));
    assertThat(takeRequest().target()).isEqualTo("/");
    assertThat(takeRequest().headers().get("X-Trace-Id")).isEqualTo("4711");
  }

  @Test
  void streams(@TempDir Path directory) throws IOException {
    byte[] film = new byte[600_000];
    new Random(1).nextBytes(film);
    Path file = Files.write(directory.resolve("film"), film);
    Path copy = directory.resolve("copy");
    server.enqueue(Scenario.accept().echo());
    Streams.main(server.url(), file.toString(), copy.toString());
    assertPrinted("Bytes that came back: 600000");
    assertThat(copy).hasBinaryContent(film);
  }

  @Test
  void liveData() {
    server.enqueue(Scenario.accept().echo());
    LiveData.main(server.url());
    assertPrinted("Echoed: EUR/USD 1.0831", "Echoed: EUR/CHF 0.9370");
  }

  @Test
  void observed() throws InterruptedException {
    server.enqueue(Scenario.accept().expect("Watch me!").expectClose());
    Observed.main(server.url());
    assertPrinted("Ended with 1000 after 1 messages");
  }

  @Test
  void keepAlive() {
    server.enqueue(Scenario.accept().expect("Anybody there?").expectClose());
    KeepAlive.main(server.url());
    assertPrinted(
        "There and back within a minute: true",
        "First to close: US",
        "Ours: CloseReason[code=1000, message=Normal closure], the peer's:"
            + " CloseReason[code=1000, message=Normal closure]",
        "1 of 1 messages went out",
        "Why: null");
  }

  @Test
  void tokenThenSocket() throws IOException {
    HttpServer tokens =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    tokens.createContext(
        "/token",
        exchange -> {
          try (exchange) {
            byte[] asked = exchange.getRequestBody().readAllBytes();
            boolean known = exchange.getRequestHeaders().getFirst("Content-Type").contains("form");
            byte[] answer = (known && asked.length > 0 ? "t-4711" : "who?").getBytes(UTF_8);
            exchange.sendResponseHeaders(
                exchange.getRequestURI().getQuery() == null ? 200 : 403, answer.length);
            exchange.getResponseBody().write(answer);
          }
        });
    tokens.start();
    String url = "http://localhost:" + tokens.getAddress().getPort() + "/token";
    try {
      TokenThenSocket.main(url, server.url("/"));
      assertThat(takeRequest().headers().get("Authorization")).isEqualTo("Bearer t-4711");
      TokenThenSocket.main(url + "?forbidden", server.url("/"));
    } finally {
      tokens.stop(0);
    }
    TokenThenSocket.main(url, server.url("/"));
    assertPrinted("No token: 403 t-4711", "No answer: unreachable");
  }

  @Test
  void throughAProxy() {
    try (MockProxy proxy = MockProxy.start()) {
      proxy.enqueue(new ResponseHead(200, "OK", Headers.EMPTY));
      proxy.enqueue(new ResponseHead(407, "Who are you?", Headers.EMPTY));
      ThroughAProxy.main(server.url(), proxy.url(), "user", "p@ss");
      ThroughAProxy.main(server.url(), proxy.url(), "user", "wrong");
    }
    assertPrinted("Received: Is this the way?", "CREDENTIALS OptionalInt[407]");
  }

  @Test
  void proxyChoices() {
    try (MockProxy proxy = MockProxy.start()) {
      ProxyOptions dead = ProxyOptions.parse("http://127.0.0.1:1");
      ProxyOptions alive = ProxyOptions.parse(proxy.url());
      proxy.enqueue(
          new ResponseHead(
              407,
              "Who are you?",
              Headers.builder()
                  .add("Proxy-Authenticate", "Digest realm=\"r\", nonce=\"n\", qop=\"auth\"")
                  .build()));
      for (ProxyOptions way :
          List.of(
              ProxyChoices.withDigest(alive, "user", "p@ss"),
              alive.withAuthentication(ProxyChoices.TOKEN))) {
        try (HttpClient client =
            HttpClient.create(
                config ->
                    config.install(WebSockets.PLUGIN).proxies(ProxyChoices.within(dead, way)))) {
          client.webSocket(server.url(), session -> session.send("Hello!"));
        }
      }
      assertThat(proxy.takeRequest(PATIENCE).headers().get("Proxy-Authorization")).isNull();
      assertThat(proxy.takeRequest(PATIENCE).headers().get("Proxy-Authorization"))
          .startsWith("Digest username=\"user\", ");
      assertThat(proxy.takeRequest(PATIENCE).headers().get("Proxy-Authorization"))
          .isEqualTo("Bearer t-4711");
    }
    ProxyChoices.asTheEnvironmentSays(server.url());
  }

  @Test
  void theWayThere(@TempDir Path directory) throws IOException {
    try (HttpClient resolving = TheWayThere.withAResolver();
        HttpClient bound = TheWayThere.withSocketOptions()) {
      resolving.webSocket("ws://chat.internal:" + server.port(), session -> {});
      assertThat(takeRequest().headers().get("Host")).startsWith("chat.internal:");
      bound.webSocket(server.url(), session -> {});
      assertThat(takeRequest().target()).isEqualTo("/");
    }
    String socket = directory.resolve("app.sock").toString();
    try (UnixRelay relay = UnixRelay.start(Path.of(socket), server.port())) {
      TheWayThere.throughAUnixSocket(socket);
      assertThat(takeRequest().target()).isEqualTo("/chat?room=1");
      assertThat(relay.port()).isEqualTo(server.port());
    }
    try (MockWebSocketServer secure =
            MockWebSocketServer.start(config -> config.tls(TestCertificates.serverContext()));
        UnixRelay relay = UnixRelay.start(Path.of(socket), secure.port())) {
      TlsOptions tls = TlsOptions.DEFAULT.withTrust(TestCertificates.authorityFile());
      TheWayThere.securely(tls, "localhost", socket);
      assertThat(secure.takeHandshake(PATIENCE).request().target()).isEqualTo("/chat");
      assertThat(relay.port()).isEqualTo(secure.port());
    }
  }

  @Test
  void whoWeAre() {
    CookieManager jar = new CookieManager();
    try (HttpClient byToken = WhoWeAre.byToken(server.url(), () -> "t-4711");
        HttpClient byDigest = WhoWeAre.byDigest(server.url(), "user", "p@ss");
        HttpClient byCookie = WhoWeAre.byCookie(jar)) {
      byToken.webSocket(server.url(), session -> {});
      assertThat(takeRequest().headers().get("Authorization")).isEqualTo("Bearer t-4711");

      server.enqueue(
          Scenario.reject(
              401,
              Headers.builder()
                  .add("WWW-Authenticate", "Digest realm=\"r\", nonce=\"n\", qop=\"auth\"")
                  .build(),
              ""));
      byDigest.webSocket(server.url(), session -> {});
      assertThat(takeRequest().headers().get("Authorization")).isNull();
      assertThat(takeRequest().headers().get("Authorization")).startsWith("Digest ");

      server.enqueue(
          Scenario.accept(Headers.builder().add("Set-Cookie", "a=1; Path=/").build()).echo());
      byCookie.webSocket(server.url(), session -> {});
      byCookie.webSocket(server.url(), session -> {});
      assertThat(takeRequest().headers().get("Cookie")).isNull();
      assertThat(takeRequest().headers().get("Cookie")).isEqualTo("a=1");
    }
    assertThat(jar.getCookieStore().getCookies()).hasSize(1);
  }

  private static final char[] PASSWORD = "changeit".toCharArray();

  private static KeyStore emptyKeyStore() throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    return store;
  }

  private static String store(KeyStore keys, Path file)
      throws IOException, GeneralSecurityException {
    try (OutputStream output = Files.newOutputStream(file)) {
      keys.store(output, PASSWORD);
    }
    return file.toString();
  }

  private static Certificate[] certificates(Path pem) throws IOException, GeneralSecurityException {
    var bytes = new ByteArrayInputStream(Files.readAllBytes(pem));
    return CertificateFactory.getInstance("X.509")
        .generateCertificates(bytes)
        .toArray(Certificate[]::new);
  }

  private static PrivateKey key(Path pem) throws IOException, GeneralSecurityException {
    String base64 = Files.readString(pem).replaceAll("-----.*-----", "");
    byte[] der = Base64.getMimeDecoder().decode(base64);
    return KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(der));
  }
}
