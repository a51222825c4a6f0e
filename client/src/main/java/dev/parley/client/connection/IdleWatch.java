// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;

/**
 * Notices that a session has been left alone, and sees to it that its Pings are answered all the
 * same.
 *
 * <p>Between two calls of {@code receive()} nobody reads. To hand the session over each time would
 * cost more than the call itself, so an active session only has one look to come. A session in
 * which nobody read from one tick to the next has a virtual thread read on its behalf what has
 * arrived, or what will; where nobody wrote, the buffer for it goes back to the pool.
 */
final class IdleWatch implements Runnable {
  /**
   * How many times 5 ms there are at most between two looks at a session that is never quiet. Each
   * look takes the core from somebody, a hundredth of whose round trips took twice as long.
   */
  private static final int LONGEST = 8;

  private final WebSocketConnection connection;

  private static final AtomicIntegerFieldUpdater<IdleWatch> TICKING =
      AtomicIntegerFieldUpdater.newUpdater(IdleWatch.class, "ticking");

  /** 1 while there is a look to come. */
  private volatile int ticking;

  /** How many ticks lie between the last look and the next. Touched by who has it looked at. */
  private byte ticks;

  // What happened since the last tick. The two are kept apart: who sends all the time does not
  // read.
  private volatile boolean readerLeft;
  private volatile boolean writerLeft;

  IdleWatch(WebSocketConnection connection) {
    this.connection = connection;
  }

  /** Tells that whoever read no longer does. Costs two reads while the session is active. */
  void readerLeft() {
    if (!readerLeft) {
      readerLeft = true;
    }
    watch();
  }

  /** Tells that whoever wrote no longer does. Costs as little. */
  void writerLeft() {
    if (!writerLeft) {
      writerLeft = true;
    }
    watch();
  }

  private void watch() {
    if (ticking == 0 && TICKING.compareAndSet(this, 0, 1)) {
      lookAfter(1);
    }
  }

  /**
   * Has it looked at when the loop looks together after all who are due, so many times 5 ms from
   * now. Once is longer than any application in a tight loop needs to come again, shorter than a
   * human notices.
   */
  private void lookAfter(int ticks) {
    this.ticks = (byte) ticks;
    connection.runTogether(this::tick, ticks);
  }

  private void tick() {
    boolean reading = readerLeft;
    boolean writing = writerLeft;
    readerLeft = false;
    writerLeft = false;
    if ((reading || writing) && !connection.hasEnded()) {
      lookAfter(Math.min(2 * ticks, LONGEST));
    } else {
      ticking = 0; // before looking: whoever leaves after the look starts the next watch
    }
    if (!reading) {
      switch (connection.incoming().rest()) {
        case NOTHING -> {}
        case READER -> connection.readOnBehalf();
        case READINESS -> connection.whenReadable(this);
      }
    }
    if (!writing) {
      connection.outgoing().rest();
    }
  }

  /** Is run when bytes have arrived for a quiet session, or its transport was closed. */
  @Override
  public void run() {
    if (!connection.hasEnded()) {
      connection.readOnBehalf();
    }
  }
}
