// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.SelectorProvider;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * The selector of a loop. Like the JDK's it learns of a change of interest, and lets go of a key,
 * only when it begins to select; a wake-up that comes before it sleeps ends the sleep at once. Time
 * stands still: where nothing is ready it sleeps until it is woken.
 */
final class FakeSelector extends Selector {
  private final CopyOnWriteArrayList<FakeKey> keys = new CopyOnWriteArrayList<>();
  private final AtomicBoolean woken = new AtomicBoolean();
  private final AtomicBoolean open = new AtomicBoolean(true);

  void add(FakeKey key) {
    keys.add(key);
  }

  @Override
  public Selector wakeup() {
    woken.set(true);
    return this;
  }

  @Override
  public int select(Consumer<SelectionKey> action, long timeout) {
    return select(action, true);
  }

  @Override
  public int selectNow(Consumer<SelectionKey> action) {
    return select(action, false);
  }

  private int select(Consumer<SelectionKey> action, boolean sleeps) {
    boolean ready = false;
    for (FakeKey key : keys) {
      if (key.isValid()) {
        ready |= key.look();
      } else {
        keys.remove(key);
      }
    }
    while (sleeps && !ready && !woken.get()) {
      Thread.onSpinWait();
    }
    woken.set(false);
    int found = 0;
    for (FakeKey key : keys) {
      if (key.isValid() && key.isFound()) {
        found++;
        action.accept(key);
      }
    }
    return found;
  }

  @Override
  public boolean isOpen() {
    return open.get();
  }

  @Override
  public void close() {
    open.set(false);
  }

  @Override
  public Set<SelectionKey> keys() {
    return new HashSet<>(keys);
  }

  @Override
  public Set<SelectionKey> selectedKeys() {
    throw new UnsupportedOperationException();
  }

  @Override
  public SelectorProvider provider() {
    throw new UnsupportedOperationException();
  }

  @Override
  public int selectNow() {
    throw new UnsupportedOperationException();
  }

  @Override
  public int select(long timeout) {
    throw new UnsupportedOperationException();
  }

  @Override
  public int select() {
    throw new UnsupportedOperationException();
  }
}
