// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;

/**
 * The right to read the transport and to feed {@code Inbound}. One thread holds it at a time;
 * taking it and giving it back publishes what the holder did to the next one. Who does not get it
 * waits at the inbox.
 */
final class ReadTurn {
  private static final AtomicIntegerFieldUpdater<ReadTurn> TAKEN =
      AtomicIntegerFieldUpdater.newUpdater(ReadTurn.class, "taken");

  /** 1 while somebody has it. */
  private volatile int taken;

  boolean tryTake() {
    return taken == 0 && TAKEN.compareAndSet(this, 0, 1);
  }

  boolean isTaken() {
    return taken != 0;
  }

  void giveBack() {
    taken = 0;
  }
}
