// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import java.io.IOException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.SelectorProvider;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A selector with which one platform thread waits for one channel by itself, so that the bytes wake
 * it and no other thread. {@link ReadinessLoop} lends them; {@link Registration} tells who may use
 * one. An interrupt ends the wait and leaves the channel open.
 */
final class Lead {
  /**
   * Who waited so long in vain is in no hurry: it can be woken by the loop, and the selector serve
   * somebody else.
   */
  static final long LONGEST_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final Selector selector;
  private @Nullable SelectionKey key;

  Lead(SelectorProvider provider) throws IOException {
    selector = provider.openSelector();
  }

  /** Begins to look at a channel. */
  void attach(SelectableChannel channel) throws IOException {
    key = channel.register(selector, SelectionKey.OP_READ);
  }

  /** Stops looking at the channel, which would otherwise keep its descriptor when it is closed. */
  void detach() throws IOException {
    if (key != null) {
      key.cancel();
      key = null;
    }
    int unused = selector.selectNow(Lead::ignore); // lets go of the key
  }

  /**
   * Waits until a read is worth trying.
   *
   * @return false where the deadline came first, or an interrupt, or a wake-up, or nothing for long
   */
  boolean await(Deadline deadline) throws IOException {
    long nanos = Math.min(deadline.remainingNanos(), LONGEST_NANOS);
    return (nanos > 0
            ? selector.select(Lead::ignore, TimeUnit.NANOSECONDS.toMillis(nanos + 999_999))
            : selector.selectNow(Lead::ignore))
        > 0;
  }

  /** What is ready needs no telling: there is one channel only. */
  private static void ignore(SelectionKey ready) {}

  void wakeUp() {
    selector.wakeup();
  }

  void close() throws IOException {
    selector.close();
  }
}
