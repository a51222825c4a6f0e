// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.parley.testkit.MockWebSocketServer;
import dev.parley.testkit.RawFrame;
import dev.parley.testkit.Scenario;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Frame;
import dev.parley.websocket.Opcode;
import dev.parley.websocket.Violation;
import dev.parley.websocket.WebSocketException;
import dev.parley.websocket.WebSocketProtocolException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Many sessions of one client, over TCP, with a memory budget. */
@Timeout(120)
final class MemoryBudgetSessionsTest {
  private static final int MIB = 1 << 20;
  private static final int SESSIONS = 100;
  private static final int MESSAGES = 3;

  /** So many wait in receive() at the same time. */
  private static final int WAITING = 20;

  private static final long BUDGET = 8 * MIB;

  /** What the server has, the sessions themselves, and messages just taken. */
  private static final long SLACK = 24 * MIB;

  private static final Duration SOON = Duration.ofSeconds(20);

  private static HttpClient client(long budget) {
    return HttpClient.create(
        config ->
            config.install(
                WebSockets.PLUGIN,
                ws -> ws.memoryBudget(budget).closeTimeout(Duration.ofSeconds(5))));
  }

  private static long used(HttpClient client) {
    return client.plugin(WebSockets.PLUGIN).memoryUsed();
  }

  /** Looks every millisecond: the budget is a measure, and tells nobody when it changes. */
  private static void awaitUsed(HttpClient client, long least, long most)
      throws InterruptedException {
    CountDownLatch reached = new CountDownLatch(1);
    Runnable look =
        () -> {
          long used = used(client);
          if (used >= least && used <= most) {
            reached.countDown();
          }
        };
    try (ScheduledExecutorService looks = Executors.newSingleThreadScheduledExecutor()) {
      Future<?> unused = looks.scheduleWithFixedDelay(look, 0, 1, TimeUnit.MILLISECONDS);
      boolean inTime = reached.await(SOON.toSeconds(), TimeUnit.SECONDS);
      assertThat(inTime).as("%d bytes in use", used(client)).isTrue();
    }
  }

  private static Frame message(int number, int size) {
    byte[] bytes = new byte[size];
    Arrays.fill(bytes, (byte) number);
    return new Frame.Binary(bytes);
  }

  private static long heap() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  private static DefaultClientWebSocketSession open(HttpClient client, MockWebSocketServer server) {
    return client.webSocketSession(server.url());
  }

  private static Frame receive(ClientWebSocketSession session) {
    return session.incoming().receive(SOON).orElseThrow();
  }

  /** Plays the same in every connection: large messages, then a Close at once. */
  private static MockWebSocketServer largeMessages() {
    Scenario scenario = Scenario.accept();
    for (int i = 0; i < MESSAGES; i++) {
      scenario = scenario.send(message(i, MIB));
    }
    Scenario all = scenario.close(CloseReason.NORMAL);
    return MockWebSocketServer.start(
        config -> config.unscripted(all).timeout(Duration.ofSeconds(100)));
  }

  /** Whether one thread goes over all sessions, or each has one that waits in receive(). */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void slowApplicationGetsEveryMessageWithinTheBudget(boolean oneThread) throws Exception {
    long before = heap();
    try (MockWebSocketServer server = largeMessages();
        HttpClient client = client(BUDGET);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<DefaultClientWebSocketSession> sessions = new ArrayList<>();
      for (int i = 0; i < SESSIONS; i++) {
        sessions.add(open(client, server));
      }
      awaitUsed(client, BUDGET / 2, Long.MAX_VALUE);
      Semaphore turns = new Semaphore(0);
      Semaphore taken = new Semaphore(0);
      List<Future<?>> receivers = new ArrayList<>();
      if (!oneThread) {
        for (DefaultClientWebSocketSession session : sessions) {
          receivers.add(
              threads.submit(
                  () -> {
                    for (int i = 0; i < MESSAGES; i++) {
                      turns.acquire();
                      assertThat(receive(session)).isEqualTo(message(i, MIB));
                      taken.release();
                    }
                    return receive(session);
                  }));
        }
      }
      long most = 0;
      for (int i = 0; i < MESSAGES * SESSIONS; i++) {
        if (oneThread) {
          assertThat(receive(sessions.get(i % SESSIONS))).isEqualTo(message(i / SESSIONS, MIB));
        } else {
          turns.release();
          if (i % WAITING == WAITING - 1) {
            assertThat(taken.tryAcquire(WAITING, SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
          }
        }
        assertThat(used(client)).isLessThanOrEqualTo(BUDGET);
        if (i % (3 * WAITING) == 3 * WAITING - 1) { // none of those who waited holds a message now
          most = Math.max(most, heap());
        }
      }
      assertThat(most - before).as("heap").isLessThan(BUDGET + SLACK);
      turns.release(MESSAGES * SESSIONS);
      for (Future<?> receiver : receivers) {
        assertThat(receiver.get()).isInstanceOf(Frame.Close.class);
      }
      if (oneThread) {
        for (DefaultClientWebSocketSession session : sessions) {
          assertThat(receive(session)).isInstanceOf(Frame.Close.class);
        }
      }
      awaitUsed(client, 0, 0);
    }
  }

  @Test
  void messageThatBreaksTheBudgetFailsItsSessionAndNoOther() throws Exception {
    try (MockWebSocketServer server = MockWebSocketServer.start();
        HttpClient client = client(4 * MIB)) {
      CloseReason reason = Violation.MEMORY_BUDGET_USED_UP.closeReason();
      assertThat(reason.code()).isEqualTo(1009);
      DefaultClientWebSocketSession other = open(client, server);
      server.enqueue(Scenario.accept().send(message(1, 8 * MIB)).expectClose(reason));
      DefaultClientWebSocketSession session = open(client, server);
      WebSocketProtocolException failure =
          catchThrowableOfType(WebSocketProtocolException.class, () -> receive(session));
      assertThat(failure.violation()).isEqualTo(Violation.MEMORY_BUDGET_USED_UP);
      assertThat(failure)
          .hasMessageMatching(
              "message of at least \\d+ bytes, memoryBudget is 4194304,"
                  + " of which 0 are in use by other messages \\(RFC 6455 §10.4\\)"
                  + "; we sent 1009 \\(memory budget used up\\) first, the peer sent no Close");
      for (int i = 0; i < 10; i++) {
        other.send(message(i, MIB));
        assertThat(receive(other)).isEqualTo(message(i, MIB));
      }
      awaitUsed(client, 0, 0);
    }
  }

  /** How a session ends that holds messages, and a part of one. */
  enum End {
    TAKEN,
    CLOSED,
    TERMINATED,
    CLIENT_CLOSED,
    CANCELLED,
    CLOSED_BY_PEER,
    FAILED,
    BROKEN
  }

  @SuppressWarnings("try") // one of the ends is that the client is closed early
  @ParameterizedTest
  @EnumSource(End.class)
  void everyByteIsGivenBack(End end) throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    Scenario sent = Scenario.accept().send(message(1, 1000)).send(message(2, 2000));
    RawFrame part = RawFrame.of(Opcode.BINARY, new byte[3000]).withFin(false);
    Scenario half = sent.send(part).await(go);
    Scenario scenario =
        switch (end) {
          case TAKEN -> half.send(RawFrame.of(Opcode.CONTINUATION, new byte[10]));
          case CLOSED, CLIENT_CLOSED -> half;
          case TERMINATED, CANCELLED -> half;
          case CLOSED_BY_PEER -> half.close(CloseReason.NORMAL);
          case FAILED -> half.sendBytes(new byte[] {(byte) 0x83, 0});
          case BROKEN -> half.reset();
        };
    try (MockWebSocketServer server = MockWebSocketServer.start();
        HttpClient client = client(MIB)) {
      server.enqueue(scenario);
      DefaultClientWebSocketSession session = open(client, server);
      awaitUsed(client, 6000, MIB);
      go.countDown();
      switch (end) {
        case TAKEN -> {
          receive(session);
          receive(session);
          assertThat(receive(session).data()).hasSize(3010);
        }
        case CLOSED -> session.close();
        case TERMINATED -> session.terminate();
        case CLIENT_CLOSED -> client.close();
        case CANCELLED -> {
          receive(session);
          receive(session);
          assertThat(session.incoming().receive(Duration.ofMillis(10))).isEmpty();
          session.terminate();
        }
        case CLOSED_BY_PEER -> {
          session.closeReason().join();
          session.close();
        }
        case FAILED, BROKEN -> {
          session.closeReason().join();
          receive(session);
          receive(session);
          assertThat(catchThrowableOfType(WebSocketException.class, () -> receive(session)))
              .isNotNull();
        }
      }
      awaitUsed(client, 0, 0);
    }
  }
}
