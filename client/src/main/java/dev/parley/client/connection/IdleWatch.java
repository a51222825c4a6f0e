// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Notices that a session has been left alone, and sees to it that its Pings are answered all the
 * same.
 *
 * <p>Between two calls of {@code receive()} nobody reads. To hand the session over each time would
 * cost more than the call itself, so an active session only keeps one timer going. A session in
 * which nothing happened from one tick to the next is quiet: its buffers go back to the pool, and a
 * virtual thread reads on its behalf what has arrived, or what will.
 */
final class IdleWatch {
  /**
   * How long is quiet: longer than any application in a tight loop, shorter than a human notices.
   */
  private static final Duration TICK = Duration.ofMillis(5);

  private final WebSocketConnection connection;
  private final IncomingPath incoming;
  private final OutgoingPath outgoing;
  private final AtomicBoolean ticking = new AtomicBoolean();
  private volatile boolean quiet;

  IdleWatch(WebSocketConnection connection, IncomingPath incoming, OutgoingPath outgoing) {
    this.connection = connection;
    this.incoming = incoming;
    this.outgoing = outgoing;
  }

  /** Tells that something happened. Costs two reads while the session is active. */
  void active() {
    if (quiet) {
      quiet = false;
    }
    if (!ticking.get() && ticking.compareAndSet(false, true)) {
      connection.schedule(this::tick, TICK);
    }
  }

  private void tick() {
    if (!quiet && !connection.hasEnded()) {
      quiet = true;
      connection.schedule(this::tick, TICK);
      return;
    }
    ticking.set(false); // before looking: whoever is active after the look starts the next watch
    switch (incoming.rest()) {
      case NOTHING -> {}
      case READER -> connection.readOnBehalf();
      case READINESS -> connection.readOnBehalfWhenReadable();
    }
    outgoing.rest();
  }
}
