// SPDX-License-Identifier: Apache-2.0
package dev.parley.exam;

import static dev.parley.exam.Certificates.certificate;
import static dev.parley.exam.TimeBound.assertTook;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.parley.client.HttpClient;
import dev.parley.client.WebSocketOpeningException;
import dev.parley.client.transport.OpeningPhase;
import dev.parley.client.transport.TlsHandshakeException;
import dev.parley.client.transport.TlsHandshakeException.Reason;
import dev.parley.testkit.Fault;
import dev.parley.testkit.FaultProxy;
import dev.parley.testkit.Faults;
import dev.parley.websocket.handshake.HandshakeException;
import dev.parley.websocket.handshake.HandshakeFailure;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.bouncycastle.tls.CipherSuite;
import org.bouncycastle.tls.ExtensionType;
import org.bouncycastle.tls.ProtocolVersion;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Servers with which no TLS comes about: of another age, or no servers of TLS at all. */
final class TlsProtocolTest {
  private static final Duration LONG = Duration.ofSeconds(20);

  /** The first opening of a JVM takes longer than what is measured here. */
  @BeforeAll
  static void warmUp() throws Exception {
    TlsClient.opens(certificate().make(), "www.example");
  }

  private static byte[] hex(String hex) {
    return HexFormat.of().parseHex(hex.replace(" ", ""));
  }

  /** Waits for the client's first flight, and answers with bytes. */
  private static TlsServer.Service answering(byte[] bytes) {
    return socket -> {
      assertThat(socket.getInputStream().read()).as("a handshake record").isEqualTo(0x16);
      socket.getOutputStream().write(bytes);
      drain(socket);
    };
  }

  private static void drain(Socket socket) throws Exception {
    long unused = socket.getInputStream().transferTo(OutputStream.nullOutputStream());
  }

  private static TlsHandshakeException refusal(TlsServer.Service service) throws Exception {
    try (TlsServer server = new TlsServer(service)) {
      WebSocketOpeningException failure =
          TlsClient.failure(TlsClient.TRUSTING, LONG, server.url("www.example"));
      Throwable unused = server.end(); // closed by us
      return TlsClient.refusal(failure);
    }
  }

  @Nested
  @Row(55)
  final class AnOldServer {
    private static final List<String> RSA_KEY_TRANSPORT =
        List.of("0004", "0005", "000a", "002f", "0035", "003c", "003d", "009c", "009d");

    private void assertTooOld(TlsServer.Service service) throws Exception {
      TlsHandshakeException refusal = refusal(service);
      assertThat(refusal.reason()).as(refusal.getMessage()).isEqualTo(Reason.VERSION);
      assertThat(refusal)
          .hasMessageContaining("www.example:")
          .hasMessageContaining(" has no TLS version or cipher suite that we would use")
          .hasMessageContaining("expected TLS 1.2 or 1.3 with forward secrecy");
    }

    @Test
    void knowsNothingAboveTls11() throws Exception {
      ProtocolVersion[] old = {ProtocolVersion.TLSv11, ProtocolVersion.TLSv10};
      assertTooOld(HostileTls.offering(old, CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA));
    }

    @Test
    void isOfferedNothingOld() throws Exception {
      CompletableFuture<byte[]> hello = new CompletableFuture<>();
      TlsHandshakeException unused =
          refusal(
              socket -> {
                byte[] header = socket.getInputStream().readNBytes(5);
                int length = ByteBuffer.wrap(header).getShort(3);
                hello.complete(socket.getInputStream().readNBytes(length));
              });
      ByteBuffer bytes = ByteBuffer.wrap(hello.get(10, TimeUnit.SECONDS));
      bytes.position(4 + 2 + 32); // type and length, version, random
      bytes.position(bytes.position() + 1 + bytes.get(bytes.position())); // session
      List<String> suites = words(bytes, bytes.getShort());
      assertThat(suites).contains("1301", "c02b").doesNotContainAnyElementsOf(RSA_KEY_TRANSPORT);
      bytes.position(bytes.position() + 1 + bytes.get(bytes.position()) + 2); // compression
      while (bytes.getShort() != ExtensionType.supported_versions) {
        bytes.position(bytes.position() + 2 + bytes.getShort(bytes.position()));
      }
      int size = bytes.getShort();
      assertThat(words(bytes, bytes.get())).containsExactly("0304", "0303");
      assertThat(size).isEqualTo(5);
    }

    private static List<String> words(ByteBuffer bytes, int size) {
      List<String> words = new ArrayList<>();
      for (int i = 0; i < size; i += 2) {
        words.add(HexFormat.of().toHexDigits(bytes.getShort()));
      }
      return words;
    }

    @ParameterizedTest
    @CsvSource({
      "SSL 3.0,          0300, c013",
      "TLS 1.0,          0301, c013",
      "TLS 1.1,          0302, c013",
      "RSA key transport, 0303, 009c"
    })
    void insists(String what, String version, String cipherSuite) throws Exception {
      String hello = version + "07".repeat(32) + "00" + cipherSuite + "00";
      String message = "02 0000" + HexFormat.of().toHexDigits((byte) (hello.length() / 2)) + hello;
      String length = HexFormat.of().toHexDigits((short) (hello.length() / 2 + 4));
      assertTooOld(answering(hex("16 0303" + length + message)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"46", "28", "47"})
    void saysSoInAnAlert(String description) throws Exception {
      assertTooOld(answering(hex("15 0301 0002 02" + description)));
    }
  }

  @Nested
  @Row(56)
  final class PlaintextWhereTlsIsDue {
    @ParameterizedTest
    @ValueSource(
        strings = {
          "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n",
          "220 mail.example ESMTP\r\n",
          "\u0081\u0005hello"
        })
    void isNoTls(String answer) throws Exception {
      TlsHandshakeException refusal =
          refusal(answering(answer.getBytes(StandardCharsets.ISO_8859_1)));
      assertThat(refusal.reason()).isEqualTo(Reason.NOT_TLS);
      assertThat(refusal).hasMessageContaining(" does not speak TLS, which wss ");
    }

    @Test
    void tlsWherePlaintextIsDueIsNoHttp() throws Exception {
      TlsServer.Service service =
          socket -> {
            int unused = socket.getInputStream().read();
            socket.getOutputStream().write(hex("15 0301 0002 02 0a"));
            drain(socket);
          };
      try (TlsServer server = new TlsServer(service);
          HttpClient client = TlsClient.client()) {
        HandshakeException failure =
            catchThrowableOfType(
                HandshakeException.class,
                () -> client.webSocketSession("ws://127.0.0.1:" + server.port()));
        assertThat(failure.failure()).isEqualTo(HandshakeFailure.BAD_HTTP);
      }
    }
  }

  @Nested
  @Row(56)
  final class AHandshake {
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void thatIsBrokenOffSaysSo(boolean reset) throws Exception {
      TlsHandshakeException refusal =
          refusal(
              socket -> {
                byte[] unused = socket.getInputStream().readNBytes(100);
                if (!reset) { // what was not read makes a reset of the end
                  socket.shutdownOutput();
                  drain(socket);
                }
              });
      assertThat(refusal.reason()).isEqualTo(Reason.CLOSED);
      assertThat(refusal).hasMessageContaining(" closed the connection during the TLS handshake");
    }

    @ParameterizedTest
    @CsvSource({
      "an alert,                   15 0303 0002 02 50",
      "a record over every limit,  16 0303 ffff 02",
      "an endless message,         16 0303 0004 02 ffffff",
      "a hello cut short,          16 0303 0004 02 000000"
    })
    void thatIsMalformedIsRefused(String what, String answer) throws Exception {
      TlsHandshakeException refusal = refusal(answering(hex(answer)));
      assertThat(refusal.reason()).isEqualTo(Reason.OTHER);
      assertThat(refusal)
          .hasMessageStartingWith("TLS handshake with www.example:")
          .hasMessageContaining(" failed: ")
          .hasCauseInstanceOf(javax.net.ssl.SSLException.class);
    }
  }

  @Nested
  @Row(60)
  final class AHandshakeThatNeverEnds {
    private static final Duration TIMEOUT = Duration.ofSeconds(1);

    private void assertTimeout(TlsServer.Service service, Faults faults) throws Exception {
      try (TlsServer server = new TlsServer(service);
          FaultProxy way = FaultProxy.start(server.port())) {
        way.always(faults);
        long start = TimeBound.now();
        WebSocketOpeningException failure =
            TlsClient.failure(TlsClient.TRUSTING, TIMEOUT, "wss://www.example:" + way.port());
        assertTook(start, TIMEOUT, TIMEOUT);
        assertThat(failure.phase()).isEqualTo(OpeningPhase.TLS);
        assertThat(failure.reason()).isEqualTo("timeout");
        assertThat(failure)
            .hasCauseInstanceOf(SocketTimeoutException.class)
            .hasMessageMatching(
                ".*: TLS handshake with www.example:\\d+ not over after \\d+ ms; connected to"
                    + " 127.0.0.1:"
                    + way.port());
        Throwable unused = server.end(); // closed by us
      }
    }

    @Test
    void becauseTheServerIsSilent() throws Exception {
      assertTimeout(TlsProtocolTest::drain, Faults.none());
    }

    @Test
    void becauseItDrips() throws Exception {
      byte[] record = hex("16 0303 3fff 02 003ffb 0303" + "07".repeat(8000));
      assertTimeout(answering(record), Faults.none().toClient(Fault.drip(Duration.ofMillis(20))));
    }

    @ParameterizedTest
    @CsvSource({
      "warnings,          15 0303 0002 01 5a",
      "empty records,     16 0303 0000",
      "hello requests,    16 0303 0004 00 000000"
    })
    void becauseItSendsWithoutEnd(String what, String record) throws Exception {
      byte[] many = hex(record.repeat(1000));
      try (TlsServer server =
          new TlsServer(
              socket -> {
                while (true) {
                  socket.getOutputStream().write(many);
                }
              })) {
        long start = TimeBound.now();
        WebSocketOpeningException failure =
            TlsClient.failure(TlsClient.TRUSTING, TIMEOUT, server.url("www.example"));
        assertTook(start, TIMEOUT);
        assertThat(failure.phase()).isEqualTo(OpeningPhase.TLS);
        assertThat(failure.reason()).isIn("timeout", "tls-failed"); // JSSE puts up with some only
        Throwable unused = server.end(); // closed by us
      }
    }

    /** There is one deadline for all of an opening: a slow handshake lengthens nothing. */
    @Test
    @Row({9, 60})
    void leavesTheResponseWhatIsLeftOfTheTime() throws Exception {
      Duration pause = Duration.ofMillis(1200);
      TlsServer.Service dripping =
          TlsServer.jsse(
              certificate().make().context(),
              TlsClient.TLS_1_3,
              secured -> {
                assertThat(secured.readRequest().method()).isEqualTo("GET");
                drip(secured.out(), "HTTP/1.1 101 " + "Switching ".repeat(800));
              });
      try (TlsServer server = new TlsServer(dripping);
          FaultProxy way = FaultProxy.start(server.port())) {
        way.always(Faults.none().toClient(Fault.delay(0, pause)));
        assertThat(
                LateOpening.failure(
                    OpeningPhase.RESPONSE,
                    Duration.ofSeconds(2),
                    timeout -> TlsClient.client(TlsClient.TRUSTING, timeout),
                    "wss://www.example:" + way.port()))
            .hasMessageMatching(".* timeout while waiting for the response .* over TLSv1.3");
      }
    }

    private static void drip(OutputStream out, String text) throws Exception {
      try (ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor()) {
        for (byte next : text.getBytes(StandardCharsets.US_ASCII)) {
          Callable<Boolean> write =
              () -> {
                out.write(next);
                return true;
              };
          assertThat(clock.schedule(write, 20, TimeUnit.MILLISECONDS).get()).isTrue();
        }
      }
    }

    @Test
    void becauseTheServerStopsInTheMiddle() throws Exception {
      String hello = "0303" + "07".repeat(32) + "00" + "c02b" + "00";
      byte[] wholeHello = hex("16 0303 002a 02 000026" + hello);
      assertTimeout(answering(wholeHello), Faults.none());
    }
  }
}
