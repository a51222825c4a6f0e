// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.parley.client.ReconnectPolicy.Unsent;
import dev.parley.client.Transition.Ending;
import dev.parley.testkit.MockConnection;
import dev.parley.testkit.MockWebSocketServer;
import dev.parley.testkit.RawFrame;
import dev.parley.testkit.Scenario;
import dev.parley.testkit.TestCertificates;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
final class ReconnectorTest {
  private static final Duration SOON = Duration.ofSeconds(10);
  private static final Duration AGES = Duration.ofDays(1);
  private static final ReconnectPolicy QUICK =
      ReconnectPolicy.DEFAULT.withDelays(Duration.ofMillis(1), Duration.ofMillis(2));

  private static final ReconnectPolicy KEEPING = QUICK.withUnsent(new Unsent.Keep(10, 100));

  /** A back-off that no test sits out. */
  private static final ReconnectPolicy SLOW = ReconnectPolicy.DEFAULT.withDelays(AGES, AGES);

  private final MockWebSocketServer server = MockWebSocketServer.start();
  private final HttpClient client =
      HttpClient.create(config -> config.install(WebSockets.PLUGIN, ws -> ws.timeout(SOON)));
  private final List<Reconnector> reconnectors = new ArrayList<>();
  private final BlockingQueue<Transition> transitions = new LinkedBlockingQueue<>();

  @AfterEach
  void end() {
    reconnectors.forEach(Reconnector::close);
    client.close();
    server.close();
  }

  private Reconnector start(ReconnectPolicy policy, ReconnectHandler handler) {
    Reconnector reconnector =
        client.reconnecting(
            request -> request.url(server.url("/feed?secret")),
            policy.withListener(transitions::add),
            handler);
    reconnectors.add(reconnector);
    return reconnector;
  }

  /** Waits for a transition of a kind. */
  private <T extends Transition> T await(Class<T> kind) throws InterruptedException {
    while (true) {
      Transition next = transitions.poll(SOON.toSeconds(), TimeUnit.SECONDS);
      assertThat(next).as("transition").isNotNull();
      if (kind.isInstance(next)) {
        return kind.cast(next);
      }
    }
  }

  private static void receiveAll(WebSocketSession session) {
    session.incoming().forEach(frame -> {});
  }

  /** A handler that receives all. */
  private static class Receiving implements ReconnectHandler {
    @Override
    public void run(ClientWebSocketSession session) {
      receiveAll(session);
    }
  }

  private static String text(RawFrame frame) {
    return StandardCharsets.UTF_8.decode(frame.payload()).toString();
  }

  private static List<String> texts(MockConnection connection, int count) {
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      texts.add(text(connection.takeFrame(SOON)));
    }
    return texts;
  }

  @Nested
  class OneSessionAfterTheOther {
    @Test
    void isOpenedAfterALossAndEndsWithTheApplication() {
      server.enqueue(Scenario.accept().send("one").close(CloseReason.SERVICE_RESTART));
      server.enqueue(Scenario.accept().send("two").endOfStream());
      server.enqueue(Scenario.accept().send("three").reset());
      server.enqueue(Scenario.reject(503));
      server.enqueue(Scenario.accept().send("four").expectClose(CloseReason.NORMAL));
      List<String> received = new ArrayList<>();
      Reconnector reconnector =
          start(
              QUICK,
              session -> {
                while (received.size() < 4) {
                  if (session.incoming().receive() instanceof Frame.Text text) {
                    received.add(text.readText());
                  }
                }
              });
      assertThat(reconnector.awaitEnd(SOON)).contains(new Ending.Done());
      assertThat(received).containsExactly("one", "two", "three", "four");
      assertThat(reconnector.state()).isEqualTo(new Transition.Stopped(new Ending.Done()));
      assertThat(transitions)
          .filteredOn(Transition.Opened.class::isInstance)
          .contains(new Transition.Opened(4, server.url("/feed")));
    }

    @Test
    void requestIsMadeAnewForEachAttempt() {
      server.enqueue(Scenario.reject(503));
      server.enqueue(Scenario.accept().close(CloseReason.GOING_AWAY));
      server.enqueue(Scenario.accept().close(CloseReason.NORMAL));
      AtomicInteger attempts = new AtomicInteger();
      Reconnector reconnector =
          client.reconnecting(
              request ->
                  request
                      .url(server.url())
                      .header("Last-Event-ID", "" + attempts.incrementAndGet()),
              QUICK,
              ReconnectorTest::receiveAll);
      reconnectors.add(reconnector);
      assertThat(reconnector.awaitEnd(SOON)).contains(new Ending.Done());
      for (String id : new String[] {"1", "2", "3"}) {
        assertThat(server.takeHandshake(SOON).request().headers().get("Last-Event-ID"))
            .isEqualTo(id);
      }
    }

    @Test
    void neverMoreThanOneIsOpen() throws InterruptedException {
      server.enqueue(Scenario.accept().endOfStream());
      AtomicInteger using = new AtomicInteger();
      AtomicInteger most = new AtomicInteger();
      CountDownLatch leave = new CountDownLatch(1);
      Reconnector reconnector =
          start(
              QUICK,
              session -> {
                most.accumulateAndGet(using.incrementAndGet(), Math::max);
                if (leave.getCount() > 0) {
                  session.closeReason().join();
                  leave.await();
                }
                using.decrementAndGet();
              });
      server.takeConnection(SOON).awaitEnd(SOON);
      assertThatExceptionOfType(AssertionError.class)
          .isThrownBy(() -> server.takeConnection(Duration.ofMillis(50)));
      leave.countDown();
      assertThat(reconnector.awaitEnd(SOON)).contains(new Ending.Done());
      assertThat(most).hasValue(1);
    }

    @Test
    void resumesBeforeAnythingElseIsSent() throws InterruptedException {
      CountDownLatch resumed = new CountDownLatch(1);
      CountDownLatch proceed = new CountDownLatch(1);
      Reconnector reconnector =
          start(
              KEEPING,
              new Receiving() {
                @Override
                public void resume(ClientWebSocketSession session) throws Exception {
                  resumed.countDown();
                  proceed.await();
                  session.send("resume");
                }
              });
      resumed.await();
      reconnector.send("traffic");
      proceed.countDown();
      reconnector.send("more");
      assertThat(texts(server.takeConnection(SOON), 3))
          .containsExactly("resume", "traffic", "more");
      reconnector.close();
      assertThat(reconnector.awaitEnd(SOON)).contains(new Ending.Done());
      assertThat(reconnector.unsent()).isEmpty();
    }

    @Test
    void applicationThatThrowsForItselfIsTold() {
      server.enqueue(Scenario.accept().expectClose(CloseReason.INTERNAL_ERROR));
      Exception own = new Exception("own");
      Reconnector reconnector =
          start(
              QUICK,
              session -> {
                throw own;
              });
      assertThat(reconnector.awaitEnd(SOON)).contains(new Ending.Failed(own));
    }

    @Test
    void senderThatFindsTheWayOutBrokenIsALossToo() throws InterruptedException {
      server.enqueue(Scenario.accept().reset());
      server.enqueue(Scenario.accept().expectClose());
      AtomicInteger sessions = new AtomicInteger();
      Reconnector reconnector =
          start(
              QUICK,
              session -> {
                if (sessions.incrementAndGet() == 1) {
                  while (true) {
                    session.send(new byte[1 << 16]);
                  }
                }
              });
      assertThat(reconnector.awaitEnd(SOON)).contains(new Ending.Done());
      assertThat(sessions).hasValue(2);
      assertThat(await(Transition.Lost.class).loss()).isInstanceOf(Loss.Broken.class);
    }

    @Test
    void untrustedServerIsGivenUp() {
      try (MockWebSocketServer secure =
          MockWebSocketServer.start(config -> config.tls(TestCertificates.serverContext()))) {
        Reconnector reconnector =
            client.reconnecting(
                request -> request.url(secure.url()), QUICK, ReconnectorTest::receiveAll);
        assertThat(reconnector.awaitEnd(SOON))
            .containsInstanceOf(Ending.GaveUp.class)
            .get()
            .hasToString(reconnector.state().toString().substring("stopped: ".length()))
            .asString()
            .startsWith("gave up after attempt 1, not opened: cannot open wss://localhost:");
      }
    }
  }

  @Nested
  class Sending {
    private Reconnector inTheGap(ReconnectPolicy policy) throws InterruptedException {
      server.enqueue(Scenario.reject(503));
      Reconnector reconnector = start(policy, ReconnectorTest::receiveAll);
      Transition.Waiting unused = await(Transition.Waiting.class);
      return reconnector;
    }

    @Test
    void failsByDefault() throws InterruptedException {
      Reconnector reconnector = inTheGap(SLOW);
      assertThatExceptionOfType(NoSessionException.class)
          .isThrownBy(() -> reconnector.send("hello"))
          .withMessageStartingWith("cannot send: there is no session: waiting for ");
    }

    @Test
    void isDroppedAndCounted() throws InterruptedException {
      Reconnector reconnector = inTheGap(SLOW.withUnsent(new Unsent.Drop()));
      reconnector.send("hello");
      reconnector.send(new byte[3]);
      assertThat(reconnector.dropped()).isEqualTo(2);
    }

    @Test
    void isKeptUntilThereIsASession() {
      CountDownLatch open = new CountDownLatch(1);
      server.enqueue(Scenario.reject(503));
      server.enqueue(Scenario.empty().await(open).thenAccept().echo());
      List<String> messages = new ArrayList<>();
      Reconnector reconnector =
          start(QUICK.withUnsent(new Unsent.Keep(100, 1000)), ReconnectorTest::receiveAll);
      for (int i = 0; i < 50; i++) {
        reconnector.send("message " + i);
        messages.add("message " + i);
      }
      assertThat(reconnector.unsent()).hasSize(50);
      open.countDown();
      MockConnection refused = server.takeConnection(SOON);
      assertThat(refused.number()).isEqualTo(1);
      assertThat(texts(server.takeConnection(SOON), 50)).isEqualTo(messages);
      reconnector.close();
    }

    @Test
    void arrayIsFreeAtOnce() throws InterruptedException {
      Reconnector reconnector = inTheGap(SLOW.withUnsent(new Unsent.Keep(100, 1000)));
      byte[] bytes = {1, 2, 3};
      reconnector.send(bytes);
      bytes[0] = 9;
      assertThat(reconnector.unsent()).containsExactly(new Frame.Binary(new byte[] {1, 2, 3}));
    }

    @Test
    void textThatIsNotUtf8IsGivenBackAtOnce() throws InterruptedException {
      Reconnector reconnector = start(KEEPING, ReconnectorTest::receiveAll);
      MockConnection connection = server.takeConnection(SOON);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> reconnector.send(new Frame.Text(new byte[] {'a', (byte) 0xc3})))
          .withMessage("Text[2 bytes] is not UTF-8 (RFC 6455 §5.6)");
      reconnector.send(new Frame.Text("grün".getBytes(StandardCharsets.UTF_8)));
      assertThat(text(connection.takeFrame(SOON))).isEqualTo("grün");
      reconnector.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void textThatIsSpoiltLaterIsToldOfAndTheSessionGoesOn(boolean handlerFails)
        throws InterruptedException {
      CountDownLatch proceed = new CountDownLatch(1);
      BlockingQueue<WebSocketException> told = new LinkedBlockingQueue<>();
      Reconnector reconnector =
          start(
              KEEPING,
              new Receiving() {
                @Override
                public void resume(ClientWebSocketSession session) throws Exception {
                  proceed.await();
                }

                @Override
                public void inDoubt(Frame message, WebSocketException failure) {
                  told.add(failure);
                  if (handlerFails) {
                    throw new AssertionError("of the handler's own");
                  }
                }
              });
      byte[] bytes = {'a', 'b'};
      reconnector.send(new Frame.Text(bytes));
      bytes[1] = (byte) 0xff;
      reconnector.send("next");
      proceed.countDown();
      assertThat(text(server.takeConnection(SOON).takeFrame(SOON))).isEqualTo("next");
      assertThat(told.poll(SOON.toSeconds(), TimeUnit.SECONDS))
          .hasCauseInstanceOf(IllegalArgumentException.class);
      reconnector.close();
      assertThat(transitions).filteredOn(Transition.Opened.class::isInstance).hasSize(1);
    }

    @Test
    void goesToTheSessionThatIsOpen() throws InterruptedException {
      for (Unsent unsent :
          new Unsent[] {new Unsent.Fail(), new Unsent.Drop(), new Unsent.Keep(1, 1)}) {
        Reconnector reconnector = start(QUICK.withUnsent(unsent), ReconnectorTest::receiveAll);
        MockConnection connection = server.takeConnection(SOON);
        if (unsent instanceof Unsent.Keep) {
          reconnector.send("hello");
        } else {
          untilSent(() -> reconnector.send("hello"));
        }
        assertThat(text(connection.takeFrame(SOON))).isEqualTo("hello");
        reconnector.close();
      }
    }

    /** Sends once there is a session that has resumed; {@code Drop} is given the time for that. */
    private void untilSent(Runnable send) throws InterruptedException {
      Transition.Opened unused = await(Transition.Opened.class);
      while (true) {
        Reconnector last = reconnectors.getLast();
        long dropped = last.dropped();
        try {
          send.run();
          if (last.dropped() == dropped) {
            return;
          }
        } catch (NoSessionException e) {
          Thread.onSpinWait(); // it has not resumed yet
        }
      }
    }

    @Test
    void onlyWholeMessagesAndPings() {
      Reconnector reconnector = start(SLOW, ReconnectorTest::receiveAll);
      for (Frame frame :
          new Frame[] {
            new Frame.Close(CloseReason.NORMAL),
            new Frame.Text(new byte[0], false, false, false, false),
            new Frame.Binary(new byte[0], true, true, false, false),
          }) {
        assertThatIllegalArgumentException().isThrownBy(() -> reconnector.send(frame));
      }
    }
  }

  @Nested
  class Closing {
    @Test
    void isImmediateWhileWaiting() throws InterruptedException {
      server.enqueue(Scenario.reject(503));
      Reconnector reconnector =
          start(SLOW.withUnsent(new Unsent.Keep(10, 100)), ReconnectorTest::receiveAll);
      Transition.Waiting unused = await(Transition.Waiting.class);
      reconnector.send("never");
      reconnector.close();
      assertThat(reconnector.awaitEnd(SOON)).contains(new Ending.Done());
      assertThat(reconnector.unsent()).containsExactly(new Frame.Text("never"));
      assertThatExceptionOfType(NoSessionException.class)
          .isThrownBy(() -> reconnector.send("late"));
    }

    @Test
    void isImmediateWhileOpening() {
      CountDownLatch asked = new CountDownLatch(1);
      CountDownLatch never = new CountDownLatch(1);
      server.enqueue(Scenario.empty().signal(asked).stall());
      Reconnector reconnector =
          start(
              SLOW.withListener(
                  transition -> {
                    if (transition instanceof Transition.Opened) {
                      never.countDown();
                    }
                  }),
              ReconnectorTest::receiveAll);
      assertThat(awaitUninterruptibly(asked)).isTrue();
      reconnector.close();
      assertThat(reconnector.awaitEnd(SOON)).contains(new Ending.Done());
      assertThat(never.getCount()).isEqualTo(1);
    }

    private static boolean awaitUninterruptibly(CountDownLatch latch) {
      try {
        return latch.await(SOON.toSeconds(), TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }

    @Test
    void sendsFirstWhatIsKept() throws InterruptedException {
      CountDownLatch read = new CountDownLatch(1);
      server.enqueue(
          Scenario.accept()
              .await(read)
              .expect("1")
              .expect("2")
              .expect("3")
              .expectClose(CloseReason.NORMAL));
      Reconnector reconnector = start(KEEPING, ReconnectorTest::receiveAll);
      for (String text : new String[] {"1", "2", "3"}) {
        reconnector.send(text);
      }
      Transition.Opened unused = await(Transition.Opened.class);
      read.countDown();
      while (!reconnector.unsent().isEmpty()) {
        Thread.onSpinWait();
      }
      reconnector.close();
      server.verify();
    }

    @Test
    void byTheHandlerItself() {
      BlockingQueue<Reconnector> self = new LinkedBlockingQueue<>();
      Reconnector reconnector =
          start(
              QUICK,
              session -> {
                self.take().close();
                receiveAll(session);
              });
      self.add(reconnector);
      assertThat(reconnector.awaitEnd(SOON)).contains(new Ending.Done());
      reconnector.close();
    }

    @Test
    void ofTheClientEndsAWait() throws InterruptedException {
      server.enqueue(Scenario.reject(503));
      Reconnector reconnector = start(SLOW, ReconnectorTest::receiveAll);
      Transition.Waiting unused = await(Transition.Waiting.class);
      client.close();
      assertThat(reconnector.awaitEnd(SOON)).contains(new Ending.Done());
      assertThatIllegalStateException()
          .isThrownBy(() -> start(SLOW, ReconnectorTest::receiveAll))
          .withMessage("the client is closed");
    }

    @Test
    void ofTheClientEndsASession() throws InterruptedException {
      server.enqueue(Scenario.accept().expectClose(CloseReason.GOING_AWAY));
      Reconnector reconnector = start(QUICK, ReconnectorTest::receiveAll);
      Transition.Opened unused = await(Transition.Opened.class);
      client.close();
      assertThat(reconnector.awaitEnd(SOON)).contains(new Ending.Done());
    }
  }

  @Test
  void needsThePlugin() {
    Consumer<HttpClientConfig> nothing = config -> {};
    try (HttpClient bare = HttpClient.create(nothing)) {
      assertThatIllegalStateException()
          .isThrownBy(
              () ->
                  bare.reconnecting(
                      request -> request.url(server.url()), QUICK, ReconnectorTest::receiveAll));
      assertThatIllegalStateException()
          .isThrownBy(() -> bare.sessions(request -> request.url(server.url()), QUICK));
    }
  }
}
