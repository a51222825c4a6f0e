// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

import dev.parley.websocket.Frame;
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
  static final int MOST = 32;

  /** So much of what was read is parsed ahead at most, for the same reason. */
  static final int BYTES = 8 << 10;

  private static final AtomicIntegerFieldUpdater<Burst> TAKEN =
      AtomicIntegerFieldUpdater.newUpdater(Burst.class, "taken");

  private final @Nullable Frame[] frames;
  private int size;

  /** How many were taken; more than there are, where several came for the last. */
  private volatile int taken;

  Burst(int capacity) {
    this.frames = new Frame[capacity];
  }

  void add(Frame frame) {
    frames[size++] = frame;
  }

  boolean isFull() {
    return size == frames.length;
  }

  int size() {
    return size;
  }

  /** Takes the oldest that is left, if there is one. */
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
    Frame frame = Objects.requireNonNull(frames[mine]);
    frames[mine] = null; // it is the taker's, and goes when he lets it go
    return frame;
  }
}
