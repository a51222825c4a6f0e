// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.parley.client.OriginServer.Asked;
import dev.parley.client.transport.BodyTooLargeException;
import dev.parley.client.transport.ForwardingTransport;
import dev.parley.client.transport.ProxyException;
import dev.parley.client.transport.ProxyOptions;
import dev.parley.client.transport.TlsHandshakeException;
import dev.parley.client.transport.TlsOptions;
import dev.parley.testkit.MockProxy;
import dev.parley.testkit.MockWebSocketServer;
import dev.parley.testkit.TestCertificates;
import dev.parley.testkit.TestCertificates.Issued;
import dev.parley.testkit.TestCertificates.Subject;
import dev.parley.testkit.UnixRelay;
import dev.parley.websocket.WebSocketException;
import dev.parley.websocket.WebSocketInterruptedException;
import dev.parley.websocket.handshake.Headers;
import dev.parley.websocket.handshake.ResponseHead;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
final class PlainRequestsTest {
  private static final TlsOptions TLS =
      TlsOptions.DEFAULT.withTrust(TestCertificates.authorityFile());

  @AutoClose private final OriginServer server = OriginServer.start();
  @AutoClose private final OriginServer secure = OriginServer.secure();
  @AutoClose private final HttpClient client = client(config -> {});

  @TempDir Path directory;

  private static HttpClient client(Consumer<HttpClientConfig> more) {
    return HttpClient.create(
        config -> {
          more.accept(config.tls(TLS));
        });
  }

  private static HttpRequestException failure(ThrowingCallable request) {
    return catchThrowableOfType(HttpRequestException.class, request);
  }

  @Nested
  final class ARequest {
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void getsWhatIsThere(boolean tls) {
      OriginServer origin = tls ? secure : server;
      origin.enqueue(
          200, "wörld", "Content-Type", "text/plain; charset=utf-8", "X-A", "1", "X-A", "2");
      HttpResponse response = client.get(origin.url("/a%20b?c=d"), r -> r.header("X-B", "3"));
      assertThat(response.status().value()).isEqualTo(200);
      assertThat(response.bodyAsText()).isEqualTo("wörld");
      assertThat(response.headers().getAll("X-A")).containsExactly("1", "2");
      Asked asked = origin.take();
      assertThat(asked.method()).isEqualTo("GET");
      assertThat(asked.target()).isEqualTo("/a%20b?c=d");
      assertThat(asked.headers().get("X-B")).containsExactly("3");
      assertThat(asked.headers().get("Host")).containsExactly("localhost:" + origin.port());
      assertThat(asked.headers().get("Proxy-Authorization")).isNull();
      assertThat(asked.headers().get("Upgrade")).isNull();
    }

    @ParameterizedTest
    @CsvSource({"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
    void hasAMethodAndABody(HttpMethod method) {
      String sent = "x".repeat(100_000);
      for (OriginServer origin : List.of(server, secure)) {
        HttpResponse response =
            client.request(r -> r.method(method).url(origin.url("/")).body(sent));
        assertThat(response.bodyAsText()).isEqualTo(sent);
        Asked asked = origin.take();
        assertThat(asked.method()).isEqualTo(method.name());
        assertThat(asked.headers().get("Content-Type"))
            .containsExactly("text/plain; charset=utf-8");
      }
    }

    @Test
    void isCalledByItsMethod() {
      String url = server.url("/");
      client.get(url);
      client.head(url);
      client.options(url);
      client.delete(url);
      client.post(url, r -> {});
      client.put(r -> r.url(url));
      client.patch(url, r -> r.body(new byte[] {'a'}));
      assertThat(IntStream.range(0, 7).mapToObj(i -> server.take().method()).toList())
          .containsExactly("GET", "HEAD", "OPTIONS", "DELETE", "POST", "PUT", "PATCH");
    }

    @Test
    void isAnsweredWhateverTheStatus() {
      server.enqueue(503, "later", "Retry-After", "7");
      HttpResponse response = client.get(server.url("/"));
      assertThat(response.status().value()).isEqualTo(503);
      assertThat(response.headers().get("Retry-After")).isEqualTo("7");
      assertThat(response.bodyAsBytes()).asString().isEqualTo("later");
    }

    @Test
    void takesTheSchemesOfAWebSocket() {
      assertThat(client.get(server.url("/").replace("http:", "ws:")).status().value())
          .isEqualTo(200);
      assertThat(client.get(secure.url("/").replace("https:", "wss:")).status().value())
          .isEqualTo(200);
    }

    @Test
    void hasTheContentTypeThatIsAskedFor() {
      client.post(
          server.url("/"), r -> r.body("a=b").contentType("application/x-www-form-urlencoded"));
      assertThat(server.take().headers().get("Content-Type"))
          .containsExactly("application/x-www-form-urlencoded");
      client.post(server.url("/"), r -> r.body(new byte[] {'a'}));
      assertThat(server.take().headers().get("Content-Type")).isNull();
    }

    @Test
    void thatCannotBeIsRefusedBeforeAByteIsSent() {
      assertThatIllegalArgumentException().isThrownBy(() -> client.get("ftp://h/"));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> client.get("h/path"))
          .withMessage("URL has no scheme, expected http:// or https://");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> client.get(server.url("/"), r -> r.header("Host", "other")))
          .withMessage("header host in a plain request, expected none");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> client.get(server.url("/"), r -> r.header("Expect", "100-continue")));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> client.get(server.url("/"), r -> r.subprotocols("chat")));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> client.get("http://my_host/secret"))
          .withMessageContaining("host 'my_host'")
          .withMessageNotContaining("secret");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> client.get(server.url("/"), r -> r.timeout(Duration.ZERO)));
      assertThat(server.peek()).isNull();
    }

    @Test
    void mayBeOneOfManyAtOnce() throws Exception {
      int many = 50;
      List<CompletableFuture<String>> answers = new ArrayList<>();
      for (int i = 0; i < many; i++) {
        String url = (i % 2 == 0 ? server : secure).url("/");
        String body = "body " + i;
        CompletableFuture<String> answer = new CompletableFuture<>();
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    answer.complete(client.post(url, r -> r.body(body)).bodyAsText());
                  } catch (RuntimeException e) {
                    answer.completeExceptionally(e);
                  }
                });
        answers.add(answer);
      }
      for (int i = 0; i < many; i++) {
        assertThat(answers.get(i).get(30, TimeUnit.SECONDS)).isEqualTo("body " + i);
      }
    }

    @Test
    void oneAfterTheOtherSharesAConnectionOverTls() {
      client.get(secure.url("/1"));
      client.get(secure.url("/2"));
      assertThat(secure.take().clientPort()).isEqualTo(secure.take().clientPort());
    }

    @Test
    void withoutTlsHasAConnectionOfItsOwn() {
      try (OriginServer other = OriginServer.start()) {
        for (int i = 0; i < 20; i++) {
          OriginServer origin = i % 2 == 0 ? server : other;
          client.post(origin.url("/" + i), r -> r.body("a"));
          assertThat(origin.take().target()).isEqualTo("/" + i);
        }
      }
    }
  }

  @Nested
  final class ABody {
    private final WebsocketContentConverter numbers =
        new WebsocketContentConverter() {
          @Override
          public String serialize(Charset charset, TypeInfo<?> type, @Nullable Object value) {
            return type + ":" + value;
          }

          @Override
          public Object deserialize(Charset charset, TypeInfo<?> type, String content) {
            return Integer.valueOf(content);
          }
        };

    @AutoClose
    private final HttpClient converting =
        client(config -> config.install(WebSockets.PLUGIN, ws -> ws.contentConverter(numbers)));

    @Test
    void isConverted() {
      server.enqueue(200, "42");
      HttpResponse response = converting.post(server.url("/"), r -> r.bodySerialized(7));
      assertThat(response.body(Integer.class)).isEqualTo(42);
      assertThat(response.body(new TypeInfo<Integer>() {})).isEqualTo(42);
      Asked asked = server.take();
      assertThat(asked.body()).isEqualTo("java.lang.Integer:7");
      assertThat(asked.headers().get("Content-Type")).containsExactly("application/json");
    }

    @Test
    void thatIsNoSuchObjectIsToldSo() {
      server.enqueue(200, "secret");
      HttpResponse response = converting.get(server.url("/"));
      WebSocketException failure =
          catchThrowableOfType(WebSocketException.class, () -> response.body(Integer.class));
      assertThat(failure)
          .hasMessage("the contentConverter could not read a java.lang.Integer")
          .hasCauseInstanceOf(NumberFormatException.class);
      server.enqueue(200, "42");
      HttpResponse number = converting.get(server.url("/"));
      assertThat(catchThrowableOfType(WebSocketException.class, () -> number.body(String.class)))
          .hasMessage(
              "expected a java.lang.String, the contentConverter returned a java.lang.Integer");
    }

    @Test
    void needsAConverterToBeConverted() {
      HttpResponse response = client.get(server.url("/"));
      assertThatIllegalStateException().isThrownBy(() -> response.body(Integer.class));
      try (HttpClient plain = HttpClient.create()) {
        assertThat(
                catchThrowableOfType(
                    WebSocketException.class,
                    () -> plain.post(server.url("/"), r -> r.bodySerialized(7))))
            .hasMessageContaining("contentConverter");
      }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void overTheLimitFailsTheRequest(boolean announced) {
      for (OriginServer origin : List.of(server, secure)) {
        try (HttpClient small = client(config -> config.maxBodySize(1000))) {
          origin.enqueue(
              (exchange, body) -> {
                exchange.sendResponseHeaders(200, announced ? 1000 : 0);
                exchange.getResponseBody().write(new byte[1000]);
              });
          assertThat(small.get(origin.url("/")).bodyAsBytes()).hasSize(1000);
          origin.enqueue(
              (exchange, body) -> {
                exchange.sendResponseHeaders(200, announced ? 5000 : 0);
                exchange.getResponseBody().write(new byte[5000]);
              });
          HttpRequestException failure = failure(() -> small.get(origin.url("/")));
          assertThat(failure.reason()).isEqualTo("body-too-large");
          assertThat(failure).hasMessageContaining("at most maxBodySize of 1000");
          assertThat(failure.getCause())
              .isInstanceOfSatisfying(
                  BodyTooLargeException.class, e -> assertThat(e.size()).isBetween(1001L, 5000L));
        }
      }
    }

    @Test
    void isNoPartOfAnOpening() {
      assertThatIllegalArgumentException()
          .isThrownBy(
              () ->
                  client(config -> config.install(WebSockets.PLUGIN))
                      .webSocket(r -> r.url("ws://localhost/").body("a"), session -> {}))
          .withMessage("body in an opening request, expected a plain one");
    }
  }

  @Nested
  final class ASetting {
    @Test
    void hasADefault() {
      HttpClient.create(
              config -> {
                assertThat(config.requestTimeout()).isEqualTo(Duration.ofSeconds(15));
                assertThat(config.maxBodySize()).isEqualTo(64 << 20);
              })
          .close();
    }

    @Test
    void thatMakesNoSenseIsRefused() {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> client(config -> config.requestTimeout(Duration.ZERO)))
          .withMessage("requestTimeout of PT0S, expected more than zero");
      for (long bytes : new long[] {-1, Integer.MAX_VALUE}) {
        assertThatIllegalArgumentException()
            .isThrownBy(() -> client(config -> config.maxBodySize(bytes)))
            .withMessage("maxBodySize of " + bytes + ", expected 0 to 2147483639");
      }
    }
  }

  /** Servers that do what the JDK's does not. */
  @Nested
  final class AServer {
    private String answeredBy(String response) throws Exception {
      return answeredBy("http", response);
    }

    private String answeredBy(String scheme, String response) throws Exception {
      try (ServerSocket listener = new ServerSocket(0, 0, InetAddress.getLoopbackAddress())) {
        CompletableFuture<Void> done =
            CompletableFuture.runAsync(
                () -> {
                  try (Socket socket = listener.accept()) {
                    socket.getInputStream().read(new byte[10_000]);
                    socket.getOutputStream().write(response.getBytes(StandardCharsets.UTF_8));
                  } catch (IOException e) {
                    throw new AssertionError(e);
                  }
                });
        String body =
            client.get(scheme + "://localhost:" + listener.getLocalPort() + "/").bodyAsText();
        done.get(10, TimeUnit.SECONDS);
        return body;
      }
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
          "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhi",
          "HTTP/1.1 200 OK\r\n\r\nhi",
          "HTTP/1.0 200 OK\r\n\r\nhi",
          "HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nh\r\n1\r\ni\r\n0\r\n\r\n",
          "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
        })
    void mayAnswerInManyWays(String response) throws Exception {
      assertThat(answeredBy(response)).isEqualTo("hi");
    }

    @ParameterizedTest
    @CsvSource({
      "'SSH-2.0-OpenSSH_9.6\r\n', bad-http",
      "'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi', connection-lost",
      "'HTTP/1.1 200 OK\r\nConte', connection-lost",
      "'', connection-lost",
    })
    void thatDoesNotAnswerIsToldSo(String response, String reason) {
      HttpRequestException failure = failure(() -> answeredBy(response));
      assertThat(failure.reason()).isEqualTo(reason);
      assertThat(failure.getCause()).isInstanceOf(IOException.class);
    }

    @ParameterizedTest
    @CsvSource({"'HTTP/1.1 400 Bad Request\r\n\r\n', tls-not-spoken", "'', tls-closed"})
    void thatDoesNotSpeakTlsIsToldSo(String response, String reason) {
      HttpRequestException failure = failure(() -> answeredBy("https", response));
      assertThat(failure.reason()).isEqualTo(reason);
    }

    @Test
    void thatIsNotThereIsToldSo() throws Exception {
      try (Socket held = new Socket()) { // at a port that nobody else can get to listen at
        held.bind(null);
        int port = held.getLocalPort();
        for (String scheme : List.of("http", "https")) {
          HttpRequestException failure =
              failure(() -> client.get(scheme + "://localhost:" + port + "/a?secret"));
          assertThat(failure.reason()).isEqualTo("unreachable");
          assertThat(failure)
              .hasMessageStartingWith("cannot request " + scheme + "://localhost:" + port + "/a: ")
              .hasMessageContaining("127.0.0.1");
        }
      }
      assertThat(failure(() -> client.get("http://nowhere.invalid/")).reason())
          .isEqualTo("unknown-host");
    }
  }

  @Nested
  final class Tls {
    private HttpRequestException failure(Subject subject, TlsOptions options) {
      try (OriginServer origin =
              OriginServer.secure(TestCertificates.issue(subject).context(), false);
          HttpClient client = client(config -> config.tls(options))) {
        HttpRequestException failure = PlainRequestsTest.failure(() -> client.get(origin.url("/")));
        assertThat(origin.peek()).isNull();
        return failure;
      }
    }

    @ParameterizedTest
    @CsvSource({"EXPIRED, tls-untrusted", "SELF_SIGNED, tls-untrusted", "WRONG_HOST, tls-hostname"})
    void thatProvesNothingFailsTheRequest(String subject, String reason) throws Exception {
      Subject known = (Subject) Subject.class.getField(subject).get(null);
      HttpRequestException failure = failure(known, TLS);
      assertThat(failure.reason()).isEqualTo(reason);
      assertThat(failure).hasCauseInstanceOf(TlsHandshakeException.class);
    }

    @Test
    void withAnotherKeyThanThePinnedOneFailsTheRequest() {
      String other = "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
      assertThat(failure(Subject.SERVER, TLS.withPinnedKeys(other)).reason()).isEqualTo("tls-pin");
    }

    @Test
    void ofAContextOfOnesOwnIsJudgedToo() {
      TlsOptions own = TlsOptions.DEFAULT.withContext(TestCertificates.clientContext());
      assertThat(failure(Subject.WRONG_HOST, own).reason()).isEqualTo("tls-hostname");
      try (HttpClient client = client(config -> config.tls(own))) {
        assertThat(client.get(secure.url("/")).status().value()).isEqualTo(200);
      }
    }

    @Test
    void presentsTheClientCertificate() {
      Issued ours = TestCertificates.issue(Subject.CLIENT);
      try (OriginServer origin = OriginServer.secure(TestCertificates.serverContext(), true);
          HttpClient known =
              client(
                  config ->
                      config.tls(
                          TLS.withClientCertificate(ours.certificateFile(), ours.keyFile())))) {
        assertThat(known.get(origin.url("/")).status().value()).isEqualTo(200);
        assertThat(PlainRequestsTest.failure(() -> client.get(origin.url("/"))).reason())
            .isEqualTo("tls-client-certificate");
      }
    }

    @Test
    void trustsAnyoneForOneRequestOnly() {
      try (OriginServer origin =
          OriginServer.secure(TestCertificates.issue(Subject.SELF_SIGNED).context(), false)) {
        assertThat(
                client
                    .get(origin.url("/"), HttpRequestBuilder::insecurelyTrustingAnyone)
                    .status()
                    .value())
            .isEqualTo(200);
        assertThat(PlainRequestsTest.failure(() -> client.get(origin.url("/"))).reason())
            .isEqualTo("tls-untrusted");
      }
    }
  }

  @Nested
  final class TheWayThere {
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void leadsThroughTheProxy(boolean tlsWithProxy) {
      try (MockProxy proxy =
              tlsWithProxy ? MockProxy.start(TestCertificates.serverContext()) : MockProxy.start();
          HttpClient proxied =
              client(
                  config ->
                      config.proxy(
                          ProxyOptions.parse(proxy.url().replace("://", "://user:pass@"))
                              .withTls(TLS)))) {
        for (OriginServer origin : List.of(server, secure)) {
          assertThat(proxied.post(origin.url("/"), r -> r.body("hi")).bodyAsText()).isEqualTo("hi");
          var asked = proxy.takeRequest(Duration.ofSeconds(10));
          assertThat(asked.method()).isEqualTo("CONNECT");
          assertThat(asked.target()).isEqualTo("localhost:" + origin.port());
          assertThat(asked.headers().getAll("Proxy-Authorization"))
              .containsExactly("Basic dXNlcjpwYXNz");
          assertThat(origin.take().headers().get("Proxy-Authorization")).isNull();
        }
      }
    }

    @Test
    void endsAtAProxyThatRefuses() {
      try (MockProxy proxy = MockProxy.start();
          HttpClient proxied = client(config -> config.proxy(ProxyOptions.parse(proxy.url())))) {
        for (OriginServer origin : List.of(server, secure)) {
          proxy.enqueue(new ResponseHead(407, "Who are you", Headers.EMPTY));
          HttpRequestException failure = failure(() -> proxied.get(origin.url("/")));
          assertThat(failure.reason()).isEqualTo("proxy-credentials");
          assertThat(failure).hasCauseInstanceOf(ProxyException.class);
        }
      }
    }

    @Test
    void isThatOfTheResolver() {
      try (HttpClient resolving =
          client(config -> config.resolver(host -> List.of(InetAddress.getLoopbackAddress())))) {
        String url = server.url("/").replace("localhost", "nowhere.invalid");
        assertThat(resolving.get(url).status().value()).isEqualTo(200);
        assertThat(server.take().headers().getFirst("Host"))
            .isEqualTo("nowhere.invalid:" + server.port());
      }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void mayBeAUnixDomainSocket(boolean tls) throws Exception {
      OriginServer origin = tls ? secure : server;
      Path socket = directory.resolve("app.sock");
      try (UnixRelay relay = UnixRelay.start(socket, origin.port())) {
        String url = (tls ? "https" : "http") + "+unix:" + socket + ":/chat?a=b";
        assertThat(client.post(url, r -> r.body("hi")).bodyAsText()).isEqualTo("hi");
        assertThat(origin.take().target()).isEqualTo("/chat?a=b");
        assertThat(relay.port()).isEqualTo(origin.port());
      }
    }

    @Test
    void isThatOfAConnectorOfOnesOwn() {
      AtomicInteger connected = new AtomicInteger();
      try (HttpClient own =
          client(
              config ->
                  config.connector(
                      sockets ->
                          (destination, deadline) -> {
                            connected.incrementAndGet();
                            return sockets.connect(destination, deadline);
                          }))) {
        own.get(server.url("/"));
        own.get(secure.url("/"));
        assertThat(connected).hasValue(2);
      }
    }

    @Test
    void endsWhereAConnectorOfOnesOwnFails() {
      try (HttpClient own =
          client(
              config ->
                  config.connector(
                      sockets ->
                          (destination, deadline) -> {
                            throw new UnsupportedOperationException("not today");
                          }))) {
        for (OriginServer origin : List.of(server, secure)) {
          HttpRequestException failure = failure(() -> own.get(origin.url("/")));
          assertThat(failure.reason()).isEqualTo("connector-failed");
          assertThat(failure)
              .hasMessageEndingWith("java.lang.UnsupportedOperationException") // and no word of it
              .hasStackTraceContaining("not today");
        }
      }
    }
  }

  @Nested
  final class Time {
    private final CountDownLatch over = new CountDownLatch(1);

    private void neverAnswer(OriginServer origin, boolean afterTheHead) {
      origin.enqueue(
          (exchange, body) -> {
            if (afterTheHead) {
              exchange.sendResponseHeaders(200, 10);
              exchange.getResponseBody().write('a');
              exchange.getResponseBody().flush();
            }
            await(over);
          });
    }

    private static void await(CountDownLatch latch) {
      try {
        latch.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void thatRunsOutFailsTheRequest(boolean afterTheHead) {
      for (OriginServer origin : List.of(server, secure)) {
        neverAnswer(origin, afterTheHead);
        HttpRequestException failure =
            failure(() -> client.get(origin.url("/"), r -> r.timeout(Duration.ofMillis(500))));
        assertThat(failure.reason()).isEqualTo("timeout");
        assertThat(failure).hasMessageContaining("no whole response after");
      }
      over.countDown();
    }

    @Test
    void thatRunsOutWhileConnectingSaysSo() throws Exception {
      try (HttpClient stuck =
          client(
              config ->
                  config
                      .requestTimeout(Duration.ofMillis(200))
                      .resolver(
                          host -> {
                            await(over);
                            throw new java.net.UnknownHostException(host);
                          }))) {
        HttpRequestException failure = failure(() -> stuck.get("https://stuck.example/"));
        over.countDown();
        assertThat(failure.reason()).isEqualTo("timeout");
        assertThat(failure).hasMessageContaining("no address of stuck.example found");
      }
    }

    @Test
    void endsWithAnInterrupt() throws Exception {
      neverAnswer(server, false);
      AtomicReference<@Nullable Throwable> thrown = new AtomicReference<>();
      AtomicReference<@Nullable Boolean> flag = new AtomicReference<>();
      Thread caller =
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      client.get(server.url("/"));
                    } catch (RuntimeException e) {
                      thrown.set(e);
                      flag.set(Thread.currentThread().isInterrupted());
                    }
                  });
      server.take();
      caller.interrupt();
      caller.join();
      assertThat(thrown.get()).isInstanceOf(WebSocketInterruptedException.class);
      assertThat(flag.get()).isTrue();
      over.countDown();
    }

    @Test
    void endsWithTheClient() throws Exception {
      HttpClient ending = client(config -> {});
      for (OriginServer origin : List.of(server, secure)) {
        neverAnswer(origin, false);
      }
      List<CompletableFuture<HttpRequestException>> failures = new ArrayList<>();
      for (OriginServer origin : List.of(server, secure)) {
        CompletableFuture<HttpRequestException> failure = new CompletableFuture<>();
        Thread.ofVirtual()
            .start(() -> failure.complete(failure(() -> ending.get(origin.url("/")))));
        failures.add(failure);
        origin.take();
      }
      ending.close();
      for (CompletableFuture<HttpRequestException> failure : failures) {
        assertThat(failure.get(10, TimeUnit.SECONDS).reason()).isEqualTo("connection-lost");
      }
      assertThatIllegalStateException()
          .isThrownBy(() -> ending.get(server.url("/")))
          .withMessage("the client is closed");
      over.countDown();
    }

    /** No lock is held across code of the user's. */
    @Test
    void isOverThoughATransportOfOnesOwnTakesLongToClose() throws Exception {
      neverAnswer(server, false);
      CountDownLatch closing = new CountDownLatch(1);
      CountDownLatch refused = new CountDownLatch(1);
      HttpClient ending =
          client(
              config ->
                  config.connector(
                      sockets ->
                          (destination, deadline) ->
                              new ForwardingTransport(sockets.connect(destination, deadline)) {
                                @Override
                                public void close() {
                                  closing.countDown();
                                  await(refused);
                                  super.close();
                                }
                              }));
      CompletableFuture<HttpRequestException> failure = new CompletableFuture<>();
      Thread.ofVirtual().start(() -> failure.complete(failure(() -> ending.get(server.url("/")))));
      server.take();
      Thread closer = Thread.ofVirtual().start(ending::close);
      closing.await();
      CompletableFuture<Throwable> other = new CompletableFuture<>();
      Thread.ofVirtual()
          .start(() -> other.complete(catchThrowable(() -> ending.get(server.url("/")))));
      assertThat(other.get(10, TimeUnit.SECONDS)).hasMessage("the client is closed");
      refused.countDown();
      closer.join();
      assertThat(failure.get(10, TimeUnit.SECONDS).reason()).isEqualTo("connection-lost");
      over.countDown();
    }
  }

  @Nested
  final class Plugins {
    @Test
    void seeBothKindsOfRequests() {
      List<String> seen = new ArrayList<>();
      HttpClientPlugin<String, String> spy =
          new HttpClientPlugin<>() {
            private final AttributeKey<String> key = new AttributeKey<>("spy");

            @Override
            public AttributeKey<String> key() {
              return key;
            }

            @Override
            public String prepare(Consumer<String> configure) {
              return "";
            }

            @Override
            public void install(String plugin, HttpClient client) {
              client
                  .hooks()
                  .onRequest(request -> seen.add("request " + request.isWebSocket()))
                  .onSend(
                      (request, next) -> {
                        HttpClientCall call = next.send(request);
                        seen.add(
                            "call "
                                + call.request().isWebSocket()
                                + call.request().url().getScheme());
                        return call;
                      })
                  .onResponse(response -> seen.add("response " + response.status().value()));
            }
          };
      try (MockWebSocketServer sockets = MockWebSocketServer.start();
          HttpClient spied = client(config -> config.install(WebSockets.PLUGIN).install(spy))) {
        spied.get(server.url("/"));
        spied.webSocket(sockets.url("/"), session -> {});
      }
      assertThat(seen)
          .containsExactly(
              "request false",
              "call falsehttp",
              "response 200",
              "request true",
              "call truews",
              "response 101");
    }

    @Test
    void areTheSameForAPlainRequestAndThenASocket() {
      try (MockWebSocketServer sockets =
              MockWebSocketServer.start(config -> config.tls(TestCertificates.serverContext()));
          HttpClient both =
              client(
                  config ->
                      config
                          .install(WebSockets.PLUGIN)
                          .install(Cookies.PLUGIN)
                          .install(
                              DefaultRequest.PLUGIN,
                              request -> request.url("wss://localhost/v1").header("X-A", "1")))) {
        secure.enqueue(200, "token-1", "Set-Cookie", "login=yes; Path=/; Secure");
        String token = both.post("/token", r -> r.port(secure.port()).body("who")).bodyAsText();
        Asked asked = secure.take();
        assertThat(asked.target()).isEqualTo("/v1/token");
        assertThat(asked.headers().get("X-A")).containsExactly("1");
        both.webSocket(
            r -> r.path("/socket").port(sockets.port()).header("Authorization", "Bearer " + token),
            session -> {});
        var opening = sockets.takeHandshake(Duration.ofSeconds(10)).request();
        assertThat(opening.target()).isEqualTo("/v1/socket");
        assertThat(opening.headers().get("Authorization")).isEqualTo("Bearer token-1");
        assertThat(opening.headers().get("Cookie")).contains("login=yes");
      }
    }

    @Test
    void answerChallenges() {
      try (HttpClient basic =
              client(
                  config ->
                      config.install(
                          Auth.PLUGIN,
                          auth -> auth.basic("user", "pass").onlyFor(server.url("/"))));
          HttpClient digest =
              client(
                  config ->
                      config.install(
                          Auth.PLUGIN,
                          auth -> auth.digest("user", "pass").onlyFor(server.url("/"))))) {
        basic.get(server.url("/"));
        assertThat(server.take().headers().getFirst("Authorization")).startsWith("Basic ");
        server.enqueue(
            401, "", "WWW-Authenticate", "Digest realm=\"r\", nonce=\"n\", qop=\"auth\"");
        assertThat(digest.put(server.url("/a"), r -> r.body("b")).bodyAsText()).isEqualTo("b");
        server.take();
        assertThat(server.take().headers().getFirst("Authorization")).contains("uri=\"/a\"");
      }
    }

    @Test
    void mayFetchATokenWithTheSameClient() {
      AtomicReference<@Nullable HttpClient> self = new AtomicReference<>();
      AtomicInteger count = new AtomicInteger();
      HttpClient bearer =
          client(
              config ->
                  config.install(
                      Auth.PLUGIN,
                      auth ->
                          auth.bearer(
                                  () -> {
                                    HttpClient own = Objects.requireNonNull(self.get());
                                    server.enqueue(200, "token-" + count.incrementAndGet());
                                    return own.post(server.url("/token"), r -> r.body("me"))
                                        .bodyAsText();
                                  })
                              .onlyFor(secure.url("/"), server.url("/"))));
      self.set(bearer);
      try (bearer) {
        secure.enqueue(401, "");
        assertThat(bearer.get(secure.url("/")).status().value()).isEqualTo(200);
      }
      assertThat(secure.take().headers().get("Authorization")).containsExactly("Bearer token-1");
      assertThat(secure.take().headers().get("Authorization")).containsExactly("Bearer token-2");
      assertThat(server.take().headers().get("Authorization")).isNull();
      assertThat(server.take().headers().get("Authorization")).isNull();
    }
  }

  @Nested
  final class ARedirect {
    @AutoClose
    private final HttpClient following = client(config -> config.install(Redirects.PLUGIN));

    @Test
    void isReturnedWhereNobodyFollows() {
      server.enqueue(302, "", "Location", "/there");
      assertThat(client.get(server.url("/")).headers().get("Location")).isEqualTo("/there");
    }

    @ParameterizedTest
    @CsvSource({
      "303, PUT, /there?a=1, GET, false",
      "303, POST, /, GET, false",
      "307, PUT, /there?a=1, PUT, true"
    })
    void isGoneOnFromWhereAChallengeIsAnswered(
        int status, HttpMethod method, String location, String then, boolean body) {
      server.enqueue(status, "", "Location", location);
      server.enqueue(401, "", "WWW-Authenticate", "Digest realm=\"r\", nonce=\"n\", qop=\"auth\"");
      try (HttpClient digest =
          client(
              config ->
                  config
                      .install(Redirects.PLUGIN)
                      .install(
                          Auth.PLUGIN,
                          auth -> auth.digest("user", "pass").onlyFor(server.url("/"))))) {
        digest.request(r -> r.method(method).url(server.url("/")).body("a"));
      }
      server.take();
      Asked challenged = server.take();
      Asked answered = server.take();
      assertThat(answered.headers().getFirst("Authorization")).contains("uri=\"" + location + "\"");
      for (Asked there : List.of(challenged, answered)) {
        assertThat(there.target()).isEqualTo(location);
        assertThat(there.method()).isEqualTo(then);
        assertThat(there.body()).isEqualTo(body ? "a" : "");
        assertThat(there.headers().containsKey("Content-Type")).isEqualTo(body);
      }
    }

    @ParameterizedTest
    @CsvSource({
      "301, POST, GET,  false", "302, POST, GET, false", "303, POST, GET, false",
      "303, PUT,  GET,  false", "301, PUT,  PUT, true", "307, POST, POST, true",
      "308, PATCH, PATCH, true", "303, HEAD, HEAD, false",
    })
    void keepsMethodAndBodyOrNot(int status, HttpMethod method, String then, boolean body) {
      server.enqueue(status, "", "Location", "/there");
      following.request(r -> r.method(method).url(server.url("/")).body("a").header("X-Own", "1"));
      server.take();
      Asked there = server.take();
      assertThat(there.target()).isEqualTo("/there");
      assertThat(there.method()).isEqualTo(then);
      assertThat(there.body()).isEqualTo(body ? "a" : "");
      assertThat(there.headers().containsKey("Content-Type")).isEqualTo(body);
      assertThat(there.headers().get("X-Own")).containsExactly("1");
    }

    @Test
    void takesNoSecretToAnotherOrigin() {
      server.enqueue(302, "", "Location", secure.url("/there"));
      following.get(
          server.url("/"),
          r -> r.header("Authorization", "secret").header("Accept-Language", "de"));
      Asked there = secure.take();
      assertThat(there.headers().get("Authorization")).isNull();
      assertThat(there.headers().get("Accept-Language")).containsExactly("de");
    }

    @Test
    void takesNoBodyToAnotherOrigin() {
      server.enqueue(307, "", "Location", secure.url("/there"));
      HttpRequestException failure =
          failure(() -> following.post(server.url("/"), r -> r.body("secret")));
      assertThat(failure.reason()).isEqualTo("redirect-body");
      assertThat(failure.response().orElseThrow().status().value()).isEqualTo(307);
      assertThat(secure.peek()).isNull();
    }

    @Test
    void neverLeavesTls() {
      secure.enqueue(302, "", "Location", server.url("/"));
      HttpRequestException failure = failure(() -> following.get(secure.url("/")));
      assertThat(failure.reason()).isEqualTo("redirect-insecure");
      assertThat(failure).hasMessageContaining("from https to http");
    }

    @Test
    void isFollowedFiveTimes() {
      for (int i = 0; i < 6; i++) {
        server.enqueue(302, "", "Location", "/" + i);
      }
      assertThat(failure(() -> following.get(server.url("/"))).reason())
          .isEqualTo("redirect-limit");
    }
  }

  @Nested
  final class Threads {
    @Test
    void areNoneOfHttpWhereOnlySocketsAreOpened() {
      Set<String> before = names();
      try (MockWebSocketServer sockets = MockWebSocketServer.start();
          HttpClient opening = client(config -> config.install(WebSockets.PLUGIN))) {
        opening.webSocket(sockets.url("/"), session -> {});
        Set<String> during = names();
        during.removeAll(before);
        assertThat(during).noneMatch(name -> name.startsWith("HttpClient-"));
      }
    }

    private static Set<String> names() {
      return Thread.getAllStackTraces().keySet().stream()
          .map(Thread::getName)
          .collect(Collectors.toSet());
    }
  }
}
