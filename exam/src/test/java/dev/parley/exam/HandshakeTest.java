// SPDX-License-Identifier: Apache-2.0
package dev.parley.exam;

import static dev.parley.exam.Trial.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.parley.client.HttpClient;
import dev.parley.client.HttpResponse;
import dev.parley.client.WebSocketUpgradeException;
import dev.parley.client.WebSockets;
import dev.parley.client.transport.OpeningPhase;
import dev.parley.testkit.Fault;
import dev.parley.testkit.FaultProxy;
import dev.parley.testkit.Faults;
import dev.parley.testkit.MockConnection;
import dev.parley.testkit.RawFrame;
import dev.parley.testkit.Scenario;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Frame;
import dev.parley.websocket.extension.PerMessageDeflateConfig;
import dev.parley.websocket.extension.WebSocketExtensions;
import dev.parley.websocket.handshake.HeadWriter;
import dev.parley.websocket.handshake.Headers;
import dev.parley.websocket.handshake.ResponseHead;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The answer of a server to the opening request. */
final class HandshakeTest {
  private static final Frame GOING_AWAY = new Frame.Close(CloseReason.GOING_AWAY);

  private final Trial trial =
      Trial.begin(
          ws ->
              ws.extensions(
                  all ->
                      all.install(
                          WebSocketExtensions.perMessageDeflate(),
                          new PerMessageDeflateConfig().withClientMaxWindowBits(10))));

  @AfterEach
  void end() {
    trial.close();
  }

  /** Answers with the right head, but for these lines in place of a field's own. */
  private static Scenario answerWith(String field, String... lines) {
    return Scenario.answer(
            right -> {
              List<String> head = new ArrayList<>();
              head.add("HTTP/1.1 101 Switching Protocols");
              for (Headers.Field each : right.headers().fields()) {
                if (!each.name().equalsIgnoreCase(field)) {
                  head.add(each.name() + ": " + each.value());
                }
              }
              for (String line : lines) {
                head.add(line.replace("{accept}", accept(right)));
              }
              return (String.join("\r\n", head) + "\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1);
            })
        .send(RawFrame.text("after"))
        .glued();
  }

  private static String accept(ResponseHead right) {
    return Objects.requireNonNull(right.headers().get("Sec-WebSocket-Accept"));
  }

  private void fails(String word, Scenario scenario, String... subprotocols) {
    trial.failsToOpen(word, scenario, subprotocols);
  }

  /** The opening succeeds, and what comes glued to it is delivered. */
  private void opens(Scenario scenario) {
    trial.each(
        scenario,
        session -> {
          assertThat(session.incoming().receive(SOON)).contains(new Frame.Text("after"));
          session.close();
        });
  }

  @Row(1)
  @Test
  void acceptThatIsNotOurs() {
    Stream.<UnaryOperator<String>>of(
            right -> (right.charAt(0) == 'a' ? 'b' : 'a') + right.substring(1),
            right -> right.toLowerCase(Locale.ROOT),
            right -> right.toUpperCase(Locale.ROOT),
            right -> right.replace("=", ""),
            right -> right.substring(0, 9) + ' ' + right.substring(9),
            right -> right + right,
            right -> '"' + right + '"')
        .forEach(
            wrong ->
                fails(
                    "bad-accept",
                    Scenario.answer(
                            right ->
                                HeadWriter.write(
                                    new ResponseHead(
                                        101,
                                        "",
                                        right.headers().toBuilder()
                                            .set("Sec-WebSocket-Accept", wrong.apply(accept(right)))
                                            .build())))
                        .send(RawFrame.text("after"))
                        .glued()));
  }

  @Row(1)
  @Test
  void whiteSpaceAroundTheAccept() {
    opens(answerWith("Sec-WebSocket-Accept", "Sec-WebSocket-Accept: \t {accept} \t"));
    opens(answerWith("Sec-WebSocket-Accept", "Sec-WebSocket-Accept:{accept}"));
  }

  @Row(2)
  @Test
  void acceptMissingEmptyOrTwice() {
    String right = "Sec-WebSocket-Accept: {accept}";
    fails("bad-accept", answerWith("Sec-WebSocket-Accept"));
    fails("bad-accept", answerWith("Sec-WebSocket-Accept", "Sec-WebSocket-Accept:"));
    fails("bad-accept", answerWith("Sec-WebSocket-Accept", right, right));
    fails(
        "bad-accept",
        answerWith(
            "Sec-WebSocket-Accept", right, "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA="));
  }

  @Row(3)
  @Test
  void oddCaseAndLists() {
    opens(answerWith("Upgrade", "upgrade: WebSocket"));
    opens(answerWith("Upgrade", "uPGRADE:WEBSOCKET"));
    opens(answerWith("Connection", "CONNECTION: keep-alive, Upgrade"));
    opens(answerWith("Connection", "connection: keep-alive", "Connection: upgrade"));
    opens(answerWith("Connection", "Connection: , keep-alive ,,UPGRADE,"));
    opens(answerWith("Sec-WebSocket-Accept", "sec-websocket-ACCEPT: {accept}"));
  }

  @Row(4)
  @ParameterizedTest
  @ValueSource(strings = {"", "Connection: notupgrade", "Connection: up grade", "Connection:"})
  void connectionThatIsNotUpgrade(String line) {
    fails(
        "bad-connection",
        answerWith("Connection", line.isEmpty() ? new String[0] : new String[] {line}));
  }

  @Row(4)
  @ParameterizedTest
  @ValueSource(
      strings = {"", "Upgrade: websocket2", "Upgrade: h2c", "Upgrade: web socket", "Upgrade:"})
  void upgradeThatIsNotWebSocket(String line) {
    fails(
        "bad-upgrade", answerWith("Upgrade", line.isEmpty() ? new String[0] : new String[] {line}));
  }

  @Row(7)
  @Test
  void tenThousandHeaders() {
    fails("too-many", answerWith("X", manyLines(10_000)));
  }

  @Row(7)
  @Test
  void asManyHeadersAsMayBe() {
    trial.each(
        answerWith("X", manyLines(128 - 3)),
        session -> {
          assertThat(session.call().response().headers().fields()).hasSize(128);
          session.close();
        });
    fails("too-many", answerWith("X", manyLines(129 - 3)));
  }

  private static String[] manyLines(int count) {
    return IntStream.range(0, count).mapToObj(n -> "X-" + n + ": y").toArray(String[]::new);
  }

  @Row(8)
  @ParameterizedTest
  @ValueSource(
      strings = {
        "X-A : b",
        "X-A: b\r\n folded",
        "X-A: b\r\n\tfolded",
        " X-A: b",
        "X-A: b\u0000c",
        "X-A: b\rc",
        "X-A: b\nX-C: d",
        "X-A: b\n",
        "X-A\u0001: b",
        "X\u00e4: b",
        ": b",
        "no colon"
      })
  void headerLineThatIsNoHttp(String line) {
    fails("bad-http", answerWith("X-A", line));
  }

  @Row(8)
  @ParameterizedTest
  @ValueSource(
      strings = {
        "\u0000\u0001HTTP/1.1 101 Switching Protocols",
        "\r\nHTTP/1.1 101 Switching Protocols",
        "HTTP/1.1 1012",
        "HTTP/1.1 10",
        "HTTP/1.1 1O1 Switching Protocols",
        "HTTP/1.1  101 Switching Protocols",
        "HTTP/1.1 101 Switching\u0000Protocols",
        "HTTP/2 101",
        "HTTP/2.0 101",
        "HTTP/1.0 101 Switching Protocols",
        "http/1.1 101 Switching Protocols",
        "ICY 101 Switching Protocols",
        "HTTP/1.1 101 Switching Protocols\rX: y"
      })
  void statusLineThatIsNoHttp(String line) {
    fails("bad-http", answer(line, "\r\n"));
  }

  @Row(8)
  @Test
  void linesThatEndInBareLineFeeds() {
    fails("bad-http", answer("HTTP/1.1 101 Switching Protocols", "\n"));
  }

  private static Scenario answer(String statusLine, String lineEnd) {
    return Scenario.answer(
            right -> {
              StringBuilder head = new StringBuilder(statusLine).append(lineEnd);
              for (Headers.Field field : right.headers().fields()) {
                head.append(field.name() + ": " + field.value() + lineEnd);
              }
              return head.append(lineEnd).toString().getBytes(StandardCharsets.ISO_8859_1);
            })
        .send(RawFrame.text("after"))
        .glued();
  }

  private static HttpClient client(Duration openTimeout) {
    return HttpClient.create(
        config -> config.install(WebSockets.PLUGIN, ws -> ws.openTimeout(openTimeout)));
  }

  @Row(9)
  @Test
  void slowloris() throws Exception {
    try (BareServer server =
            BareServer.start(
                connection -> {
                  connection.readRequest();
                  connection.write(
                      "HTTP/1.1 101 Switching ".repeat(1000).getBytes(StandardCharsets.US_ASCII));
                  connection.readToEnd();
                });
        FaultProxy way = FaultProxy.start(server.port())) {
      way.always(Faults.none().toClient(Fault.drip(Duration.ofMillis(20))));
      assertThat(
              LateOpening.failure(
                  OpeningPhase.RESPONSE,
                  Duration.ofMillis(400),
                  HandshakeTest::client,
                  "ws://localhost:" + way.port()))
          .hasMessageContaining("timeout while waiting for the response");
      server.awaitEnd(SOON);
    }
  }

  @Row(10)
  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length: 5",
        "Content-Length: 00",
        "Content-Length: 0, 0",
        "Transfer-Encoding: chunked",
        "Transfer-Encoding: identity",
        "Transfer-Encoding:"
      })
  void bodyOnThe101(String line) {
    fails("body-on-101", answerWith("X", line));
  }

  @Row(11)
  @Test
  void everySplitOfHeadAndFrames() {
    assertDeliveredInEverySplit(
        List.of(new Frame.Text("one"), new Frame.Binary(new byte[] {2}), GOING_AWAY));
  }

  @Row(11)
  @Test
  void everySplitOfHeadAndClose() {
    assertDeliveredInEverySplit(List.of(GOING_AWAY));
    assertDeliveredInEverySplit(List.of(GOING_AWAY), RawFrame.text("after"));
  }

  private void assertDeliveredInEverySplit(List<Frame> frames, RawFrame... ignored) {
    Scenario scenario = Scenario.accept();
    int length = 0;
    List<RawFrame> all = new ArrayList<>();
    frames.forEach(frame -> all.add(RawFrame.of(frame.opcode(), frame.data())));
    all.addAll(List.of(ignored));
    for (RawFrame frame : all) {
      scenario = scenario.send(frame);
      length += frame.toBytes().length;
    }
    scenario = scenario.glued().expect(GOING_AWAY).endOfStream();
    length += lengthOfTheHead(scenario);
    for (int place = 0; place <= length; place++) {
      try (HttpClient client = sliced(place)) {
        trial.server.enqueue(scenario);
        Delivered delivered = Delivered.by(client.webSocketSession(trial.server.url()));
        assertThat(delivered).as("cut at " + place).isEqualTo(new Delivered(frames, null));
      }
    }
    trial.server.verify();
  }

  private static HttpClient sliced(int place) {
    return HttpClient.create(
        config -> config.connector(SlicedReads.cutAt(place)).install(WebSockets.PLUGIN));
  }

  private int lengthOfTheHead(Scenario scenario) {
    trial.server.enqueue(scenario);
    trial.client().webSocket(trial.server.url(), session -> Delivered.by(session));
    MockConnection.Handshake handshake = trial.server.takeHandshake(SOON);
    return HeadWriter.write(Objects.requireNonNull(handshake.answer())).length;
  }

  @Row(14)
  @ParameterizedTest
  @ValueSource(ints = {200, 400, 401, 403, 404, 426, 429, 500, 503})
  void refusalTellsWhatTheServerSaid(int status) {
    Headers headers = Headers.builder().add("Retry-After", "120").add("X-Why", "full").build();
    HttpResponse response = refusal(Scenario.reject(status, headers, "not now"));
    assertThat(response.status().value()).isEqualTo(status);
    assertThat(response.headers().get("Retry-After")).isEqualTo("120");
    assertThat(response.headers().get("X-Why")).isEqualTo("full");
    assertThat(response.bodyAsText()).isEqualTo("not now");
  }

  @Row(14)
  @Test
  void refusalWithChunkedBody() {
    Headers headers = Headers.builder().add("Transfer-Encoding", "chunked").build();
    HttpResponse response =
        refusal(Scenario.reject(503, headers, "3\r\nnot\r\n4;x=y\r\n now\r\n0\r\n\r\n"));
    assertThat(response.bodyAsText()).isEqualTo("not now");
  }

  @Row(14)
  @Test
  void refusalWithBodyBeyondTheBound() {
    HttpResponse response = refusal(Scenario.reject(500, Headers.EMPTY, "x".repeat(80_000)));
    assertThat(response.bodyAsBytes()).hasSize(64 << 10).containsOnly('x');
  }

  @Row(14)
  @Test
  void refusalWithGzipBomb() throws IOException {
    ByteArrayOutputStream bomb = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(bomb)) {
      gzip.write(new byte[4 << 20]);
    }
    byte[] body = bomb.toByteArray();
    HttpResponse response =
        refusal(
            Scenario.answer(
                right ->
                    join(
                        "HTTP/1.1 403 Forbidden\r\nContent-Encoding: gzip\r\nContent-Length: "
                            + body.length
                            + "\r\n\r\n",
                        body)));
    assertThat(response.bodyAsBytes()).isEqualTo(body);
  }

  private static byte[] join(String head, byte[] body) {
    byte[] first = head.getBytes(StandardCharsets.ISO_8859_1);
    byte[] all = Arrays.copyOf(first, first.length + body.length);
    System.arraycopy(body, 0, all, first.length, body.length);
    return all;
  }

  /** Has both clients refused, and returns what the second one was told. */
  private HttpResponse refusal(Scenario scenario) {
    List<HttpResponse> responses = new ArrayList<>();
    for (HttpClient client : trial.clients()) {
      trial.server.enqueue(scenario);
      assertThatExceptionOfType(WebSocketUpgradeException.class)
          .isThrownBy(() -> client.webSocketSession(trial.server.url()))
          .satisfies(e -> responses.add(e.response()));
      trial.server.takeConnection(SOON).awaitEnd(SOON);
    }
    return responses.getLast();
  }

  @Row(15)
  @ParameterizedTest
  @ValueSource(
      strings = {
        "/elsewhere",
        "ws://localhost:1/other-host",
        "ws://example.org/wss-to-ws",
        "",
        "file:///etc/passwd",
        "//example.org"
      })
  void redirectIsARefusal(String location) {
    for (int status : new int[] {301, 302, 303, 307, 308}) {
      Headers headers =
          location.isEmpty() ? Headers.EMPTY : Headers.builder().add("Location", location).build();
      HttpResponse response = refusal(Scenario.reject(status, headers, ""));
      assertThat(response.status().value()).isEqualTo(status);
      assertThat(response.headers().get("Location"))
          .isEqualTo(location.isEmpty() ? null : location);
    }
    // Nobody followed: each of the connections was taken by its refusal.
    assertThatExceptionOfType(AssertionError.class)
        .isThrownBy(() -> trial.server.takeConnection(Duration.ofMillis(20)));
  }

  @Row(15)
  @Test
  void locationWithLineBreak() {
    fails(
        "bad-http",
        Scenario.answer(
            right -> join("HTTP/1.1 302 Found\r\nLocation: /a\nX: y\r\n\r\n", new byte[0])));
    fails(
        "bad-http",
        Scenario.answer(
            right -> join("HTTP/1.1 302 Found\r\nLocation: /a\rX: y\r\n\r\n", new byte[0])));
  }

  @Row(17)
  @Test
  void subprotocolThatWasNotAskedFor() {
    String field = "Sec-WebSocket-Protocol";
    fails("bad-subprotocol", answerWith(field, field + ": chat"));
    for (String wrong : new String[] {"other", "CHAT", "chat, v2", "chat, chat", "", "chat;q=1"}) {
      fails("bad-subprotocol", answerWith(field, field + ": " + wrong), "chat", "v2");
    }
    fails("bad-subprotocol", answerWith(field, field + ": chat", field + ": v2"), "chat", "v2");
    fails("bad-subprotocol", answerWith(field, field + ": chat", field + ": chat"), "chat", "v2");
  }

  @Row({18, 19})
  @ParameterizedTest
  @ValueSource(
      strings = {
        "x-unknown",
        "deflate-frame",
        "permessage-deflate, permessage-deflate",
        "permessage-deflate; x-unknown",
        "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
        "permessage-deflate; server_no_context_takeover=1",
        "permessage-deflate; client_no_context_takeover=\"true\"",
        "permessage-deflate; server_max_window_bits",
        "permessage-deflate; server_max_window_bits=7",
        "permessage-deflate; server_max_window_bits=16",
        "permessage-deflate; server_max_window_bits=0",
        "permessage-deflate; server_max_window_bits=-1",
        "permessage-deflate; server_max_window_bits=08",
        "permessage-deflate; server_max_window_bits=",
        "permessage-deflate; server_max_window_bits=\"\"",
        "permessage-deflate; server_max_window_bits=1e3",
        "permessage-deflate; server_max_window_bits=99999999999",
        "permessage-deflate; client_max_window_bits",
        "permessage-deflate; client_max_window_bits=11",
        "permessage-deflate; client_max_window_bits=10; client_max_window_bits=10",
        "permessage-deflate;",
        "=",
        ""
      })
  void extensionThatWasNotOffered(String answer) {
    String field = "Sec-WebSocket-Extensions";
    fails("bad-extension", answerWith(field, field + ": " + answer));
  }

  @Row(19)
  @ParameterizedTest
  @ValueSource(strings = {"", "=8", "=15"})
  void clientWindowThatWasNotOffered(String value) {
    String answer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits" + value;
    try (Trial without =
        Trial.begin(
            ws ->
                ws.extensions(
                    all ->
                        all.install(
                            WebSocketExtensions.perMessageDeflate()
                                .withoutClientMaxWindowBits())))) {
      without.failsToOpen("bad-extension", answerWith("Sec-WebSocket-Extensions", answer));
    }
  }

  @Row(18)
  @Test
  void extensionOverTwoLines() {
    String line = "Sec-WebSocket-Extensions: permessage-deflate";
    fails("bad-extension", answerWith("X", line, line));
  }
}
