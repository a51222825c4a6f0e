// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import org.jspecify.annotations.Nullable;

/**
 * The session has ended, or is closing; it says how. The one exception of every send after the end.
 */
public class WebSocketClosedException extends WebSocketException {
  private static final long serialVersionUID = 1;

  private final transient ClosingHandshake closingHandshake;

  /**
   * Makes an exception that tells how the session ended.
   *
   * @param message what could not be done
   * @param closingHandshake both Close reasons and who was first
   * @param cause the root cause, where the end was not a clean one
   */
  public WebSocketClosedException(
      String message, ClosingHandshake closingHandshake, @Nullable Throwable cause) {
    super(
        message + ": " + closingHandshake.description() + (cause == null ? "" : "; " + said(cause)),
        cause);
    this.closingHandshake = closingHandshake;
  }

  private static String said(Throwable cause) {
    String message = cause.getMessage();
    return message == null ? cause.toString() : message;
  }

  /** Returns both Close reasons and who was first. */
  public ClosingHandshake closingHandshake() {
    return closingHandshake;
  }
}
