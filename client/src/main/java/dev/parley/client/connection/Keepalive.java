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
 * a large message is not asked. While we leave the transport unread ourselves, or have not come to
 * read it again, silence says nothing and is not judged; Pings go out all the same, so that nobody
 * on the way takes the connection for a dead one.
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
  private long wantedNanos;
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
    boolean left = true;
    if (asked && ping != null) {
      left = ping.isBegun() || ping.isAnswered();
      askedNanos = left ? ping.sentNanos() : couldTakeNanos(now);
    }
    boolean silent = asked && received - askedNanos < 0;
    Duration patience =
        silent ? timeout.minusNanos(now - askedNanos) : interval.minusNanos(now - received);
    boolean gone = silent && !patience.isPositive();
    boolean full = !room.isPositive();
    if (incoming.isPaused() || isForUsToRead(gone, full, now - received)) {
      asked = false;
      lastLook = false;
      pausedNanos = now;
      connection.pingUnasked(); // for the boxes on the way, which forget who is silent
      connection.schedulePing(this::tick, interval);
    } else if (gone) {
      lookAgainOrAbort(
          left
              ? "no sign of life from the peer within " + timeout + " after a Ping"
              : "the peer has taken nothing of what was sent for "
                  + timeout
                  + ", nor sent anything",
          "nothing received for " + Duration.ofNanos(now - received));
    } else if (full) {
      lookAgainOrAbort(
          "the peer has taken nothing of what was sent for " + interval + " and " + timeout,
          "nothing written for " + Duration.ofNanos(now - outgoing.stalledSinceNanos()));
    } else {
      lastLook = false;
      if (!silent) {
        asked = !patience.isPositive();
        if (asked) {
          wantedNanos = now;
          askedNanos = now;
          ping = connection.pingFromTimer(ping);
          patience = timeout;
        }
      }
      tickWithin(WebSocketConnection.shorter(patience, interval), room);
    }
  }

  /**
   * Tells whether the peer's sign of life may be there, and the reader has not come to it: it takes
   * long over what it read last. One who reads all the time, and finds more each time, does see it.
   */
  private boolean isForUsToRead(boolean gone, boolean full, long nanosSinceRead) {
    return incoming.isBehind() && (gone || (full && nanosSinceRead > LAST_LOOK.toNanos()));
  }

  /**
   * Returns from when on a peer could have given a sign of life to whom the Ping has not left yet,
   * because it waits behind what was being written: now, while that goes on; else since it stands
   * still, or was asked for.
   */
  private long couldTakeNanos(long now) {
    long stalled = outgoing.stalledSinceNanos();
    if (stalled == 0) {
      return now;
    }
    return stalled - wantedNanos > 0 ? stalled : wantedNanos;
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
