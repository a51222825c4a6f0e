// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.client.transport.BufferPool;
import dev.parley.client.transport.Deadline;
import dev.parley.client.transport.ReadinessLoop;
import dev.parley.client.transport.Transport;
import dev.parley.websocket.Inbound;
import dev.parley.websocket.Inbound.Delivery;
import dev.parley.websocket.Limits;
import dev.parley.websocket.Outbound;
import dev.parley.websocket.Role;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiFunction;

/**
 * A round of a stress test: one connection from its start to its end, under the threads of one
 * plan, which its random numbers make.
 *
 * <p>A test has a second of rounds, or {@code -Dparley.stress.seconds}. A failure names its seed,
 * which {@code -Dparley.stress.seed} takes; it makes the same plan again, though not the same
 * schedule.
 */
abstract class StressRound {
  /** What nothing takes that does not hang. */
  static final Duration SOON = Duration.ofSeconds(20);

  private static final Duration ROUNDS =
      Duration.ofSeconds(Long.getLong("parley.stress.seconds", 1));

  /** Makes the plan. Only for the thread that runs the round, so that a seed makes it again. */
  final Random plan;

  /** The threads that are interrupted now and then. */
  final Set<Thread> interruptible = ConcurrentHashMap.newKeySet();

  private final ReadinessLoop loop;
  private final CountDownLatch finished = new CountDownLatch(1);

  /** What a thread does, with random numbers of its own. */
  interface Act<T> {
    T run(Random random) throws Exception;
  }

  StressRound(Random plan, ReadinessLoop loop) {
    this.plan = plan;
    this.loop = loop;
  }

  static void repeat(BiFunction<Random, ReadinessLoop, StressRound> round) {
    long seed = Long.getLong("parley.stress.seed", System.nanoTime());
    Deadline deadline = Deadline.after(ROUNDS);
    try (ReadinessLoop loop = new ReadinessLoop()) {
      do {
        try {
          round.apply(new Random(seed), loop).run();
        } catch (Exception | AssertionError e) {
          throw new AssertionError("-Dparley.stress.seed=" + seed, e);
        }
        seed++;
      } while (!deadline.isOver());
    }
  }

  abstract void run() throws Exception;

  final WebSocketConnection connection(Transport transport, Delivery delivery, int inboxSize) {
    BufferPool buffers = new BufferPool();
    return new WebSocketConnection(
        transport,
        loop,
        buffers,
        buffers.acquire().clear().flip(),
        new Inbound(Role.CLIENT, Limits.DEFAULT, delivery, List.of()),
        new Outbound(Role.CLIENT, List.of(), new MaskingKeys(new KeyStream(new SecureRandom()))),
        new ConnectionOptions(
            delivery, null, SOON, SOON, null, Duration.ZERO, inboxSize, 1 << 20, null),
        Thread.ofVirtual().factory(),
        ended -> finished.countDown());
  }

  /** Interrupts for as long as the connection is open. */
  final boolean interrupt(WebSocketConnection connection, Random random)
      throws InterruptedException {
    while (connection.isOpen()) {
      for (Thread thread : interruptible) {
        if (random.nextInt(3) == 0) {
          thread.interrupt();
        }
      }
      pause(3, random);
    }
    return true;
  }

  /** Waits for less than so many milliseconds, and at most until the connection has ended. */
  final void pause(int millis, Random random) throws InterruptedException {
    boolean unused = finished.await(random.nextInt(millis), TimeUnit.MILLISECONDS);
  }

  final void assertFinished() throws InterruptedException {
    assertThat(finished.await(SOON.toSeconds(), TimeUnit.SECONDS)).as("finished").isTrue();
  }

  final <T> Task<T> start(boolean virtual, Act<T> act) {
    Random random = new Random(plan.nextLong());
    FutureTask<T> future = new FutureTask<>(() -> act.run(random));
    Thread thread =
        virtual ? Thread.ofVirtual().unstarted(future) : Thread.ofPlatform().unstarted(future);
    thread.start();
    return new Task<>(thread, future);
  }

  record Task<T>(Thread thread, FutureTask<T> future) {
    T get() throws Exception {
      try {
        return future.get(SOON.toSeconds(), TimeUnit.SECONDS);
      } catch (TimeoutException e) {
        AssertionError hanging = new AssertionError(thread + " hangs");
        hanging.setStackTrace(thread.getStackTrace());
        throw hanging;
      }
    }
  }
}
