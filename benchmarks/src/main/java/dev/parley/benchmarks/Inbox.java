// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks;

import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What a session that calls back tells, for a measure that changes its mind about what to do with
 * it, and waits for its end.
 */
final class Inbox implements Receiver {
  private volatile IntConsumer onMessage = length -> {};
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private final Semaphore done = new Semaphore(0);

  /** Sets what happens to each message from now on. */
  void onMessage(IntConsumer action) {
    onMessage = action;
  }

  @Override
  public void message(int length) {
    onMessage.accept(length);
  }

  @Override
  public void failed(Throwable cause) {
    failure.compareAndSet(null, cause);
    done.release();
  }

  /** Ends one {@link #await}. */
  void done() {
    done.release();
  }

  /** Waits for one {@link #done}. */
  void await() throws Exception {
    // A minute is far beyond any round, and better than to wait for ever.
    if (!done.tryAcquire(60, TimeUnit.SECONDS)) {
      throw new TimeoutException("no end of the round in a minute");
    }
    check();
  }

  void check() {
    Throwable cause = failure.get();
    if (cause != null) {
      throw new IllegalStateException(cause);
    }
  }
}
