// SPDX-License-Identifier: Apache-2.0
package dev.parley.exam;

import static dev.parley.exam.Trial.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.websocket.WebSocketInterruptedException;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A thread that is interrupted while it does something, and what came of that. */
final class Interrupted {
  private final Thread thread;
  private final FutureTask<@Nullable Throwable> outcome;
  private volatile boolean flag;

  Interrupted(boolean virtual, Callable<?> action) {
    outcome =
        new FutureTask<>(
            () -> {
              try {
                action.call();
                return null;
              } catch (WebSocketInterruptedException e) {
                flag = Thread.currentThread().isInterrupted();
                return e;
              }
            });
    thread = virtual ? Thread.ofVirtual().start(outcome) : Thread.ofPlatform().start(outcome);
  }

  /** Interrupts the thread once it waits; it must learn of it by exception and by flag. */
  void interrupt() throws Exception {
    while (thread.getState() != Thread.State.WAITING
        && thread.getState() != Thread.State.TIMED_WAITING) {
      assertThat(outcome.isDone()).as("over before it waited").isFalse();
      Thread.onSpinWait();
    }
    thread.interrupt();
    assertThat(outcome.get(SOON.toSeconds(), TimeUnit.SECONDS))
        .isInstanceOf(WebSocketInterruptedException.class);
    assertThat(flag).as("interrupt flag").isTrue();
  }
}
