// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How far the closing handshake has come (RFC 6455 §7.1): the two Close frames, their order, and
 * whether the stream has ended. Immutable. Neither half of a connection knows it: whoever drives
 * the two holds one such value, and puts the next in its place when a Close frame goes or comes.
 *
 * @param sent what our Close frame said, or {@code null} while none was sent
 * @param received what the peer's Close frame said ({@link CloseReason#NO_STATUS} where it said
 *     nothing), or {@code null} while none came
 * @param first who sent the first Close frame, or {@code null} while nobody did
 * @param ended whether the connection is gone
 */
public record ClosingHandshake(
    @Nullable CloseReason sent,
    @Nullable CloseReason received,
    @Nullable Closer first,
    boolean ended) {
  /** Who sent a Close frame first. */
  public enum Closer {
    /** This end. */
    US,
    /** The other end. */
    PEER
  }

  private static final Pattern CONTROL = Pattern.compile("\\p{Cc}");

  /** No Close frame in either direction. */
  public static final ClosingHandshake OPEN = new ClosingHandshake(null, null, null, false);

  /** Returns this state after our Close frame. A second one changes nothing. */
  public ClosingHandshake withSent(CloseReason reason) {
    return sent != null
        ? this
        : new ClosingHandshake(reason, received, first == null ? Closer.US : first, ended);
  }

  /** Returns this state after the peer's Close frame. A second one changes nothing. */
  public ClosingHandshake withReceived(CloseReason reason) {
    return received != null
        ? this
        : new ClosingHandshake(sent, reason, first == null ? Closer.PEER : first, ended);
  }

  /** Returns this state after the end of the connection. */
  public ClosingHandshake withEnded() {
    return ended ? this : new ClosingHandshake(sent, received, first, true);
  }

  /** Tells whether neither side has begun to close. */
  public boolean isOpen() {
    return first == null && !ended;
  }

  /** Tells whether both Close frames have passed (RFC 6455 §7.1.4: closed cleanly). */
  public boolean isClean() {
    return sent != null && received != null;
  }

  /**
   * Returns the reason of the side that closed first; {@code null} where the connection ended, or
   * is still open, with no Close frame.
   */
  public @Nullable CloseReason closeReason() {
    return first == Closer.US ? sent : received;
  }

  /**
   * Tells in one line, for messages and logs, who said what and in which order. A control character
   * of a reason is shown as a question mark: it makes no line of its own.
   */
  public String description() {
    String ours = sent == null ? "we sent no Close" : "we sent " + text(sent);
    String theirs = received == null ? "the peer sent no Close" : "the peer sent " + text(received);
    if (first == Closer.PEER) {
      return theirs + " first, " + ours;
    }
    return first == Closer.US ? ours + " first, " + theirs : ours + ", " + theirs;
  }

  private static String text(CloseReason reason) {
    return reason.message().isEmpty()
        ? Integer.toString(reason.code())
        : reason.code() + " (" + CONTROL.matcher(reason.message()).replaceAll("?") + ")";
  }
}
