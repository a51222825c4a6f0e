// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Chance against the laws: a signal that got lost leaves somebody waiting for ever, and the test
 * fails by its time limit.
 */
@Timeout(120)
final class RegistrationTest {
  private static final int SESSIONS = 24;
  private static final int ROUNDS = 1000;

  private ReadinessLoop loop = new ReadinessLoop();
  private SocketConnector connector = connector(loop);
  private final AtomicInteger timeouts = new AtomicInteger();
  private final AtomicInteger interrupts = new AtomicInteger();
  private final AtomicInteger unattended = new AtomicInteger();

  @AfterEach
  void closeLoop() {
    loop.close();
  }

  private static SocketConnector connector(ReadinessLoop loop) {
    return new SocketConnector(loop, new BufferPool(), TlsOptions.DEFAULT);
  }

  @ParameterizedTest(name = "{0} threads at most select for themselves")
  @ValueSource(ints = {0, 4, SESSIONS})
  void noSignalIsLostBetweenWaitsDeadlinesInterruptsAndTasks(int leads) throws Exception {
    loop = new ReadinessLoop(leads);
    connector = connector(loop);
    try (Peer peer = new Peer(Peer.ECHO)) {
      List<FutureTask<Void>> sessions = new ArrayList<>();
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < SESSIONS; i++) {
        Transport transport = connector.connect(peer.plain(), Deadline.NONE);
        Random random = new Random(i);
        var session = new FutureTask<Void>(() -> converse(transport, random), null);
        sessions.add(session);
        threads.add((i % 2 == 0 ? Thread.ofVirtual() : Thread.ofPlatform()).start(session));
      }
      AtomicBoolean over = new AtomicBoolean();
      Thread interrupter = Thread.ofPlatform().start(() -> interrupt(threads, over));
      for (FutureTask<Void> session : sessions) {
        session.get();
      }
      over.set(true);
      interrupter.join();
      assertNothingIsLeft();
    }
    assertThat(timeouts).hasPositiveValue();
    assertThat(interrupts).hasPositiveValue();
    assertThat(unattended).hasPositiveValue();
  }

  @Test
  void whoeverAsksForAReadAfterTheEndIsToldAtOnce() throws Exception {
    CountDownLatch told = new CountDownLatch(1);
    try (Peer peer = new Peer(Peer.ECHO)) {
      Transport transport = connector.connect(peer.plain(), Deadline.NONE);
      transport.close();
      transport.onReadable(told::countDown);
      assertThat(told.getCount()).isZero();
    }
  }

  @Test
  void platformThreadThatWaitsInVainGivesItsSelectorBackAndIsSignalled() throws Exception {
    try (Peer peer = new Peer(Peer.ECHO);
        Transport transport = connector.connect(peer.plain(), Deadline.NONE)) {
      var waiter =
          new FutureTask<Boolean>(
              () -> {
                boolean signalled = transport.awaitReadable(Deadline.NONE);
                return signalled && transport.read(ByteBuffer.allocate(1)) == 1;
              });
      Thread thread = Thread.ofPlatform().start(waiter);
      while (thread.getState() != Thread.State.WAITING) { // it is "runnable" while it selects
        assertThat(thread.join(Duration.ofMillis(5))).isFalse();
      }
      assertThat(transport.write(ByteBuffer.allocate(1))).isEqualTo(1);
      assertThat(waiter.get()).isTrue();
    }
  }

  private void interrupt(List<Thread> threads, AtomicBoolean over) {
    Random random = new Random(1);
    Semaphore never = new Semaphore(0);
    while (!over.get()) {
      threads.get(random.nextInt(threads.size())).interrupt();
      try {
        assertThat(never.tryAcquire(300, TimeUnit.MICROSECONDS)).isFalse();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  /** Sends numbers in bursts and waits for each to come back, in a way chosen by chance. */
  private void converse(Transport transport, Random random) {
    ByteBuffer target = ByteBuffer.allocateDirect(1024);
    int sent = 0;
    int received = 0;
    try (transport) {
      while (sent < ROUNDS) {
        ByteBuffer burst = ByteBuffer.allocateDirect(16);
        for (int i = random.nextInt(1, 4); i > 0; i--) {
          burst.putInt(sent++);
        }
        burst.flip();
        while (burst.hasRemaining()) {
          if (transport.write(burst) == 0) {
            await(transport, random, true);
          }
        }
        while (received < sent) {
          int count = transport.read(target);
          assertThat(count).isGreaterThanOrEqualTo(0);
          target.flip();
          while (target.remaining() >= Integer.BYTES) {
            assertThat(target.getInt()).isEqualTo(received++);
          }
          target.compact();
          if (count == 0) {
            await(transport, random, false);
          }
        }
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private void await(Transport transport, Random random, boolean write) {
    try {
      if (write) {
        transport.awaitWritable(Deadline.NONE);
        return;
      }
      switch (random.nextInt(8)) {
        case 0 -> {
          Semaphore run = new Semaphore(0);
          transport.onReadable(run::release);
          run.acquire();
          unattended.incrementAndGet();
        }
        case 1, 2 -> {
          Duration soon = Duration.ofNanos(random.nextInt(100_000));
          if (!transport.awaitReadable(Deadline.after(soon))) {
            timeouts.incrementAndGet();
          }
        }
        default -> transport.awaitReadable(Deadline.NONE);
      }
    } catch (InterruptedException e) {
      interrupts.incrementAndGet();
    }
  }

  @Test
  void closingWakesUpWhoeverWaitsWheneverItComes() throws Exception {
    try (Peer peer = new Peer(Peer.ECHO)) {
      for (int i = 0; i < 500; i++) {
        Transport transport = connector.connect(peer.plain(), Deadline.NONE);
        CountDownLatch started = new CountDownLatch(2);
        var reader = new FutureTask<Boolean>(() -> waitForTheEnd(transport, started));
        var closer =
            new FutureTask<Void>(
                () -> {
                  started.countDown();
                  started.await();
                  transport.close();
                  return null;
                });
        Thread first = (i % 2 == 0 ? Thread.ofVirtual() : Thread.ofPlatform()).start(reader);
        Thread second = Thread.ofPlatform().start(closer);
        assertThat(reader.get()).isTrue();
        first.join();
        second.join();
      }
      assertNothingIsLeft();
    }
  }

  /** The loop's thread ends only when no channel is left with it. */
  private void assertNothingIsLeft() throws Exception {
    CompletableFuture<Thread> thread = new CompletableFuture<>();
    loop.schedule(() -> thread.complete(Thread.currentThread()), Duration.ZERO);
    assertThat(thread.get().join(Duration.ofSeconds(20))).isTrue();
  }

  private static boolean waitForTheEnd(Transport transport, CountDownLatch started)
      throws InterruptedException, IOException {
    ByteBuffer target = ByteBuffer.allocate(1);
    started.countDown();
    started.await();
    try {
      while (transport.read(target) == 0) {
        transport.awaitReadable(Deadline.NONE);
      }
      return false;
    } catch (ClosedChannelException e) {
      return true;
    }
  }
}
