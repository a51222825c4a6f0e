// SPDX-License-Identifier: Apache-2.0
package dev.parley.fuzz;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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
 * one {@linkplain #giveWay gives way}, which a processor seldom does where it hurts.
 */
public final class Races {
  /** How long each race goes on in the gate; longer with {@code -Draces.millis=60000}. */
  private static final long NANOS =
      TimeUnit.MILLISECONDS.toNanos(Long.getLong("races.millis", 1_500));

  private static final long HANGS_NANOS = TimeUnit.SECONDS.toNanos(30);

  /** How many turns of an empty loop a thread is held back at most. */
  private static final int MOST_HELD_BACK = 1 << 12;

  private static final int SPINS = 1 << 10;

  /** How often a thread that gives way looks whether another went past. */
  private static final int LOOKS = 64;

  private static volatile @Nullable Races current;

  private final List<Thread> threads = new ArrayList<>();
  private final RandomGenerator random = RandomGeneratorFactory.getDefault().create();
  private final AtomicInteger running = new AtomicInteger();
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private final AtomicInteger turn = new AtomicInteger();
  private volatile Round round = new Round(List.of(), () -> {});
  private volatile int[] heldBack = {};

  /**
   * Once from the beginning to the end.
   *
   * @param actions what is done side by side
   * @param then looks at what came of it
   */
  public record Round(List<Runnable> actions, Runnable then) {}

  private Races() {}

  /** Runs rounds, each made anew, until the time is over or one fails or hangs. */
  public static void race(Supplier<Round> rounds) {
    Races races = new Races();
    current = races;
    try {
      races.run(rounds);
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

  private void run(Supplier<Round> rounds) {
    long start = System.nanoTime();
    try {
      do {
        run(rounds.get());
      } while (System.nanoTime() - start < NANOS);
    } catch (Throwable e) {
      throw new AssertionError("in round " + turn, e);
    } finally {
      round = new Round(List.of(), () -> {});
      turn.set(-1); // the threads end
    }
  }

  private void run(Round next) {
    int count = next.actions().size();
    while (threads.size() < count - 1) {
      int mine = threads.size() + 1;
      int before = turn.get();
      threads.add(Thread.ofPlatform().daemon().start(() -> follow(mine, before)));
    }
    int most = 1 << random.nextInt(1, Integer.numberOfTrailingZeros(MOST_HELD_BACK) + 1);
    int[] spins = new int[count];
    for (int i = 0; i < count; i++) {
      spins[i] = random.nextBoolean() ? 0 : random.nextInt(most);
    }
    heldBack = spins;
    round = next;
    running.set(count);
    turn.incrementAndGet();
    act(0);
    long limit = System.nanoTime() + HANGS_NANOS;
    for (int spun = 0; running.get() > 0; spun++) {
      pause(spun);
      if (System.nanoTime() - limit > 0) {
        throw new AssertionError("hangs: " + whereTheyAre());
      }
    }
    Throwable thrown = failure.get();
    if (thrown != null) {
      throw new AssertionError(thrown);
    }
    next.then().run();
  }

  private void follow(int mine, int before) {
    for (int done = before; ; done++) {
      for (int spun = 0; turn.get() == done; spun++) {
        pause(spun);
      }
      if (turn.get() < 0) {
        return;
      }
      act(mine);
    }
  }

  private void act(int mine) {
    List<Runnable> actions = round.actions();
    if (mine >= actions.size()) {
      return;
    }
    try {
      for (int i = heldBack[mine]; i > 0; i--) {
        Thread.onSpinWait();
      }
      actions.get(mine).run();
    } catch (Throwable e) {
      failure.compareAndSet(null, e);
    } finally {
      running.decrementAndGet();
    }
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
