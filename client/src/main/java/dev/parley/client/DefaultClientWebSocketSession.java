// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import dev.parley.websocket.Frame;

/**
 * The session that {@code webSocketSession} opens. It delivers whole messages, answers each Ping,
 * and runs the closing handshake by itself, whether or not a thread is receiving. The peer's Close
 * frame is the last element of {@link #incoming()}; Ping and Pong are not delivered.
 */
public final class DefaultClientWebSocketSession extends DelegatingClientWebSocketSession {
  /**
   * Makes a session in front of another.
   *
   * @param call the opening that it came from
   * @param delegate the session that does the work
   */
  public DefaultClientWebSocketSession(HttpClientCall call, WebSocketSession delegate) {
    super(delegate, call);
  }

  @Override
  public void send(byte[] bytes) {
    delegate().send(bytes); // which makes no frame of it
  }

  /**
   * Sends a frame, unless the session is closing or has ended.
   *
   * @return false where it is or has: nothing of the frame was begun, so that it may be sent
   *     elsewhere
   */
  boolean sendIfOpen(Frame frame) {
    if (delegate() instanceof ConnectedSession connected) {
      return connected.sendIfOpen(frame);
    }
    delegate().send(frame); // a session of somebody else's cannot tell
    return true;
  }
}
