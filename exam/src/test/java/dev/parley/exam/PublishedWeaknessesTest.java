// SPDX-License-Identifier: Apache-2.0
package dev.parley.exam;

import static dev.parley.exam.TimeBound.assertTook;
import static dev.parley.exam.Trial.SOON;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.parley.client.DefaultClientWebSocketSession;
import dev.parley.client.HttpClient;
import dev.parley.client.WebSocketUpgradeException;
import dev.parley.client.WebSockets;
import dev.parley.client.transport.TlsOptions;
import dev.parley.testkit.MockWebSocketServer;
import dev.parley.testkit.RawFrame;
import dev.parley.testkit.Scenario;
import dev.parley.testkit.TestCertificates;
import dev.parley.testkit.TestCertificates.Subject;
import dev.parley.websocket.Frame;
import dev.parley.websocket.Opcode;
import dev.parley.websocket.Violation;
import dev.parley.websocket.WebSocketException;
import dev.parley.websocket.extension.WebSocketExtensions;
import dev.parley.websocket.handshake.Headers;
import dev.parley.websocket.handshake.ResponseHead;
import java.time.Duration;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/** What was found in other WebSocket software, and must never be found here. */
@Isolated("measures memory and time")
final class PublishedWeaknessesTest {
  private static final byte[] EMPTY = {};

  /** A session with compression, which is given bytes and fails. */
  private static void fails(
      Consumer<WebSockets.Config> settings, Violation violation, byte[] wire) {
    try (Trial trial =
        Trial.begin(
            ws -> {
              ws.extensions(all -> all.install(WebSocketExtensions.perMessageDeflate()));
              settings.accept(ws);
            },
            server ->
                server.extensions(all -> all.install(WebSocketExtensions.perMessageDeflate())))) {
      trial.fails(violation, wire);
    }
  }

  private static void failsToOpen(String word, Scenario scenario) {
    try (Trial trial =
        Trial.begin(
            ws -> ws.extensions(all -> all.install(WebSocketExtensions.perMessageDeflate())))) {
      trial.failsToOpen(word, scenario, "b");
    }
  }

  private static Scenario acceptWith(String name, String value) {
    return Scenario.accept(Headers.builder().add(name, value).build());
  }

  @Test
  @Row(43)
  @DisplayName("a leader of the field: 256 MB delivered of a frame of 261 KB")
  void smallFrameThatIsALargeMessage() {
    byte[] zeros = DeflateTest.deflate(new byte[65 << 20]);
    assertThat(zeros).hasSizeLessThan(80 << 10);
    fails(
        ws -> {},
        Violation.MESSAGE_TOO_BIG,
        RawFrame.of(Opcode.BINARY, zeros).withRsv1(true).toBytes());
  }

  @Test
  @Row(43)
  @DisplayName("CVE-2018-1000518 (websockets): decompression without a limit")
  void decompressionHasALimit() {
    fails(
        ws -> ws.maxMessageSize(1000),
        Violation.MESSAGE_TOO_BIG,
        RawFrame.of(Opcode.BINARY, DeflateTest.deflate(new byte[1001])).withRsv1(true).toBytes());
  }

  @Test
  @Row(40)
  @DisplayName("a leader of the field: invalid UTF-8 passed to the application")
  void invalidTextIsNotDelivered() {
    fails(
        ws -> {},
        Violation.TEXT_NOT_UTF8,
        RawFrame.of(Opcode.TEXT, new byte[] {'a', (byte) 0xc0, (byte) 0xaf}).toBytes());
  }

  @Test
  @Row(34)
  @DisplayName("a leader of the field: 330 MB grown under a flood of pings that nobody answers")
  void pingFloodDoesNotPileUp() throws Exception {
    CountDownLatch enough = new CountDownLatch(1);
    byte[] pings = FrameFloodTest.repeat(RawFrame.of(Opcode.PING, new byte[125]).toBytes(), 1000);
    try (BareServer server =
            BareServer.start(
                connection -> {
                  connection.accept();
                  connection.writeForEver(pings, 10 << 20, enough);
                });
        HttpClient client = HttpClient.create()) {
      long before = Cost.liveHeap();
      DefaultClientWebSocketSession session = client.webSocketSession(server.url());
      assertThat(enough.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
      assertThat(Cost.liveHeap() - before).isLessThan(4 << 20);
      session.terminate();
    }
  }

  @Test
  @Row({1, 2})
  @DisplayName("the client whose API this one follows: Sec-WebSocket-Accept never checked")
  void acceptIsChecked() {
    failsToOpen("bad-accept", acceptWith("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    failsToOpen(
        "bad-accept",
        Scenario.accept(
            head ->
                new ResponseHead(
                    101, "", head.headers().toBuilder().remove("Sec-WebSocket-Accept").build())));
  }

  @Test
  @Row(54)
  @DisplayName("CVE-2020-11050 (Java-WebSocket): the host's name not verified in its certificate")
  void hostNameIsVerified() {
    try (MockWebSocketServer server =
            MockWebSocketServer.start(
                config -> config.tls(TestCertificates.issue(Subject.WRONG_HOST).context()));
        HttpClient client =
            HttpClient.create(
                config ->
                    config
                        .install(WebSockets.PLUGIN)
                        .tls(TlsOptions.DEFAULT.withContext(TestCertificates.clientContext())))) {
      assertThatExceptionOfType(WebSocketException.class)
          .isThrownBy(() -> client.webSocketSession(server.url()))
          .withCauseInstanceOf(SSLException.class);
    }
  }

  @Test
  @Row(25)
  @DisplayName(
      "CVE-2020-13935 (Tomcat), CVE-2020-27813 (gorilla): endless loop on a length of 2^63")
  void lengthOfMoreThan63Bits() {
    fails(
        ws -> {},
        Violation.LENGTH_NEGATIVE,
        RawFrame.of(Opcode.BINARY, EMPTY).withLength(Long.MIN_VALUE).toBytes());
    fails(
        ws -> ws.maxMessageSize(Long.MAX_VALUE),
        Violation.MESSAGE_TOO_BIG,
        RawFrame.of(Opcode.BINARY, EMPTY).withLength(Long.MAX_VALUE).toBytes());
  }

  @Test
  @Row(27)
  @DisplayName("CVE-2016-10542 (ws): a payload as large as the peer likes")
  void payloadHasALimitByDefault() {
    fails(
        ws -> {},
        Violation.MESSAGE_TOO_BIG,
        RawFrame.of(Opcode.BINARY, EMPTY).withLength(256 << 20).toBytes());
  }

  @Test
  @Row(30)
  @DisplayName("CVE-2014-0193 (Netty): fragments gathered without a limit")
  void fragmentsHaveALimit() {
    byte[] first = RawFrame.of(Opcode.BINARY, new byte[10]).withFin(false).toBytes();
    byte[] claim = RawFrame.of(Opcode.CONTINUATION, EMPTY).withLength(64 << 20).toBytes();
    byte[] wire = new byte[first.length + claim.length];
    System.arraycopy(first, 0, wire, 0, first.length);
    System.arraycopy(claim, 0, wire, first.length, claim.length);
    fails(ws -> {}, Violation.MESSAGE_TOO_BIG, wire);
  }

  @Test
  @Row({31, 32})
  @DisplayName("ws, 2026: tiny fragments that weigh more than the message they make")
  void tinyFragmentsWeighNoMore() throws Exception {
    byte[] fragment = RawFrame.of(Opcode.CONTINUATION, new byte[] {1}).withFin(false).toBytes();
    byte[] fragments = new byte[100_000 * fragment.length];
    for (int i = 0; i < fragments.length; i++) {
      fragments[i] = fragment[i % fragment.length];
    }
    CountDownLatch opened = new CountDownLatch(1);
    CountDownLatch read = new CountDownLatch(1);
    try (BareServer server =
            BareServer.start(
                connection -> {
                  connection.accept();
                  opened.await();
                  connection.write(RawFrame.of(Opcode.BINARY, EMPTY).withFin(false));
                  connection.write(fragments);
                  connection.write(RawFrame.of(Opcode.PING, EMPTY));
                  connection.readFrame();
                  read.countDown();
                  connection.readToEnd();
                });
        HttpClient client = HttpClient.create()) {
      DefaultClientWebSocketSession session = client.webSocketSession(server.url());
      long before = Cost.liveHeap();
      opened.countDown();
      assertThat(read.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
      assertThat(Cost.liveHeap() - before).isLessThan(1 << 20); // an array each: 2.8 MB
      session.terminate();
    }
  }

  @Test
  @Row({6, 7})
  @DisplayName(
      "CVE-2023-43669 (tungstenite), CVE-2024-37890 (ws): heads of any size, headers of any number")
  void headHasItsLimits() {
    failsToOpen(
        "too-large",
        Scenario.answer(
            right -> ("HTTP/1.1 101 X\r\nX: " + "y".repeat(16 << 10)).getBytes(ISO_8859_1)));
    failsToOpen(
        "too-many",
        Scenario.answer(
            right -> ("HTTP/1.1 101 X\r\n" + "X: y\r\n".repeat(2000)).getBytes(ISO_8859_1)));
  }

  @Test
  @Row(21)
  @DisplayName(
      "CVE-2021-32640 (ws), CVE-2020-7662 (websocket-extensions): quadratic time for a header")
  void headersAreReadInLinearTime() {
    long start = TimeBound.now();
    failsToOpen(
        "bad-subprotocol", acceptWith("Sec-WebSocket-Protocol", "b" + " ".repeat(8000) + "x"));
    failsToOpen(
        "bad-extension", acceptWith("Sec-WebSocket-Extensions", "a; b=\"" + "\\c".repeat(3900)));
    assertTook(start, Duration.ZERO);
  }

  @Test
  @Row(19)
  @DisplayName("CVE-2026-2229 (undici): window bits out of range, which no one caught")
  void windowBitsAreJudgedBeforeUse() {
    for (String bits : new String[] {"7", "16", "1000"}) {
      failsToOpen(
          "bad-extension",
          acceptWith(
              "Sec-WebSocket-Extensions", "permessage-deflate; server_max_window_bits=" + bits));
    }
  }

  @Test
  @Row(14)
  @DisplayName("CVE-2026-22036 (undici): a body in a thousand layers of compression")
  void refusalsAreNotInflated() {
    try (Trial trial = Trial.begin()) {
      Headers layers =
          Headers.builder().add("Content-Encoding", "gzip" + ", gzip".repeat(1000)).build();
      trial.server.enqueue(Scenario.reject(403, layers, "as it was sent"));
      assertThatExceptionOfType(WebSocketUpgradeException.class)
          .isThrownBy(() -> trial.client().webSocketSession(trial.server.url()))
          .satisfies(e -> assertThat(e.response().bodyAsText()).isEqualTo("as it was sent"));
    }
  }

  @Test
  @Row(36)
  @DisplayName("CVE-2025-10148 (curl): one masking key for all frames of a connection")
  void everyFrameHasItsOwnMaskingKey() {
    try (Trial trial = Trial.begin()) {
      DefaultClientWebSocketSession session = trial.open(Scenario.accept());
      for (int i = 0; i < 100; i++) {
        session.send(new Frame.Text("the same".getBytes(UTF_8)));
      }
      session.close();
      Set<Object> keys = new HashSet<>();
      trial.server.takeConnection(SOON).frames().forEach(frame -> keys.add(key(frame)));
      assertThat(keys).hasSizeGreaterThan(98);
    }
  }

  private static Object key(RawFrame frame) {
    return Objects.requireNonNull(frame.maskingKey());
  }
}
