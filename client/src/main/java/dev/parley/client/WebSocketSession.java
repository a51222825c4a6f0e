// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketExtension;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One open WebSocket. Every method may be called from any thread, virtual or platform; an idle
 * session holds no thread.
 *
 * <p>Whoever opened a session closes it. {@link #close()} runs the closing handshake and waits for
 * the peer's part of it; {@link #terminate()} does not ask the peer. After the end every {@code
 * send} throws {@link dev.parley.websocket.WebSocketClosedException}, whichever came first, and
 * what had arrived can still be received.
 *
 * <p>{@code send} returns when the whole frame is in the operating system's hands; it waits while
 * the peer does not keep up. Interrupting it throws {@link
 * dev.parley.websocket.WebSocketInterruptedException} with the interrupt flag set again: the frame
 * was sent whole or not at all, and the session stays open.
 */
public interface WebSocketSession extends AutoCloseable {
  /** Returns what arrives, in order; see {@link ReceiveChannel}. Always the same channel. */
  ReceiveChannel<Frame> incoming();

  /** Returns where frames can be queued for sending; see {@link SendChannel}. */
  SendChannel<Frame> outgoing();

  /** Returns the extensions that were negotiated, in their order. */
  List<WebSocketExtension<?>> extensions();

  /**
   * Returns how the session ends: with the Close reason of the side that closed first, or with
   * {@code null} where the connection ends without a Close frame. Completed when it has ended. A
   * copy: completing it changes nothing.
   *
   * @implNote before the end each call makes a copy that lives as long as the session: keep one
   *     rather than ask again and again
   */
  CompletableFuture<@Nullable CloseReason> closeReason();

  /**
   * Sends a text message.
   *
   * @throws IllegalArgumentException if the text has a lone surrogate; nothing is sent
   * @throws dev.parley.websocket.WebSocketClosedException if the session has ended or is closing
   */
  default void send(String text) {
    send(new Frame.Text(text));
  }

  /**
   * Sends a binary message. The array is free again when this returns; where it throws because of
   * an interrupt, the rest may go out in the background, so leave the array as it is.
   *
   * @throws dev.parley.websocket.WebSocketClosedException if the session has ended or is closing
   */
  default void send(byte[] bytes) {
    send(new Frame.Binary(bytes));
  }

  /**
   * Sends a frame. A {@link Frame.Close} begins the closing handshake without waiting for its end.
   *
   * @throws IllegalArgumentException if the frame cannot go on the wire; nothing is sent
   * @throws dev.parley.websocket.WebSocketClosedException if the session has ended or is closing
   */
  void send(Frame frame);

  /**
   * Puts on the wire what {@link #outgoing()} holds back, and waits until it is.
   *
   * @throws dev.parley.websocket.WebSocketClosedException if the session has ended
   */
  void flush();

  /**
   * Closes the session: sends what was taken before, then a Close frame, and waits for the peer's
   * Close, at most for {@code closeTimeout}. Closing again does nothing but wait. The connection
   * below is let go in the background, when the server ends it or {@code closeTimeout} is over.
   *
   * <p>What the peer still sends before its Close can be received, also by other threads meanwhile.
   * Where the receive queue is full and nobody takes anything from it for half a second, what comes
   * past it is dropped, because the peer's Close is behind it.
   *
   * @param reason what to tell the peer
   * @throws IllegalArgumentException if the reason cannot go on the wire, see {@link
   *     CloseReason#requireSendable()}; the session stays as it is
   * @throws dev.parley.websocket.WebSocketInterruptedException if the thread is interrupted, with
   *     the interrupt flag set again; the session is closed all the same, without it waiting
   */
  void close(CloseReason reason);

  /** Closes the session with {@link CloseReason#NORMAL}; see {@link #close(CloseReason)}. */
  @Override
  default void close() {
    close(CloseReason.NORMAL);
  }

  /** Drops the connection now, without a Close frame. Never waits; ends every wait on it. */
  void terminate();
}
