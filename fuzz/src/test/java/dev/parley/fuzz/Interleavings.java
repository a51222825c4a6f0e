// SPDX-License-Identifier: Apache-2.0
package dev.parley.fuzz;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jetbrains.lincheck.Lincheck;
import org.jspecify.annotations.Nullable;

/** Lets Lincheck's model checker try the interleavings of a few threads. */
public final class Interleavings {
  /**
   * How many interleavings of each scenario the gate tries; more with {@code -Dinterleavings=5000}.
   */
  private static final int TRIED = Integer.getInteger("interleavings", 100);

  // Lincheck takes an object for its maker's own, and switches no thread at its fields, until it
  // sees it kept where others look. A task that is handed to a thread is no such place for it.
  @SuppressWarnings("unused") // by anybody but Lincheck
  private static Runnable[] shared = {};

  private Interleavings() {}

  /**
   * Runs a scenario over and over, each time with another interleaving. It must begin from nothing
   * each time; what it throws fails the test, as does a thread that waits for ever.
   */
  public static void check(Runnable scenario) {
    Lincheck.runConcurrentTest(TRIED, scenario);
  }

  /**
   * Runs actions side by side, waits until all are over, and throws what one of them threw. Threads
   * are switched at the fields of whatever the actions hold.
   */
  public static void sideBySide(Runnable... actions) {
    shared = actions;
    AtomicReference<@Nullable Throwable> thrown = new AtomicReference<>();
    List<Thread> threads = new ArrayList<>();
    for (Runnable action : actions) {
      threads.add(Thread.ofPlatform().start(() -> run(action, thrown)));
    }
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
    Throwable first = thrown.get();
    if (first != null) {
      throw new AssertionError(first);
    }
  }

  /** Keeps what an action throws: Lincheck merely logs what ends a thread that it did not start. */
  private static void run(Runnable action, AtomicReference<@Nullable Throwable> thrown) {
    try {
      action.run();
    } catch (Throwable e) {
      thrown.compareAndSet(null, e);
    }
  }
}
