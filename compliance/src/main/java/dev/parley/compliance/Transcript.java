// SPDX-License-Identifier: Apache-2.0
package dev.parley.compliance;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What an adapter with callbacks writes down while a session lasts: messages, then the first of all
 * endings that the client tells. Any thread.
 */
public final class Transcript {
  private final ReentrantLock lock = new ReentrantLock();
  private final List<Message> delivered = new ArrayList<>();
  private final CountDownLatch over = new CountDownLatch(1);
  private boolean opened;
  private @Nullable Ending ending;

  /** Takes note that the session is open. */
  public void opened() {
    lock.lock();
    try {
      opened = true;
    } finally {
      lock.unlock();
    }
  }

  /** Takes note of a message that was delivered. */
  public void delivered(Message message) {
    lock.lock();
    try {
      delivered.add(message);
    } finally {
      lock.unlock();
    }
  }

  /** Takes note of the end by a closing handshake. */
  public void closed(int code, @Nullable String reason) {
    end(new Ending.Closed(code, reason == null ? "" : reason));
  }

  /** Takes note of a failure: of the opening, where the session is not open yet. */
  public void failed(Throwable error) {
    StringBuilder text = new StringBuilder();
    for (Throwable cause = error; cause != null && text.length() < 300; cause = cause.getCause()) {
      text.append(text.isEmpty() ? "" : ": ").append(cause.getClass().getSimpleName());
      if (cause.getMessage() != null) {
        text.append(" (").append(cause.getMessage().lines().findFirst().orElse("")).append(')');
      }
    }
    lock.lock();
    try {
      end(opened ? new Ending.Broken(text.toString()) : new Ending.Refused(text.toString()));
    } finally {
      lock.unlock();
    }
  }

  private void end(Ending how) {
    lock.lock();
    try {
      if (ending == null) {
        ending = how;
        over.countDown();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Waits for the ending, and returns all of it. */
  public Outcome await(Duration patience) throws InterruptedException {
    boolean ended = over.await(patience.toNanos(), TimeUnit.NANOSECONDS);
    lock.lock();
    try {
      return new Outcome(delivered, ended && ending != null ? ending : new Ending.Silent());
    } finally {
      lock.unlock();
    }
  }

  /**
   * Returns the URI as the clients like it that were made for HTTP: {@code http} for {@code ws}.
   */
  public static String http(URI uri) {
    return uri.toString().replaceFirst("^ws", "http");
  }
}
