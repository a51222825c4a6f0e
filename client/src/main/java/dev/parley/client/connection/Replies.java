// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

import dev.parley.websocket.Frame;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The control frames that must go out but could not yet: at most one of each kind. A newer Pong
 * takes the place of an older one, which RFC 6455 §5.5.3 allows and a flood of Pings demands; the
 * first Close stands.
 */
final class Replies {
  private final AtomicReference<Frame.@Nullable Pong> pong = new AtomicReference<>();
  private final AtomicReference<Frame.@Nullable Ping> ping = new AtomicReference<>();
  private final AtomicReference<Frame.@Nullable Close> close = new AtomicReference<>();

  void add(Frame frame) {
    switch (frame) {
      case Frame.Pong owed -> pong.set(owed);
      case Frame.Ping owed -> ping.set(owed);
      case Frame.Close owed -> close.compareAndSet(null, owed);
      case Frame.Text text ->
          throw new IllegalArgumentException("a reply is no data frame: " + text);
      case Frame.Binary binary ->
          throw new IllegalArgumentException("a reply is no data frame: " + binary);
    }
  }

  /** Takes the next frame to write, the Close last. */
  @Nullable Frame next() {
    Frame next = pong.getAndSet(null);
    if (next == null) {
      next = ping.getAndSet(null);
    }
    return next != null ? next : close.getAndSet(null);
  }

  boolean isEmpty() {
    return pong.get() == null && ping.get() == null && close.get() == null;
  }
}
