// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import java.io.IOException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.SelectorProvider;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A selector with which one platform thread waits for one channel by itself, so that the bytes wake
 * it and no other thread. {@link ReadinessLoop} lends them; {@link Registration} tells who may use
 * one. An interrupt ends the wait and leaves the channel open.
 */
final class Lead {
  private final Selector selector;
  private @Nullable SelectionKey key;

  /** Counts the beginnings and the ends of waits: odd while somebody waits. */
  private final AtomicInteger waits = new AtomicInteger();

  /** What {@link #waits} was when the loop looked last. Of the loop's thread. */
  private int seen;

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
   * @return false where the deadline came first, or an interrupt, or a wake-up
   */
  boolean await(Deadline deadline) throws IOException {
    waits.lazySet(waits.get() + 1);
    try {
      return select(deadline) > 0;
    } finally {
      waits.lazySet(waits.get() + 1);
    }
  }

  private int select(Deadline deadline) throws IOException {
    if (deadline.isNone()) {
      return selector.select(Lead::ignore); // a timeout would cost a twentieth of a round trip
    }
    long nanos = deadline.remainingNanos();
    return nanos > 0
        ? selector.select(Lead::ignore, TimeUnit.NANOSECONDS.toMillis(nanos + 999_999))
        : selector.selectNow(Lead::ignore);
  }

  /** Wakes up who has waited ever since this was called before. Of the loop's thread. */
  void wakeUpIfInVain() {
    int now = waits.get();
    if ((now & 1) == 1 && now == seen) {
      wakeUp();
    }
    seen = now;
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
