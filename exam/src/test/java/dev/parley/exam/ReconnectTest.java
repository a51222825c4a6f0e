// SPDX-License-Identifier: Apache-2.0
package dev.parley.exam;

import static dev.parley.exam.Trial.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.parley.client.HttpClient;
import dev.parley.client.Loss;
import dev.parley.client.NoSessionException;
import dev.parley.client.ReconnectPolicy;
import dev.parley.client.ReconnectPolicy.Unsent;
import dev.parley.client.ReconnectingSessions;
import dev.parley.client.Reconnector;
import dev.parley.client.Transition;
import dev.parley.client.Transition.Ending;
import dev.parley.client.WebSocketSession;
import dev.parley.client.WebSockets;
import dev.parley.client.transport.TlsOptions;
import dev.parley.testkit.MockConnection;
import dev.parley.testkit.MockWebSocketServer;
import dev.parley.testkit.RawFrame;
import dev.parley.testkit.Scenario;
import dev.parley.testkit.TestCertificates;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketInterruptedException;
import dev.parley.websocket.handshake.Headers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Servers that come and go. How the waits are drawn, capped and reset is proved with injected time,
 * in the client's {@code ReconnectionTest}; here is what a user sees of it.
 */
final class ReconnectTest {
  private static final Duration AGES = Duration.ofDays(1);
  private static final ReconnectPolicy QUICK =
      ReconnectPolicy.DEFAULT.withDelays(Duration.ofNanos(1000), Duration.ofMillis(1));

  /** A back-off that nobody sits out. */
  private static final ReconnectPolicy SLOW = ReconnectPolicy.DEFAULT.withDelays(AGES, AGES);

  private final MockWebSocketServer server = MockWebSocketServer.start();
  private final HttpClient client =
      HttpClient.create(
          config ->
              config
                  .install(WebSockets.PLUGIN, ws -> ws.timeout(SOON))
                  .tls(TlsOptions.DEFAULT.withTrust(TestCertificates.authorityFile())));
  private final BlockingQueue<Transition> transitions = new LinkedBlockingQueue<>();

  @AfterEach
  void end() {
    client.close();
    server.close();
  }

  private Reconnector start(ReconnectPolicy policy) {
    return start(server.url(), policy);
  }

  private Reconnector start(String url, ReconnectPolicy policy) {
    return client.reconnecting(
        request -> request.url(url), policy.withListener(transitions::add), ReconnectTest::receive);
  }

  private static void receive(WebSocketSession session) {
    session.incoming().forEach(frame -> {});
  }

  private static String text(RawFrame frame) {
    return StandardCharsets.UTF_8.decode(frame.payload()).toString();
  }

  private <T extends Transition> T await(Class<T> kind) throws InterruptedException {
    while (true) {
      Transition next = transitions.poll(SOON.toSeconds(), TimeUnit.SECONDS);
      assertThat(next).as(kind.getSimpleName()).isNotNull();
      if (kind.isInstance(next)) {
        return kind.cast(next);
      }
    }
  }

  private long count(Class<?> kind) {
    return transitions.stream().filter(kind::isInstance).count();
  }

  @Row(92)
  @Test
  void serverThatFlapsAThousandTimesIsMetAThousandTimes() {
    for (int i = 0; i < 1000; i++) {
      server.enqueue(
          switch (i % 6) {
            case 0 -> Scenario.accept().close(CloseReason.GOING_AWAY);
            case 1 -> Scenario.accept().endOfStream();
            case 2 -> Scenario.accept().reset();
            case 3 -> Scenario.reject(503);
            case 4 -> Scenario.empty().endOfStream();
            default -> Scenario.accept().close(CloseReason.TRY_AGAIN_LATER);
          });
    }
    server.enqueue(Scenario.accept().close(CloseReason.NORMAL));
    Reconnector reconnector = start(QUICK);
    Duration patience = Duration.ofSeconds(50); // less than the test has: so that it tells
    assertThat(reconnector.awaitEnd(patience)).contains(new Ending.Done());
    assertThat(count(Transition.Opening.class)).isEqualTo(1001);
    assertThat(count(Transition.Waiting.class)).isEqualTo(1000);
    assertThat(count(Transition.Stopped.class)).isEqualTo(1);
    assertThat(transitions)
        .filteredOn(Transition.Waiting.class::isInstance)
        .allMatch(
            waiting -> ((Transition.Waiting) waiting).delay().compareTo(Duration.ofMillis(1)) <= 0);
  }

  @Row(92)
  @ParameterizedTest
  @ValueSource(ints = {1001, 1011, 1012, 1013})
  void closeThatPassesIsFollowedByTheNextSession(int code) throws InterruptedException {
    server.enqueue(Scenario.accept().close(new CloseReason(code, "")));
    try (Reconnector reconnector = start(QUICK)) {
      assertThat(await(Transition.Lost.class).loss()).isInstanceOf(Loss.Closed.class);
      assertThat(await(Transition.Opened.class).session()).isEqualTo(2);
      assertThat(reconnector.awaitEnd(Duration.ZERO)).isEmpty();
    }
  }

  @Row(92)
  @ParameterizedTest
  @ValueSource(ints = {1002, 1003, 1007, 1008, 1010})
  void closeThatWouldComeAgainStops(int code) {
    server.enqueue(Scenario.accept().close(new CloseReason(code, "")));
    assertGivesUp(start(QUICK), Loss.Closed.class);
  }

  private void assertGivesUp(Reconnector reconnector, Class<? extends Loss> loss) {
    Ending ending = reconnector.awaitEnd(SOON).orElseThrow();
    assertThat(ending).isInstanceOf(Ending.GaveUp.class);
    assertThat(((Ending.GaveUp) ending).loss()).isInstanceOf(loss);
    assertThat(count(Transition.Opening.class)).isEqualTo(1);
    assertThat(count(Transition.Waiting.class)).isZero();
  }

  @Row(92)
  @Test
  void closeThatSaysNormalMeansThatAllIsDone() {
    server.enqueue(Scenario.accept().close(CloseReason.NORMAL));
    assertThat(start(QUICK).awaitEnd(SOON)).contains(new Ending.Done());
    assertThat(count(Transition.Opening.class)).isEqualTo(1);
  }

  @Row(92)
  @ParameterizedTest
  @ValueSource(ints = {400, 401, 403, 404, 410, 426})
  void refusalOfTheRequestStops(int status) {
    server.enqueue(Scenario.reject(status));
    assertGivesUp(start(QUICK), Loss.Refused.class);
  }

  @Row(92)
  @ParameterizedTest
  @ValueSource(ints = {429, 500, 502, 503, 504})
  void refusalForNowIsFollowedByTheNextAttempt(int status) throws InterruptedException {
    server.enqueue(Scenario.reject(status));
    try (Reconnector reconnector = start(QUICK)) {
      assertThat(await(Transition.Lost.class).loss()).isInstanceOf(Loss.Refused.class);
      assertThat(await(Transition.Opened.class).session()).isEqualTo(1);
      assertThat(reconnector.awaitEnd(Duration.ZERO)).isEmpty();
    }
  }

  @Row(92)
  @Test
  void expiredCertificateStops() {
    try (MockWebSocketServer expired =
        MockWebSocketServer.start(
            config ->
                config.tls(TestCertificates.issue(TestCertificates.Subject.EXPIRED).context()))) {
      assertGivesUp(start(expired.url(), QUICK), Loss.NotOpened.class);
    }
  }

  @Row(92)
  @Test
  void ruleThatTheServerBreaksStops() {
    server.enqueue(Scenario.accept().send(RawFrame.of(3, new byte[0])));
    assertGivesUp(start(QUICK), Loss.Broken.class);
  }

  @Row(92)
  @Test
  void retryAfterIsObeyedWithACap() throws InterruptedException {
    server.enqueue(refusal("3600"));
    ReconnectPolicy policy = QUICK.withMaxRetryAfter(Duration.ofHours(2));
    try (Reconnector reconnector = start(policy)) {
      assertThat(await(Transition.Waiting.class).delay())
          .isBetween(Duration.ofHours(1), Duration.ofHours(1).plusMillis(1));
      assertThat(reconnector.state()).isInstanceOf(Transition.Waiting.class);
    }
    server.enqueue(refusal("9999999999999999999"));
    try (Reconnector reconnector = start(policy)) {
      assertThat(await(Transition.Waiting.class).delay())
          .isBetween(Duration.ofHours(2), Duration.ofHours(2).plusMillis(1));
      assertThat(reconnector.state()).isInstanceOf(Transition.Waiting.class);
    }
  }

  private static Scenario refusal(String retryAfter) {
    return Scenario.reject(503, Headers.builder().add("Retry-After", retryAfter).build(), "");
  }

  @Row(93)
  @Test
  void sendInTheGapFailsByDefault() throws InterruptedException {
    server.enqueue(Scenario.reject(503));
    try (Reconnector reconnector = start(SLOW)) {
      Transition.Waiting unused = await(Transition.Waiting.class);
      assertThatExceptionOfType(NoSessionException.class)
          .isThrownBy(() -> reconnector.send("hello"));
      assertThat(reconnector.unsent()).isEmpty();
    }
  }

  @Row(93)
  @Test
  void sendsInTheGapAreKeptInOrderWhereAskedFor() throws InterruptedException {
    int gaps = 20;
    int each = 50;
    for (int gap = 0; gap < gaps; gap++) {
      server.enqueue(Scenario.reject(503));
    }
    List<String> sent = new ArrayList<>();
    try (Reconnector reconnector = start(QUICK.withUnsent(new Unsent.Keep(gaps * each, 1 << 20)))) {
      for (int number = 0; number < gaps * each; number++) {
        reconnector.send("message " + number);
        sent.add("message " + number);
      }
      MockConnection connection = server.takeConnection(SOON);
      while (connection.number() <= gaps) {
        connection = server.takeConnection(SOON);
      }
      List<String> received = new ArrayList<>();
      while (received.size() < sent.size()) {
        received.add(text(connection.takeFrame(SOON)));
      }
      assertThat(received).isEqualTo(sent);
    }
    server.verify();
  }

  @Row(93)
  @Test
  void boundHoldsAndTheSenderWaits() throws Exception {
    server.enqueue(Scenario.reject(503));
    try (Reconnector reconnector = start(SLOW.withUnsent(new Unsent.Keep(2, 1 << 20)))) {
      Transition.Waiting unused = await(Transition.Waiting.class);
      reconnector.send("1");
      reconnector.send("2");
      new Interrupted(false, Executors.callable(() -> reconnector.send("3"))).interrupt();
      assertThat(reconnector.unsent()).containsExactly(new Frame.Text("1"), new Frame.Text("2"));
    }
  }

  @Row(93)
  @Test
  void closeDuringTheWaitIsImmediate() throws InterruptedException {
    server.enqueue(Scenario.reject(503));
    Reconnector reconnector = start(SLOW);
    Transition.Waiting unused = await(Transition.Waiting.class);
    long start = TimeBound.now();
    reconnector.close();
    assertThat(reconnector.awaitEnd(SOON)).contains(new Ending.Done());
    TimeBound.assertTook(start, Duration.ZERO);
  }

  @Row(93)
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void interruptEndsTheWaitOfALoop(boolean virtual) throws Exception {
    server.enqueue(Scenario.reject(503));
    try (ReconnectingSessions sessions =
        client.sessions(
            request -> request.url(server.url()), SLOW.withListener(transitions::add))) {
      Interrupted loop = new Interrupted(virtual, () -> sessions.iterator().hasNext());
      Transition.Waiting unused = await(Transition.Waiting.class);
      loop.interrupt();
    }
  }

  @Row(93)
  @Test
  void nothingIsSentTwiceToAServerThatCutsEverySession() throws InterruptedException {
    int cuts = 40;
    for (int cut = 1; cut <= cuts; cut++) {
      Scenario scenario = Scenario.accept();
      for (int frame = 0; frame < cut; frame++) {
        scenario = scenario.expect("a message", Frame.Text.class::isInstance);
      }
      server.enqueue(cut % 2 == 0 ? scenario.endOfStream() : scenario.reset());
    }
    List<Integer> received = new ArrayList<>();
    try (Reconnector reconnector = start(QUICK.withUnsent(new Unsent.Keep(100, 1 << 20)))) {
      Thread sender = Thread.ofVirtual().start(() -> sendNumbers(reconnector));
      for (int session = 1; session <= cuts + 1; session++) {
        MockConnection connection = server.takeConnection(SOON);
        for (int frame = 0; frame < (session <= cuts ? session : 1000); frame++) {
          received.add(Integer.parseInt(text(connection.takeFrame(SOON))));
        }
      }
      sender.interrupt();
      sender.join();
    }
    assertThat(received).isSorted().doesNotHaveDuplicates();
    int last = received.getLast();
    assertThat(received)
        .endsWith(IntStream.rangeClosed(last - 999, last).boxed().toArray(Integer[]::new));
  }

  /** Sends one number after the other until it is interrupted. */
  private static void sendNumbers(Reconnector reconnector) {
    for (int number = 0; ; number++) {
      try {
        reconnector.send(Integer.toString(number));
      } catch (WebSocketInterruptedException e) {
        return;
      }
    }
  }
}
