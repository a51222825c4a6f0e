// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.parley.client.transport.ProxyException.Reason;
import dev.parley.client.transport.ProxyOptions.Kind;
import dev.parley.testkit.TestCertificates;
import dev.parley.websocket.handshake.HandshakeException;
import dev.parley.websocket.handshake.HandshakeFailure;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
@DisplayName("RFC 9110 §9.3.6: a tunnel by CONNECT")
final class HttpConnectTunnelTest {
  private static final Destination ORIGIN = new Destination(false, "origin.example", 80);
  private static final TlsOptions TRUSTING =
      TlsOptions.DEFAULT.withContext(TestCertificates.clientContext());
  private static final String OPEN = "HTTP/1.1 200 OK\r\n\r\n";

  private final ReadinessLoop loop = new ReadinessLoop();
  private final SocketConnector connector = new SocketConnector(loop, new BufferPool(), TRUSTING);
  private final BlockingQueue<String> requests = new LinkedBlockingQueue<>();

  @AfterEach
  void closeLoop() {
    loop.close();
  }

  /** A proxy that gives one answer, and then is the other end of the tunnel. */
  private Peer.Service answering(String answer, Peer.Service then) {
    return socket -> {
      requests.add(readHead(socket.getInputStream()));
      socket.getOutputStream().write(answer.getBytes(StandardCharsets.ISO_8859_1));
      then.serve(socket);
    };
  }

  private static String readHead(InputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int next = in.read();
      if (next < 0) {
        throw new EOFException("end of the stream in a head");
      }
      head.append((char) next);
    }
    return head.toString();
  }

  private static ProxyOptions at(Peer peer) {
    return ProxyOptions.of(Kind.HTTP, "127.0.0.1", peer.port());
  }

  private Transport connect(ProxyOptions proxy, Destination destination) throws Exception {
    return connector.withProxy(proxy).connect(destination, Deadline.after(Duration.ofSeconds(20)));
  }

  private ProxyException failure(String answer) throws Exception {
    try (Peer peer = new Peer(answering(answer, socket -> {}))) {
      return failure(at(peer));
    }
  }

  private ProxyException failure(ProxyOptions proxy) {
    return catchThrowableOfType(ProxyException.class, () -> connect(proxy, ORIGIN));
  }

  @Nested
  @DisplayName("is asked for")
  class IsAskedFor {
    @Test
    void byNameAndPort() throws Exception {
      try (Peer peer = new Peer(answering(OPEN, Peer.ECHO));
          Transport transport = connect(at(peer), ORIGIN)) {
        Bytes.echo(transport, 100_000);
        assertThat(requests.take())
            .isEqualTo("CONNECT origin.example:80 HTTP/1.1\r\nHost: origin.example:80\r\n\r\n");
      }
    }

    @Test
    void byIpv6AddressInBrackets() throws Exception {
      try (Peer peer = new Peer(answering(OPEN, Peer.ECHO))) {
        connect(at(peer), new Destination(false, "::1", 8080)).close();
        assertThat(requests.take())
            .startsWith("CONNECT [::1]:8080 HTTP/1.1\r\nHost: [::1]:8080\r\n");
      }
    }

    @Test
    void withCredentialsAtOnce() throws Exception {
      try (Peer peer = new Peer(answering(OPEN, Peer.ECHO))) {
        connect(at(peer).withCredentials("Aladdin", "open sesame"), ORIGIN).close();
        assertThat(requests.take())
            .contains("\r\nProxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n");
      }
    }
  }

  @Nested
  @DisplayName("is open")
  class IsOpen {
    @ParameterizedTest
    @ValueSource(
        strings = {
          "HTTP/1.1 200 OK\r\n\r\n",
          "HTTP/1.0 200 Connection established\r\n\r\n",
          "HTTP/1.1 204\r\n\r\n",
          "HTTP/1.1 299 Fine\r\nContent-Length: 5\r\n\r\n",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
          "HTTP/1.1 100 \r\n\r\nHTTP/1.1 103 \r\nA: b\r\n\r\nHTTP/1.1 200 \r\n\r\n",
        })
    void atAny2xx(String answer) throws Exception {
      try (Peer peer = new Peer(answering(answer, Peer.ECHO));
          Transport transport = connect(at(peer), ORIGIN)) {
        Bytes.echo(transport, 100);
      }
    }

    @Test
    void forBytesGluedToTheAnswer() throws Exception {
      try (Peer peer = new Peer(answering(OPEN + "hello", Peer.ECHO));
          Transport transport = connect(at(peer), ORIGIN)) {
        assertThat(Bytes.read(transport, 5)).asString().isEqualTo("hello");
        Bytes.echo(transport, 100);
      }
    }

    @Test
    void forTlsWithTheOrigin() throws Exception {
      Peer.Service origin = Peer.tls(TestCertificates.serverContext(), socket -> {}, Peer.ECHO);
      try (Peer peer = new Peer(answering(OPEN, origin));
          Transport transport = connect(at(peer), new Destination(true, "localhost", 443))) {
        Bytes.echo(transport, 1 << 20);
        assertThat(transport.info().tls()).isNotNull();
        assertThat(transport.info().proxy()).hasToString("http://127.0.0.1:" + peer.port());
        assertThat(requests.take()).startsWith("CONNECT localhost:443 ");
      }
    }
  }

  @Nested
  @DisplayName("through an HTTPS proxy")
  class OverTls {
    private Peer proxy(Peer.Service then) throws IOException {
      return new Peer(
          Peer.tls(TestCertificates.serverContext(), socket -> {}, answering(OPEN, then)));
    }

    private static ProxyOptions secure(Peer peer) {
      return ProxyOptions.of(Kind.HTTPS, "localhost", peer.port());
    }

    @Test
    void carriesPlainBytes() throws Exception {
      try (Peer peer = proxy(Peer.ECHO);
          Transport transport = connect(secure(peer).withTls(TRUSTING), ORIGIN)) {
        Bytes.echo(transport, 1 << 20);
      }
    }

    @Test
    void carriesTls() throws Exception {
      try (Peer origin =
              new Peer(Peer.tls(TestCertificates.serverContext(), socket -> {}, Peer.ECHO));
          Peer peer = proxy(socket -> relay(socket, origin));
          Transport transport = connect(secure(peer).withTls(TRUSTING), origin.secure())) {
        Bytes.echo(transport, 1 << 20);
        assertThat(requests.take()).startsWith("CONNECT localhost:" + origin.port() + " ");
      }
    }

    @Test
    void isNotOpenedWhereTheProxyIsNotTrusted() throws Exception {
      // Whom the client trusts as an origin, it need not trust as a proxy.
      try (Peer peer = proxy(Peer.ECHO)) {
        ProxyException e = failure(secure(peer));
        assertThat(e.reason()).isEqualTo(Reason.TLS);
        assertThat(e).hasMessageStartingWith("the proxy localhost:" + peer.port());
        assertThat(e).hasCauseInstanceOf(TlsHandshakeException.class);
        assertThat(requests).isEmpty();
      }
    }

    private static void relay(Socket from, Peer origin) throws Exception {
      try (Socket to = new Socket(InetAddress.getLoopbackAddress(), origin.port())) {
        Thread back =
            Thread.ofVirtual()
                .start(
                    () -> {
                      try {
                        to.getInputStream().transferTo(from.getOutputStream());
                      } catch (IOException e) {
                        return; // the client is gone, as the other direction finds too
                      }
                    });
        from.getInputStream().transferTo(to.getOutputStream());
        to.shutdownOutput();
        back.join();
      }
    }
  }

  /** A proxy that asks for Digest, and takes whatever answers its nonce. */
  private Peer.Service asking(String more, boolean stays) {
    return socket -> {
      while (true) {
        String head = readHead(socket.getInputStream());
        requests.add(head);
        boolean answered = head.contains("Proxy-Authorization: Digest ");
        socket
            .getOutputStream()
            .write(
                (answered
                        ? OPEN
                        : "HTTP/1.1 407 Who\r\n"
                            + "Proxy-Authenticate: Digest realm=r, nonce=n, qop=auth\r\n"
                            + more)
                    .getBytes(StandardCharsets.ISO_8859_1));
        if (answered) {
          Peer.ECHO.serve(socket);
        } else if (stays) {
          continue;
        }
        return;
      }
    };
  }

  @Nested
  @DisplayName("RFC 9110 §11.7: answers a challenge")
  class AnswersAChallenge {
    private static ProxyOptions knowing(Peer peer) {
      return at(peer).withAuthentication(HttpAuthentication.digest("user", "hunter2"));
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        value = {
          "Content-Length: 5~~hello                     | true",
          "Content-Length: 0~~                          | true",
          "Content-Length: 0~~                          | false",
          "Content-Length: 5~~hel                       | false",
          "Connection: close~Content-Length: 0~~        | false",
          "Proxy-Connection: Close~Content-Length: 0~~  | false",
          "~                                            | false",
          "Transfer-Encoding: chunked~~0~~              | false",
          "Content-Length: 99999~~                      | false",
          "Content-Length: nonsense~~                   | false",
        })
    void onTheSameConnectionOrAnother(String rest, boolean stays) throws Exception {
      try (Peer peer = new Peer(asking(rest.replace("~", "\r\n"), stays));
          Transport transport = connect(knowing(peer), ORIGIN)) {
        Bytes.echo(transport, 1000);
        assertThat(requests.take()).doesNotContain("Proxy-Authorization");
        assertThat(requests.take())
            .contains("Proxy-Authorization: Digest username=\"user\", realm=\"r\"")
            .contains(" uri=\"origin.example:80\"")
            .doesNotContain("hunter2");
        assertThat(requests).isEmpty();
        peer.socket();
        if (!stays) {
          peer.socket();
        }
      }
    }

    @Test
    void withASchemeOfOnesOwnOverSeveralRounds() throws Exception {
      Peer.Service service =
          socket -> {
            for (int i = 1; i <= 3; i++) {
              requests.add(readHead(socket.getInputStream()));
              String answer =
                  "HTTP/1.1 407 No\r\nProxy-Authenticate: Mine t%d==\r\nContent-Length: 0\r\n\r\n"
                      .formatted(i);
              socket
                  .getOutputStream()
                  .write((i < 3 ? answer : OPEN).getBytes(StandardCharsets.US_ASCII));
            }
            Peer.ECHO.serve(socket);
          };
      HttpAuthentication mine =
          () ->
              (request, challenges) ->
                  challenges.isEmpty() ? "Mine start" : "Mine " + challenges.getFirst().token();
      try (Peer peer = new Peer(service);
          Transport transport = connect(at(peer).withAuthentication(mine), ORIGIN)) {
        Bytes.echo(transport, 10);
        for (String said : new String[] {"start", "t1==", "t2=="}) {
          assertThat(requests.take()).contains("Proxy-Authorization: Mine " + said + "\r\n");
        }
      }
    }

    @Test
    void notForEver() throws Exception {
      Peer.Service never =
          socket -> {
            while (true) {
              requests.add(readHead(socket.getInputStream()));
              socket
                  .getOutputStream()
                  .write(
                      "HTTP/1.1 407 No\r\nProxy-Authenticate: Mine\r\nContent-Length: 0\r\n\r\n"
                          .getBytes(StandardCharsets.US_ASCII));
            }
          };
      HttpAuthentication tireless = () -> (request, challenges) -> "Mine again";
      try (Peer peer = new Peer(never)) {
        ProxyException e = failure(at(peer).withAuthentication(tireless));
        assertThat(e.reason()).isEqualTo(Reason.CREDENTIALS);
        assertThat(requests).hasSize(5);
      }
    }

    @Test
    void butNotWithALineBreak() throws Exception {
      HttpAuthentication broken = () -> (request, challenges) -> "Mine x\r\nEvil: y";
      try (Peer peer = new Peer(answering(OPEN, Peer.ECHO))) {
        assertThatThrownBy(() -> connect(at(peer).withAuthentication(broken), ORIGIN))
            .isInstanceOf(IllegalArgumentException.class);
      }
    }

    @Test
    void isForHttpOnly() {
      assertThatThrownBy(
              () ->
                  ProxyOptions.of(Kind.SOCKS5, "p", 1)
                      .withAuthentication(HttpAuthentication.digest("u", "p")))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("authentication of HTTP for a proxy of kind socks5, expected http or https");
    }
  }

  @Nested
  @DisplayName("is refused")
  class IsRefused {
    @ParameterizedTest
    @CsvSource({
      "403 Forbidden,   REFUSED,     403, 403 Forbidden",
      "502,             REFUSED,     502, 502",
      "302 Found,       REFUSED,     302, 302 Found",
      "101 Switching,   REFUSED,     101, 101 Switching",
      "407 Who are you, CREDENTIALS, 407, 407 Who are you",
      "401 Who are you, CREDENTIALS, 401, 401 Who are you",
    })
    void byAnyOtherStatus(String status, Reason reason, int code, String said) throws Exception {
      ProxyException e = failure("HTTP/1.1 " + status + "\r\nX-Why: because\r\n\r\n");
      assertThat(e.reason()).isEqualTo(reason);
      assertThat(e.code()).hasValue(code);
      assertThat(e.response().orElseThrow().headers().get("X-Why")).isEqualTo("because");
      assertThat(e.getMessage())
          .matches(
              "the proxy 127.0.0.1:\\d+ refused the tunnel to origin.example:80: "
                  + said
                  + "; connected to 127.0.0.1:\\d+");
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        value = {
          "Basic realm=\"a, Digest b\" | Basic",
          "Negotiate, Basic realm=\"x\", charset=\"UTF-8\", Digest realm = \"y\" | "
              + "Negotiate, Basic, Digest",
          "NTLM~Proxy-Authenticate: Negotiate~Proxy-Authenticate: NTLM | NTLM, Negotiate",
        })
    void withTheSchemesThatItOffers(String challenges, String offered) throws Exception {
      ProxyException e =
          failure(
              "HTTP/1.1 407 No\r\nProxy-Authenticate: %s\r\n\r\n"
                  .formatted(challenges.replace("~", "\r\n")));
      assertThat(e).hasMessageContaining(": 407 No, offered " + offered + "; ");
      assertThat(requests).hasSize(1);
    }

    @Test
    void andTheConnectionClosed() throws Exception {
      CompletableFuture<Integer> heard = new CompletableFuture<>();
      Peer.Service listening = socket -> heard.complete(socket.getInputStream().read());
      try (Peer peer = new Peer(answering("HTTP/1.1 403 No\r\n\r\n", listening))) {
        assertThat(failure(at(peer)).code()).hasValue(403);
        assertThat(heard.get()).isEqualTo(-1);
      }
    }

    @Test
    void byHttpThatIsNone() throws Exception {
      ProxyException e = failure("SSH-2.0-OpenSSH\r\n");
      assertThat(e.reason()).isEqualTo(Reason.MALFORMED);
      assertThat(e.code()).isEmpty();
      assertThat(e.getMessage())
          .matches("the proxy \\S+ answered something else than HTTP: byte 0x53 .*");
    }

    @ParameterizedTest
    @CsvSource({
      "'HTTP/1.1 200 ',         x,                            9000,  HEAD_TOO_LARGE",
      "'HTTP/1.1 200 OK~A: ',   x,                            9000,  HEAD_TOO_LARGE",
      "HTTP/1.1 200 OK~,      A: b~,                        129,   TOO_MANY_HEADERS",
      "'',                    HTTP/1.1 100 ~~,              5000,  HEAD_TOO_LARGE",
    })
    void byAHeadOverItsLimits(String start, String more, int times, HandshakeFailure failure)
        throws Exception {
      ProxyException e = failure((start + more.repeat(times)).replace("~", "\r\n"));
      assertThat(e.reason()).isEqualTo(Reason.MALFORMED);
      assertThat(e)
          .cause()
          .isInstanceOfSatisfying(
              HandshakeException.class, cause -> assertThat(cause.failure()).isEqualTo(failure));
    }

    @Test
    void byTheEndOfTheStream() throws Exception {
      ProxyException e = failure("HTTP/1.1 200 OK\r\n");
      assertThat(e.reason()).isEqualTo(Reason.CLOSED);
      assertThat(e.getMessage())
          .matches(
              "the proxy \\S+ closed the connection before the tunnel to origin.example:80 was"
                  + " open; connected to 127.0.0.1:\\d+");
    }

    @Test
    void byAReset() throws Exception {
      Peer.Service reset = socket -> socket.setSoLinger(true, 0);
      try (Peer peer = new Peer(answering("", reset))) {
        ProxyException e = failure(at(peer));
        assertThat(e.reason()).isEqualTo(Reason.CLOSED);
        assertThat(e).hasMessageContaining("broke off").hasCauseInstanceOf(IOException.class);
      }
    }

    @Test
    void bySilenceAtTheDeadline() throws Exception {
      try (Peer peer =
          new Peer(answering("HTTP/1.1 2", socket -> socket.getInputStream().read()))) {
        assertThatThrownBy(
                () ->
                    connector
                        .withProxy(at(peer))
                        .connect(ORIGIN, Deadline.after(Duration.ofMillis(200))))
            .isInstanceOf(SocketTimeoutException.class)
            .hasMessageMatching(
                "the proxy \\S+ has not opened the tunnel to origin.example:80 after \\d+ ms;"
                    + " connected to 127.0.0.1:\\d+");
      }
    }

    @Test
    void byNobodyThere() throws Exception {
      try (Socket held = new Socket()) { // at a port that nobody else can get to listen at
        held.bind(null);
        int port = held.getLocalPort();
        ProxyException e = failure(ProxyOptions.of(Kind.HTTP, "127.0.0.1", port));
        assertThat(e.reason()).isEqualTo(Reason.UNREACHABLE);
        assertThat(e)
            .hasMessageStartingWith("the proxy 127.0.0.1:" + port + " is out of reach: ")
            .hasCauseInstanceOf(ConnectException.class);
      }
    }

    @Test
    void byAProxyWithoutAddress() {
      ProxyException e = failure(ProxyOptions.of(Kind.HTTP, "no-such.invalid", 1));
      assertThat(e.reason()).isEqualTo(Reason.UNREACHABLE);
      assertThat(e).hasCauseInstanceOf(UnknownHostException.class);
    }
  }
}
