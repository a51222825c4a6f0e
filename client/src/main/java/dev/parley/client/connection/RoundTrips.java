// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

import dev.parley.websocket.Frame;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The Pings of ours that wait for their Pong, and how long the answers took (RFC 6455 §5.5.2 and
 * §5.5.3).
 *
 * <p>Each Ping carries a number, so that a Pong answers the Ping it belongs to, and not one that
 * comes too late for the one before. As a peer may answer only the latest of several Pings, a Pong
 * also answers those sent earlier, but says nothing of how long they took.
 */
final class RoundTrips {
  /** A Ping on its way. */
  static final class Ping {
    private final long number;
    private volatile boolean begun;
    private volatile long sentNanos;
    private volatile @Nullable Duration roundTrip;

    private Ping(long number, long nowNanos) {
      this.number = number;
      this.sentNanos = nowNanos;
    }

    Frame.Ping frame() {
      return new Frame.Ping(ByteBuffer.allocate(Long.BYTES).putLong(number).array());
    }

    /** Tells whether it is on its way; until then it waits behind what is being written. */
    boolean isBegun() {
      return begun;
    }

    /** Returns when it was written, or made where it was not written yet. */
    long sentNanos() {
      return sentNanos;
    }

    boolean isAnswered() {
      return roundTrip != null;
    }

    /** Returns the time from writing the Ping to its Pong, or {@code null} while there is none. */
    @Nullable Duration roundTrip() {
      return roundTrip;
    }
  }

  private final ReentrantLock lock = new ReentrantLock();

  /**
   * Those that were written in the order of their writing, which is not that of their numbers where
   * two were made at once; those that were not are anywhere between.
   */
  private final ArrayDeque<Ping> waiting = new ArrayDeque<>(2);

  private long last; // its number
  private long lastNanos = -1;
  private long smoothedNanos;

  /** Makes the next Ping, which from now on waits for its Pong. */
  Ping next() {
    lock.lock();
    try {
      last++;
      Ping ping = new Ping(last, System.nanoTime());
      waiting.add(ping);
      return ping;
    } finally {
      lock.unlock();
    }
  }

  /** Tells that a Ping is being written now. */
  void begun(Frame.Ping frame) {
    lock.lock();
    try {
      Ping ping = find(frame.data());
      if (ping != null) {
        waiting.remove(ping);
        waiting.add(ping);
        ping.sentNanos = System.nanoTime();
        ping.begun = true;
      }
    } finally {
      lock.unlock();
    }
  }

  /** Tells that nobody waits for the Pong any more. */
  void forget(Ping ping) {
    lock.lock();
    try {
      waiting.remove(ping);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes a Pong.
   *
   * @return whether it answers a Ping of ours; else it was unsolicited, or comes a second time
   */
  boolean answered(Frame.Pong pong) {
    lock.lock();
    try {
      Ping answered = find(pong.data());
      if (answered == null || !answered.begun) {
        return false;
      }
      long now = System.nanoTime();
      lastNanos = now - answered.sentNanos;
      // RFC 6298 §2: each new measurement counts for an eighth.
      smoothedNanos =
          smoothedNanos == 0 ? lastNanos : smoothedNanos + (lastNanos - smoothedNanos) / 8;
      Iterator<Ping> each = waiting.iterator();
      Ping earlier;
      do {
        earlier = each.next();
        if (earlier.begun) {
          each.remove();
          earlier.roundTrip = Duration.ofNanos(now - earlier.sentNanos);
        }
      } while (earlier != answered);
      return true;
    } finally {
      lock.unlock();
    }
  }

  private @Nullable Ping find(byte[] payload) {
    if (payload.length != Long.BYTES) {
      return null;
    }
    long number = ByteBuffer.wrap(payload).getLong();
    for (Ping ping : waiting) {
      if (ping.number == number) {
        return ping;
      }
    }
    return null;
  }

  /** Returns the round trip measured last, or {@code null} where none was. */
  @Nullable Duration last() {
    lock.lock();
    try {
      return lastNanos < 0 ? null : Duration.ofNanos(lastNanos);
    } finally {
      lock.unlock();
    }
  }

  /** Returns the smoothed round trip, or {@code null} where none was measured. */
  @Nullable Duration smoothed() {
    lock.lock();
    try {
      return lastNanos < 0 ? null : Duration.ofNanos(smoothedNanos);
    } finally {
      lock.unlock();
    }
  }
}
