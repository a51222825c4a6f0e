// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Keeps handshakes that run at the same time out of each other's tickets. The JDK keeps the tickets
 * of TLS 1.3 by the host and port that an engine was made with, ten at most, and forgets them all
 * when a handshake without one is over: of many who shake hands with one host at once, a part would
 * begin anew each time, which takes twice as long.
 *
 * <p>So each has a lane, with the tickets in it, for itself until the server says its first word,
 * which comes after the tickets. What names a lane is the port, above its sixteen bits: {@link
 * javax.net.ssl.SSLContext#createSSLEngine(String, int)} calls it a hint for just this. A handshake
 * that is alone has the first lane, and the port as it is.
 */
final class TicketLanes {
  /** The tickets of a lane weigh some kilobytes. Whoever finds no lane free shares the first. */
  static final int MOST = 64;

  private static final int NONE = -1;

  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, BitSet> taken = new HashMap<>(); // only hosts with some

  /** Takes the first lane to a host and port that nobody has. */
  Lane take(String host, int port) {
    String key = host + ' ' + port;
    lock.lock();
    try {
      BitSet lanes = taken.computeIfAbsent(key, unknown -> new BitSet(MOST));
      int number = lanes.nextClearBit(0);
      if (number == MOST) {
        return new Lane(key, port, NONE);
      }
      lanes.set(number);
      return new Lane(key, number << Character.SIZE | port, number);
    } finally {
      lock.unlock();
    }
  }

  /** A lane that is taken. */
  final class Lane {
    private final String key;
    private final int port;
    private int number; // guarded by `lock`

    private Lane(String key, int port, int number) {
      this.key = key;
      this.port = port;
      this.number = number;
    }

    /** Returns the port to make an engine with. */
    int port() {
      return port;
    }

    /** Leaves it to others; another time nothing happens. */
    void leave() {
      lock.lock();
      try {
        BitSet lanes = taken.get(key);
        if (number != NONE && lanes != null) {
          lanes.clear(number);
          if (lanes.isEmpty()) {
            taken.remove(key);
          }
        }
        number = NONE;
      } finally {
        lock.unlock();
      }
    }
  }
}
