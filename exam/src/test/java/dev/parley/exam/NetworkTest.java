// SPDX-License-Identifier: Apache-2.0
package dev.parley.exam;

import static dev.parley.exam.TimeBound.assertTook;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.parley.client.CloseInfo;
import dev.parley.client.ClosedReceiveChannelException;
import dev.parley.client.DefaultClientWebSocketSession;
import dev.parley.client.HttpClient;
import dev.parley.client.WebSocketOpeningException;
import dev.parley.client.WebSocketSession;
import dev.parley.client.WebSockets;
import dev.parley.client.transport.OpeningPhase;
import dev.parley.client.transport.SocketOptions;
import dev.parley.client.transport.TlsOptions;
import dev.parley.testkit.Fault;
import dev.parley.testkit.Fault.End;
import dev.parley.testkit.FaultProxy;
import dev.parley.testkit.Faults;
import dev.parley.testkit.MockWebSocketServer;
import dev.parley.testkit.ProxiedConnection;
import dev.parley.testkit.RawFrame;
import dev.parley.testkit.Scenario;
import dev.parley.testkit.Step;
import dev.parley.testkit.TestCertificates;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.ClosingHandshake;
import dev.parley.websocket.ClosingHandshake.Closer;
import dev.parley.websocket.Frame;
import dev.parley.websocket.Opcode;
import dev.parley.websocket.WebSocketClosedException;
import dev.parley.websocket.WebSocketException;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** The network, and peers that end otherwise than by the closing handshake. */
final class NetworkTest {
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final Duration SHORT = Duration.ofMillis(300);

  private static final Executor THREADS = Thread::startVirtualThread;

  private final CountingConnector connector = new CountingConnector();
  @AutoClose private final MockWebSocketServer server = MockWebSocketServer.start();

  private HttpClient client(Consumer<WebSockets.Config> configure) {
    return HttpClient.create(
        config -> config.connector(connector).install(WebSockets.PLUGIN, configure));
  }

  private HttpClient secureClient(Consumer<WebSockets.Config> configure) {
    SocketOptions small = SocketOptions.DEFAULT.with(StandardSocketOptions.SO_SNDBUF, 4 << 10);
    return HttpClient.create(
        config ->
            config
                .connector(connector)
                .sockets(small)
                .tls(TlsOptions.DEFAULT.withContext(TestCertificates.clientContext()))
                .install(WebSockets.PLUGIN, configure));
  }

  private static InetAddress address(String address) {
    try {
      return InetAddress.getByName(address);
    } catch (UnknownHostException e) {
      throw new AssertionError("an address needs no look-up", e);
    }
  }

  private static void assertFailed(WebSocketException failure, OpeningPhase phase, String word) {
    assertThat(failure)
        .isExactlyInstanceOf(WebSocketOpeningException.class)
        .asInstanceOf(InstanceOfAssertFactories.type(WebSocketOpeningException.class))
        .returns(phase, WebSocketOpeningException::phase)
        .returns(word, WebSocketOpeningException::reason);
  }

  /** Opens a session that must fail, and returns how. */
  private WebSocketException failure(String url, Duration timeout) {
    try (HttpClient client = client(ws -> ws.openTimeout(timeout))) {
      return catchThrowableOfType(WebSocketException.class, () -> client.webSocketSession(url));
    }
  }

  @Nested
  @Row(70)
  class Names {
    private String url(String host) {
      return "ws://" + host + ":" + server.port();
    }

    @Test
    void unknownOneIsNamed() {
      WebSocketException failure = failure(url(ExamNames.unknown()), SOON);

      assertThat(failure)
          .hasCauseInstanceOf(UnknownHostException.class)
          .hasMessageContaining(ExamNames.unknown());
      assertFailed(failure, OpeningPhase.LOOK_UP, "unknown-host");
    }

    @Test
    void oneWithoutAddressesIsNamed() {
      String host = ExamNames.name("empty");

      WebSocketException failure = failure(url(host), SOON);

      assertThat(failure).hasCauseInstanceOf(UnknownHostException.class).hasMessageContaining(host);
      assertFailed(failure, OpeningPhase.LOOK_UP, "unknown-host");
    }

    @Test
    void nameServerThatIsSilentIsGivenUp() {
      long start = TimeBound.now();

      WebSocketException failure = failure(url(ExamNames.unanswered()), SHORT);

      assertTook(start, SHORT, SHORT);
      assertThat(failure)
          .hasCauseInstanceOf(SocketTimeoutException.class)
          .hasMessageContaining("no address of " + ExamNames.unanswered());
      assertFailed(failure, OpeningPhase.LOOK_UP, "timeout");
    }

    @Test
    void nextAddressIsTriedAfterOneThatIsDead() {
      String host = ExamNames.name("dead-and-live", address("127.0.0.2"), address("127.0.0.1"));
      try (HttpClient client = client(ws -> {});
          WebSocketSession session = client.webSocketSession(url(host))) {
        session.send("hello");
        assertThat(session.incoming().receive()).isEqualTo(new Frame.Text("hello"));
      }
    }

    @Test
    void nextAddressIsTriedWithinTheDeadlineAfterABlackHole() throws IOException {
      InetAddress hole = hasIpv6() ? address("::1") : address("127.0.0.4");
      String host = ExamNames.name("hole-and-live", hole, address("127.0.0.1"));
      Duration timeout = Duration.ofSeconds(2);
      long start = TimeBound.now();
      try (BlackHole filled = new BlackHole(hole, server.port());
          HttpClient client = client(ws -> ws.openTimeout(timeout));
          WebSocketSession session = client.webSocketSession(url(host))) {
        Duration headStart = Duration.ofMillis(250); // RFC 8305 §8
        assertTook(start, headStart, headStart);
        assertThat(session.closeReason()).isNotDone();
        assertThat(filled.port()).isEqualTo(server.port());
      }
    }

    private static boolean hasIpv6() {
      try (ServerSocket socket = new ServerSocket(0, 1, address("::1"))) {
        return socket.getInetAddress() instanceof Inet6Address;
      } catch (IOException e) {
        return false; // Many a container has none; the hole is one in IPv4 then.
      }
    }

    @Test
    void errorListsAllAttempts() {
      String host = ExamNames.name("dead", address("127.0.0.2"), address("127.0.0.3"));

      WebSocketException failure = failure(url(host), SOON);

      assertFailed(failure, OpeningPhase.CONNECT, "unreachable");
      assertThat(failure)
          .hasCauseInstanceOf(ConnectException.class)
          .hasMessageContainingAll("127.0.0.2:" + server.port(), "127.0.0.3:" + server.port());
      assertThat(failure).cause().satisfies(last -> assertThat(last.getSuppressed()).hasSize(1));
    }
  }

  @Nested
  @Row(71)
  class Connecting {
    @Test
    void isRefusedAtOnce() {
      // A port that is free could be somebody's by now; this one is ours, at another address.
      String nobody = "127.0.0.2:" + server.port();
      long start = TimeBound.now();

      WebSocketException failure = failure("ws://" + nobody, SOON.multipliedBy(10));

      assertTook(start, Duration.ZERO);
      assertThat(failure).hasCauseInstanceOf(ConnectException.class).hasMessageContaining(nobody);
      assertFailed(failure, OpeningPhase.CONNECT, "unreachable");
      assertThat(connector.made()).isZero();
    }

    @Test
    void isGivenUpWhereNobodyAnswers() throws IOException {
      try (BlackHole hole = new BlackHole(address("127.0.0.5"), 0)) {
        long start = TimeBound.now();

        WebSocketException failure = failure("ws://127.0.0.5:" + hole.port(), SHORT);

        assertTook(start, SHORT, SHORT);
        assertThat(failure)
            .hasCauseInstanceOf(SocketTimeoutException.class)
            .hasMessageContaining("127.0.0.5:" + hole.port());
        assertFailed(failure, OpeningPhase.CONNECT, "timeout");
      }
      assertThat(connector.made()).isZero();
    }
  }

  @Nested
  @Row(72)
  class BlackHoles {
    private static final Duration PONG_TIMEOUT = Duration.ofSeconds(1);

    private final HttpClient client =
        client(ws -> ws.pingInterval(SHORT).pongTimeout(PONG_TIMEOUT).maxMessageSize(200 << 20));
    @AutoClose private final FaultProxy proxy = FaultProxy.start(server.port());

    private DefaultClientWebSocketSession open() {
      return client.webSocketSession("ws://localhost:" + proxy.port());
    }

    private static void assertFoundDead(WebSocketSession session, String why) {
      assertThatExceptionOfType(WebSocketException.class)
          .isThrownBy(() -> session.incoming().receive())
          .withCauseInstanceOf(SocketTimeoutException.class)
          .withMessageContaining(why);
      assertThat(session.closeReason().join()).isNull();
    }

    @Test
    void idleSessionIsFoundDead() throws InterruptedException {
      WebSocketSession session = open();
      ProxiedConnection connection = proxy.takeConnection(SOON);
      long opened = connector.read();
      connector.await(() -> connector.read() >= opened + 2 * 2, SOON); // two Pongs
      assertThat(session.closeReason()).isNotDone();

      long start = TimeBound.now();
      connection.cut(End.SILENCE);

      assertFoundDead(session, "no sign of life");
      assertTook(start, SHORT.plus(PONG_TIMEOUT));
      connector.assertNoneOpen(SOON);
    }

    @Test
    void senderIsUnblocked() throws Exception {
      server.enqueue(Scenario.accept().stall());
      WebSocketSession session = open();
      long start = TimeBound.now();
      proxy.takeConnection(SOON).cut(End.SILENCE);

      assertThatExceptionOfType(WebSocketClosedException.class)
          .isThrownBy(
              () -> {
                while (true) {
                  session.send(new byte[1 << 20]);
                }
              })
          .withStackTraceContaining("taken nothing"); // a Ping that is stuck asks nobody
      assertTook(start, SHORT.plus(PONG_TIMEOUT));
      assertFoundDead(session, "taken nothing");
      connector.assertNoneOpen(SOON);
    }

    @Test
    void anyByteIsASignOfLife() {
      Duration timeout = Duration.ofSeconds(2); // so that only a long stall looks like a dead peer
      RawFrame message = RawFrame.text("x".repeat(40));
      Step drip = dripping(message, Duration.ofMillis(100)); // for four seconds, with no Pong
      server.enqueue(Scenario.accept().then(drip));
      try (HttpClient patient = client(ws -> ws.pingInterval(SHORT).pongTimeout(timeout));
          WebSocketSession session = patient.webSocketSession(server.url())) {
        assertThat(session.incoming().receive()).isEqualTo(new Frame.Text("x".repeat(40)));
      }
    }

    @Test
    void anyByteIsASignOfLifeUnderTls() {
      Duration timeout = Duration.ofSeconds(2);
      String text = "x".repeat(14_000); // one record
      Faults drip = Faults.none().toClient(new Fault.Pieces(150, Duration.ofMillis(50)));
      try (MockWebSocketServer secure =
              MockWebSocketServer.start(config -> config.tls(TestCertificates.serverContext()));
          FaultProxy slow = FaultProxy.start(secure.port());
          HttpClient patient = secureClient(ws -> ws.pingInterval(SHORT).pongTimeout(timeout))) {
        secure.enqueue(Scenario.accept().send(text));
        slow.enqueue(drip);
        try (WebSocketSession session =
            patient.webSocketSession("wss://localhost:" + slow.port())) {
          long start = TimeBound.now();
          assertThat(session.incoming().receive()).isEqualTo(new Frame.Text(text));
          assertThat(Duration.ofNanos(System.nanoTime() - start))
              .isGreaterThan(SHORT.plus(timeout));
        }
      }
    }

    @Test
    void messageThatNeverEndsIsGivenUp() throws InterruptedException {
      CountDownLatch last = new CountDownLatch(1);
      RawFrame frame = RawFrame.of(Opcode.BINARY, new byte[10]).withLength(100 << 20);
      Step drip = dripping(frame, Duration.ofMillis(50));
      server.enqueue(Scenario.accept().then(drip).signal(last).stall());
      WebSocketSession session = open();
      last.await();

      long start = TimeBound.now();
      assertFoundDead(session, "no sign of life");
      assertTook(start, SHORT.plus(PONG_TIMEOUT));
      connector.assertNoneOpen(SOON);
    }

    private static Step dripping(RawFrame frame, Duration pause) {
      List<Step> steps = Scenario.empty().send(frame).steps();
      return new Step.Chopped(steps, 1, pause);
    }
  }

  @Nested
  @Row(73)
  class PeerThatDoesNotRead {
    private static final int MESSAGES = 32;
    private static final byte[] MESSAGE = new byte[1 << 20];

    /** What a masked frame of that size has before its payload. */
    private static final int HEADER = 14;

    private final AtomicInteger sent = new AtomicInteger();

    /** Sends more than fits on the way, and completes with what ended it. */
    private CompletableFuture<Void> sending(WebSocketSession session) {
      return CompletableFuture.runAsync(
          () -> {
            while (sent.get() < MESSAGES) {
              session.send(MESSAGE);
              sent.incrementAndGet();
            }
          },
          THREADS);
    }

    private void awaitBlocked() throws InterruptedException {
      connector.awaitBlocked(SHORT, SOON);
      assertThat(sent.get()).isLessThan(MESSAGES);
    }

    @Test
    void blocksTheSenderAndNothingElse() throws Exception {
      CountDownLatch blocked = new CountDownLatch(1);
      CountDownLatch received = new CountDownLatch(1);
      server.enqueue(
          Scenario.accept()
              .await(blocked)
              .send("first")
              .send(new Frame.Ping(new byte[] {7}))
              .send("second")
              .await(received));
      try (HttpClient client = client(ws -> {})) {
        WebSocketSession session = client.webSocketSession(server.url());
        CompletableFuture<Void> sending = sending(session);
        awaitBlocked();
        blocked.countDown();

        assertThat(session.incoming().receive()).isEqualTo(new Frame.Text("first"));
        assertThat(session.incoming().receive()).isEqualTo(new Frame.Text("second"));
        assertThat(session.outgoing().trySend(new Frame.Text("no room"))).isFalse();
        assertThat(sending).isNotDone();
        received.countDown();

        sending.get(SOON.toMillis(), TimeUnit.MILLISECONDS);
        session.close();
        List<RawFrame> frames = server.takeConnection(SOON).frames();
        assertThat(frames).filteredOn(frame -> frame.opcode() == 2).hasSize(MESSAGES);
        assertThat(frames).filteredOn(frame -> frame.opcode() == 10).hasSize(1);
      }
      connector.assertNoneOpen(SOON);
    }

    @Test
    @Row({73, 82})
    void failsTheConnectionAtTheWriteTimeout() throws Exception {
      int frame = HEADER + MESSAGE.length;
      server.enqueue(Scenario.accept().stall());
      try (HttpClient client = client(ws -> ws.writeTimeout(SHORT))) {
        DefaultClientWebSocketSession session = client.webSocketSession(server.url());
        long opened = connector.written();

        long start = TimeBound.now();
        assertThat(sending(session))
            .failsWithin(SOON)
            .withThrowableThat()
            .withCauseInstanceOf(WebSocketClosedException.class)
            .withRootCauseInstanceOf(SocketTimeoutException.class);

        assertTook(start, SHORT, SHORT);
        assertThatExceptionOfType(WebSocketException.class)
            .isThrownBy(() -> session.incoming().receive())
            .withMessageContaining("taken nothing of what was sent for " + SHORT)
            .withCauseInstanceOf(SocketTimeoutException.class);
        long written = connector.written();
        assertThat((written - opened) % frame).as("bytes of the frame half written").isPositive();
        assertThatExceptionOfType(WebSocketClosedException.class)
            .isThrownBy(() -> session.send("late"));
        assertThat(connector.written()).as("nothing comes after half a frame").isEqualTo(written);

        CloseInfo end = session.closeInfo().orElseThrow();
        assertThat(end.messagesSent())
            .as("messages wholly written: those whose send returned, and not the half one")
            .isEqualTo(sent.get())
            .isEqualTo((written - opened) / frame);
        assertThat(end.messagesAccepted()).as("the half one too").isEqualTo(sent.get() + 1);
        assertThat(end.bytesSent()).isEqualTo(written - opened);
        assertThat(end.failure()).hasCauseInstanceOf(SocketTimeoutException.class);
      }
      connector.assertNoneOpen(SOON);
    }

    @Test
    void holdsNoPingPastItsTimeout() throws Exception {
      server.enqueue(Scenario.accept().stall());
      try (HttpClient client = client(ws -> {})) {
        WebSocketSession session = client.webSocketSession(server.url());
        CompletableFuture<Void> sending = sending(session);
        awaitBlocked();

        long start = TimeBound.now();
        assertThatExceptionOfType(WebSocketException.class)
            .isThrownBy(() -> session.ping(SHORT))
            .withMessageContaining("no Pong came within " + SHORT)
            .withCauseInstanceOf(SocketTimeoutException.class);

        assertTook(start, SHORT, SHORT);
        assertThat(sending).isNotDone();
        assertThat(session.closeReason()).isNotDone();
        session.terminate();
      }
      connector.assertNoneOpen(SOON);
    }

    @Test
    void isNotOneThatReadsSlowlyUnderTls() throws Exception {
      int size = 120_000;
      Duration timeout = Duration.ofSeconds(2);
      TlsServer.Talk slow =
          secured -> {
            secured.open();
            // A record of 16 KiB takes a second, the 64 KiB that we make at once take four.
            readRegularly(secured.in(), 1 << 10, Duration.ofMillis(60));
          };
      TlsServer.Service service =
          TlsServer.jsse(TestCertificates.serverContext(), TlsClient.TLS_1_3, slow);
      try (TlsServer reader = new TlsServer(service, 4 << 10);
          HttpClient client = secureClient(ws -> ws.writeTimeout(timeout))) {
        WebSocketSession session = client.webSocketSession(reader.url("localhost"));
        long start = TimeBound.now();
        session.send(new byte[size]);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(timeout);
        session.terminate();
      }
      connector.assertNoneOpen(SOON);
    }

    /** Reads some bytes at a time, with a pause before each, until the stream ends or breaks. */
    private static void readRegularly(InputStream stream, int size, Duration pause)
        throws Exception {
      Callable<byte[]> read = () -> stream.readNBytes(size);
      try (ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor()) {
        while (clock.schedule(read, pause.toMillis(), TimeUnit.MILLISECONDS).get().length > 0) {}
      }
    }

    @Test
    void isClosedAtTheCloseTimeout() throws Exception {
      server.enqueue(Scenario.accept().stall());
      try (HttpClient client = client(ws -> ws.closeTimeout(SHORT))) {
        WebSocketSession session = client.webSocketSession(server.url());
        CompletableFuture<Void> sending = sending(session);
        awaitBlocked();

        long start = TimeBound.now();
        session.close();

        assertTook(start, SHORT, SHORT);
        assertThat(sending)
            .failsWithin(SOON)
            .withThrowableThat()
            .withCauseInstanceOf(WebSocketClosedException.class);
      }
      connector.assertNoneOpen(SOON);
    }
  }

  @Nested
  @Row(74)
  class Endings {
    private final CloseReason bye = new CloseReason(4001, "bye");
    private final HttpClient client = client(ws -> ws.closeTimeout(SHORT));

    private WebSocketSession open(Scenario scenario) {
      server.enqueue(scenario);
      return client.webSocketSession(server.url());
    }

    private void assertAbnormal(WebSocketSession session) throws InterruptedException {
      WebSocketException end =
          catchThrowableOfType(WebSocketException.class, () -> session.incoming().receive());
      assertThat(end)
          .isNotInstanceOf(ClosedReceiveChannelException.class)
          .hasCauseInstanceOf(IOException.class);
      assertThat(session.closeReason().join()).isNull();
      connector.assertNoneOpen(SOON);
    }

    private static void assertClosed(WebSocketSession session, CloseReason received) {
      assertThat(session.incoming().receive()).isEqualTo(new Frame.Close(received));
      assertThatExceptionOfType(ClosedReceiveChannelException.class)
          .isThrownBy(() -> session.incoming().receive());
    }

    @Test
    void endOfStreamInPlaceOfACloseIsAbnormal() throws InterruptedException {
      WebSocketSession session = open(Scenario.accept().send("last").endOfStream());

      assertThat(session.incoming().receive()).isEqualTo(new Frame.Text("last"));
      assertAbnormal(session);
    }

    @Test
    void halfCloseIsAbnormal() throws InterruptedException {
      WebSocketSession session = open(Scenario.accept().send("last").halfClose());

      assertThat(session.incoming().receive()).isEqualTo(new Frame.Text("last"));
      assertAbnormal(session);
    }

    @Test
    void serverThatClosesAndKeepsTheStreamIsLeft() throws InterruptedException {
      WebSocketSession session =
          open(
              Scenario.accept()
                  .send(new Frame.Close(bye))
                  .expectRaw("Close", frame -> frame.opcode() == 8)
                  .stall());
      long start = TimeBound.now();

      assertClosed(session, bye);
      assertThat(session.closeReason().join()).isEqualTo(bye);
      connector.assertNoneOpen(SOON);
      assertTook(start, SHORT);
    }

    @Test
    void closeThatIsNotAnsweredIsGivenUp() throws InterruptedException {
      WebSocketSession session = open(Scenario.accept().stall());
      long start = TimeBound.now();

      session.close(bye);

      assertTook(start, SHORT, SHORT);
      assertThat(session.closeReason().join()).isEqualTo(bye);
      WebSocketClosedException end =
          catchThrowableOfType(WebSocketClosedException.class, () -> session.send("late"));
      assertThat(end.closingHandshake().sent()).isEqualTo(bye);
      assertThat(end.closingHandshake().received()).isNull();
      assertThatExceptionOfType(WebSocketException.class)
          .isThrownBy(() -> session.incoming().receive())
          .withMessageContaining("did not answer our Close");
      connector.assertNoneOpen(SOON);
    }

    @Test
    void closesThatCrossAreOneCleanClose() throws Exception {
      CountDownLatch oursIsOut = new CountDownLatch(1);
      server.enqueue(
          Scenario.accept()
              .await(oursIsOut)
              .send(new Frame.Close(CloseReason.GOING_AWAY))
              .expectRaw("our Close", frame -> frame.opcode() == 8)
              .endOfStream());
      try (FaultProxy proxy = FaultProxy.start(server.port());
          HttpClient patient = client(ws -> ws.closeTimeout(SOON))) {
        WebSocketSession session = patient.webSocketSession("ws://localhost:" + proxy.port());
        ProxiedConnection connection = proxy.takeConnection(SOON);
        long before = connector.written();
        CompletableFuture<Void> closing =
            CompletableFuture.runAsync(() -> session.close(bye), THREADS);
        connector.await(() -> connector.written() > before, SOON);
        oursIsOut.countDown();

        closing.get(SOON.toMillis(), TimeUnit.MILLISECONDS);
        assertClosed(session, CloseReason.GOING_AWAY);
        assertThat(session.closeReason().join()).isEqualTo(bye);
        assertThat(connection.awaitEnding(SOON)).isEqualTo(ProxiedConnection.Ending.FINISHED);
        assertThat(server.takeConnection(SOON).frames()).hasSize(1);
        WebSocketClosedException end =
            catchThrowableOfType(WebSocketClosedException.class, () -> session.send("late"));
        assertThat(end.closingHandshake())
            .returns(bye, ClosingHandshake::sent)
            .returns(CloseReason.GOING_AWAY, ClosingHandshake::received)
            .returns(Closer.US, ClosingHandshake::first);
      }
      connector.assertNoneOpen(SOON);
    }

    @Test
    void resetRightAfterTheCloseHidesNoCode() throws InterruptedException {
      WebSocketSession session = open(Scenario.accept().send(new Frame.Close(bye)).reset());

      assertClosed(session, bye);
      assertThat(session.closeReason().join()).isEqualTo(bye);
      connector.assertNoneOpen(SOON);
    }
  }
}
