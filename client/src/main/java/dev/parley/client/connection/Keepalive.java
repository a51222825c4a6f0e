// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

import dev.parley.websocket.WebSocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Asks a silent peer for a sign of life, and ends the connection where none comes (RFC 6455
 * §5.5.2).
 *
 * <p>Silence is measured from the last byte received, and any byte is life: a peer in the middle of
 * a large message is not asked. While we leave the transport unread ourselves, silence says nothing
 * and is not judged; Pings go out all the same, so that nobody on the way takes the connection for
 * a dead one.
 *
 * <p>A peer that sends but takes nothing cannot be asked. It has as long to make room for what we
 * have to write as it would have to answer: else whoever floods us without ever reading would hold
 * the session, and its senders, for as long as it likes.
 */
final class Keepalive {
  private final WebSocketConnection connection;
  private final IncomingPath incoming;
  private final OutgoingPath outgoing;
  private final Duration interval;
  private final Duration timeout;

  /**
   * After a stall of the whole process, timers run before readers do: what lies there gets so long.
   */
  private static final Duration LAST_LOOK = Duration.ofMillis(200);

  // Touched by the timer's thread only.
  private RoundTrips.@Nullable Ping ping;
  private boolean asked;
  private boolean lastLook;
  private long askedNanos;
  private long pausedNanos = System.nanoTime();

  Keepalive(
      WebSocketConnection connection,
      IncomingPath incoming,
      OutgoingPath outgoing,
      Duration interval,
      Duration timeout) {
    this.connection = connection;
    this.incoming = incoming;
    this.outgoing = outgoing;
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
    Duration room = patienceForRoom(now);
    if (asked && ping != null) { // its time begins when it leaves, behind what was being written
      askedNanos = ping.isBegun() || ping.isAnswered() ? ping.sentNanos() : now;
    }
    boolean silent = asked && received - askedNanos < 0;
    Duration left =
        silent ? timeout.minusNanos(now - askedNanos) : interval.minusNanos(now - received);
    if (incoming.isPaused()) {
      asked = false;
      pausedNanos = now;
      connection.pingUnasked(); // for the boxes on the way, which forget who is silent
      connection.schedulePing(this::tick, interval);
    } else if (silent && !left.isPositive()) {
      lookAgainOrAbort(
          "no sign of life from the peer within " + timeout + " after a Ping",
          "nothing received for " + Duration.ofNanos(now - received));
    } else if (!room.isPositive()) {
      lookAgainOrAbort(
          "the peer has taken nothing of what was sent for " + interval + " and " + timeout,
          "nothing written for " + Duration.ofNanos(now - outgoing.stalledSinceNanos()));
    } else {
      lastLook = false;
      if (!silent) {
        asked = !left.isPositive();
        if (asked) {
          askedNanos = now;
          ping = connection.pingFromTimer(ping);
          left = timeout;
        }
      }
      tickWithin(WebSocketConnection.shorter(left, interval), room);
    }
  }

  /**
   * Returns how long the peer has left to make room before it must be looked at again; not positive
   * where it had its time.
   */
  private Duration patienceForRoom(long now) {
    long since = outgoing.stalledSinceNanos();
    if (since == 0) {
      return interval;
    }
    // While we leave the transport unread, the peer may be waiting for us to make room first.
    long stalled = now - (since - pausedNanos > 0 ? since : pausedNanos);
    Duration over = Duration.ofNanos(stalled).minus(interval);
    return over.isNegative() ? over.negated() : timeout.minus(over);
  }

  private void tickWithin(Duration one, Duration other) {
    connection.schedulePing(this::tick, WebSocketConnection.shorter(one, other));
  }

  private void lookAgainOrAbort(String message, String cause) {
    if (!lastLook) {
      lastLook = true;
      connection.schedulePing(this::tick, LAST_LOOK);
    } else {
      connection.abort(new WebSocketException(message, new SocketTimeoutException(cause)));
    }
  }
}
