// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.parley.client.ReconnectPolicy.Unsent;
import dev.parley.client.Transition.Ending;
import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketClosedException;
import dev.parley.websocket.WebSocketException;
import dev.parley.websocket.WebSocketInterruptedException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a conversation going over one session after the other; made by {@link
 * HttpClient#reconnecting}. Never more than one session is open.
 *
 * <p>A virtual thread opens each session, has the {@link ReconnectHandler} resume and use it, and
 * waits in between as the {@link ReconnectPolicy} says. Every method may be called from any thread.
 *
 * <p>{@link #send} goes to the session that is open and has resumed; where there is none the policy
 * decides. Nothing is ever sent twice: a message whose sending threw is given back, to the caller
 * or to {@link ReconnectHandler#inDoubt}. What was handed to the network just before a loss may not
 * have arrived; only an answer of the peer's can tell. What the handler sends on its session itself
 * is not the reconnector's affair, nor is its order among what is kept.
 */
public final class Reconnector implements AutoCloseable {
  private static final ThreadFactory THREADS =
      Thread.ofVirtual().name("parley-reconnect").factory();

  private final Reconnection reconnection;
  private final ReconnectHandler handler;
  private final Unsent unsent;
  private final Duration closeTimeout;
  private volatile @Nullable Thread opener;
  private final @Nullable Outbox outbox;
  private final AtomicLong dropped = new AtomicLong();
  private final CountDownLatch ended = new CountDownLatch(1);

  /** The session that is open and has resumed. */
  private volatile @Nullable DefaultClientWebSocketSession current;

  /** Makes one; {@link #start} begins it. */
  Reconnector(
      Reconnection reconnection, ReconnectHandler handler, Unsent unsent, Duration closeTimeout) {
    this.reconnection = reconnection;
    this.handler = handler;
    this.unsent = unsent;
    this.closeTimeout = closeTimeout;
    this.outbox =
        unsent instanceof Unsent.Keep keep ? new Outbox(keep, THREADS, this::inDoubt) : null;
  }

  private void inDoubt(Frame message, WebSocketException failure) {
    boolean refused = failure.getCause() instanceof IllegalArgumentException;
    reconnection.log(
        Level.WARNING,
        message + (refused ? " was not sent: " : " may or may not have been sent: ") + failure);
    try {
      handler.inDoubt(message, failure);
    } catch (Throwable e) { // an Error too: no other thread sends what is kept
      reconnection.log(
          Level.ERROR, "the handler threw when it was told of that: " + e.getClass().getName());
    }
  }

  /** Begins; where a thread is refused, it has ended. */
  void start() {
    try {
      if (outbox != null) {
        outbox.start();
      }
      THREADS.newThread(this::run).start();
    } catch (Throwable refusal) {
      reconnection.stop(new Ending.Failed(refusal));
      if (outbox != null) {
        outbox.end();
      }
      throw refusal;
    }
  }

  private void run() {
    opener = Thread.currentThread();
    try {
      DefaultClientWebSocketSession session = reconnection.next();
      while (session != null) {
        session = reconnection.goesOn(use(session)) ? reconnection.next() : null;
      }
    } catch (Throwable e) {
      reconnection.stop(new Ending.Failed(e)); // where it is not told already
    } finally {
      if (outbox != null) {
        outbox.end();
      }
      ended.countDown();
    }
  }

  /** Has the application use a session, and returns what it threw. */
  private @Nullable Throwable use(DefaultClientWebSocketSession session) {
    try {
      handler.resume(session);
      current = session;
      if (outbox != null) {
        outbox.attach(session::sendIfOpen);
      }
      handler.run(session);
      if (outbox != null) {
        outbox.awaitSent(closeTimeout); // a close that we start sends before what was accepted
      }
      return null;
    } catch (Throwable e) {
      return e;
    } finally {
      current = null;
      if (outbox != null) {
        outbox.detach();
      }
    }
  }

  /** Sends a text message; see {@link #send(Frame)}. */
  public void send(String text) {
    sendJudged(new Frame.Text(text)); // UTF-8 by its making
  }

  /** Sends a binary message; see {@link #send(Frame)}. The array is free when this returns. */
  public void send(byte[] bytes) {
    sendJudged(new Frame.Binary(outbox == null ? bytes : bytes.clone()));
  }

  /**
   * Sends a message, as the policy says.
   *
   * <ul>
   *   <li>{@link Unsent.Fail}: sends it as {@link WebSocketSession#send(Frame)} does, or throws;
   *   <li>{@link Unsent.Drop}: sends it as {@code Fail} does; what would be thrown because there is
   *       no session, or it has ended, is counted instead, see {@link #dropped};
   *   <li>{@link Unsent.Keep}: takes it, behind those taken before; waits where there is no room,
   *       but not in the handler or a listener while there is no session: nobody else could make
   *       room. It is sent by another thread, so do not change its array.
   * </ul>
   *
   * @throws IllegalArgumentException if this is a Close, which is for {@link #close}, or a part of
   *     a message, or has reserved bits, or is text that is not UTF-8; it was not taken
   * @throws NoSessionException if there is no session, or, with {@code Keep}, there will be none,
   *     or no room; the message was not sent and will not be
   * @throws WebSocketClosedException if the session ended just then, only with {@code Fail}
   * @throws WebSocketInterruptedException if the thread was interrupted while it waited
   */
  public void send(Frame message) {
    if (message instanceof Frame.Close
        || !message.fin()
        || message.rsv1()
        || message.rsv2()
        || message.rsv3()) {
      throw new IllegalArgumentException(message + ", expected a whole message or a Ping");
    }
    if (outbox != null) {
      requireUtf8(message); // which the session does too late for our caller
    }
    sendJudged(message);
  }

  private void sendJudged(Frame message) {
    switch (unsent) {
      case Unsent.Fail fail -> session().send(message);
      case Unsent.Drop drop -> sendOrDrop(message);
      case Unsent.Keep keep ->
          Objects.requireNonNull(outbox, "made to keep")
              .put(message, Thread.currentThread() == opener);
    }
  }

  private static void requireUtf8(Frame message) {
    if (message instanceof Frame.Text) {
      try {
        CharBuffer unused = UTF_8.newDecoder().decode(ByteBuffer.wrap(message.data()));
      } catch (CharacterCodingException e) {
        throw new IllegalArgumentException(message + " is not UTF-8 (RFC 6455 §5.6)", e);
      }
    }
  }

  private void sendOrDrop(Frame message) {
    try {
      session().send(message);
    } catch (NoSessionException | WebSocketClosedException e) {
      dropped.incrementAndGet(); // as the policy says
    }
  }

  private DefaultClientWebSocketSession session() {
    DefaultClientWebSocketSession session = current;
    if (session == null) {
      throw new NoSessionException("there is no session: " + state());
    }
    return session;
  }

  /** Returns how many messages were dropped, which only {@link Unsent.Drop} does. Never waits. */
  public long dropped() {
    return dropped.get();
  }

  /**
   * Returns the messages that are kept and of which nothing was sent yet, in order; the one that is
   * being sent among them. After the end, those that will not be sent. Never waits.
   */
  public List<Frame> unsent() {
    return outbox == null ? List.of() : outbox.messages();
  }

  /** Returns the last transition, which tells the state: opening, open, waiting, stopped. */
  public Transition state() {
    return reconnection.last();
  }

  /**
   * Waits for the end, when the handler has left its last session.
   *
   * @throws WebSocketInterruptedException if the thread was interrupted while it waited; nothing
   *     ends by that
   */
  public Ending awaitEnd() {
    return awaitEnd(Duration.ofNanos(Long.MAX_VALUE)).orElseThrow();
  }

  /**
   * Waits for the end, but not for longer than that.
   *
   * @return why it ended; empty where it did not in time
   * @throws WebSocketInterruptedException if the thread was interrupted while it waited
   */
  public Optional<Ending> awaitEnd(Duration timeout) {
    try {
      return ended.await(TimeUnit.NANOSECONDS.convert(timeout), TimeUnit.NANOSECONDS)
          ? Optional.ofNullable(reconnection.ending())
          : Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new WebSocketInterruptedException("interrupted while waiting for the end", e);
    }
  }

  /**
   * Ends it. While it waits or opens, at once. While a session is open, by closing that, as {@link
   * WebSocketSession#close()}; where it has resumed, what is kept is sent before, each at most for
   * {@code closeTimeout}. What could not be sent is in {@link #unsent()}. The handler learns of it
   * from its session; this does not wait until it has left, see {@link #awaitEnd()}. Closing again
   * does nothing but wait.
   *
   * @throws WebSocketInterruptedException if the thread was interrupted; it ends all the same
   */
  @Override
  public void close() {
    try {
      if (outbox != null) {
        outbox.refuse();
        outbox.awaitSent(closeTimeout);
      }
    } finally {
      DefaultClientWebSocketSession open = reconnection.cancel();
      if (open != null) {
        open.close();
      }
    }
  }

  @Override
  public String toString() {
    return "Reconnector[" + state() + "]";
  }
}
