// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import static dev.parley.fuzz.Laws.require;
import static dev.parley.fuzz.Races.giveWay;
import static dev.parley.fuzz.Races.race;

import dev.parley.client.connection.RacingWire;
import dev.parley.fuzz.Races.Round;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The laws of {@link AddressRace}: of all the connections that come, in time or too late, the one
 * that the caller gets is left open, and where it gets none they are all closed.
 */
@Timeout(value = 1, unit = TimeUnit.HOURS)
final class AddressRaceRaceTest {
  private static final Destination PLACE = new Destination(false, "host.example", 80);
  private static final InetSocketAddress ONE = InetSocketAddress.createUnresolved("one", 80);
  private static final InetSocketAddress TWO = InetSocketAddress.createUnresolved("two", 80);
  private static final InetSocketAddress DEAF = InetSocketAddress.createUnresolved("deaf", 80);

  /** About as long as two attempts take. */
  private static final int MOMENT_NANOS = 400_000;

  /** About as long as it takes to be seen. */
  private static final int INSTANT_NANOS = 20_000;

  /** A race in which nobody has a head start, and all that came of it. */
  private static final class Model {
    private final AddressRace race;
    private final Queue<Thread> threads = new ConcurrentLinkedQueue<>();
    private final Queue<RacingWire> made = new ConcurrentLinkedQueue<>();
    private final AtomicReference<@Nullable Transport> got = new AtomicReference<>();
    private final CompletableFuture<Thread> caller = new CompletableFuture<>();
    private final Semaphore interrupted = new Semaphore(0);

    /** Whether the next that connects is to interrupt the caller in this very moment. */
    private final AtomicBoolean interrupts = new AtomicBoolean();

    Model(Deadline deadline, InetSocketAddress... addresses) {
      race =
          new AddressRace(
              List.of(addresses), PLACE, this::connect, this::thread, deadline, Duration.ZERO);
    }

    private Thread thread(Runnable task) {
      Thread thread = Thread.ofPlatform().daemon().unstarted(task);
      threads.add(thread);
      return thread;
    }

    private Transport connect(SocketAddress address, Deadline deadline) throws IOException {
      giveWay();
      if (address.equals(DEAF)) {
        throw new ConnectException("refused");
      }
      RacingWire wire = new RacingWire(false);
      made.add(wire);
      giveWay();
      if (interrupts.getAndSet(false)) {
        interrupt();
      }
      long early = ThreadLocalRandom.current().nextInt(INSTANT_NANOS);
      while (!deadline.isNone() && deadline.remainingNanos() > early) {
        Thread.onSpinWait(); // and come when it does, or a little earlier
      }
      return wire;
    }

    /** Returns what ended the race without a connection, if anything did. */
    @Nullable Exception run() {
      try {
        got.set(race.run());
        return null;
      } catch (IOException | InterruptedException e) {
        return e;
      }
    }

    /** Is run, and must not fail. */
    void runToSuccess() {
      Exception none = run();
      require(none == null, String.valueOf(none));
    }

    /** Is run until somebody interrupts it, which may be too late. */
    void runUntilInterrupted() {
      caller.complete(Thread.currentThread());
      Exception none = run();
      interrupted.acquireUninterruptibly();
      boolean unused = Thread.interrupted(); // not for the rounds to follow
      require(none == null || none instanceof InterruptedException, String.valueOf(none));
    }

    void interrupt() {
      caller.join().interrupt();
      interrupted.release();
    }

    /** What must hold of every end. */
    void check() {
      for (Thread thread : threads) {
        try {
          require(thread.join(Duration.ofSeconds(30)), thread);
        } catch (InterruptedException e) {
          throw new AssertionError(e);
        }
      }
      Transport won = got.get();
      List<RacingWire> open = made.stream().filter(wire -> !wire.isClosed()).toList();
      require(
          open.equals(won == null ? List.of() : List.of(won)),
          open.size() + " of " + made.size() + " left open, got " + won);
    }
  }

  @Test
  void oneOfTwoThatComeAtOnceIsKept() {
    race(
        () -> {
          Model model = new Model(Deadline.NONE, ONE, TWO);
          return new Round(List.of(model::runToSuccess), model::check);
        });
  }

  @Test
  void oneIsKeptThoughAnotherFailsMeanwhile() {
    race(
        () -> {
          Model model = new Model(Deadline.NONE, ONE, DEAF, TWO);
          return new Round(List.of(model::runToSuccess), model::check);
        });
  }

  @Test
  void noneIsLeftOpenWhereTheCallerIsInterrupted() {
    race(
        () -> {
          Model model = new Model(Deadline.NONE, ONE, TWO);
          return new Round(
              List.of(
                  model::runUntilInterrupted,
                  () -> {
                    giveWay();
                    model.interrupt();
                  }),
              model::check);
        });
  }

  @Test
  void noneIsLeftOpenWhereTheInterruptComesWithAConnection() {
    race(
        () -> {
          Model model = new Model(Deadline.NONE, ONE, TWO);
          model.interrupts.set(true);
          return new Round(List.of(model::runUntilInterrupted), model::check);
        });
  }

  @Test
  void noneIsLeftOpenWhereTheDeadlineComes() {
    race(
        () -> {
          int nanos = ThreadLocalRandom.current().nextInt(MOMENT_NANOS);
          Model model = new Model(Deadline.after(Duration.ofNanos(nanos)), ONE, TWO);
          return new Round(
              List.of(
                  () -> {
                    Exception none = model.run();
                    require(
                        none == null || none instanceof OpeningTimeoutException,
                        String.valueOf(none));
                  }),
              model::check);
        });
  }
}
