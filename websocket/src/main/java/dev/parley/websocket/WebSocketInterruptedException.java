// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

/**
 * The thread was interrupted while it waited. Its interrupt flag is set again, nothing is lost, and
 * the connection stays open, unless it was still being opened.
 */
public final class WebSocketInterruptedException extends WebSocketException {
  private static final long serialVersionUID = 1;

  /** Makes an exception that says what the thread was waiting for. */
  public WebSocketInterruptedException(String message, InterruptedException cause) {
    super(message, cause);
  }
}
