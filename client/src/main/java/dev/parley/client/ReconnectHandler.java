// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketException;

/**
 * What a program does with each session of a {@link Reconnector}. All but {@link #inDoubt} run on
 * the reconnector's virtual thread, one after the other.
 */
@FunctionalInterface
public interface ReconnectHandler {
  /**
   * Uses a session. When this returns while the session is open, the application is done: the
   * session is closed with {@link dev.parley.websocket.CloseReason#NORMAL} and there is no other.
   * So whoever has nothing to receive must still wait for the session's end, by {@code
   * session.closeReason().join()} or by a loop over {@code incoming}: a loss is noticed when this
   * returns or throws, and not before. When the session was lost, it does not matter whether this
   * returns or throws what the session threw, a {@link WebSocketException}: the policy decides.
   * Whatever else this throws ends the session with {@link
   * dev.parley.websocket.CloseReason#INTERNAL_ERROR}, and the reconnector with it.
   *
   * <p>{@code session.close()} says that the application is done; {@code session.terminate()} that
   * this session is of no use, and so leads to the next.
   *
   * @param session the open session
   * @throws Exception whatever it likes
   */
  void run(ClientWebSocketSession session) throws Exception;

  /**
   * Goes on where the last session ended, before {@link #run} and before anything that {@link
   * Reconnector#send} was given: subscribes again, sends the id of the last event that was seen.
   * Called for every session, the first one too. What it throws is judged like what {@link #run}
   * throws. Does nothing by default.
   *
   * @param session the open session
   * @throws Exception whatever it likes
   */
  default void resume(ClientWebSocketSession session) throws Exception {}

  /**
   * Is told of a kept message of which nobody can say whether the peer got it: the connection broke
   * while it was being written. It is not sent again; whoever knows that this does no harm may pass
   * it to {@link Reconnector#send}. Called by the thread that sends what is kept, which waits. Does
   * nothing by default; that it happened is logged.
   *
   * <p>Told of a message, too, that the session refused, and of which nothing was sent: the cause
   * is an {@link IllegalArgumentException} then. That happens where an array was changed after it
   * had been given to {@link Reconnector#send}.
   *
   * @param message the message
   * @param failure what sending it threw
   */
  default void inDoubt(Frame message, WebSocketException failure) {}
}
