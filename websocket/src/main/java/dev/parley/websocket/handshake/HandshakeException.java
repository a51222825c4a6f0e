// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.handshake;

import dev.parley.websocket.WebSocketProtocolException;
import org.jspecify.annotations.Nullable;

/** The opening handshake failed by the peer's fault; there is no session. */
public final class HandshakeException extends WebSocketProtocolException {
  private static final long serialVersionUID = 1;

  private final HandshakeFailure failure;
  private transient @Nullable ResponseHead response;

  /**
   * Makes an exception.
   *
   * @param failure the reason
   * @param detail what was expected and what was got; never a secret
   * @param cause what an extension threw, if anything
   */
  public HandshakeException(HandshakeFailure failure, String detail, @Nullable Throwable cause) {
    super(detail + " (" + failure.section() + ")", cause);
    this.failure = failure;
  }

  /** Makes an exception without a cause. */
  public HandshakeException(HandshakeFailure failure, String detail) {
    this(failure, detail, null);
  }

  /**
   * Makes an exception that says what another one said, and of what it was said.
   *
   * @param before put before it, as in {@code cannot open ws://example.com:80/: }
   * @param behind put behind it, as in {@code ; connected to 192.0.2.1:80}
   */
  public HandshakeException(String before, HandshakeException other, String behind) {
    super(before + other.getMessage() + behind, other.getCause());
    this.failure = other.failure;
    this.response = other.response;
  }

  /** Says which response it was that broke the rules. */
  HandshakeException about(ResponseHead response) {
    this.response = response;
    return this;
  }

  /** Returns the response that broke the rules; {@code null} where none was read to its end. */
  public @Nullable ResponseHead response() {
    return response;
  }

  /** Returns the reason. */
  public HandshakeFailure failure() {
    return failure;
  }
}
