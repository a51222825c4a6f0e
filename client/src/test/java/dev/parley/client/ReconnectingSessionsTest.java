// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.parley.testkit.MockWebSocketServer;
import dev.parley.testkit.Scenario;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketClosedException;
import dev.parley.websocket.WebSocketException;
import dev.parley.websocket.WebSocketInterruptedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
final class ReconnectingSessionsTest {
  private static final Duration SOON = Duration.ofSeconds(10);
  private static final Duration AGES = Duration.ofDays(1);
  private static final ReconnectPolicy QUICK =
      ReconnectPolicy.DEFAULT.withDelays(Duration.ofMillis(1), Duration.ofMillis(2));
  private static final ReconnectPolicy SLOW = ReconnectPolicy.DEFAULT.withDelays(AGES, AGES);

  private final MockWebSocketServer server = MockWebSocketServer.start();
  private final HttpClient client = HttpClient.create();

  @AfterEach
  void end() {
    client.close();
    server.close();
  }

  private ReconnectingSessions sessions(ReconnectPolicy policy) {
    return client.sessions(request -> request.url(server.url()), policy);
  }

  @Test
  void loopGoesOnAfterLossesAndEndsWithTheServer() {
    server.enqueue(Scenario.accept().send("one").endOfStream());
    server.enqueue(Scenario.reject(503));
    server.enqueue(Scenario.accept().send("two").close(CloseReason.SERVICE_RESTART));
    server.enqueue(Scenario.accept().send("three").close(CloseReason.NORMAL));
    List<String> received = new ArrayList<>();
    try (ReconnectingSessions sessions = sessions(QUICK)) {
      for (var session : sessions) {
        try {
          for (Frame frame : session.incoming()) {
            if (frame instanceof Frame.Text text) {
              received.add(text.readText());
            }
          }
        } catch (WebSocketException lost) {
          assertThat(lost).hasMessageContaining("ended without a Close frame");
        }
      }
    }
    assertThat(received).containsExactly("one", "two", "three");
  }

  @Test
  void loopThatLeavesItsSessionOpenIsDone() {
    server.enqueue(Scenario.accept().expect("hello").expectClose(CloseReason.NORMAL));
    int rounds = 0;
    try (ReconnectingSessions sessions = sessions(QUICK)) {
      for (var session : sessions) {
        session.send("hello");
        rounds++;
      }
    }
    assertThat(rounds).isEqualTo(1);
  }

  @Test
  void loopThatIsLeftClosesItsSessionWithTheSequence() {
    server.enqueue(Scenario.accept().expectClose(CloseReason.NORMAL));
    List<Transition> transitions = new ArrayList<>();
    ReconnectingSessions sessions = sessions(QUICK.withListener(transitions::add));
    try (sessions) {
      for (var session : sessions) {
        assertThat(session.closeReason()).isNotDone();
        break;
      }
    }
    assertThat(transitions).endsWith(new Transition.Stopped(new Transition.Ending.Done()));
    assertThat(sessions.iterator().hasNext()).isFalse();
    assertThatExceptionOfType(NoSuchElementException.class)
        .isThrownBy(() -> sessions.iterator().next());
  }

  @Test
  void terminatedSessionLeadsToTheNext() {
    try (ReconnectingSessions sessions = sessions(QUICK)) {
      var iterator = sessions.iterator();
      var first = iterator.next();
      first.terminate();
      var second = iterator.next();
      assertThat(second).isNotSameAs(first);
      second.send("hello");
      assertThat(second.incoming().receive()).isEqualTo(new Frame.Text("hello"));
    }
  }

  @Test
  void whatThePolicyGivesUpIsThrown() {
    server.enqueue(Scenario.reject(404));
    try (ReconnectingSessions sessions = sessions(QUICK)) {
      for (int i = 0; i < 2; i++) {
        assertThatExceptionOfType(WebSocketUpgradeException.class)
            .isThrownBy(() -> sessions.iterator().hasNext())
            .satisfies(e -> assertThat(e.response().status().value()).isEqualTo(404));
      }
    }
    server.enqueue(Scenario.accept().close(CloseReason.VIOLATED_POLICY));
    try (ReconnectingSessions sessions = sessions(QUICK)) {
      var iterator = sessions.iterator();
      iterator.next().incoming().forEach(frame -> {});
      assertThatExceptionOfType(WebSocketClosedException.class).isThrownBy(iterator::hasNext);
    }
  }

  /** Whether the sequence is closed, or its client. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void closingEndsAWait(boolean sequence) throws Exception {
    server.enqueue(Scenario.reject(503));
    CountDownLatch waiting = new CountDownLatch(1);
    ReconnectingSessions sessions = sessions(SLOW.withListener(signal(waiting)));
    FutureTask<Boolean> loop = new FutureTask<>(() -> sessions.iterator().hasNext());
    Thread.ofVirtual().start(loop);
    waiting.await();
    if (sequence) {
      sessions.close();
    } else {
      client.close();
    }
    assertThat(loop.get(SOON.toSeconds(), TimeUnit.SECONDS)).isFalse();
  }

  @Test
  void interruptEndsAWait() throws Exception {
    server.enqueue(Scenario.reject(503));
    CountDownLatch waiting = new CountDownLatch(1);
    try (ReconnectingSessions sessions = sessions(SLOW.withListener(signal(waiting)))) {
      FutureTask<Boolean> flag =
          new FutureTask<>(
              () -> {
                assertThatExceptionOfType(WebSocketInterruptedException.class)
                    .isThrownBy(() -> sessions.iterator().hasNext());
                return Thread.currentThread().isInterrupted();
              });
      Thread loop = Thread.ofPlatform().start(flag);
      waiting.await();
      loop.interrupt();
      assertThat(flag.get(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
    }
  }

  private static Consumer<Transition> signal(CountDownLatch waiting) {
    return transition -> {
      if (transition instanceof Transition.Waiting) {
        waiting.countDown();
      }
    };
  }
}
