// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import java.util.concurrent.ThreadFactory;

/** Makes threads, or refuses to as the JVM does when the system gives it no more. */
public final class RefusingThreads implements ThreadFactory {
  public static final String MESSAGE = "unable to create native thread";

  private final ThreadFactory threads;
  private volatile boolean refusing;

  public RefusingThreads(ThreadFactory threads) {
    this.threads = threads;
  }

  public void refuse(boolean refusing) {
    this.refusing = refusing;
  }

  /** Makes a loop whose thread is one of these. */
  public ReadinessLoop loop() {
    return new ReadinessLoop(this);
  }

  @Override
  public Thread newThread(Runnable task) {
    if (refusing) {
      throw new OutOfMemoryError(MESSAGE);
    }
    return threads.newThread(task);
  }
}
