// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import dev.parley.client.transport.OpeningPhase;
import dev.parley.websocket.handshake.HandshakeFailure;
import org.jspecify.annotations.Nullable;

/**
 * The server answered the opening request, but not with an upgrade: a redirect, a refusal, an
 * error. There is no session, and the connection is closed.
 */
public final class WebSocketUpgradeException extends WebSocketOpeningException {
  private static final long serialVersionUID = 1;

  private final transient HttpResponse response;

  /** Makes an exception for a response. */
  public WebSocketUpgradeException(HttpResponse response) {
    this(response, HandshakeFailure.STATUS_NOT_101.word(), "", null);
  }

  /** Makes an exception for a response that leads nowhere. */
  WebSocketUpgradeException(
      HttpResponse response, String reason, String why, @Nullable Throwable cause) {
    super(
        OpeningPhase.RESPONSE,
        reason,
        "WebSocket upgrade failed: " + response.status() + why + response.reached(),
        cause);
    this.response = response;
  }

  /** Returns the answer: status, headers, and the first 64 KiB of the body. */
  public HttpResponse response() {
    return response;
  }
}
