// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import dev.parley.websocket.WebSocketException;

/**
 * A {@link Reconnector} had no session to send on: it was waiting, opening or resuming, or it has
 * stopped. Nothing was sent, so the caller may try again.
 */
public final class NoSessionException extends WebSocketException {
  private static final long serialVersionUID = 1;

  NoSessionException(String why) {
    super("cannot send: " + why);
  }
}
