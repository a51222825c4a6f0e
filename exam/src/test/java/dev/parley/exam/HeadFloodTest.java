// SPDX-License-Identifier: Apache-2.0
package dev.parley.exam;

import static dev.parley.exam.BareServer.STATUS_LINE;
import static dev.parley.exam.Trial.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.parley.client.HttpClient;
import dev.parley.client.WebSocketOpeningException;
import dev.parley.client.WebSocketUpgradeException;
import dev.parley.client.WebSockets;
import dev.parley.client.transport.OpeningPhase;
import dev.parley.client.transport.ProxyException;
import dev.parley.client.transport.ProxyOptions;
import dev.parley.client.transport.ProxyOptions.Kind;
import dev.parley.websocket.handshake.ClientHandshake;
import dev.parley.websocket.handshake.HandshakeException;
import dev.parley.websocket.handshake.HandshakeFailure;
import dev.parley.websocket.handshake.HandshakeKey;
import dev.parley.websocket.handshake.HeadLimits;
import dev.parley.websocket.handshake.HeadReader;
import dev.parley.websocket.handshake.ResponseHead;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Response heads that are large, or never end. */
@Isolated("measures memory and processor time")
final class HeadFloodTest {
  private static final long MEMORY_BOUND = 1 << 20;

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  /** Answers a request with some bytes, and then with others for ever. */
  private static BareServer flood(String first, String rest) throws IOException {
    return BareServer.start(
        connection -> {
          connection.readRequest();
          connection.write(bytes(first));
          connection.writeForEver(bytes(rest));
        });
  }

  private static HttpClient client(boolean byteByByte) {
    return HttpClient.create(
        config ->
            config
                .install(WebSockets.PLUGIN)
                .connector(byteByByte ? SlicedReads.ofOneByte() : sockets -> sockets));
  }

  private static void fails(String word, BareServer server, boolean byteByByte) throws Exception {
    try (HttpClient client = client(byteByByte)) {
      long allocation =
          Cost.allocation(
              () ->
                  assertThatExceptionOfType(HandshakeException.class)
                      .isThrownBy(() -> client.webSocketSession(server.url()))
                      .satisfies(e -> assertThat(e.failure().word()).isEqualTo(word)));
      assertThat(allocation).isLessThan(MEMORY_BOUND);
      server.awaitEnd(SOON);
    }
  }

  @Row(5)
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void endlessStatusLine(boolean byteByByte) throws Exception {
    try (BareServer server = flood("HTTP/1.1 101 ", "a".repeat(8 << 10))) {
      fails("too-large", server, byteByByte);
    }
  }

  @Row(5)
  @Test
  void statusLineFailsAtTheFirstByteOverTheLimit() throws Exception {
    String line = "HTTP/1.1 101 " + "a".repeat((8 << 10) - "HTTP/1.1 101 ".length());
    try (BareServer server =
        BareServer.start(
            connection -> {
              connection.readRequest();
              connection.write(bytes(line + "a"));
              connection.readToEnd();
            })) {
      fails("too-large", server, false);
    }
    try (BareServer server =
            BareServer.start(
                connection -> {
                  connection.accept(line + "\r\n");
                  connection.readClose();
                });
        HttpClient client = client(false)) {
      var session = client.webSocketSession(server.url());
      assertThat(session.call().response().status().reason()).startsWith("aaa");
      session.terminate();
    }
  }

  @Row(6)
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void endlessHeaderLine(boolean byteByByte) throws Exception {
    try (BareServer server = flood(STATUS_LINE + "X: ", "y".repeat(8 << 10))) {
      fails("too-large", server, byteByByte);
    }
  }

  @Row(6)
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void endlessHeaders(boolean byteByByte) throws Exception {
    try (BareServer server = flood(STATUS_LINE, "X: " + "y".repeat(1000) + "\r\n")) {
      fails("too-large", server, byteByByte);
    }
  }

  @Row(6)
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void endlessInterimResponses(boolean byteByByte) throws Exception {
    try (BareServer server = flood("", "HTTP/1.1 100 Continue\r\n\r\n")) {
      fails("too-large", server, byteByByte);
    }
  }

  @Row(7)
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void endlessShortHeaders(boolean byteByByte) throws Exception {
    try (BareServer server = flood(STATUS_LINE, "X:y\r\n")) {
      fails("too-many", server, byteByByte);
    }
  }

  @Row(61)
  @ParameterizedTest
  @CsvSource({
    "'HTTP/1.1 200 ',       x,                       HEAD_TOO_LARGE",
    "'HTTP/1.1 200 OK~A: ', x,                       HEAD_TOO_LARGE",
    "'HTTP/1.1 200 OK~',    A: b~,                   TOO_MANY_HEADERS",
    "'',                    HTTP/1.1 100 Continue~~, HEAD_TOO_LARGE",
    "'HTTP/1.1 2O0',        x,                       BAD_HTTP",
  })
  void endlessHeadOfAProxy(String first, String rest, HandshakeFailure why) throws Exception {
    String more = rest.repeat(1_000);
    try (BareServer proxy = flood(first.replace("~", "\r\n"), more.replace("~", "\r\n"));
        HttpClient client =
            HttpClient.create(
                config ->
                    config
                        .install(WebSockets.PLUGIN)
                        .proxy(ProxyOptions.of(Kind.HTTP, "localhost", proxy.port())))) {
      long allocation =
          Cost.allocation(
              () ->
                  assertThatExceptionOfType(WebSocketOpeningException.class)
                      .isThrownBy(() -> client.webSocketSession("ws://origin.invalid/"))
                      .returns(OpeningPhase.PROXY, WebSocketOpeningException::phase)
                      .returns("proxy-malformed", WebSocketOpeningException::reason)
                      .havingCause()
                      .isInstanceOf(ProxyException.class)
                      .havingCause()
                      .isInstanceOfSatisfying(
                          HandshakeException.class,
                          broken -> assertThat(broken.failure()).isEqualTo(why)));
      assertThat(allocation).isLessThan(MEMORY_BOUND);
      proxy.awaitEnd(SOON);
    }
  }

  @Row(6)
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void costOfALargeHeadIsLinear(boolean byteByByte) throws Exception {
    int size = byteByByte ? 20_000 : 1_000_000;
    HeadLimits limits = new HeadLimits(8 << 10, 10 * size + 3, 128, 10 * size + 1000);
    try (BareServer tenShort = servesAHead(size);
        BareServer oneLong = servesAHead(10 * size)) {
      assertLinear(limits, byteByByte, tenShort, oneLong);
    }
  }

  @Row({6, 7})
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void costOfManyHeaderLinesIsLinear(boolean byteByByte) throws Exception {
    int lines = byteByByte ? 400 : 5_000;
    HeadLimits limits = new HeadLimits(8 << 10, 8 << 10, 10 * lines + 3, 10 * lines * 20);
    try (BareServer tenShort = servesManyLines(lines);
        BareServer oneLong = servesManyLines(10 * lines)) {
      assertLinear(limits, byteByByte, tenShort, oneLong);
    }
  }

  /** Compares ten openings with one whose head is ten times as large. */
  private static void assertLinear(
      HeadLimits limits, boolean byteByByte, BareServer tenShort, BareServer oneLong)
      throws Exception {
    try (HttpClient client =
        HttpClient.create(
            config ->
                config
                    .install(WebSockets.PLUGIN)
                    .headLimits(limits)
                    .connector(byteByByte ? SlicedReads.ofOneByte() : sockets -> sockets))) {
      double times =
          Cost.timesTheTimeOf(() -> open(client, tenShort, 10), () -> open(client, oneLong, 1));
      assertThat(times).isLessThan(1.5);
    }
  }

  private static BareServer servesManyLines(int lines) throws IOException {
    return serves(
        IntStream.range(0, lines)
            .mapToObj(n -> "X-" + n + ": y\r\n")
            .collect(Collectors.joining("", STATUS_LINE, "")));
  }

  private static BareServer servesAHead(int size) throws IOException {
    return serves(STATUS_LINE + "X: " + "y".repeat(size) + "\r\n");
  }

  private static BareServer serves(String large) throws IOException {
    return BareServer.start(
        connection -> {
          connection.accept(large);
          connection.readToEnd();
        });
  }

  private static void open(HttpClient client, BareServer server, int times) {
    for (int i = 0; i < times; i++) {
      client.webSocketSession(server.url()).terminate();
    }
  }

  @Row(14)
  @ParameterizedTest
  @CsvSource({
    "Content-Length: 10000000000~~,             x,        65536",
    "Content-Length: 999999999999999999999~~,   x,        65536",
    "Connection: close~~,                       x,        65536",
    "Transfer-Encoding: chunked~~fffffffffff~,  x,        65536",
    "Transfer-Encoding: chunked~~,              {chunk},  65536",
    "Transfer-Encoding: chunked~~3;,            x,            0",
    "Transfer-Encoding: chunked~~3~xxxyyy~~,    x,            3",
  })
  void endlessBodyOfARefusal(String first, String rest, int kept) throws Exception {
    String head = "HTTP/1.1 503 No~" + first;
    String more = rest.replace("{chunk}", "3e8~" + "x".repeat(1000) + "~").repeat(100);
    try (BareServer server = flood(head.replace("~", "\r\n"), more.replace("~", "\r\n"));
        HttpClient client = client(false)) {
      long allocation =
          Cost.allocation(
              () -> {
                long start = TimeBound.now();
                assertThatExceptionOfType(WebSocketUpgradeException.class)
                    .isThrownBy(() -> client.webSocketSession(server.url()))
                    .satisfies(e -> assertThat(e.response().bodyAsBytes()).hasSize(kept));
                TimeBound.assertTook(start, Duration.ZERO);
              });
      assertThat(allocation).isLessThan(MEMORY_BOUND);
      server.awaitEnd(SOON);
    }
  }

  @Row(21)
  @ParameterizedTest
  @ValueSource(strings = {"Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions"})
  void eightKilobytesOfSpaces(String field) {
    ClientHandshake handshake = new ClientHandshake(new byte[16], List.of("b", "x"), List.of());
    String key = Objects.requireNonNull(handshake.headers().get("Sec-WebSocket-Key"));
    String accept = new HandshakeKey(key).accept();
    int size = (8 << 10) - field.length() - 4;
    for (String value :
        List.of(
            "b" + " ".repeat(size - 2) + "x",
            "b x".repeat(size / 3),
            "b, ".repeat(size / 3),
            "b;=\"\\".repeat(size / 5))) {
      byte[] head =
          bytes(
              STATUS_LINE
                  + "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
                  + accept
                  + "\r\n"
                  + field
                  + ": "
                  + value
                  + "\r\n\r\n");
      long best = Long.MAX_VALUE;
      for (int i = 0; i < 50; i++) {
        long start = System.nanoTime();
        ResponseHead response =
            Objects.requireNonNull(
                HeadReader.ofResponse(HeadLimits.DEFAULT).read(ByteBuffer.wrap(head)));
        assertThatExceptionOfType(HandshakeException.class)
            .isThrownBy(() -> handshake.accept(response));
        best = Math.min(best, System.nanoTime() - start);
      }
      assertThat(Duration.ofNanos(best)).isLessThan(Duration.ofMillis(5));
    }
  }
}
