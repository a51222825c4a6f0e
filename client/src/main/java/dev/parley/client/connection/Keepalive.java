// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;

/**
 * Asks a silent peer for a sign of life, and ends the connection where none comes (RFC 6455
 * §5.5.2).
 *
 * <p>Silence is measured from the last byte received, and any byte is life: a peer in the middle of
 * a large message is not asked. While we leave the transport unread ourselves, silence says nothing
 * and is not judged.
 */
final class Keepalive {
  private static final byte[] NOTHING = {};

  private final WebSocketConnection connection;
  private final IncomingPath incoming;
  private final Duration interval;
  private final Duration timeout;

  /**
   * After a stall of the whole process, timers run before readers do: what lies there gets so long.
   */
  private static final Duration LAST_LOOK = Duration.ofMillis(200);

  // Touched by the timer's thread only.
  private boolean asked;
  private boolean lastLook;
  private long askedNanos;

  Keepalive(
      WebSocketConnection connection, IncomingPath incoming, Duration interval, Duration timeout) {
    this.connection = connection;
    this.incoming = incoming;
    this.interval = interval;
    this.timeout = timeout;
  }

  void start() {
    connection.schedulePing(this::tick, interval);
  }

  private void tick() {
    if (connection.hasEnded()) {
      return;
    }
    long now = System.nanoTime();
    long received = incoming.lastReceivedNanos();
    if (incoming.isPaused()) {
      asked = false;
      connection.schedulePing(this::tick, interval);
    } else if (asked && received - askedNanos < 0) {
      Duration left = timeout.minusNanos(now - askedNanos);
      if (left.isPositive()) {
        connection.schedulePing(this::tick, WebSocketConnection.shorter(left, interval));
      } else if (!lastLook) {
        lastLook = true;
        connection.schedulePing(this::tick, LAST_LOOK);
      } else {
        connection.abort(
            new WebSocketException(
                "no sign of life from the peer within " + timeout + " after a Ping",
                new SocketTimeoutException(
                    "nothing received for " + Duration.ofNanos(now - received))));
      }
    } else {
      Duration left = interval.minusNanos(now - received);
      asked = !left.isPositive();
      lastLook = false;
      if (asked) {
        askedNanos = now;
        connection.oweFromTimer(new Frame.Ping(NOTHING));
      }
      connection.schedulePing(
          this::tick, asked ? WebSocketConnection.shorter(timeout, interval) : left);
    }
  }
}
