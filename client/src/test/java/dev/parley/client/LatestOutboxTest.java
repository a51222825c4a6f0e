// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.parley.testkit.MockWebSocketServer;
import dev.parley.testkit.Scenario;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Frame;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class LatestOutboxTest {
  private final MockWebSocketServer server = MockWebSocketServer.start();
  private final HttpClient client = HttpClient.create();

  @AfterEach
  void end() {
    client.close();
    server.close();
  }

  /** Passes on what is sent, each message when the test lets it. */
  private static final class Held extends DelegatingClientWebSocketSession {
    final CountDownLatch begun = new CountDownLatch(1);
    final CountDownLatch go = new CountDownLatch(1);
    boolean breaks;

    Held(ClientWebSocketSession session) {
      super(session, session.call());
    }

    @Override
    public void send(Frame frame) {
      begun.countDown();
      try {
        if (!go.await(10, TimeUnit.SECONDS)) {
          throw new AssertionError("held for too long");
        }
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
      if (breaks) {
        close(CloseReason.INTERNAL_ERROR);
        throw new IllegalStateException("broken, as the test wants it");
      }
      super.send(frame);
    }
  }

  @Test
  void latestOfEachKeyGoesOutInTheOrderOfTheKeys() throws Exception {
    CountDownLatch all = new CountDownLatch(1);
    server.enqueue(
        Scenario.accept()
            .expect("a1")
            .expect("b3")
            .expect("c1")
            .expect("d1")
            .signal(all)
            .expectClose());
    Held session = new Held(client.webSocketSession(server.url()));
    LatestOutbox<String> outbox = new LatestOutbox<>(session, 3);
    assertThat(outbox.put("a", "a1")).isTrue();
    assertThat(session.begun.await(10, TimeUnit.SECONDS)).isTrue();
    outbox.put("x", "dropped, as there is room for three");
    outbox.put("b", "b1");
    outbox.put("c", "c1");
    outbox.put("b", "b2");
    outbox.put("d", "d1");
    outbox.put("b", "b3");
    assertThat(outbox.replaced()).isEqualTo(2);
    assertThat(outbox.dropped()).isEqualTo(1);
    session.go.countDown();
    assertThat(all.await(10, TimeUnit.SECONDS)).isTrue();
    session.close();
  }

  @Test
  void saysThatTheSessionHasEnded() {
    server.enqueue(Scenario.accept().close(CloseReason.GOING_AWAY));
    ClientWebSocketSession session = client.webSocketSession(server.url());
    assertThat(session.incoming()).hasSize(1);
    LatestOutbox<Integer> outbox = new LatestOutbox<>(session, 1);
    assertThat(outbox.put(1, "too late")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatWaitsIsDroppedWithTheSession(boolean breaks) throws Exception {
    server.enqueue(Scenario.accept().expectClose());
    Held session = new Held(client.webSocketSession(server.url()));
    session.breaks = breaks;
    LatestOutbox<String> outbox = new LatestOutbox<>(session, 3);
    outbox.put("a", "a1");
    assertThat(session.begun.await(10, TimeUnit.SECONDS)).isTrue();
    outbox.put("b", "b1");
    if (!breaks) {
      session.close();
    }
    session.go.countDown();
    long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (outbox.dropped() < 2 && System.nanoTime() < deadline) {
      Thread.onSpinWait();
    }
    assertThat(outbox.dropped()).isEqualTo(2);
  }

  @Test
  void manyThreadsLoseNothingThatIsLatest() throws Exception {
    int keys = 8;
    int last = 20_000;
    server.enqueue(Scenario.accept().echo());
    try (ClientWebSocketSession session = client.webSocketSession(server.url())) {
      LatestOutbox<Integer> outbox = new LatestOutbox<>(session, keys);
      List<Thread> threads = new ArrayList<>();
      for (int key = 0; key < keys; key++) {
        int mine = key;
        threads.add(
            Thread.startVirtualThread(
                () -> {
                  for (int i = 1; i <= last; i++) {
                    outbox.put(mine, mine + " " + i);
                  }
                }));
      }
      Map<Integer, Integer> latest = new TreeMap<>();
      long received = 0;
      while (latest.values().stream().filter(n -> n == last).count() < keys) {
        Frame frame = session.incoming().receive(Duration.ofSeconds(10)).orElseThrow();
        String[] parts = ((Frame.Text) frame).readText().split(" ", 2);
        int number = Integer.parseInt(parts[1]);
        Integer before = latest.put(Integer.valueOf(parts[0]), number);
        assertThat(number).as("in order").isGreaterThan(before == null ? 0 : before);
        received++;
      }
      for (Thread thread : threads) {
        thread.join();
      }
      assertThat(outbox.dropped()).isZero();
      assertThat(received + outbox.replaced()).isEqualTo((long) keys * last);
    }
  }

  @Test
  void whatCannotBeSentIsDroppedAndTheNextGoesOut() throws Exception {
    CountDownLatch all = new CountDownLatch(1);
    server.enqueue(Scenario.accept().expect("a1").expect("c1").signal(all).expectClose());
    Held session = new Held(client.webSocketSession(server.url()));
    LatestOutbox<String> outbox = new LatestOutbox<>(session, 3);
    outbox.put("a", "a1");
    assertThat(session.begun.await(10, TimeUnit.SECONDS)).isTrue();
    outbox.put("b", new Frame.Text(new byte[] {(byte) 0xff}));
    outbox.put("c", "c1");
    session.go.countDown();
    assertThat(all.await(10, TimeUnit.SECONDS)).as("without another put").isTrue();
    assertThat(outbox.dropped()).isEqualTo(1);
    session.close();
  }

  @Test
  void capacityIsPositive() {
    server.enqueue(Scenario.accept().expectClose());
    try (ClientWebSocketSession session = client.webSocketSession(server.url())) {
      assertThatIllegalArgumentException().isThrownBy(() -> new LatestOutbox<>(session, 0));
    }
  }
}
