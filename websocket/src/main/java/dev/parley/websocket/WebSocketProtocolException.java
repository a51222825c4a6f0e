// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import org.jspecify.annotations.Nullable;

/** The peer broke the protocol; the connection has failed (RFC 6455 §7.1.7). */
public class WebSocketProtocolException extends WebSocketException {
  private static final long serialVersionUID = 1;

  private final @Nullable Violation violation;

  /** Makes an exception for a breach that is no {@link Violation}, as in the opening handshake. */
  public WebSocketProtocolException(String message) {
    this(message, null);
  }

  /** Makes an exception for a breach that is no {@link Violation}, with what caused it. */
  public WebSocketProtocolException(String message, @Nullable Throwable cause) {
    super(message, cause);
    this.violation = null;
  }

  /**
   * Makes an exception for a violation.
   *
   * @param violation the rule
   * @param detail what was expected and what was got; never payload text
   * @param cause what an extension threw, if anything
   */
  public WebSocketProtocolException(Violation violation, String detail, @Nullable Throwable cause) {
    super(detail + " (" + violation.section() + ")", cause);
    this.violation = violation;
  }

  /** Makes an exception for a violation without a cause. */
  public WebSocketProtocolException(Violation violation, String detail) {
    this(violation, detail, null);
  }

  /**
   * Makes an exception that says what another one said, for one more thread that must hear it.
   *
   * @param more what else is known by now, put behind it; may be empty
   */
  public WebSocketProtocolException(WebSocketProtocolException other, String more) {
    super(other.getMessage() + more, other.getCause());
    this.violation = other.violation;
  }

  /** Returns the rule that was broken; {@code null} for a breach outside an open connection. */
  public @Nullable Violation violation() {
    return violation;
  }
}
