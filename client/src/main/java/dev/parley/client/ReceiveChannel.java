// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import java.time.Duration;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * What arrives, in order, each element once. Any thread may receive; where several do, each element
 * goes to one of them.
 *
 * <p>When the channel has closed, what had arrived before is still received first. Then iteration
 * ends, and {@link #receive()} throws {@link ClosedReceiveChannelException}. Where it did not close
 * but broke, both throw {@link dev.parley.websocket.WebSocketException} with the cause.
 *
 * <p>Interrupting a thread that waits here throws {@link
 * dev.parley.websocket.WebSocketInterruptedException} with the interrupt flag set again; nothing is
 * lost and the session stays open.
 *
 * @param <E> what arrives
 */
public interface ReceiveChannel<E> extends Iterable<E> {
  /**
   * Receives the next element; waits for it as long as it takes.
   *
   * @throws ClosedReceiveChannelException if the channel is closed and empty
   * @throws dev.parley.websocket.WebSocketException if the connection broke or the peer broke the
   *     protocol
   */
  E receive();

  /**
   * Receives the next element, or nothing if none came in time.
   *
   * @param timeout how long to wait; zero or less does not wait
   * @throws ClosedReceiveChannelException if the channel is closed and empty
   * @throws dev.parley.websocket.WebSocketException if the connection broke or the peer broke the
   *     protocol
   */
  Optional<E> receive(Duration timeout);

  /**
   * Receives the next element if it has arrived; never waits.
   *
   * @throws ClosedReceiveChannelException if the channel is closed and empty
   * @throws dev.parley.websocket.WebSocketException if the connection broke or the peer broke the
   *     protocol
   */
  Optional<E> tryReceive();

  /**
   * Returns the elements still to come. {@code hasNext} waits for the next one and is {@code false}
   * when the channel is closed and empty. Leaving a loop early closes nothing; an element that
   * {@code hasNext} fetched and {@code next} did not return is lost with the iterator.
   */
  @Override
  default Iterator<E> iterator() {
    return new Iterator<>() {
      private @Nullable E next;

      @Override
      public boolean hasNext() {
        if (next == null) {
          try {
            next = receive();
          } catch (ClosedReceiveChannelException end) {
            return false; // not an error here: it is how a channel says that nothing more comes
          }
        }
        return true;
      }

      @Override
      public E next() {
        E result = hasNext() ? next : null;
        if (result == null) {
          throw new NoSuchElementException("the channel is closed and empty");
        }
        next = null;
        return result;
      }
    };
  }

  /** Returns the elements still to come as a sequential stream, which waits as iteration does. */
  default Stream<E> stream() {
    return StreamSupport.stream(
        Spliterators.spliteratorUnknownSize(
            iterator(), Spliterator.ORDERED | Spliterator.NONNULL | Spliterator.IMMUTABLE),
        false);
  }
}
