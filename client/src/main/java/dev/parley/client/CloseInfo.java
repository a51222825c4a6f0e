// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import dev.parley.websocket.CloseReason;
import dev.parley.websocket.ClosingHandshake;
import dev.parley.websocket.ClosingHandshake.Closer;
import dev.parley.websocket.FrameHeader;
import dev.parley.websocket.WebSocketException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a session ended, and what had passed by then. Bytes are those of WebSocket frames, before
 * TLS; messages are whole ones, whatever they were cut into.
 *
 * @param closingHandshake both Close reasons and who was first
 * @param failure why the session ended; {@code null} where the peer's Close frame ended it
 * @param messagesAccepted how many messages {@code send} had taken, wholly or to their last
 *     fragment
 * @param messagesSent how many of these are wholly in the operating system's hands; it says nothing
 *     of what the peer received
 * @param messagesReceived how many messages arrived whole, delivered to the application or not
 * @param bytesSent how many bytes of frames were written
 * @param bytesReceived how many bytes of frames were read
 * @param roundTrip how long Pings and their Pongs took, or {@code null} where none was answered
 * @param lastFramesSent the headers of the last frames that were begun, the oldest first; at most
 *     four
 * @param lastFramesReceived the headers of the last frames that came, the oldest first; at most
 *     four, and the last of them may be the one that broke a rule
 */
public record CloseInfo(
    ClosingHandshake closingHandshake,
    @Nullable WebSocketException failure,
    long messagesAccepted,
    long messagesSent,
    long messagesReceived,
    long bytesSent,
    long bytesReceived,
    @Nullable RoundTrip roundTrip,
    List<FrameHeader> lastFramesSent,
    List<FrameHeader> lastFramesReceived) {

  /** Copies the lists. */
  public CloseInfo {
    lastFramesSent = List.copyOf(lastFramesSent);
    lastFramesReceived = List.copyOf(lastFramesReceived);
  }

  /** Returns what our Close frame said, or {@code null} where we sent none. */
  public @Nullable CloseReason ours() {
    return closingHandshake.sent();
  }

  /** Returns what the peer's Close frame said, or {@code null} where it sent none. */
  public @Nullable CloseReason peers() {
    return closingHandshake.received();
  }

  /** Returns who sent the first Close frame, or {@code null} where nobody sent one. */
  public @Nullable Closer first() {
    return closingHandshake.first();
  }

  /** Tells whether both Close frames have passed (RFC 6455 §7.1.4). */
  public boolean isClean() {
    return closingHandshake.isClean();
  }

  /**
   * Returns what lies at the bottom of the failure, often an {@link java.io.IOException}; {@code
   * null} where the peer's Close frame ended the session.
   */
  public @Nullable Throwable rootCause() {
    Throwable cause = failure;
    while (cause != null && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }

  /** Tells it in one line, as a log has it. */
  @Override
  public String toString() {
    Throwable cause = rootCause();
    return closingHandshake.description()
        + (cause == null ? "" : "; " + cause)
        + "; sent %d of %d messages, %d bytes; received %d messages, %d bytes"
            .formatted(messagesSent, messagesAccepted, bytesSent, messagesReceived, bytesReceived);
  }
}
