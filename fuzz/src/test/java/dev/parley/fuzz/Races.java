// SPDX-License-Identifier: Apache-2.0
package dev.parley.fuzz;

import static dev.parley.fuzz.Laws.require;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jspecify.annotations.Nullable;

/**
 * Lets a few threads run into each other, thousands of times a second, each time a little earlier
 * or later: for what is too large for the model checker of {@link Interleavings}. Fakes say where
 * one {@linkplain #giveWay gives way}, as the scheduler seldom switches threads where it hurts. No
 * round can be repeated: chance has no seed here, and the scheduler would not keep to one.
 */
public final class Races {
  // The last thread to be over with a round looks at what came of it and begins the next, while the
  // others spin: so nobody has to be woken between two rounds. The test's own thread sleeps, and
  // looks now and then whether rounds still come to their end.

  /** How long each race goes on in the gate; longer with {@code -Draces.millis=60000}. */
  private static final long NANOS =
      TimeUnit.MILLISECONDS.toNanos(Long.getLong("races.millis", 1_500));

  /** How long a round may take at least: longer than anything waits that tells what is wrong. */
  private static final long HANGS_NANOS = TimeUnit.SECONDS.toNanos(40);

  /** How many turns of an empty loop a thread is held back at most. */
  private static final int MOST_HELD_BACK = 1 << 12;

  private static final int SPINS = 1 << 10;

  /** How often a thread that gives way looks whether another went past. */
  private static final int LOOKS = 64;

  private static volatile @Nullable Races current;

  private final long start = System.nanoTime();
  private final Supplier<Round> rounds;
  private final List<Thread> threads = new ArrayList<>();
  private final RandomGenerator random = RandomGeneratorFactory.getDefault().create();
  private final AtomicInteger running = new AtomicInteger();
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private final AtomicInteger turn = new AtomicInteger();
  private final CountDownLatch over = new CountDownLatch(1);
  private volatile Round round;
  private volatile int[] heldBack = {};

  /**
   * Once from the beginning to the end.
   *
   * @param actions what is done side by side: as many things in each round of a race
   * @param then looks at what came of it
   */
  public record Round(List<Runnable> actions, Runnable then) {}

  private Races(Supplier<Round> rounds) {
    this.rounds = rounds;
    this.round = rounds.get();
  }

  /** Runs rounds, each made anew, until the time is over or one fails or hangs. */
  public static void race(Supplier<Round> rounds) {
    Races races = new Races(rounds);
    current = races;
    try {
      races.run();
    } finally {
      current = null;
    }
  }

  /** Waits, now and then, until another action is over, if one can be over without this thread. */
  public static void giveWay() {
    Races races = current;
    if (races != null && ThreadLocalRandom.current().nextInt(6) == 0) {
      int before = races.running.get();
      for (int looks = 0; looks < LOOKS && before > 0 && races.running.get() == before; looks++) {
        pause(SPINS);
      }
    }
  }

  private void run() {
    try {
      int count = round.actions().size();
      begin(round, count);
      for (int i = 0; i < count; i++) {
        int mine = i;
        threads.add(Thread.ofPlatform().name("racer-" + i).daemon().start(() -> follow(mine)));
      }
      watch();
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted in round " + turn + ": " + whereTheyAre(), e);
    } finally {
      over.countDown(); // the threads end
    }
    Throwable thrown = failure.get();
    if (thrown != null) {
      throw new AssertionError("in round " + turn, thrown);
    }
  }

  private void watch() throws InterruptedException {
    int seen = 0;
    while (!over.await(HANGS_NANOS, TimeUnit.NANOSECONDS)) {
      int now = turn.get();
      if (now == seen) {
        throw new AssertionError("round " + now + " hangs: " + whereTheyAre(), failure.get());
      }
      seen = now;
    }
  }

  private void begin(Round next, int count) {
    int most = 1 << random.nextInt(1, Integer.numberOfTrailingZeros(MOST_HELD_BACK) + 1);
    int[] spins = new int[count];
    for (int i = 0; i < count; i++) {
      spins[i] = random.nextBoolean() ? 0 : random.nextInt(most);
    }
    heldBack = spins;
    round = next;
    running.set(count);
    turn.incrementAndGet();
  }

  private void follow(int mine) {
    for (int done = 0; awaitTurn(done); done++) {
      act(mine);
      if (running.decrementAndGet() == 0) {
        goOn();
      }
    }
  }

  /** Returns whether there is another round behind so many. */
  private boolean awaitTurn(int done) {
    for (int spun = 0; turn.get() == done; spun++) {
      if (over.getCount() == 0) {
        return false;
      }
      pause(spun);
    }
    return true;
  }

  private void act(int mine) {
    try {
      for (int i = heldBack[mine]; i > 0; i--) {
        Thread.onSpinWait();
      }
      round.actions().get(mine).run();
    } catch (Throwable e) {
      failure.compareAndSet(null, e);
    }
  }

  /** Looks at what came of a round, and begins the next if there is to be one. */
  private void goOn() {
    try {
      if (failure.get() == null) {
        round.then().run();
        if (System.nanoTime() - start < NANOS) {
          int count = round.actions().size();
          Round next = rounds.get();
          require(next.actions().size() == count, "a round of other actions");
          begin(next, count);
          return;
        }
      }
    } catch (Throwable e) {
      failure.compareAndSet(null, e);
    }
    over.countDown();
  }

  @SuppressWarnings("ThreadPriorityCheck") // there may be more threads than processors
  private static void pause(int spun) {
    if (spun < SPINS) {
      Thread.onSpinWait();
    } else {
      Thread.yield();
    }
  }

  private String whereTheyAre() {
    StringBuilder text = new StringBuilder();
    for (Thread thread : threads) {
      text.append(thread.getName()).append(Arrays.toString(thread.getStackTrace()));
    }
    return text.toString();
  }
}
