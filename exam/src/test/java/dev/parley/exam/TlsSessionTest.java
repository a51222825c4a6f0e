// SPDX-License-Identifier: Apache-2.0
package dev.parley.exam;

import static dev.parley.exam.Certificates.certificate;
import static dev.parley.exam.TimeBound.assertTook;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.parley.client.ClosedReceiveChannelException;
import dev.parley.client.DefaultClientWebSocketSession;
import dev.parley.client.HttpClient;
import dev.parley.client.WebSocketOpeningException;
import dev.parley.client.WebSockets;
import dev.parley.client.transport.OpeningPhase;
import dev.parley.testkit.RawFrame;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Frame;
import dev.parley.websocket.Opcode;
import dev.parley.websocket.WebSocketClosedException;
import dev.parley.websocket.WebSocketException;
import dev.parley.websocket.handshake.HandshakeException;
import dev.parley.websocket.handshake.HandshakeFailure;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.bouncycastle.tls.AlertDescription;
import org.bouncycastle.tls.ProtocolVersion;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a server does to an open session by means of TLS. */
final class TlsSessionTest {
  private static final Certificates.Identity SERVER = certificate().make();
  private static final Frame LAST = new Frame.Text("last");

  /** What a test does with a session that has opened. */
  private interface Use {
    void use(DefaultClientWebSocketSession session) throws Exception;
  }

  private static void with(TlsServer.Service service, Use use) throws Exception {
    try (TlsServer server = new TlsServer(service);
        HttpClient client = TlsClient.client();
        var session = client.webSocketSession(server.url("www.example"))) {
      use.use(session);
      session.terminate();
    }
  }

  private static TlsServer.Service jsse(String protocol, TlsServer.Talk talk) {
    return TlsServer.jsse(SERVER.context(), protocol, talk);
  }

  private static TlsServer.Talk afterwards(String hex) {
    byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
    return secured -> {
      secured.open();
      secured.send(RawFrame.text("last"));
      secured.raw().getOutputStream().write(bytes);
      long unused = secured.in().transferTo(OutputStream.nullOutputStream());
    };
  }

  /** What came before is delivered; then comes one failure, and it is one of TLS. */
  private static void assertBroken(DefaultClientWebSocketSession session, String message)
      throws Exception {
    assertThat(session.incoming().receive()).isEqualTo(LAST);
    WebSocketException end =
        catchThrowableOfType(WebSocketException.class, () -> session.incoming().receive());
    assertThat(end)
        .isNotInstanceOf(ClosedReceiveChannelException.class)
        .hasMessageContaining(message)
        .hasCauseInstanceOf(SSLException.class);
    assertThat(end.getCause()).hasMessageContaining("www.example:").hasMessageContaining(message);
    assertThat(session.closeReason().get(10, TimeUnit.SECONDS)).isNull();
    WebSocketClosedException closed =
        catchThrowableOfType(WebSocketClosedException.class, () -> session.send("too late"));
    assertThat(closed.closingHandshake().received()).isNull();
    assertThat(closed).hasMessageContaining(message);
    assertThat(closed.getCause()).hasMessage(end.getMessage()).hasCause(end.getCause());
    assertThat(catchThrowable(() -> session.incoming().receive())).hasMessage(end.getMessage());
  }

  @Nested
  @Row(56)
  final class ABrokenRecord {
    @ParameterizedTest
    @CsvSource({
      "TLSv1.3, 17 0303 0020, 20, changed on its way",
      "TLSv1.2, 17 0303 0020, 20, changed on its way",
      "TLSv1.3, 17 0303 7fff, 00, larger than TLS allows",
      "TLSv1.2, 17 0303 7fff, 00, larger than TLS allows",
      "TLSv1.3, 17 0303 ffff, 00, larger than TLS allows",
      "TLSv1.3, 48545450 2f, 10, something else than TLS",
      "TLSv1.2, 48545450 2f, 10, something else than TLS",
      "TLSv1.3, 81 05 6865 6c, 02, something else than TLS"
    })
    void breaksTheSession(String protocol, String header, String zeros, String message)
        throws Exception {
      String bytes = header + "00".repeat(HexFormat.fromHexDigits(zeros));
      with(jsse(protocol, afterwards(bytes)), session -> assertBroken(session, message));
    }

    @ParameterizedTest
    @ValueSource(strings = {TlsClient.TLS_1_2, TlsClient.TLS_1_3})
    void breaksItWithAnAlert(String protocol) throws Exception {
      with(
          HostileTls.serving(
              protocol.equals(TlsClient.TLS_1_2) ? ProtocolVersion.TLSv12 : ProtocolVersion.TLSv13,
              SERVER,
              (tls, secured) -> {
                secured.open();
                secured.send(RawFrame.text("last"));
                tls.sendFatalAlert(AlertDescription.internal_error);
              }),
          session -> assertBroken(session, "ended TLS with an alert"));
    }

    @Test
    void isNotWhatSomebodyElseSends() throws Exception {
      // An alert that is not encrypted is anybody's: as good as a reset, and not believed in more.
      with(
          jsse(TlsClient.TLS_1_3, afterwards("15 0303 0002 01 00")),
          session -> assertBroken(session, "ended TLS with an alert that is not encrypted"));
    }
  }

  @Nested
  @Row(56)
  final class AStreamCutShort {
    /** The end of the stream, without a word of TLS. */
    private TlsServer.Service cutting(String protocol, RawFrame last) {
      return jsse(
          protocol,
          secured -> {
            secured.open();
            secured.send(last);
            secured.raw().shutdownOutput();
            long unused =
                secured.raw().getInputStream().transferTo(OutputStream.nullOutputStream());
          });
    }

    @ParameterizedTest
    @ValueSource(strings = {TlsClient.TLS_1_2, TlsClient.TLS_1_3})
    void beforeACloseFrameIsNoCleanEnd(String protocol) throws Exception {
      with(
          cutting(protocol, RawFrame.text("last")),
          session -> {
            assertThat(session.incoming().receive()).isEqualTo(LAST);
            assertThat(catchThrowable(() -> session.incoming().receive()))
                .isInstanceOf(WebSocketException.class)
                .isNotInstanceOf(ClosedReceiveChannelException.class)
                .hasMessageContaining("without a Close frame")
                .hasCauseInstanceOf(EOFException.class);
            assertThat(session.closeReason().get(10, TimeUnit.SECONDS)).isNull();
          });
    }

    @ParameterizedTest
    @ValueSource(strings = {TlsClient.TLS_1_2, TlsClient.TLS_1_3})
    void afterACloseFrameHasTakenNothingAway(String protocol) throws Exception {
      with(
          cutting(protocol, RawFrame.of(Opcode.CLOSE, new Frame.Close(CloseReason.NORMAL).data())),
          session -> {
            assertThat(session.incoming().receive()).isEqualTo(new Frame.Close(CloseReason.NORMAL));
            assertThat(catchThrowable(() -> session.incoming().receive()))
                .isInstanceOf(ClosedReceiveChannelException.class)
                .hasNoCause();
            assertThat(session.closeReason().get(10, TimeUnit.SECONDS))
                .isEqualTo(CloseReason.NORMAL);
          });
    }

    /** Answers with a part of a head, and then ends the stream. */
    private static TlsServer.Talk answering(String part, boolean reset) {
      return secured -> {
        assertThat(secured.readRequest().headers().get("Upgrade")).isEqualTo("websocket");
        secured.raw().setTcpNoDelay(true); // else a reset would take back what waits to be sent
        secured.out().write(part.getBytes(StandardCharsets.US_ASCII));
        secured.raw().setSoLinger(reset, 0);
      };
    }

    @ParameterizedTest
    @CsvSource({
      "TLSv1.2, '',                0 bytes",
      "TLSv1.3, '',                0 bytes",
      "TLSv1.3, HTTP/1.1 5,        10 bytes",
      "TLSv1.3, 'HTTP/1.1 503 ~A', '16 bytes, status 503'"
    })
    void beforeTheResponseIsNoSession(String protocol, String part, String came) throws Exception {
      TlsServer.Talk talk = answering(part.replace("~", "\r\n"), false);
      try (TlsServer server = new TlsServer(jsse(protocol, talk));
          HttpClient client = TlsClient.client()) {
        String url = server.url("www.example");
        assertThat(
                catchThrowableOfType(HandshakeException.class, () -> client.webSocketSession(url)))
            .hasMessage(
                "cannot open %s: stream ended after %s, expected a whole head (RFC 9112 §8);"
                    + " connected to 127.0.0.1:%d over %s",
                url, came, server.port(), protocol)
            .returns(HandshakeFailure.HEAD_INCOMPLETE, HandshakeException::failure);
      }
    }

    @ParameterizedTest
    @ValueSource(strings = {TlsClient.TLS_1_2, TlsClient.TLS_1_3})
    void byAResetBeforeTheResponseIsNoSession(String protocol) throws Exception {
      TlsServer.Talk talk = answering("HTTP/1.1 503 \r\nA", true);
      try (TlsServer server = new TlsServer(jsse(protocol, talk))) {
        String url = server.url("www.example");
        assertThat(TlsClient.failure(TlsClient.TRUSTING, Duration.ofSeconds(20), url))
            .hasMessageStartingWith("cannot open " + url + ": ")
            .hasMessageEndingWith(
                ", after 16 bytes, status 503; connected to 127.0.0.1:%d over %s",
                server.port(), protocol)
            .hasCauseInstanceOf(IOException.class)
            .returns(OpeningPhase.RESPONSE, WebSocketOpeningException::phase)
            .returns("connection-lost", WebSocketOpeningException::reason);
      }
    }
  }

  @Nested
  @Row(59)
  final class ANewHandshake {
    @Test
    void isRefused() throws Exception {
      TlsServer.Service renegotiating =
          socket -> {
            SSLSocket secure =
                (SSLSocket)
                    SERVER
                        .context()
                        .getSocketFactory()
                        .createSocket(socket, null, socket.getPort(), false);
            secure.setUseClientMode(false);
            secure.setEnabledProtocols(new String[] {TlsClient.TLS_1_2});
            var secured =
                new TlsServer.Secured(secure.getInputStream(), secure.getOutputStream(), socket);
            secured.open();
            secured.send(RawFrame.text("last"));
            secure.startHandshake();
            long unused = secured.in().transferTo(OutputStream.nullOutputStream());
          };
      with(
          renegotiating,
          session -> assertBroken(session, "asked for a TLS renegotiation, which is refused"));
    }
  }

  @Nested
  @Row(59)
  final class AFlood {
    private static final int BATCHES = 100;

    private interface Drop {
      void fall(HostileTls tls) throws Exception;
    }

    /** Messages between the drops arrive, and come back. */
    private void assertHarmless(int drops, Drop drop) throws Exception {
      CountDownLatch read = new CountDownLatch(1);
      TlsServer.Service flooding =
          HostileTls.serving(
              SERVER,
              (tls, secured) -> {
                secured.open();
                Thread reader =
                    Thread.ofVirtual()
                        .start(
                            () -> {
                              try {
                                for (int i = 0; i < BATCHES; i++) {
                                  RawFrame echo =
                                      Objects.requireNonNull(RawFrame.read(secured.in()));
                                  assertThat(echo.payloadAsText()).isEqualTo("message " + i);
                                }
                                read.countDown();
                              } catch (IOException e) {
                                throw new UncheckedIOException(e);
                              }
                            });
                for (int i = 0; i < BATCHES; i++) {
                  for (int j = 0; j < drops / BATCHES; j++) {
                    drop.fall(tls);
                  }
                  secured.send(RawFrame.text("message " + i));
                }
                reader.join();
              });
      with(
          flooding,
          session -> {
            for (int i = 0; i < BATCHES; i++) {
              Frame message = session.incoming().receive(Duration.ofSeconds(20)).orElseThrow();
              assertThat(message).isEqualTo(new Frame.Text("message " + i));
              session.send(message);
            }
            assertThat(read.await(20, TimeUnit.SECONDS)).isTrue();
          });
    }

    @Test
    void ofKeyUpdatesIsHarmless() throws Exception {
      assertHarmless(2_000, HostileTls::sendKeyUpdate);
    }

    @Test
    void ofTicketsIsHarmless() throws Exception {
      assertHarmless(10_000, tls -> tls.sendTicket(200));
    }

    @Test
    void withoutEndHoldsNobody() throws Exception {
      // Each KeyUpdate asks for an answer, none of which is ever read.
      TlsServer.Service flooding =
          HostileTls.serving(
              SERVER,
              (tls, secured) -> {
                secured.open();
                while (true) {
                  tls.sendKeyUpdate();
                }
              });
      Duration timeout = Duration.ofMillis(500);
      try (TlsServer server = new TlsServer(flooding);
          HttpClient client =
              HttpClient.create(
                  config ->
                      config
                          .install(WebSockets.PLUGIN, ws -> ws.closeTimeout(timeout))
                          .tls(TlsClient.TRUSTING))) {
        var session = client.webSocketSession(server.url("www.example"));
        long start = TimeBound.now();
        Throwable end =
            catchThrowable(() -> assertThat(session.incoming().receive(timeout)).isEmpty());
        session.close();
        assertTook(start, timeout.plus(timeout));
        if (end != null) { // sooner or later the answers are too many
          assertThat(end).hasMessageContaining("asks for new keys and reads no answer");
        }
        server.readAway();
        assertThat(server.end()).isInstanceOf(IOException.class); // closed by us
      }
    }
  }
}
