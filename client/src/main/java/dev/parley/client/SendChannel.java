// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

/**
 * What is to be sent, in order. Any thread may send; elements of several threads are never mixed.
 *
 * <p>What is put here may be held back for up to a millisecond, to be written together with what
 * follows; {@link WebSocketSession#flush()} or the next {@link WebSocketSession#send} puts it on
 * the wire at once. Use the session's {@code send} where returning must mean sent. The array in an
 * element must not be changed until it was written: after a {@code flush()}, say.
 *
 * @param <E> what is sent
 */
public interface SendChannel<E> extends AutoCloseable {
  /**
   * Takes an element to send; waits where the peer does not keep up.
   *
   * @throws IllegalArgumentException if the element cannot go on the wire; nothing is sent
   * @throws IllegalStateException if it is a message, and the thread itself is in the middle of a
   *     streamed one; nothing is sent
   * @throws dev.parley.websocket.WebSocketClosedException if the session has ended or is closing
   * @throws dev.parley.websocket.WebSocketInterruptedException if the thread is interrupted while
   *     it waits, with the interrupt flag set again; the element is sent whole or not at all, and
   *     the session stays open
   */
  void send(E element);

  /**
   * Takes an element to send if there is room for it now; never waits.
   *
   * @return whether it was taken
   * @throws IllegalArgumentException if the element cannot go on the wire; nothing is sent
   * @throws dev.parley.websocket.WebSocketClosedException if the session has ended or is closing
   */
  boolean trySend(E element);

  /**
   * Sends what was taken and closes the session, as {@link WebSocketSession#close()} does. A
   * channel that is closed already stays as it is.
   */
  @Override
  void close();
}
