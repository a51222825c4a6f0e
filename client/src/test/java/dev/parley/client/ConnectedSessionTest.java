// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.parley.testkit.MockWebSocketServer;
import dev.parley.testkit.RawFrame;
import dev.parley.testkit.Scenario;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.ClosingHandshake.Closer;
import dev.parley.websocket.Frame;
import dev.parley.websocket.FrameHeader;
import dev.parley.websocket.Opcode;
import dev.parley.websocket.Violation;
import dev.parley.websocket.WebSocketClosedException;
import dev.parley.websocket.WebSocketException;
import dev.parley.websocket.WebSocketExtension;
import dev.parley.websocket.WebSocketInterruptedException;
import dev.parley.websocket.WebSocketProtocolException;
import dev.parley.websocket.extension.WebSocketExtensions;
import java.io.EOFException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

final class ConnectedSessionTest {
  private static final Duration SOON = Duration.ofSeconds(10);

  private final MockWebSocketServer server = MockWebSocketServer.start();
  private final HttpClient client = HttpClient.create();

  private ClientWebSocketSession play(Scenario scenario) {
    server.enqueue(scenario);
    return client.webSocketSession(server.url());
  }

  @AfterEach
  void end() {
    client.close();
    server.close();
  }

  @Nested
  class SendingIfOpen {
    @Test
    void sendsAndTells() {
      server.enqueue(Scenario.accept().expect("hello").expectClose());
      DefaultClientWebSocketSession session = client.webSocketSession(server.url());
      assertThat(session.sendIfOpen(new Frame.Text("hello"))).isTrue();
      session.close();
    }

    @Test
    void beginsNothingAfterTheEndOrBehindAClose() {
      server.enqueue(Scenario.accept().close(CloseReason.GOING_AWAY));
      DefaultClientWebSocketSession session = client.webSocketSession(server.url());
      CloseReason unused = session.closeReason().join();
      assertThat(session.sendIfOpen(new Frame.Text("late"))).isFalse();
      server.enqueue(Scenario.accept().expectClose());
      DefaultClientWebSocketSession closing = client.webSocketSession(server.url());
      closing.send(new Frame.Close(CloseReason.NORMAL));
      assertThat(closing.sendIfOpen(new Frame.Text("late"))).isFalse();
      closing.close();
      assertThat(closing.closeInfo())
          .hasValueSatisfying(info -> assertThat(info.messagesAccepted()).isZero());
    }
  }

  @Nested
  class Incoming {
    @Test
    void messagesAreWholeAndInOrder() {
      try (var session =
          play(
              Scenario.accept()
                  .send("one")
                  .sendFragmented(new Frame.Text("two in parts"), 3)
                  .send(new Frame.Ping(new byte[0]))
                  .send(new Frame.Binary(new byte[] {3}))
                  .close(CloseReason.NORMAL))) {
        assertThat(session.incoming().stream())
            .containsExactly(
                new Frame.Text("one"),
                new Frame.Text("two in parts"),
                new Frame.Binary(new byte[] {3}),
                new Frame.Close(CloseReason.NORMAL));
        assertThat(session.incoming()).isEmpty();
      }
    }

    @Test
    void timeoutLeavesTheSessionOpen() {
      CountDownLatch late = new CountDownLatch(1);
      try (var session =
          play(Scenario.accept().await(late).send("late").expect("fine").expectClose())) {
        assertThat(session.incoming().tryReceive()).isEmpty();
        assertThat(session.incoming().receive(Duration.ZERO)).isEmpty();
        assertThat(session.incoming().receive(Duration.ofMillis(20))).isEmpty();
        late.countDown();
        assertThat(session.incoming().receive(SOON)).contains(new Frame.Text("late"));
        session.send("fine");
      }
    }

    @Test
    void endIsToldEachTime() {
      try (var session = play(Scenario.accept().close(CloseReason.GOING_AWAY))) {
        assertThat(session.incoming().receive()).isEqualTo(new Frame.Close(CloseReason.GOING_AWAY));
        for (Runnable receive :
            List.<Runnable>of(
                () -> session.incoming().receive(),
                () -> session.incoming().receive(SOON),
                () -> session.incoming().tryReceive())) {
          assertThatExceptionOfType(ClosedReceiveChannelException.class)
              .isThrownBy(receive::run)
              .satisfies(
                  e -> {
                    assertThat(e.closingHandshake().first()).isEqualTo(Closer.PEER);
                    assertThat(e.closingHandshake().received()).isEqualTo(CloseReason.GOING_AWAY);
                  });
        }
      }
    }

    @Test
    void abruptEndIsAnErrorAfterWhatHadArrived() {
      try (var session = play(Scenario.accept().send("one").endOfStream())) {
        Iterator<Frame> frames = session.incoming().iterator();
        assertThat(frames.next()).isEqualTo(new Frame.Text("one"));
        assertThatExceptionOfType(WebSocketException.class)
            .isThrownBy(frames::hasNext)
            .isNotInstanceOf(ClosedReceiveChannelException.class)
            .withCauseInstanceOf(IOException.class);
        assertThat(session.closeReason().orTimeout(10, TimeUnit.SECONDS).join()).isNull();
      }
    }

    @Test
    void interruptLosesNothing() {
      try (var session = play(Scenario.accept().expect("go").send("there").expectClose())) {
        Thread.currentThread().interrupt();
        assertThatExceptionOfType(WebSocketInterruptedException.class)
            .isThrownBy(() -> session.incoming().receive());
        assertThat(Thread.interrupted()).isTrue();
        session.send("go");
        assertThat(session.incoming().receive()).isEqualTo(new Frame.Text("there"));
      }
    }
  }

  @Nested
  class HowItEnded {
    @Test
    void nothingIsToldBeforeTheEnd() {
      try (var session = play(Scenario.accept().expectClose())) {
        assertThat(session.closeInfo()).isEmpty();
        assertThat(session.roundTrip()).isEmpty();
      }
    }

    @Test
    void bothReasonsAndWhatPassed() {
      var session =
          play(
              Scenario.accept()
                  .expect("question")
                  .send("answer")
                  .close(new CloseReason(4000, "enough")));
      session.send("question");
      assertThat(session.incoming().stream()).hasSize(2);
      CloseInfo info = session.closeInfo().orElseThrow();
      assertThat(info.first()).isEqualTo(Closer.PEER);
      assertThat(info.peers()).isEqualTo(new CloseReason(4000, "enough"));
      assertThat(info.ours()).isEqualTo(new CloseReason(4000, "enough"));
      assertThat(info.isClean()).isTrue();
      assertThat(info.rootCause()).isNull();
      assertThat(info.messagesAccepted()).isEqualTo(1);
      assertThat(info.messagesSent()).isEqualTo(1);
      assertThat(info.messagesReceived()).isEqualTo(1);
      assertThat(info.lastFramesReceived())
          .extracting(FrameHeader::opcode)
          .containsExactly(Opcode.TEXT, Opcode.CLOSE);
      assertThat(info)
          .hasToString(
              "the peer sent 4000 (enough) first, we sent 4000 (enough);"
                  + " sent 1 of 1 messages, 28 bytes; received 1 messages, 18 bytes");
    }

    @Test
    void rootCauseOfAnAbruptEnd() {
      var session = play(Scenario.accept().endOfStream());
      assertThatExceptionOfType(WebSocketException.class)
          .isThrownBy(() -> session.incoming().receive());
      CloseInfo info = session.closeInfo().orElseThrow();
      assertThat(info.first()).isNull();
      assertThat(info.isClean()).isFalse();
      assertThat(info.failure()).isNotNull();
      assertThat(info.rootCause()).isInstanceOf(EOFException.class);
      assertThat(info.toString()).contains("EOFException: end of stream");
    }

    @Test
    void roundTripsAreToldBeforeAndAfterTheEnd() {
      var session = play(Scenario.accept().expectClose());
      Duration roundTrip = session.ping();
      assertThat(session.roundTrip()).contains(new RoundTrip(roundTrip, roundTrip));
      assertThat(session.ping(SOON)).isBetween(Duration.ZERO, SOON);
      session.close();
      assertThat(session.closeInfo().orElseThrow().roundTrip())
          .isEqualTo(session.roundTrip().orElseThrow());
    }
  }

  @Nested
  class Outgoing {
    @Test
    void everyWayOfSendingKeepsTheOrder() {
      try (var session =
          play(
              Scenario.accept()
                  .expect("1")
                  .expect(new Frame.Binary(new byte[] {2}))
                  .expect("3")
                  .expect("4")
                  .expect("5")
                  .expectClose(CloseReason.NORMAL))) {
        session.outgoing().send(new Frame.Text("1"));
        session.send(new byte[] {2});
        assertThat(session.outgoing().trySend(new Frame.Text("3"))).isTrue();
        session.flush();
        session.send(new Frame.Text("4"));
        session.outgoing().send(new Frame.Text("5"));
        session.outgoing().close();
      }
    }

    @Test
    @SuppressWarnings({"NullAway", "DataFlowIssue"}) // the mistake that is tested
    void nullIsRefusedAndTheSessionStaysOpen() {
      try (var session = play(Scenario.accept().expect("fine").expectClose())) {
        for (Runnable send :
            List.<Runnable>of(
                () -> session.send((Frame) null),
                () -> session.outgoing().send(null),
                () -> session.outgoing().trySend(null))) {
          assertThatNullPointerException().isThrownBy(send::run);
        }
        session.send("fine");
      }
    }

    @Test
    void sendAfterTheEndTellsHowItEnded() {
      var session = play(Scenario.accept().expectClose(CloseReason.NORMAL));
      assertThat(session).hasToString("open session");
      session.close();
      session.close();
      assertThat(session.toString()).startsWith("session, we sent 1000");
      for (Runnable send :
          List.<Runnable>of(
              () -> session.send("late"),
              () -> session.send(new byte[0]),
              () -> session.outgoing().send(new Frame.Text("late")),
              () -> session.outgoing().trySend(new Frame.Text("late")))) {
        assertThatExceptionOfType(WebSocketClosedException.class)
            .isThrownBy(send::run)
            .satisfies(
                e -> {
                  assertThat(e.closingHandshake().first()).isEqualTo(Closer.US);
                  assertThat(e.closingHandshake().received()).isEqualTo(CloseReason.NORMAL);
                });
      }
      assertThat(session.closeReason().join()).isEqualTo(CloseReason.NORMAL);
    }

    @Test
    void callersErrorSendsNothing() {
      try (var session = play(Scenario.accept().expect("fine").expectClose(CloseReason.NORMAL))) {
        assertThatIllegalArgumentException().isThrownBy(() -> session.send("\ud800"));
        assertThatIllegalArgumentException()
            .isThrownBy(() -> session.close(new CloseReason(1006, "")));
        assertThatIllegalArgumentException()
            .isThrownBy(() -> session.close(new CloseReason(1000, "x".repeat(124))));
        session.send("fine");
      }
    }

    @Test
    void interruptedCloseGoesOnByItself() {
      var session = play(Scenario.accept().expectClose(CloseReason.NORMAL));
      Thread.currentThread().interrupt();
      assertThatExceptionOfType(WebSocketInterruptedException.class).isThrownBy(session::close);
      assertThat(Thread.interrupted()).isTrue();
      assertThat(session.closeReason().orTimeout(10, TimeUnit.SECONDS).join())
          .isEqualTo(CloseReason.NORMAL);
    }

    @Test
    void terminateEndsEveryWait() {
      var session = play(Scenario.accept().stall());
      session.terminate();
      assertThatExceptionOfType(WebSocketException.class)
          .isThrownBy(() -> session.incoming().receive());
      session.close();
    }
  }

  /** However a session ends, whoever comes too late hears of both Closes and of the root cause. */
  @Nested
  class Ended {
    private final HttpClient impatient =
        HttpClient.create(
            config ->
                config.install(WebSockets.PLUGIN, ws -> ws.closeTimeout(Duration.ofMillis(300))));

    @AfterEach
    void end() {
      impatient.close();
    }

    private ClientWebSocketSession playImpatiently(Scenario scenario) {
      server.enqueue(scenario);
      return impatient.webSocketSession(server.url());
    }

    private WebSocketClosedException tooLate(ClientWebSocketSession session) {
      return catchThrowableOfType(WebSocketClosedException.class, () -> session.send("too late"));
    }

    /** Receives all there is; what ends it is thrown. */
    private WebSocketException lastWord(ClientWebSocketSession session) {
      return catchThrowableOfType(
          WebSocketException.class,
          () -> {
            while (true) {
              Frame unused = session.incoming().receive();
            }
          });
    }

    @Test
    void byThePeersClose() {
      try (var session = play(Scenario.accept().close(new CloseReason(4000, "enough")))) {
        assertThat(lastWord(session)).isInstanceOf(ClosedReceiveChannelException.class);
        WebSocketClosedException end = tooLate(session);
        assertThat(end)
            .hasMessageStartingWith("cannot send: the peer sent 4000 (enough) first, we sent ")
            .hasNoCause();
        assertThat(end.closingHandshake().first()).isEqualTo(Closer.PEER);
      }
    }

    @Test
    void byOurClose() {
      try (var session = play(Scenario.accept().expectClose())) {
        session.close(new CloseReason(4001, "done"));
        WebSocketClosedException end = tooLate(session);
        assertThat(end)
            .hasMessage("cannot send: we sent 4001 (done) first, the peer sent 4001 (done)")
            .hasNoCause();
        assertThat(end.closingHandshake().first()).isEqualTo(Closer.US);
        assertThat(lastWord(session)).isInstanceOf(ClosedReceiveChannelException.class);
      }
    }

    @Test
    void byOurCloseThatIsNotAnswered() {
      try (var session = playImpatiently(Scenario.accept().stall())) {
        session.close(CloseReason.NORMAL);
        String both = "we sent 1000 (Normal closure) first, the peer sent no Close";
        assertThat(lastWord(session))
            .isExactlyInstanceOf(WebSocketException.class)
            .hasMessage("the peer did not answer our Close within PT0.3S; " + both);
        assertThat(tooLate(session))
            .hasMessage(
                "cannot send: " + both + "; the peer did not answer our Close within PT0.3S");
      }
    }

    @Test
    void byTheEndOfTheStream() {
      try (var session = play(Scenario.accept().endOfStream())) {
        assertThat(lastWord(session))
            .isExactlyInstanceOf(WebSocketException.class)
            .hasMessage("the connection ended without a Close frame")
            .hasCauseInstanceOf(EOFException.class);
        WebSocketClosedException end = tooLate(session);
        assertThat(end)
            .hasMessage(
                "cannot send: we sent no Close, the peer sent no Close;"
                    + " the connection ended without a Close frame")
            .hasRootCauseInstanceOf(EOFException.class);
        assertThat(end.closingHandshake().first()).isNull();
      }
    }

    @Test
    void byAReset() {
      try (var session = play(Scenario.accept().reset())) {
        assertThat(lastWord(session))
            .isExactlyInstanceOf(WebSocketException.class)
            .hasMessageStartingWith("the connection broke while receiving: ")
            .hasCauseInstanceOf(IOException.class);
        assertThat(tooLate(session))
            .hasMessageContaining("we sent no Close, the peer sent no Close; the connection broke ")
            .hasRootCauseInstanceOf(IOException.class);
      }
    }

    @Test
    void byABrokenRule() {
      try (var session = play(Scenario.accept().send(RawFrame.text("x").withRsv1(true)).stall())) {
        assertThat(lastWord(session))
            .isInstanceOfSatisfying(
                WebSocketProtocolException.class,
                e -> assertThat(e.violation()).isEqualTo(Violation.RESERVED_BIT));
        WebSocketClosedException end = tooLate(session);
        assertThat(end)
            .hasMessageStartingWith(
                "cannot send: we sent 1002 (reserved bit set) first, the peer sent no Close; ")
            .hasCauseInstanceOf(WebSocketProtocolException.class);
      }
    }

    @Test
    void byTerminate() {
      try (var session = play(Scenario.accept().stall())) {
        session.terminate();
        assertThat(lastWord(session)).hasMessage("the session was terminated by this end");
        assertThat(tooLate(session))
            .hasMessageEndingWith("sent no Close; the session was terminated by this end");
      }
    }
  }

  @Nested
  class Extensions {
    @Test
    void compressionIsNegotiatedAndUsed() {
      try (MockWebSocketServer compressing =
              MockWebSocketServer.start(
                  config ->
                      config.extensions(
                          extensions ->
                              extensions.install(WebSocketExtensions.perMessageDeflate())));
          HttpClient offering =
              HttpClient.create(
                  config ->
                      config.install(
                          WebSockets.PLUGIN,
                          ws ->
                              ws.extensions(
                                  extensions ->
                                      extensions.install(
                                          WebSocketExtensions.perMessageDeflate()))));
          var session = offering.webSocketSession(compressing.url())) {
        assertThat(session.extensions())
            .extracting(WebSocketExtension::name)
            .containsExactly("permessage-deflate");
        Frame.Text text = new Frame.Text("again and ".repeat(1_000));
        session.send(text);
        assertThat(session.incoming().receive()).isEqualTo(text);
        RawFrame sent = compressing.takeConnection(SOON).takeFrame(SOON);
        assertThat(sent.rsv1()).isTrue();
        assertThat(sent.payload().remaining()).isLessThan(200);
      }
    }
  }

  @Nested
  class Serialised {
    @Test
    void missingConverterIsNamed() {
      try (var session = play(Scenario.accept().send("kept").expectClose())) {
        assertThatExceptionOfType(WebSocketException.class)
            .isThrownBy(() -> session.sendSerialized("x"))
            .withMessageContaining("contentConverter");
        assertThatExceptionOfType(WebSocketException.class)
            .isThrownBy(() -> session.receiveDeserialized(String.class))
            .withMessageContaining("contentConverter");
        assertThat(session.incoming().receive()).isEqualTo(new Frame.Text("kept"));
      }
    }
  }

  @Nested
  class Raw {
    @Test
    void everyFrameComesAsItCameAndNothingIsAnswered() {
      server.enqueue(
          Scenario.accept()
              .sendFragmented(new Frame.Text("abc"), 2)
              .send(new Frame.Ping(new byte[] {1}))
              .expectRaw("a Text, no Pong", frame -> frame.opcode() == Opcode.TEXT.code())
              .close(CloseReason.GOING_AWAY));
      List<Frame> frames = new ArrayList<>();
      try (var session = client.webSocketRawSession(server.url())) {
        frames.add(session.incoming().receive());
        frames.add(session.incoming().receive());
        frames.add(session.incoming().receive());
        session.send("no Pong");
        frames.add(session.incoming().receive());
        session.close(CloseReason.GOING_AWAY);
      }
      assertThat(frames)
          .containsExactly(
              new Frame.Text("ab".getBytes(UTF_8), false, false, false, false),
              new Frame.Text("c"),
              new Frame.Ping(new byte[] {1}),
              new Frame.Close(CloseReason.GOING_AWAY));
    }
  }
}
