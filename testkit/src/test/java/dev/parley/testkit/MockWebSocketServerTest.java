// SPDX-License-Identifier: Apache-2.0
package dev.parley.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Frame;
import dev.parley.websocket.Limits;
import dev.parley.websocket.Opcode;
import dev.parley.websocket.WebSocketInterruptedException;
import dev.parley.websocket.extension.WebSocketExtensions;
import dev.parley.websocket.handshake.Headers;
import dev.parley.websocket.handshake.ResponseHead;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class MockWebSocketServerTest {
  private static final Duration SOON = Duration.ofSeconds(10);
  private static final Duration AT_ONCE = Duration.ofMillis(1);
  private static final RawFrame NORMAL =
      RawFrame.of(Opcode.CLOSE, new Frame.Close(CloseReason.NORMAL).data());

  private static MockWebSocketServer playing(Scenario scenario) {
    MockWebSocketServer server = MockWebSocketServer.start();
    server.enqueue(scenario);
    return server;
  }

  private static MockWebSocketServer impatient(Scenario scenario) {
    MockWebSocketServer server =
        MockWebSocketServer.start(config -> config.timeout(Duration.ofMillis(200)));
    server.enqueue(scenario);
    return server;
  }

  @Nested
  class WithoutAScenario {
    @Test
    void echoesUntilTheClientCloses() throws IOException {
      try (var server = MockWebSocketServer.start();
          RawClient client = RawClient.open(server)) {
        client.send("hello");
        client.send(Opcode.BINARY, (byte) 1);
        client.send(Opcode.PING, (byte) 2);
        client.send(Opcode.PONG);
        client.send(NORMAL);

        assertThat(client.read()).isEqualTo(RawFrame.text("hello"));
        assertThat(client.read()).isEqualTo(RawFrame.of(Opcode.BINARY, new byte[] {1}));
        assertThat(client.read()).isEqualTo(RawFrame.of(Opcode.PONG, new byte[] {2}));
        assertThat(client.read()).isEqualTo(NORMAL);
        assertThat(client.read()).isNull();
      }
    }

    @Test
    void talksToTheClientOfTheJdk() throws Exception {
      CompletableFuture<String> received = new CompletableFuture<>();
      CompletableFuture<Integer> closed = new CompletableFuture<>();
      WebSocket.Listener listener =
          new WebSocket.Listener() {
            @Override
            public @Nullable CompletionStage<?> onText(
                WebSocket webSocket, CharSequence data, boolean last) {
              received.complete(data.toString());
              webSocket.request(1);
              return null;
            }

            @Override
            public @Nullable CompletionStage<?> onClose(
                WebSocket webSocket, int statusCode, String reason) {
              closed.complete(statusCode);
              return null;
            }
          };
      try (var server =
              MockWebSocketServer.start(
                  config ->
                      config.tls(TestCertificates.serverContext()).subprotocols("chat", "other"));
          HttpClient http =
              HttpClient.newBuilder().sslContext(TestCertificates.clientContext()).build()) {
        WebSocket client =
            http.newWebSocketBuilder()
                .subprotocols("chat")
                .buildAsync(URI.create(server.url("/room?name=1")), listener)
                .get(10, TimeUnit.SECONDS);
        client.sendText("wörld", true).get(10, TimeUnit.SECONDS);
        assertThat(received.get(10, TimeUnit.SECONDS)).isEqualTo("wörld");
        client.sendClose(WebSocket.NORMAL_CLOSURE, "bye").get(10, TimeUnit.SECONDS);
        assertThat(closed.get(10, TimeUnit.SECONDS)).isEqualTo(1000);

        assertThat(client.getSubprotocol()).isEqualTo("chat");
        assertThat(server.takeHandshake(SOON).request().target()).isEqualTo("/room?name=1");
      }
    }

    @Test
    void recordsHandshakesAndFrames() throws IOException {
      try (var server = MockWebSocketServer.start()) {
        try (RawClient client = RawClient.open(server)) {
          client.send("hello");
        }
        MockConnection connection = server.takeConnection(SOON);
        RawFrame frame = connection.takeFrame(SOON);
        connection.awaitEnd(SOON);

        assertThat(connection.number()).isEqualTo(1);
        assertThat(connection.handshake().request().headers().get("Sec-WebSocket-Version"))
            .isEqualTo("13");
        assertThat(connection.handshake().answer()).extracting("status").isEqualTo(101);
        assertThat(frame).isEqualTo(RawFrame.text("hello").withMaskingKey(0x37fa213d));
        assertThat(connection.frames()).isEmpty();
      }
    }

    @Test
    void recordsNoMoreFramesThanItMay() throws IOException {
      try (var server = MockWebSocketServer.start(config -> config.recordedFrames(1));
          RawClient client = RawClient.open(server)) {
        client.send("one");
        client.send("two");
        client.read();
        client.read();

        assertThat(server.takeConnection(SOON).frames())
            .singleElement()
            .extracting(RawFrame::payloadAsText)
            .isEqualTo("one");
      }
    }

    @Test
    void doesNotMindWhoComesAndGoes() throws IOException {
      try (var server = MockWebSocketServer.start()) {
        RawClient.connect(server).close();
        try (RawClient client = RawClient.open(server)) {
          client.socket.setSoLinger(true, 0);
        }
      }
    }

    @Test
    void saysThatNothingCame() {
      try (var server = MockWebSocketServer.start()) {
        assertThatExceptionOfType(AssertionError.class)
            .isThrownBy(() -> server.takeHandshake(AT_ONCE))
            .withMessage("no connection within PT0.001S");
      }
    }

    @Test
    void anInterruptEndsAWait() {
      try (var server = MockWebSocketServer.start()) {
        Thread.currentThread().interrupt();

        assertThatThrownBy(() -> server.takeHandshake(SOON))
            .isInstanceOf(WebSocketInterruptedException.class);
        assertThat(Thread.interrupted()).isTrue();
      }
    }
  }

  @Nested
  class OpeningHandshake {
    @Test
    void isAnsweredWithOtherHeaders() throws IOException {
      Headers headers = Headers.builder().add("Upgrade", "WebSocket").add("X-Trace", "1").build();
      try (var server = playing(Scenario.accept(headers));
          RawClient client = RawClient.connect(server)) {
        client.request("/");

        assertThat(client.readHead())
            .contains("\r\nUpgrade: WebSocket\r\nX-Trace: 1\r\n")
            .doesNotContain("Upgrade: websocket");
      }
    }

    @Test
    void isAnsweredWithWhatAFunctionMakes() throws IOException {
      try (var server =
              playing(Scenario.accept(head -> new ResponseHead(200, "OK", head.headers())));
          RawClient client = RawClient.connect(server)) {
        client.request("/");

        assertThat(client.readHead()).startsWith("HTTP/1.1 200 OK\r\n");
      }
    }

    @Test
    void isAnsweredWithBytes() throws IOException {
      try (var server =
              playing(
                  Scenario.answer(
                          head ->
                              ("HTTP/1.1 1012\nA: " + head.headers().get("Sec-WebSocket-Accept"))
                                  .getBytes(StandardCharsets.US_ASCII))
                      .endOfStream());
          RawClient client = RawClient.connect(server)) {
        client.request("/");

        assertThat(new String(client.readToTheEnd(), StandardCharsets.US_ASCII))
            .isEqualTo("HTTP/1.1 1012\nA: ICX+Yqv66kxgM0FcWaLWlFLwTAI=");
        assertThat(server.takeHandshake(SOON).answer()).isNull();
      }
    }

    @Test
    void isRejected() throws IOException {
      Headers retry = Headers.builder().add("Retry-After", "7").build();
      try (var server = playing(Scenario.reject(503, retry, "busy"));
          RawClient client = RawClient.connect(server)) {
        client.request("/");

        assertThat(new String(client.readToTheEnd(), StandardCharsets.US_ASCII))
            .isEqualTo(
                "HTTP/1.1 503 Rejected\r\nRetry-After: 7\r\nContent-Length: 4\r\n"
                    + "Connection: close\r\n\r\nbusy");
      }
    }

    @Test
    void comesGluedToTheFirstFrames() throws IOException {
      try (var server = playing(Scenario.accept().send("a").send("b").glued());
          RawClient client = RawClient.connect(server)) {
        client.request("/");
        byte[] first = new byte[4096];
        int count = client.socket.getInputStream().read(first);

        assertThat(new String(first, 0, count, StandardCharsets.ISO_8859_1))
            .endsWith("\r\n\r\n\u0081\u0001a\u0081\u0001b");
      }
    }

    @Test
    void comesInPiecesAfterAPause() throws IOException {
      Scenario slow = Scenario.empty().pause(AT_ONCE).thenAccept().send("a").chopped(1, AT_ONCE);
      try (var server = playing(slow);
          RawClient client = RawClient.open(server)) {
        assertThat(client.read()).isEqualTo(RawFrame.text("a"));
      }
    }

    @Test
    void agreesToExtensions() throws IOException {
      String large = "large ".repeat(1000);
      try (var server =
              MockWebSocketServer.start(
                  config ->
                      config
                          .extensions(e -> e.install(WebSocketExtensions.perMessageDeflate()))
                          .unscripted(Scenario.accept().send(large)));
          RawClient client = RawClient.connect(server)) {
        client.request("/", "Sec-WebSocket-Extensions: permessage-deflate");

        assertThat(client.readHead()).contains("Sec-WebSocket-Extensions: permessage-deflate");
        assertThat(client.read()).matches(RawFrame::rsv1).matches(frame -> frame.length() < 200);
      }
    }

    @Test
    void failsTheScenarioWhereItIsNone() throws IOException {
      var server = playing(Scenario.accept());
      try (RawClient client = RawClient.connect(server)) {
        client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII));

        assertThat(client.readHead()).startsWith("HTTP/1.1 426 ");
        assertThatExceptionOfType(AssertionError.class)
            .isThrownBy(server::close)
            .withMessageStartingWith(
                "connection 1, step 1 (accept): the request is no opening handshake: ");
      }
    }
  }

  @Nested
  class Frames {
    @Test
    void areExpectedAndSent() throws IOException {
      Frame.Binary answer = new Frame.Binary(new byte[] {1, 2, 3});
      try (var server =
              playing(
                  Scenario.accept()
                      .expect("question")
                      .send(answer)
                      .sendFragmented(answer, 2)
                      .sendFragmented(new Frame.Text("hey"), 2)
                      .close(CloseReason.GOING_AWAY));
          RawClient client = RawClient.open(server)) {
        client.send("question");

        assertThat(client.read()).hasToString("82 03 01 02 03");
        assertThat(client.read()).hasToString("02 02 01 02");
        assertThat(client.read()).hasToString("80 01 03");
        assertThat(client.read()).hasToString("01 02 68 65");
        assertThat(client.read()).hasToString("80 01 79");
        RawFrame close = Objects.requireNonNull(client.read());
        assertThat(close.opcode()).isEqualTo(Opcode.CLOSE.code());
        client.send("crossing");
        client.send(close);
        assertThat(client.read()).isNull();
      }
    }

    @Test
    void areMalformedAsTheTestSays() throws IOException {
      RawFrame malformed = RawFrame.text("x").withRsv2(true).withMaskingKey(0).withLengthBits(64);
      try (var server = playing(Scenario.accept().send(malformed).sendBytes(new byte[] {7}));
          RawClient client = RawClient.open(server)) {
        assertThat(client.read()).isEqualTo(malformed);
        assertThat(client.socket.getInputStream().read()).isEqualTo(7);
      }
    }

    @Test
    void areExpectedAsTheyStandOnTheWire() throws IOException {
      try (var server =
              playing(
                  Scenario.accept()
                      .expectRaw("first fragment", frame -> !frame.fin() && frame.masked())
                      .expectRaw("last fragment", frame -> frame.fin() && frame.opcode() == 0)
                      .expect("next")
                      .expectClose());
          RawClient client = RawClient.open(server)) {
        client.send(RawFrame.text("a").withFin(false));
        client.send(Opcode.CONTINUATION, (byte) 'b');
        client.send("next");
        client.send(NORMAL);

        assertThat(client.read()).isEqualTo(NORMAL);
      }
    }

    @Test
    void pingsAreAnsweredUntilTheExpectedFrameComes() throws IOException {
      Frame ping = new Frame.Ping(new byte[] {2});
      try (var server = playing(Scenario.accept().expect(ping).send("got it"));
          RawClient client = RawClient.open(server)) {
        client.send(Opcode.PONG);
        client.send(Opcode.PING, (byte) 1);
        client.send(Opcode.PING, (byte) 2);

        assertThat(client.read()).isEqualTo(RawFrame.of(Opcode.PONG, new byte[] {1}));
        assertThat(client.read()).isEqualTo(RawFrame.text("got it"));
      }
    }

    @Test
    void theTestAndTheScenarioWaitForEachOther() throws Exception {
      CountDownLatch arrived = new CountDownLatch(1);
      CountDownLatch goOn = new CountDownLatch(1);
      try (var server =
              playing(Scenario.accept().expect("a").signal(arrived).await(goOn).send("b"));
          RawClient client = RawClient.open(server)) {
        client.send("a");
        assertThat(arrived.await(10, TimeUnit.SECONDS)).isTrue();
        goOn.countDown();

        assertThat(client.read()).isEqualTo(RawFrame.text("b"));
      }
    }

    @Test
    void afterTheLastStepTheServerIsAPolitePeer() throws IOException {
      try (var server = playing(Scenario.accept());
          RawClient client = RawClient.open(server)) {
        client.send("ignored");
        client.send(Opcode.PING);
        client.send(NORMAL);

        assertThat(client.read()).isEqualTo(RawFrame.of(Opcode.PONG, new byte[0]));
        assertThat(client.read()).isEqualTo(NORMAL);
        assertThat(client.read()).isNull();
      }
    }

    @Test
    void noFrameFollowsAClose() throws IOException {
      try (var server = playing(Scenario.accept().send(new Frame.Close(CloseReason.NORMAL)));
          RawClient client = RawClient.open(server)) {
        assertThat(client.read()).isEqualTo(NORMAL);
        client.send(Opcode.PING);
        client.send(NORMAL);

        assertThat(client.read()).isNull();
      }
    }
  }

  @Nested
  class Faults {
    private void end(RawClient client) throws IOException {
      assertThat(client.read()).isNull();
    }

    @Test
    void reset() throws IOException {
      try (var server = playing(Scenario.accept().expect("go").reset());
          RawClient client = RawClient.open(server)) {
        client.send("go");

        assertThatThrownBy(client::read)
            .isInstanceOf(SocketException.class)
            .hasMessageContaining("reset");
      }
    }

    @Test
    void endOfStreamLosesNothingWritten() throws IOException {
      byte[] large = new byte[1 << 20];
      try (var server = playing(Scenario.accept().send(new Frame.Binary(large)).endOfStream());
          RawClient client = RawClient.open(server)) {
        client.send("never read by the scenario");

        assertThat(client.read()).isEqualTo(RawFrame.of(Opcode.BINARY, large));
        end(client);
      }
    }

    @Test
    void halfCloseStillReceives() throws IOException {
      try (var server = playing(Scenario.accept().halfClose().expect("last words"));
          RawClient client = RawClient.open(server)) {
        end(client);
        client.send("last words");
        server.verify();
      }
    }

    @Test
    void stallLastsUntilTheServerEnds() throws IOException {
      var server = playing(Scenario.accept().stall());
      try (RawClient client = RawClient.open(server)) {
        server.close();

        end(client);
      }
    }

    @Test
    void underTlsTheyAreDoneToTheSocketBelow() throws IOException {
      try (var server =
          MockWebSocketServer.start(config -> config.tls(TestCertificates.serverContext()))) {
        server.enqueue(Scenario.accept().expect("go").reset());
        server.enqueue(Scenario.accept().endOfStream());
        server.enqueue(Scenario.accept().halfClose().expect("last words"));

        try (RawClient client = openTls(server)) {
          client.send("go");
          assertThatThrownBy(client::read).hasMessageContaining("reset");
        }
        try (RawClient client = openTls(server)) {
          end(client);
        }
        try (RawClient client = openTls(server)) {
          end(client);
          client.send("last words");
          server.verify();
        }
      }
    }

    private RawClient openTls(MockWebSocketServer server) throws IOException {
      Socket socket =
          TestCertificates.clientContext()
              .getSocketFactory()
              .createSocket("localhost", server.port());
      RawClient client = new RawClient(socket);
      client.request("/");
      client.readHead();
      return client;
    }
  }

  @Nested
  class Reports {
    private void assertReport(MockWebSocketServer server, String expected) {
      assertThatExceptionOfType(AssertionError.class)
          .isThrownBy(server::verify)
          .withMessage(expected);
      assertThatNoException().isThrownBy(server::close);
      assertThatNoException().isThrownBy(server::close);
    }

    @Test
    void sayWhatWasExpectedAndGot() throws IOException {
      var server = playing(Scenario.accept().send("a").expect("b"));
      try (RawClient client = RawClient.open(server)) {
        client.send("c");
        assertReport(
            server,
            "connection 1, step 3 (expect Text \"b\"): expected Text \"b\", got Text \"c\"");
      }
    }

    @Test
    void sayWhichCloseWasExpected() throws IOException {
      var server = playing(Scenario.accept().expectClose(CloseReason.NORMAL));
      try (RawClient client = RawClient.open(server)) {
        client.send(Opcode.CLOSE);
        assertReport(
            server,
            "connection 1, step 2 (expect Close 1000 \"Normal closure\"): "
                + "expected Close 1000 \"Normal closure\", got Close");
      }
    }

    @Test
    void sayThatNothingCame() throws IOException {
      var server = impatient(Scenario.accept().expect(new Frame.Binary(new byte[] {1, (byte) 2})));
      try (RawClient client = RawClient.open(server)) {
        assertThat(client.read()).isNull();
        assertReport(
            server, "connection 1, step 2 (expect Binary [01 02]): nothing came within PT0.2S");
      }
    }

    @Test
    void sayThatTheClientLeft() throws IOException {
      var server = playing(Scenario.accept().expectRaw("anything", frame -> true));
      RawClient.open(server).close();
      assertReport(
          server,
          "connection 1, step 2 (expect raw anything): "
              + "java.io.EOFException: the client ended the stream");
    }

    @Test
    void sayThatTheClientBrokeARule() throws IOException {
      try (var server = MockWebSocketServer.start();
          RawClient client = RawClient.open(server)) {
        client.write(RawFrame.text("not masked").toBytes());
        RawFrame close = Objects.requireNonNull(client.read());
        assertThat(client.read()).isNull();

        assertThat(close)
            .hasToString("88 12 03 ea 66 72 61 6d 65 20 6e 6f 74 20 6d 61 73 6b 65 64");
        assertThatExceptionOfType(AssertionError.class)
            .isThrownBy(server::verify)
            .withMessageContaining("the client broke a rule: ");
      }
    }

    @Test
    void sayThatALimitWasPassed() throws IOException {
      var server =
          MockWebSocketServer.start(config -> config.limits(Limits.DEFAULT.withMaxFrameSize(1)));
      try (RawClient client = RawClient.open(server)) {
        client.send("two");
        client.read();
        assertThatExceptionOfType(AssertionError.class)
            .isThrownBy(server::close)
            .withMessageContaining("the client broke a rule: ");
      }
    }

    @Test
    void sayThatTheTestForgotALatch() throws IOException {
      var server = impatient(Scenario.accept().await(new CountDownLatch(1)));
      try (RawClient client = RawClient.open(server)) {
        assertThat(client.read()).isNull();
        assertThatExceptionOfType(AssertionError.class)
            .isThrownBy(server::close)
            .withMessageEndingWith("the test has not counted down within PT0.2S");
      }
    }

    @Test
    void sayThatAScenarioIsStillAtWork() throws IOException {
      var server = impatient(Scenario.accept().pause(Duration.ofDays(1)));
      try (RawClient client = RawClient.open(server)) {
        assertThatExceptionOfType(AssertionError.class)
            .isThrownBy(server::close)
            .withMessage("connection 1, step 2 (Pause[duration=PT24H]) has not come to its end");
        assertThat(client.socket.isConnected()).isTrue();
      }
    }

    @Test
    void sayThatNobodyConnected() {
      assertReport(playing(Scenario.accept()), "nobody connected to play [accept]");
    }

    @Test
    void sayThatTlsFailed() throws IOException {
      var server =
          MockWebSocketServer.start(config -> config.tls(TestCertificates.serverContext()));
      server.enqueue(Scenario.accept());
      try (RawClient client = RawClient.connect(server)) {
        client.request("/");
        client.readToTheEnd();
        assertThatExceptionOfType(AssertionError.class)
            .isThrownBy(server::close)
            .withMessageStartingWith(
                "connection 1, the beginning: " + SSLException.class.getName());
      }
    }

    @Test
    void sayWhatWasThrownThatIsNoAssertion() throws IOException {
      var server =
          playing(
              Scenario.accept()
                  .expect(
                      "anything",
                      frame -> {
                        throw new LinkageError("no such class");
                      }));
      try (RawClient client = RawClient.open(server)) {
        client.send("a");
        assertThat(client.read()).isNull();
        assertReport(server, "connection 1, step 2 (expect anything): no such class");
      }
    }

    @Test
    void keepTheErrorOfAPredicate() throws IOException {
      var server =
          playing(
              Scenario.accept()
                  .expect(
                      "a short text",
                      frame -> {
                        assertThat(frame.data()).hasSizeLessThan(3);
                        return true;
                      }));
      try (RawClient client = RawClient.open(server)) {
        client.send("long");
        assertThatExceptionOfType(AssertionError.class)
            .isThrownBy(server::close)
            .satisfies(
                error ->
                    assertThat(error.getSuppressed()[0])
                        .hasCauseInstanceOf(AssertionError.class)
                        .hasMessageContaining("step 2 (expect a short text)"));
      }
    }
  }

  @Nested
  class Scenarios {
    @Test
    void endWithTheirLastStep() {
      Scenario over = Scenario.accept().reset();

      assertThatIllegalArgumentException()
          .isThrownBy(() -> over.send("more"))
          .withMessage("a step after Reset[], which is the last one");
      assertThatIllegalStateException().isThrownBy(over::glued);
      assertThatIllegalStateException().isThrownBy(() -> over.chopped(1));
    }

    @Test
    void splitWhatCanBeSplit() {
      Frame data = new Frame.Text("a");
      Frame control = new Frame.Ping(new byte[1]);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Scenario.accept().sendFragmented(data, 0));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Scenario.accept().sendFragmented(control, 1));
      assertThatIllegalArgumentException().isThrownBy(() -> Scenario.accept().chopped(0));
    }

    @Test
    void showFramesWithTheirContent() {
      byte[] data = {1, (byte) 0xab};
      assertThat(Scenario.show(new Frame.Binary(data, false, true, true, true)))
          .isEqualTo("Binary [01 ab], not final, rsv1, rsv2, rsv3");
      assertThat(Scenario.show(new Frame.Ping(data))).isEqualTo("Ping [01 ab]");
      assertThat(Scenario.show(new Frame.Pong(data))).isEqualTo("Pong [01 ab]");
      assertThat(Scenario.show(new Frame.Text("x".repeat(65))))
          .isEqualTo("Text \"" + "x".repeat(64) + "… (65 characters)\"");
    }

    @Test
    void nameTheirSteps() {
      Scenario scenario =
          Scenario.answer(head -> new byte[0])
              .sendFragmented(new Frame.Text("hi"), 1)
              .sendBytes(new byte[3]);

      assertThat(scenario.steps().toString().toLowerCase(Locale.ROOT))
          .isEqualTo("[answer with bytes, send text \"hi\" in fragments of 1 bytes, send 3 bytes]");
      assertThat(Scenario.reject(404).steps()).hasToString("[reject with 404]");
    }
  }
}
