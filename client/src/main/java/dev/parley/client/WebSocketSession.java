// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketExtension;
import java.io.OutputStream;
import java.io.Writer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
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
  // Applications implement this too, in tests above all. So what not every session can do has a
  // default that refuses, as the methods of java.util.Collection do; every session that this
  // library opens does all of it.

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
   * <p>What is hung on it before the end runs on a virtual thread of its own, and holds nothing up;
   * only where the system refuses that thread, on the one that ended the session. What is hung on
   * it after the end runs at once on the thread that does so, as with every completed future.
   *
   * @implNote before the end each call makes a copy that lives as long as the session: keep one
   *     rather than ask again and again
   */
  CompletableFuture<@Nullable CloseReason> closeReason();

  /**
   * Returns how the session ended and what had passed; empty while it has not ended. Each call
   * looks anew: the counts may still grow a little while the rest of the closing handshake passes.
   */
  default Optional<CloseInfo> closeInfo() {
    return Optional.empty();
  }

  /**
   * Sends a Ping and waits for its Pong, at most for {@code pongTimeout}; see {@link
   * #ping(Duration)}.
   *
   * @throws UnsupportedOperationException if it is a session of another kind that cannot do it
   */
  default Duration ping() {
    throw new UnsupportedOperationException("this session sends no Pings of its own");
  }

  /**
   * Sends a Ping and waits for its Pong (RFC 6455 §5.5.2). A Pong to another Ping does not count.
   * Where no thread is receiving, this one reads on, and what arrives waits to be received; where
   * the receive queue is full, or the memory budget used up, nothing is read and so no Pong is
   * seen.
   *
   * @param timeout how long to wait at most, also for room to write the Ping; the session stays
   *     open when it is over
   * @return the time from writing the Ping to reading the Pong
   * @throws dev.parley.websocket.WebSocketClosedException if the session has ended or is closing,
   *     or ends meanwhile
   * @throws dev.parley.websocket.WebSocketException if no Pong came in time, with a {@link
   *     java.net.SocketTimeoutException} as its cause
   * @throws dev.parley.websocket.WebSocketInterruptedException if the thread is interrupted, with
   *     the interrupt flag set again; the session stays open
   * @throws UnsupportedOperationException if it is a session of another kind that cannot do it
   */
  default Duration ping(Duration timeout) {
    throw new UnsupportedOperationException("this session sends no Pings of its own");
  }

  /**
   * Returns how long the last Pings and their Pongs took, those of {@code pingInterval} included;
   * empty while none was answered. Does not wait; can be asked before the end and after it.
   */
  default Optional<RoundTrip> roundTrip() {
    return Optional.empty();
  }

  /**
   * Sends a text message.
   *
   * @throws IllegalArgumentException if the text has a lone surrogate; nothing is sent
   * @throws dev.parley.websocket.WebSocketClosedException if the session has ended or is closing
   * @throws dev.parley.websocket.WebSocketInterruptedException if the thread is interrupted while
   *     it waits; see above
   */
  default void send(String text) {
    send(new Frame.Text(text));
  }

  /**
   * Sends a binary message. The array is free again when this returns; where it throws because of
   * an interrupt, the rest may go out in the background, so leave the array as it is.
   *
   * @throws dev.parley.websocket.WebSocketClosedException if the session has ended or is closing
   * @throws dev.parley.websocket.WebSocketInterruptedException if the thread is interrupted while
   *     it waits; see above
   */
  default void send(byte[] bytes) {
    send(new Frame.Binary(bytes));
  }

  /**
   * Sends a frame. A {@link Frame.Close} begins the closing handshake without waiting for its end.
   *
   * @throws IllegalArgumentException if the frame cannot go on the wire; nothing is sent
   * @throws IllegalStateException if it is a message, and the thread itself is in the middle of a
   *     streamed one; nothing is sent
   * @throws dev.parley.websocket.WebSocketClosedException if the session has ended or is closing
   * @throws dev.parley.websocket.WebSocketInterruptedException if the thread is interrupted while
   *     it waits; see above
   */
  void send(Frame frame);

  /**
   * Sends a frame as {@link #send(Frame)} does, but as the options say; their {@code fragmentSize}
   * is for streamed messages only.
   *
   * @throws UnsupportedOperationException if it is a session of another kind that cannot do it
   */
  default void send(Frame frame, MessageOptions options) {
    throw new UnsupportedOperationException("this session knows no options");
  }

  /**
   * Begins a binary message that is written as it is made; see {@link #openBinary(MessageOptions)}.
   *
   * @throws UnsupportedOperationException if it is a session of another kind that cannot do it
   */
  default OutputStream openBinary() {
    return openBinary(MessageOptions.DEFAULT);
  }

  /**
   * Begins a binary message that is written as it is made, so that it may be of any length. Each
   * bufferful goes out as a fragment; {@link OutputStream#flush()} sends what there is, and {@link
   * OutputStream#close()} ends the message. For one thread at a time.
   *
   * <p>From the first fragment that goes out until the message is closed, whoever sends another
   * message waits, and the thread that writes this one must not send another. Control frames pass
   * between. A message that cannot be brought to its end cannot be taken back: {@link #terminate()}
   * the session before you close it.
   *
   * <p>Writing throws an {@link java.io.IOException} with a {@link
   * dev.parley.websocket.WebSocketException} as its cause where the session has ended. An interrupt
   * throws an {@link java.io.InterruptedIOException}, with the interrupt flag set again; the
   * message can be continued from its {@code bytesTransferred}.
   *
   * @throws UnsupportedOperationException if it is a session of another kind that cannot do it
   */
  default OutputStream openBinary(MessageOptions options) {
    throw new UnsupportedOperationException("this session sends no streams");
  }

  /**
   * Begins a text message that is written as it is made; see {@link #openText(MessageOptions)}.
   *
   * @throws UnsupportedOperationException if it is a session of another kind that cannot do it
   */
  default Writer openText() {
    return openText(MessageOptions.DEFAULT);
  }

  /**
   * Begins a text message that is written as it is made, as {@link #openBinary(MessageOptions)}
   * does. A lone surrogate throws a {@link java.nio.charset.CharacterCodingException}. Where an
   * interrupt comes, what was written is kept, and goes out with what is written next.
   *
   * @throws UnsupportedOperationException if it is a session of another kind that cannot do it
   */
  default Writer openText(MessageOptions options) {
    throw new UnsupportedOperationException("this session sends no streams");
  }

  /**
   * Puts on the wire what {@link #outgoing()} holds back, and waits until it is.
   *
   * @throws dev.parley.websocket.WebSocketClosedException if the session has ended
   * @throws dev.parley.websocket.WebSocketInterruptedException if the thread is interrupted while
   *     it waits, with the interrupt flag set again; what was held back goes out all the same, in
   *     the background
   */
  void flush();

  /**
   * Closes the session: sends what was taken before, then a Close frame, and waits for the peer's
   * Close, at most for {@code closeTimeout}. Closing again does nothing but wait. The connection
   * below is let go in the background, when the server ends it or {@code closeTimeout} is over.
   *
   * <p>What the peer still sends before its Close can be received, also by other threads meanwhile.
   * Where the receive queue is full and nobody takes anything from it for half a second, all that
   * comes past it is dropped, because the peer's Close is behind it: what is received then is the
   * beginning of what was sent, without a gap, and the Close.
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
