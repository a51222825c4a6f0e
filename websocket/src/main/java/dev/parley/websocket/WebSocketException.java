// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import org.jspecify.annotations.Nullable;

/**
 * What the network or the peer did to a WebSocket. The root of all that Parley throws but for the
 * caller's own errors.
 */
public class WebSocketException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** Makes an exception with a message. */
  public WebSocketException(String message) {
    this(message, null);
  }

  /** Makes an exception with a message and what caused it. */
  public WebSocketException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
