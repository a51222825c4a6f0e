// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

import dev.parley.websocket.Frame;
import dev.parley.websocket.Inbound;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * Messages that were read together: parsed by the one who read, and then taken one by one, in
 * order, by any thread. Taking one is a single atomic operation, where the read turn costs two.
 *
 * <p>Its maker fills it before others know of it.
 */
final class Burst {
  /** Little enough to stay in the processor's nearest cache until it is taken. */
  static final int MOST = 128;

  /** So much of what was read is parsed ahead at most, for the same reason. */
  static final int BYTES = 16 << 10;

  private static final AtomicIntegerFieldUpdater<Burst> TAKEN =
      AtomicIntegerFieldUpdater.newUpdater(Burst.class, "taken");

  private final @Nullable Frame[] frames;
  private int size = 1;

  /** How many were taken; more than there are, where several came for the last. */
  private volatile int taken;

  /** Makes one of its first message, with room for so many. */
  Burst(Frame first, int capacity) {
    frames = new Frame[capacity];
    frames[0] = first;
  }

  /** Adds what was read, as far as it is whole messages and there is room. */
  void fill(Inbound inbound, ByteBuffer bytes) {
    try {
      size = inbound.pollMessages(bytes, frames, size);
    } finally {
      while (size < frames.length && frames[size] != null) {
        size++; // where it threw: what came before is not lost
      }
    }
  }

  int size() {
    return size;
  }

  /**
   * Takes the oldest that is left, if there is one. It stays reachable from here: who finds that
   * nothing is left should let go of the burst.
   */
  @Nullable Frame take() {
    if (isEmpty()) {
      return null;
    }
    int mine = TAKEN.getAndIncrement(this);
    return mine < size ? hand(mine) : null;
  }

  /** Takes all that are left, in order; nobody else gets any of them. */
  List<Frame> takeAll() {
    List<Frame> left = new ArrayList<>();
    for (int mine = TAKEN.getAndSet(this, size); mine < size; mine++) {
      left.add(hand(mine));
    }
    return left;
  }

  boolean isEmpty() {
    return taken >= size;
  }

  private Frame hand(int mine) {
    return Objects.requireNonNull(frames[mine]);
  }
}
