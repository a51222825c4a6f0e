// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketException;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Sends live data of which only the latest counts: prices, positions, gauges. Nobody waits here.
 * Where the peer does not keep up, a newer message takes the place of the older one of the same
 * key, and where there is no room for another key, the one that has waited longest is dropped. So
 * what the peer gets is never older than what it could take.
 *
 * <p>Messages go out in the order in which their keys came, on a virtual thread that is there only
 * while something waits. They go through {@link WebSocketSession#send(Frame)}, beside which others
 * may send as they like. Every method may be called from any thread.
 *
 * <p>A message that the session refuses with an {@link IllegalArgumentException}, such as text that
 * is not UTF-8, is dropped; what comes after it goes out.
 *
 * <p>There is nothing to close. After the end of the session what waits is dropped.
 *
 * @param <K> what tells one kind of message from another; any type with equality
 */
public final class LatestOutbox<K> {
  private final WebSocketSession session;
  private final int capacity;
  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by the lock.
  private final Map<K, Frame> waiting = new LinkedHashMap<>();
  private boolean sending;
  private long replaced;
  private long dropped;

  /**
   * Makes an outbox of a session.
   *
   * @param session sends
   * @param capacity how many keys may wait; besides, one message is on its way
   * @throws IllegalArgumentException if the capacity is not positive
   */
  public LatestOutbox(WebSocketSession session, int capacity) {
    if (capacity < 1) {
      throw new IllegalArgumentException("capacity of " + capacity + ", at least 1");
    }
    this.session = Objects.requireNonNull(session, "session");
    this.capacity = capacity;
  }

  /**
   * Has a message sent as soon as the peer can take it, unless a newer one comes first. Does not
   * wait.
   *
   * @return false where the session has ended, and nothing will be sent any more
   */
  public boolean put(K key, Frame message) {
    Objects.requireNonNull(message, "message");
    if (session.closeInfo().isPresent()) {
      return false;
    }
    boolean start;
    lock.lock();
    try {
      if (waiting.put(key, message) != null) { // which keeps its place
        replaced++;
      } else if (waiting.size() > capacity) {
        Iterator<Frame> oldest = waiting.values().iterator();
        oldest.next();
        oldest.remove();
        dropped++;
      }
      start = !sending;
      sending = true;
    } finally {
      lock.unlock();
    }
    if (start) {
      start();
    }
    return true;
  }

  /** Has a text message sent; see {@link #put(Object, Frame)}. */
  public boolean put(K key, String text) {
    return put(key, new Frame.Text(text));
  }

  /** Returns how many messages were left out because a newer one of their key came in time. */
  public long replaced() {
    lock.lock();
    try {
      return replaced;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Returns how many messages were left out because there was no room, the session ended, or they
   * cannot be sent.
   */
  public long dropped() {
    lock.lock();
    try {
      return dropped;
    } finally {
      lock.unlock();
    }
  }

  private void start() {
    boolean started = false;
    try {
      Thread unused = Thread.ofVirtual().name("parley-latest").start(this::sendAll);
      started = true;
    } finally {
      if (!started) {
        rest(0); // no thread can be had now; the next put tries again
      }
    }
  }

  private void sendAll() {
    boolean resting = false;
    try {
      for (Frame next = next(); next != null; next = next()) {
        send(next);
      }
      resting = true;
    } catch (WebSocketException e) {
      dropAll(); // the session has ended, and tells why itself
      resting = true;
    } finally {
      if (!resting && session.closeInfo().isPresent()) {
        dropAll(); // by something unforeseen, with the session
      } else if (!resting) {
        rest(1); // by something unforeseen; what waits goes out with the next put
      }
    }
  }

  private void send(Frame message) {
    try {
      session.send(message);
    } catch (IllegalArgumentException e) {
      lock.lock(); // nobody is there to be told but by the number
      try {
        dropped++;
      } finally {
        lock.unlock();
      }
    }
  }

  /** Takes what has waited longest; where there is nothing, the thread is to end. */
  private @Nullable Frame next() {
    lock.lock();
    try {
      Iterator<Frame> oldest = waiting.values().iterator();
      if (!oldest.hasNext()) {
        sending = false;
        return null;
      }
      Frame next = oldest.next();
      oldest.remove();
      return next;
    } finally {
      lock.unlock();
    }
  }

  /** Drops what waits and what was on its way; the thread is to end. */
  private void dropAll() {
    lock.lock();
    try {
      rest(1 + waiting.size());
      waiting.clear();
    } finally {
      lock.unlock();
    }
  }

  private void rest(int lost) {
    lock.lock();
    try {
      sending = false;
      dropped += lost;
    } finally {
      lock.unlock();
    }
  }
}
