// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import dev.parley.websocket.ClosingHandshake;
import dev.parley.websocket.WebSocketClosedException;
import org.jspecify.annotations.Nullable;

/** Nothing more will be received: the session closed, and all that had arrived was taken. */
public final class ClosedReceiveChannelException extends WebSocketClosedException {
  private static final long serialVersionUID = 1;

  /**
   * Makes an exception that tells how the session ended.
   *
   * @param message what could not be done
   * @param closingHandshake both Close reasons and who was first
   * @param cause the root cause, where there is one
   */
  public ClosedReceiveChannelException(
      String message, ClosingHandshake closingHandshake, @Nullable Throwable cause) {
    super(message, closingHandshake, cause);
  }
}
