// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

import dev.parley.websocket.Frame;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * The control frames that must go out but could not yet: at most one of each kind. A newer Pong
 * takes the place of an older one, which RFC 6455 §5.5.3 allows and a flood of Pings demands; the
 * first Close stands.
 */
final class Replies {
  private static final AtomicReferenceFieldUpdater<Replies, Frame.@Nullable Pong> PONG =
      AtomicReferenceFieldUpdater.newUpdater(Replies.class, Frame.Pong.class, "pong");
  private static final AtomicReferenceFieldUpdater<Replies, Frame.@Nullable Ping> PING =
      AtomicReferenceFieldUpdater.newUpdater(Replies.class, Frame.Ping.class, "ping");
  private static final AtomicReferenceFieldUpdater<Replies, Frame.@Nullable Close> CLOSE =
      AtomicReferenceFieldUpdater.newUpdater(Replies.class, Frame.Close.class, "close");

  private volatile Frame.@Nullable Pong pong;
  private volatile Frame.@Nullable Ping ping;
  private volatile Frame.@Nullable Close close;

  void add(Frame frame) {
    switch (frame) {
      case Frame.Pong owed -> pong = owed;
      case Frame.Ping owed -> ping = owed;
      case Frame.Close owed -> CLOSE.compareAndSet(this, null, owed);
      case Frame.Text text ->
          throw new IllegalArgumentException("a reply is no data frame: " + text);
      case Frame.Binary binary ->
          throw new IllegalArgumentException("a reply is no data frame: " + binary);
    }
  }

  /** Takes the next frame to write, the Close last. */
  @Nullable Frame next() {
    Frame next = PONG.getAndSet(this, null);
    if (next == null) {
      next = PING.getAndSet(this, null);
    }
    return next != null ? next : CLOSE.getAndSet(this, null);
  }

  boolean isEmpty() {
    return pong == null && ping == null && close == null;
  }
}
