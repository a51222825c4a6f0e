// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import dev.parley.websocket.Frame;
import java.time.Duration;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The session that {@code webSocketStreamingSession} opens. Its messages are streams, so that one
 * of any length passes through little memory; {@code maxMessageSize} does not bound them, {@code
 * maxFrameSize} does. Otherwise it is as any other session: Pings are answered, and the closing
 * handshake runs by itself.
 *
 * <p>Messages are received with {@link #receive()} or {@link #messages()}, by one thread at a time.
 * {@link #incoming()} has the fragments they are made of, as they were cut on their arrival;
 * whoever uses it must not use the others.
 */
public final class StreamingClientWebSocketSession extends DelegatingClientWebSocketSession {
  private @Nullable IncomingMessage current;

  StreamingClientWebSocketSession(HttpClientCall call, WebSocketSession delegate) {
    super(delegate, call);
  }

  /**
   * Waits for the first bytes of the next message, having skipped what was not read of the one
   * before.
   *
   * @throws ClosedReceiveChannelException if the session closes instead, or has ended
   * @throws dev.parley.websocket.WebSocketException if the connection broke
   * @throws dev.parley.websocket.WebSocketInterruptedException if the thread is interrupted, with
   *     the interrupt flag set again; nothing is lost
   */
  public IncomingMessage receive() {
    skip();
    return begin(incoming().receive());
  }

  /**
   * Waits for the first bytes of the next message, at most for a time. Skipping what was not read
   * of the one before does not count.
   *
   * @return the message, or nothing where the time was over first
   */
  public Optional<IncomingMessage> receive(Duration timeout) {
    skip();
    return incoming().receive(timeout).map(this::begin);
  }

  /** Returns all messages from here on; the iteration ends when the session closes. */
  public Iterable<IncomingMessage> messages() {
    return Messages::new;
  }

  private void skip() {
    if (current != null) {
      current.skip();
      current = null;
    }
  }

  private IncomingMessage begin(Frame first) {
    while (first instanceof Frame.Close) {
      first = incoming().receive(); // throws: the Close is the last
    }
    current = new IncomingMessage(incoming(), first);
    return current;
  }

  private final class Messages implements Iterator<IncomingMessage> {
    private @Nullable IncomingMessage next;

    @Override
    public boolean hasNext() {
      if (next == null) {
        try {
          next = receive();
        } catch (ClosedReceiveChannelException e) {
          return false;
        }
      }
      return true;
    }

    @Override
    public IncomingMessage next() {
      if (!hasNext() || next == null) {
        throw new NoSuchElementException("the session has closed");
      }
      IncomingMessage message = next;
      next = null;
      return message;
    }
  }
}
