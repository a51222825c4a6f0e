// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The right to read the transport and to feed {@code Inbound}. One thread holds it at a time;
 * taking it and giving it back publishes what the holder did to the next one. Who does not get it
 * waits at the inbox.
 */
final class ReadTurn {
  private final AtomicBoolean taken = new AtomicBoolean();

  boolean tryTake() {
    return !taken.get() && taken.compareAndSet(false, true);
  }

  boolean isTaken() {
    return taken.get();
  }

  void giveBack() {
    taken.set(false);
  }
}
