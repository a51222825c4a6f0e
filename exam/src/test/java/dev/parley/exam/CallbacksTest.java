// SPDX-License-Identifier: Apache-2.0
package dev.parley.exam;

import static dev.parley.exam.TimeBound.assertTook;
import static dev.parley.exam.Trial.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.parley.client.AttributeKey;
import dev.parley.client.DefaultClientWebSocketSession;
import dev.parley.client.HttpClient;
import dev.parley.client.HttpClientPlugin;
import dev.parley.client.NoSessionException;
import dev.parley.client.ReconnectPolicy;
import dev.parley.client.Reconnector;
import dev.parley.client.Transition;
import dev.parley.client.TypeInfo;
import dev.parley.client.WebSocketSession;
import dev.parley.client.WebSockets;
import dev.parley.client.WebsocketContentConverter;
import dev.parley.testkit.MockConnection;
import dev.parley.testkit.RawFrame;
import dev.parley.testkit.Scenario;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Frame;
import dev.parley.websocket.Opcode;
import dev.parley.websocket.Violation;
import dev.parley.websocket.WebSocketClosedException;
import dev.parley.websocket.WebSocketException;
import dev.parley.websocket.handshake.Headers;
import java.nio.charset.Charset;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * The user's own code, which here is no callback: blocks, hooks, converters, extensions, and what
 * hangs on {@code closeReason()}.
 */
@Row(83)
final class CallbacksTest {
  /** Longer than a server waits for room that has a reader. */
  private static final Duration STANDSTILL = Duration.ofMillis(300);

  private static void everything(WebSocketSession session) {
    session.send("text");
    session.send(new Frame.Ping(new byte[] {1}));
    session.outgoing().send(new Frame.Binary(new byte[] {2}));
    session.flush();
  }

  @Test
  void sendPingAndCloseAtOnceAndWithEveryMessage() {
    try (Trial trial = Trial.begin()) {
      trial.server.enqueue(Scenario.accept().echo());
      List<Frame> received = new ArrayList<>();
      trial
          .client()
          .webSocket(
              trial.server.url(),
              session -> {
                everything(session);
                for (Frame frame : session.incoming()) {
                  received.add(frame);
                  if (received.size() < 10) {
                    everything(session);
                  } else {
                    session.close();
                    break;
                  }
                }
              });
      assertThat(received).hasSize(10);
    }
  }

  @Test
  void sendPingAndCloseAfterTheEnd() {
    try (Trial trial = Trial.begin()) {
      for (Scenario ending :
          List.of(
              Scenario.accept().close(CloseReason.GOING_AWAY),
              Scenario.accept().endOfStream(),
              Scenario.accept().reset(),
              Trial.thenFailed(
                  Scenario.accept().send(RawFrame.of(3, new byte[0])),
                  Violation.RESERVED_OPCODE))) {
        DefaultClientWebSocketSession session = trial.open(ending);
        CompletableFuture<String> told =
            session
                .closeReason()
                .handle(
                    (reason, failure) -> {
                      assertThatExceptionOfType(WebSocketClosedException.class)
                          .isThrownBy(() -> everything(session));
                      session.close();
                      session.terminate();
                      return "told";
                    });
        Delivered.by(session);
        assertThatExceptionOfType(WebSocketClosedException.class)
            .isThrownBy(() -> everything(session));
        assertThat(told).succeedsWithin(SOON).isEqualTo("told");
        session.close();
      }
    }
  }

  @Test
  void blockThatThrowsEndsItsSession() {
    for (Supplier<Throwable> thrown :
        List.<Supplier<Throwable>>of(
            () -> new Exception("checked"),
            () -> new IllegalStateException("unchecked"),
            () -> new AssertionError("error"),
            StackOverflowError::new,
            OutOfMemoryError::new)) {
      try (Trial trial = Trial.begin()) {
        Throwable failure = thrown.get();
        List<WebSocketSession> sessions = new ArrayList<>();
        trial.server.enqueue(Scenario.accept().expectClose(CloseReason.INTERNAL_ERROR));
        assertThatThrownBy(
                () ->
                    trial
                        .client()
                        .webSocket(
                            trial.server.url(),
                            session -> {
                              sessions.add(session);
                              sneak(failure);
                            }))
            .isSameAs(failure);
        assertThat(sessions.getFirst().closeReason())
            .succeedsWithin(SOON)
            .isEqualTo(CloseReason.INTERNAL_ERROR);
      }
    }
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // throws what is checked, too
  private static <E extends Throwable> void sneak(Throwable failure) throws E {
    throw (E) failure;
  }

  @Test
  void blockThatRunsOutOfStack() {
    try (Trial trial = Trial.begin()) {
      trial.server.enqueue(Scenario.accept().expectClose(CloseReason.INTERNAL_ERROR));
      assertThatExceptionOfType(StackOverflowError.class)
          .isThrownBy(() -> trial.client().webSocket(trial.server.url(), s -> depth(s, 0)));
    }
  }

  private static int depth(WebSocketSession session, int depth) {
    return depth < 0 ? session.extensions().size() : 1 + depth(session, depth + 1);
  }

  @Test
  void slowConsumerFeelsNoHurryButThePeerDoes() throws Exception {
    Semaphore written = new Semaphore(0);
    CountDownLatch answered = new CountDownLatch(1);
    byte[] message = new byte[64 << 10];
    int messages = 2000;
    try (BareServer server =
            BareServer.start(
                connection -> {
                  connection.accept();
                  connection.write(RawFrame.of(Opcode.BINARY, message));
                  connection.write(RawFrame.of(Opcode.PING, new byte[] {9}));
                  if (Objects.requireNonNull(connection.readFrame()).opcode()
                      == Opcode.PONG.code()) {
                    answered.countDown(); // though the consumer is busy with the first message
                  }
                  for (int n = 1; n < messages; n++) {
                    connection.write(RawFrame.of(Opcode.BINARY, message));
                    written.release();
                  }
                  connection.write(RawFrame.of(Opcode.CLOSE, new byte[0]));
                  connection.readClose();
                });
        HttpClient client = HttpClient.create()) {
      client.webSocket(
          server.url(),
          session -> {
            assertThat(session.incoming().receive(SOON)).isPresent();
            assertThat(answered.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
            assertThat(untilStandstill(written)).isLessThan(messages / 2);
            session.send("still allowed");
            int count = 1;
            for (Frame frame : session.incoming()) {
              count += frame instanceof Frame.Binary ? 1 : 0;
            }
            assertThat(count).isEqualTo(messages);
          });
    }
  }

  /** Neither what hangs on the end of a session nor the block of another. */
  @Test
  void callbackThatBlocksHoldsUpNoKeepAlive() throws Exception {
    Duration interval = Duration.ofMillis(200);
    Duration timeout = Duration.ofSeconds(2); // which a live server keeps on a busy machine, too
    CountDownLatch told = new CountDownLatch(1);
    CompletableFuture<Void> enough = new CompletableFuture<>();
    try (Trial trial = Trial.begin(ws -> ws.pingInterval(interval).pongTimeout(timeout))) {
      CompletableFuture<Void> blocked =
          trial
              .open(Scenario.accept().stall())
              .closeReason()
              .thenRun(
                  () -> {
                    told.countDown();
                    enough.join();
                  });
      assertThat(told.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
      assertThat(trial.server.takeConnection(SOON).number()).isEqualTo(1);

      trial.server.enqueue(Scenario.accept().echo());
      trial
          .client()
          .webSocket(
              trial.server.url(),
              session -> {
                MockConnection seen = trial.server.takeConnection(SOON);
                for (int pings = 0; pings < 14; pings++) { // for longer than a dead peer is given
                  assertThat(seen.takeFrame(SOON).opcode()).isEqualTo(Opcode.PING.code());
                }
                session.send("still open");
                assertThat(session.incoming().receive(SOON)).contains(new Frame.Text("still open"));
              });

      long start = TimeBound.now();
      assertThat(trial.open(Scenario.accept().stall()).closeReason()).succeedsWithin(SOON).isNull();
      assertTook(start, interval.plus(timeout));
      assertThat(blocked).isNotDone();
      enough.complete(null);
      assertThat(blocked).succeedsWithin(SOON);
    }
  }

  @Test
  void sendPingAndCloseInListenerAndHandlerOfAReconnector() {
    CompletableFuture<Reconnector> itself = new CompletableFuture<>();
    CompletableFuture<Transition> stopped = new CompletableFuture<>();
    AtomicInteger sessions = new AtomicInteger();
    Consumer<Transition> listener =
        transition -> {
          if (transition instanceof Transition.Stopped) {
            assertThatExceptionOfType(NoSessionException.class)
                .isThrownBy(() -> itself.join().send("too late"));
            itself.join().close();
            stopped.complete(transition);
          } else {
            itself.join().send("text");
            itself.join().send(new Frame.Ping(new byte[] {1}));
          }
        };
    ReconnectPolicy policy =
        ReconnectPolicy.DEFAULT
            .withDelays(Duration.ofNanos(1000), Duration.ofMillis(1))
            .withUnsent(new ReconnectPolicy.Unsent.Keep(100, 1 << 20))
            .withListener(listener);
    try (Trial trial = Trial.begin()) {
      trial.server.enqueue(Scenario.accept().echo());
      trial.server.enqueue(Scenario.accept().echo());
      Reconnector reconnector =
          trial
              .client()
              .reconnecting(
                  request -> request.url(trial.server.url()),
                  policy,
                  session -> {
                    everything(session);
                    if (sessions.incrementAndGet() == 1) {
                      session.terminate();
                      itself.join().send("for the next");
                    } else {
                      Frame heard;
                      do { // its own first, maybe
                        heard = session.incoming().receive(SOON).orElseThrow();
                      } while (!heard.equals(new Frame.Text("for the next")));
                      itself.join().close();
                    }
                  });
      itself.complete(reconnector);
      assertThat(reconnector.awaitEnd(SOON)).contains(new Transition.Ending.Done());
      assertThat(stopped)
          .succeedsWithin(SOON)
          .isEqualTo(new Transition.Stopped(new Transition.Ending.Done()));
      assertThat(sessions).hasValue(2);
      assertThat(reconnector.unsent()).isEmpty();
    }
  }

  /** Counts the messages that the server gets off its hands, until for a while there is none. */
  private static int untilStandstill(Semaphore written) throws InterruptedException {
    int count = 0;
    while (written.tryAcquire(STANDSTILL.toMillis(), TimeUnit.MILLISECONDS)) {
      count++;
    }
    return count;
  }

  /** A plugin whose hook throws. */
  private static final class Failing implements HttpClientPlugin<Failing, Failing> {
    private final AttributeKey<Failing> key = new AttributeKey<>("Failing");
    private final Consumer<HttpClient> hooks;

    Failing(Consumer<HttpClient> hooks) {
      this.hooks = hooks;
    }

    @Override
    public AttributeKey<Failing> key() {
      return key;
    }

    @Override
    public Failing prepare(Consumer<Failing> configure) {
      return this;
    }

    @Override
    public void install(Failing plugin, HttpClient client) {
      hooks.accept(client);
    }
  }

  @Test
  void hookThatThrowsLeavesNoConnection() throws Exception {
    StackOverflowError failure = new StackOverflowError("of a hook");
    for (Consumer<HttpClient> hooks :
        List.<Consumer<HttpClient>>of(
            client ->
                client
                    .hooks()
                    .onRequest(
                        request -> {
                          throw failure;
                        }),
            client ->
                client
                    .hooks()
                    .onResponse(
                        response -> {
                          throw failure;
                        }))) {
      CountingConnector connector = new CountingConnector();
      try (BareServer server =
              BareServer.start(
                  connection -> {
                    connection.accept();
                    connection.readToEnd();
                  });
          HttpClient client =
              HttpClient.create(
                  config ->
                      config
                          .connector(connector)
                          .install(WebSockets.PLUGIN)
                          .install(new Failing(hooks)))) {
        assertThatThrownBy(() -> client.webSocketSession(server.url())).isSameAs(failure);
        connector.assertNoneOpen(SOON);
      }
    }
  }

  @Test
  void converterThatThrowsLeavesItsSessionOpen() {
    WebsocketContentConverter failing =
        new WebsocketContentConverter() {
          @Override
          public String serialize(Charset charset, TypeInfo<?> type, @Nullable Object value) {
            throw new StackOverflowError("of a converter");
          }

          @Override
          public @Nullable Object deserialize(Charset charset, TypeInfo<?> type, String text) {
            throw new IllegalStateException("of a converter");
          }
        };
    try (Trial trial = Trial.begin(ws -> ws.contentConverter(failing))) {
      DefaultClientWebSocketSession session = trial.open(Scenario.accept().echo());
      assertThatThrownBy(() -> session.sendSerialized("value"))
          .isInstanceOf(StackOverflowError.class);
      session.send("one");
      assertThatThrownBy(() -> session.receiveDeserialized(String.class))
          .isInstanceOf(WebSocketException.class);
      session.send("two");
      assertThat(session.incoming().receive(SOON)).contains(new Frame.Text("two"));
      session.close();
    }
  }

  private static FailingExtension broken(boolean incoming) {
    return new FailingExtension(
        incoming, frame -> true, () -> new StackOverflowError("of an extension"));
  }

  private static Scenario acceptBroken() {
    return Scenario.accept(
        Headers.builder().add("Sec-WebSocket-Extensions", FailingExtension.NAME).build());
  }

  @Test
  void extensionThatThrowsEndsItsSession() {
    try (Trial trial = Trial.begin(ws -> ws.extensions(all -> all.install(broken(true))))) {
      DefaultClientWebSocketSession session = trial.open(acceptBroken().send("boom"));
      assertThatThrownBy(() -> session.incoming().receive())
          .satisfiesAnyOf(
              e -> assertThat(e).isInstanceOf(StackOverflowError.class),
              e -> assertThat(e).isInstanceOf(WebSocketException.class));
      assertEnded(session);
    }
    try (Trial trial = Trial.begin(ws -> ws.extensions(all -> all.install(broken(false))))) {
      DefaultClientWebSocketSession session = trial.open(acceptBroken());
      assertThatThrownBy(() -> session.send("boom")).isInstanceOf(StackOverflowError.class);
      assertEnded(session);
    }
  }

  private static void assertEnded(DefaultClientWebSocketSession session) {
    assertThat(session.closeReason()).succeedsWithin(SOON).isNull();
    assertThatThrownBy(() -> session.send("late"))
        .isInstanceOf(WebSocketClosedException.class)
        .hasRootCauseInstanceOf(StackOverflowError.class);
    assertThatThrownBy(() -> session.incoming().receive())
        .isInstanceOf(WebSocketException.class)
        .hasRootCauseInstanceOf(StackOverflowError.class);
  }
}
