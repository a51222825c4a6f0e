// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.parley.testkit.MockWebSocketServer;
import dev.parley.testkit.RawFrame;
import dev.parley.testkit.Scenario;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Frame;
import dev.parley.websocket.Opcode;
import dev.parley.websocket.WebSocketClosedException;
import dev.parley.websocket.WebSocketException;
import dev.parley.websocket.WebSocketProtocolException;
import dev.parley.websocket.extension.WebSocketExtensions;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.charset.CharacterCodingException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

final class StreamingClientWebSocketSessionTest {
  private static final Duration SOON = Duration.ofSeconds(10);

  private final MockWebSocketServer server =
      MockWebSocketServer.start(
          config ->
              config.extensions(
                  extensions -> extensions.install(WebSocketExtensions.perMessageDeflate())));
  private final HttpClient client =
      HttpClient.create(
          config ->
              config.install(WebSockets.PLUGIN, ws -> ws.maxMessageSize(1 << 10).maxFragments(4)));

  private StreamingClientWebSocketSession play(Scenario scenario) {
    server.enqueue(scenario);
    return client.webSocketStreamingSession(server.url());
  }

  @AfterEach
  void end() {
    client.close();
    server.close();
  }

  private static String read(IncomingMessage message) throws IOException {
    StringWriter text = new StringWriter();
    message.reader().transferTo(text);
    return text.toString();
  }

  @Nested
  class Receiving {
    @Test
    void messagesOfAnyLength() throws Exception {
      byte[] large = new byte[3 << 20];
      Arrays.fill(large, (byte) 'x');
      try (var session =
          play(
              Scenario.accept()
                  .send(new Frame.Binary(large))
                  .sendFragmented(new Frame.Text("two in many parts"), 1)
                  .send(new Frame.Ping(new byte[0]))
                  .send("")
                  .close(CloseReason.NORMAL))) {
        IncomingMessage first = session.receive();
        assertThat(first.isText()).isFalse();
        assertThat(first.inputStream().readAllBytes()).isEqualTo(large);
        assertThat(first.inputStream().read()).isEqualTo(-1);
        List<String> texts = new ArrayList<>();
        for (IncomingMessage message : session.messages()) {
          assertThat(message.isText()).isTrue();
          texts.add(read(message));
        }
        assertThat(texts).containsExactly("two in many parts", "");
        assertThatExceptionOfType(ClosedReceiveChannelException.class).isThrownBy(session::receive);
        assertThat(session.closeInfo().orElseThrow().messagesReceived()).isEqualTo(3);
      }
    }

    @Test
    void whatIsNotReadIsSkipped() throws Exception {
      try (var session =
          play(
              Scenario.accept()
                  .sendFragmented(new Frame.Binary(new byte[5000]), 1000)
                  .send("next")
                  .expectClose())) {
        IncomingMessage first = session.receive();
        assertThat(first.inputStream().readNBytes(10)).hasSize(10);
        IncomingMessage next = session.receive(SOON).orElseThrow();
        assertThat(read(next)).isEqualTo("next");
        assertThat(first.inputStream().read()).as("skipped").isEqualTo(-1);
        assertThat(session.receive(Duration.ofMillis(20))).isEmpty();
      }
    }

    @Test
    void sessionThatEndsWithinAMessageIsAnError() throws Exception {
      RawFrame begun = RawFrame.of(Opcode.TEXT, "beg".getBytes(UTF_8)).withFin(false);
      try (var session = play(Scenario.accept().send(begun).endOfStream())) {
        InputStream input = session.receive().inputStream();
        assertThat(input.readNBytes(3)).isEqualTo("beg".getBytes(UTF_8));
        assertThatIOException()
            .isThrownBy(input::read)
            .withCauseInstanceOf(WebSocketException.class)
            .withMessageContaining("without a Close frame");
      }
      try (var session = play(Scenario.accept().send(begun).close(CloseReason.GOING_AWAY))) {
        InputStream input = session.receive().inputStream();
        assertThat(input.readNBytes(3)).isEqualTo("beg".getBytes(UTF_8));
        assertThatIOException().isThrownBy(input::read).withMessageContaining("within a message");
      }
    }

    @Test
    void textThatIsNoneIsAnErrorOnceItIsSeen() throws Exception {
      RawFrame wrong = RawFrame.of(Opcode.TEXT, new byte[] {'a', (byte) 0xff});
      try (var session = play(Scenario.accept().send(wrong).send("never").expectClose())) {
        assertThatExceptionOfType(WebSocketProtocolException.class).isThrownBy(session::receive);
      }
    }

    @Test
    void interruptLosesNothing() throws Exception {
      CountDownLatch go = new CountDownLatch(1);
      RawFrame begun = RawFrame.of(Opcode.TEXT, "one".getBytes(UTF_8)).withFin(false);
      RawFrame rest = RawFrame.of(Opcode.CONTINUATION, " two".getBytes(UTF_8));
      try (var session = play(Scenario.accept().send(begun).await(go).send(rest).expectClose())) {
        IncomingMessage message = session.receive();
        assertThat(message.inputStream().readNBytes(3)).hasSize(3);
        assertThat(message.inputStream().available()).isZero();
        Thread.currentThread().interrupt();
        assertThatExceptionOfType(InterruptedIOException.class)
            .isThrownBy(() -> message.inputStream().read());
        assertThat(Thread.interrupted()).isTrue();
        go.countDown();
        assertThat(read(message)).isEqualTo(" two");
      }
    }
  }

  @Nested
  class Sending {
    private final MessageOptions tiny = MessageOptions.DEFAULT.withFragmentSize(4);

    private static Scenario expect(Scenario scenario, Opcode opcode, boolean fin, String payload) {
      return scenario.expectRaw(
          opcode + " " + payload,
          frame ->
              frame.opcode() == opcode.code()
                  && frame.fin() == fin
                  && UTF_8.decode(frame.payload()).toString().equals(payload));
    }

    @Test
    void fragmentsOfTheChosenSize() throws Exception {
      Scenario scenario = Scenario.accept();
      scenario = expect(scenario, Opcode.BINARY, false, "0123");
      scenario = expect(scenario, Opcode.CONTINUATION, false, "4567");
      scenario = expect(scenario, Opcode.CONTINUATION, true, "89");
      scenario = expect(scenario, Opcode.TEXT, false, "né");
      scenario = expect(scenario, Opcode.CONTINUATION, true, "");
      scenario = expect(scenario, Opcode.TEXT, true, "");
      try (var session = play(scenario.expectClose())) {
        try (OutputStream out = session.openBinary(tiny)) {
          out.write('0');
          out.write("123456789".getBytes(UTF_8));
        }
        try (Writer out = session.openText()) {
          out.write("né");
          out.flush();
          out.flush();
        }
        session.openText().close();
        assertThat(session.closeInfo()).isEmpty();
      }
    }

    /** Starts what has to wait, and returns when it does. */
    private static FutureTask<?> waiting(Runnable task) {
      FutureTask<?> future = new FutureTask<>(task, null);
      Thread thread = Thread.ofPlatform().start(future);
      while (thread.getState() != Thread.State.WAITING) {
        Thread.onSpinWait();
      }
      return future;
    }

    @Test
    void otherMessagesWaitButPingsPass() throws Exception {
      Scenario scenario = Scenario.accept();
      scenario = expect(scenario, Opcode.BINARY, false, "abcd");
      scenario = scenario.expectRaw("a Ping", frame -> frame.opcode() == Opcode.PING.code());
      scenario = expect(scenario, Opcode.CONTINUATION, true, "e");
      scenario = expect(scenario, Opcode.TEXT, true, "later");
      try (var session = play(scenario.expectClose())) {
        OutputStream out = session.openBinary(tiny);
        out.write("abcde".getBytes(UTF_8));
        assertThat(session.outgoing().trySend(new Frame.Text("now?"))).isFalse();
        assertThatIllegalStateException()
            .isThrownBy(() -> session.send("now?"))
            .withMessageContaining("close it before");
        FutureTask<?> other = waiting(() -> session.send("later"));
        session.send(new Frame.Ping(new byte[0]));
        assertThat(other.isDone()).isFalse();
        out.close();
        other.get(10, TimeUnit.SECONDS);
        assertThatIOException().isThrownBy(() -> out.write(1)).withMessage("the message has ended");
        out.close();
      }
    }

    @Test
    void whoWaitsLearnsOfTheEnd() throws Exception {
      var session = play(Scenario.accept().expectClose());
      OutputStream out = session.openBinary(tiny);
      out.write("abcde".getBytes(UTF_8));
      FutureTask<?> other =
          waiting(
              () ->
                  assertThatExceptionOfType(WebSocketClosedException.class)
                      .isThrownBy(() -> session.send("later")));
      session.close();
      other.get(10, TimeUnit.SECONDS);
      assertThatIOException()
          .isThrownBy(out::close)
          .withCauseInstanceOf(WebSocketClosedException.class);
    }

    @Test
    void interruptLosesNothingAndRepeatsNothing() throws Exception {
      Scenario scenario = Scenario.accept();
      scenario = expect(scenario, Opcode.TEXT, false, "abcd");
      scenario = expect(scenario, Opcode.CONTINUATION, false, "efgh");
      scenario = expect(scenario, Opcode.CONTINUATION, true, "ij");
      try (var session = play(scenario.expectClose());
          Writer out = session.openText(tiny)) {
        Thread.currentThread().interrupt();
        assertThatExceptionOfType(InterruptedIOException.class)
            .isThrownBy(() -> out.write("abcdefgh"));
        assertThat(Thread.interrupted()).isTrue();
        out.write("ij");
      }
    }

    @Test
    void interruptOfTheNextWriteLosesNothingEither() throws Exception {
      Scenario scenario = Scenario.accept();
      scenario = expect(scenario, Opcode.TEXT, false, "abcd");
      scenario = expect(scenario, Opcode.CONTINUATION, false, "efgh");
      scenario = expect(scenario, Opcode.CONTINUATION, false, "ijkl");
      scenario = expect(scenario, Opcode.CONTINUATION, true, "mn");
      try (var session = play(scenario.expectClose());
          Writer out = session.openText(tiny)) {
        Thread.currentThread().interrupt();
        for (String text : List.of("abcdefgh", "ijkl")) {
          assertThatExceptionOfType(InterruptedIOException.class).isThrownBy(() -> out.write(text));
        }
        assertThat(Thread.interrupted()).isTrue();
        out.write("mn");
      }
    }

    @Test
    void halvesOfACharacterComeTogetherAndLoneOnesAreRefused() throws Exception {
      Scenario scenario = Scenario.accept();
      scenario = expect(scenario, Opcode.TEXT, true, "a😀b");
      try (var session = play(scenario.expectClose())) {
        try (Writer out = session.openText()) {
          out.write("a\ud83d");
          out.write("\ude00b");
        }
        Writer out = session.openText();
        assertThatExceptionOfType(CharacterCodingException.class)
            .isThrownBy(() -> out.write("\ude00"));
        out.write("\ud83d");
        assertThatExceptionOfType(CharacterCodingException.class).isThrownBy(out::close);
      }
    }

    @Test
    void uncompressedWhereTheOptionsSaySo() {
      server.enqueue(
          Scenario.accept()
              .expectRaw("uncompressed", frame -> !frame.rsv1())
              .expectRaw("compressed", RawFrame::rsv1)
              .expectClose());
      try (HttpClient compressing =
              HttpClient.create(
                  config ->
                      config.install(
                          WebSockets.PLUGIN,
                          ws ->
                              ws.extensions(
                                  e -> e.install(WebSocketExtensions.perMessageDeflate()))));
          var session = compressing.webSocketSession(server.url())) {
        Frame frame = new Frame.Text("again and ".repeat(500));
        session.send(frame, MessageOptions.DEFAULT.withCompressed(false));
        session.send(frame, MessageOptions.DEFAULT);
      }
    }

    @Test
    void optionsThatMakeNoSenseAreRefused() {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> MessageOptions.DEFAULT.withFragmentSize(0))
          .withMessage("fragmentSize of 0, at least 1");
    }
  }
}
