// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

/** What a program does with a session while it is open. */
@FunctionalInterface
public interface WebSocketBlock {
  /**
   * Uses the session. When this returns, the session is closed with {@link
   * dev.parley.websocket.CloseReason#NORMAL}; when it throws, with {@link
   * dev.parley.websocket.CloseReason#INTERNAL_ERROR}, and the caller of {@code webSocket} gets the
   * very exception, checked or not.
   *
   * @param session the open session
   * @throws Exception whatever the block likes
   */
  void run(ClientWebSocketSession session) throws Exception;
}
