// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

import dev.parley.client.events.CloseEvent;
import dev.parley.client.events.MessageEvent;
import dev.parley.client.events.MessageSentEvent;
import dev.parley.client.events.PingEvent;
import dev.parley.client.transport.BufferPool;
import dev.parley.client.transport.Deadline;
import dev.parley.client.transport.ReadinessLoop;
import dev.parley.client.transport.Transport;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.ClosingHandshake;
import dev.parley.websocket.Frame;
import dev.parley.websocket.FrameHeader;
import dev.parley.websocket.Inbound;
import dev.parley.websocket.Opcode;
import dev.parley.websocket.Outbound;
import dev.parley.websocket.WebSocketClosedException;
import dev.parley.websocket.WebSocketException;
import dev.parley.websocket.WebSocketInterruptedException;
import dev.parley.websocket.WebSocketProtocolException;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * One open WebSocket: send, receive, close, terminate, over one transport and the two halves of the
 * core.
 *
 * <p>Every method may be called by any thread. A connection holds no thread of its own. It lives
 * until its end is decided, once, by the first of: the peer's Close frame, a violation, the end of
 * the stream, an I/O error, a deadline, {@link #terminate}; the package's description tells what
 * follows.
 */
public final class WebSocketConnection {
  /**
   * How long a peer that broke a rule has for taking our Close frame, which a reset would destroy.
   */
  private static final Duration PARTING = Duration.ofSeconds(1);

  /** How long to wait, where no thread can be started to release things, before trying again. */
  private static final Duration RETRY = Duration.ofMillis(100);

  private static final System.Logger LOGGER = System.getLogger("dev.parley.client");

  private static final AtomicLong LAST_ID = new AtomicLong();

  /** What logs and recordings call this session by. */
  private final long id = LAST_ID.incrementAndGet();

  private final Transport transport;
  private final ReadinessLoop loop;
  private final ConnectionOptions options;
  private final ThreadFactory threads;
  private final Consumer<? super WebSocketConnection> onFinished;
  private final IncomingPath incoming;
  private final OutgoingPath outgoing;
  private final IdleWatch watch;

  // What changes by compare-and-set, in fields: there are many sessions, and few of them change.
  private static final AtomicReferenceFieldUpdater<WebSocketConnection, @Nullable RoundTrips>
      ROUND_TRIPS =
          AtomicReferenceFieldUpdater.newUpdater(
              WebSocketConnection.class, RoundTrips.class, "roundTrips");
  private static final AtomicReferenceFieldUpdater<WebSocketConnection, ClosingHandshake> CLOSING =
      AtomicReferenceFieldUpdater.newUpdater(
          WebSocketConnection.class, ClosingHandshake.class, "closing");
  private static final AtomicReferenceFieldUpdater<
          WebSocketConnection, ReadinessLoop.@Nullable Timer>
      PING_TIMER =
          AtomicReferenceFieldUpdater.newUpdater(
              WebSocketConnection.class, ReadinessLoop.Timer.class, "pingTimer");
  private static final AtomicReferenceFieldUpdater<
          WebSocketConnection, ReadinessLoop.@Nullable Timer>
      CLOSE_TIMER =
          AtomicReferenceFieldUpdater.newUpdater(
              WebSocketConnection.class, ReadinessLoop.Timer.class, "closeTimer");
  private static final AtomicReferenceFieldUpdater<WebSocketConnection, @Nullable Ending> ENDING =
      AtomicReferenceFieldUpdater.newUpdater(WebSocketConnection.class, Ending.class, "ending");

  /** Made with the first Ping: most sessions send none. */
  private volatile @Nullable RoundTrips roundTrips;

  private volatile ClosingHandshake closing = ClosingHandshake.OPEN;
  // The timers that would outlast the connection, and keep it from being collected.
  private volatile ReadinessLoop.@Nullable Timer pingTimer;
  private volatile ReadinessLoop.@Nullable Timer closeTimer;

  private volatile @Nullable Ending ending;

  @SuppressWarnings("rawtypes") // a class has no type arguments
  private static final AtomicReferenceFieldUpdater<WebSocketConnection, @Nullable CompletableFuture>
      TOLD =
          AtomicReferenceFieldUpdater.newUpdater(
              WebSocketConnection.class, CompletableFuture.class, "told");

  /** What tells of the end whoever asked before it. Made when somebody does. */
  private volatile @Nullable CompletableFuture<@Nullable CloseReason> told;

  /**
   * How it ended.
   *
   * @param failure {@code null} where the peer's Close frame ended it
   * @param reason that of whoever closed first; {@code null} where no Close frame passed
   */
  private record Ending(@Nullable WebSocketException failure, @Nullable CloseReason reason) {}

  /**
   * Makes a connection of a transport on which the opening handshake is done. {@link #start} begins
   * it.
   *
   * @param transport carries the bytes; closed by the connection
   * @param loop runs the connection's timers
   * @param buffers lends buffers
   * @param received bytes that came glued to the handshake, in a buffer of the pool, ready to be
   *     read
   * @param inbound the receiving half
   * @param outbound the sending half
   * @param options what the session asks for
   * @param threads makes the threads that step in where nobody else is there: virtual ones
   * @param onFinished is given the connection once, when the transport is closed and everything
   *     released
   */
  public WebSocketConnection(
      Transport transport,
      ReadinessLoop loop,
      BufferPool buffers,
      ByteBuffer received,
      Inbound inbound,
      Outbound outbound,
      ConnectionOptions options,
      ThreadFactory threads,
      Consumer<? super WebSocketConnection> onFinished) {
    this.transport = transport;
    this.loop = loop;
    this.options = options;
    this.threads = threads;
    this.onFinished = onFinished;
    this.incoming = new IncomingPath(this, transport, inbound, buffers, received, options);
    this.outgoing = new OutgoingPath(this, transport, outbound, buffers, options.writeTimeout());
    this.watch = new IdleWatch(this);
  }

  /** Returns what logs and recordings call this session by. */
  public long id() {
    return id;
  }

  /** Begins to look after the connection: Pings are answered and sent from now on. */
  public void start() {
    Duration interval = options.pingInterval();
    if (interval != null) {
      new Keepalive(this, incoming, outgoing, interval, options.pongTimeout()).start();
    }
    readerLeft();
  }

  /**
   * Sends a frame and waits until the operating system has all of it. An interrupt leaves either
   * nothing of the frame sent, or all of it, in the background.
   *
   * @throws IllegalArgumentException if the frame must not be sent; nothing was
   * @throws WebSocketClosedException if the connection is closing or has ended
   * @throws WebSocketInterruptedException if the thread was interrupted while it waited
   */
  public void send(Frame frame) {
    MessageSentEvent event = MessageSentEvent.begun();
    try {
      outgoing.send(frame);
      MessageEvent.over(event, id, frame.opcode(), frame.length());
    } catch (InterruptedException e) {
      throw interrupted("interrupted while sending", e);
    }
  }

  /**
   * Sends a frame as {@link #send(Frame)} does.
   *
   * @param compress false to have extensions leave the message as it is
   */
  public void send(Frame frame, boolean compress) {
    MessageSentEvent event = MessageSentEvent.begun();
    try {
      outgoing.send(frame, compress);
      MessageEvent.over(event, id, frame.opcode(), frame.length());
    } catch (InterruptedException e) {
      throw interrupted("interrupted while sending", e);
    }
  }

  /**
   * Sends a fragment of a message, as {@link #send(Frame)} does. Other messages wait for its last
   * fragment.
   *
   * @throws IllegalStateException if the thread itself is in the middle of another message
   */
  public void send(StreamedMessage message, Frame fragment) {
    MessageSentEvent event = MessageSentEvent.begun();
    try {
      outgoing.send(message, fragment);
      MessageEvent.over(event, id, fragment.opcode(), fragment.length());
    } catch (InterruptedException e) {
      throw interrupted("interrupted while sending", e);
    }
  }

  /**
   * Sends a frame as {@link #send(Frame)} does, and tells apart what that does not: a frame of
   * which nothing was begun, and one that may be on its way in part.
   *
   * @return false where the connection is closing or has ended, and nothing of the frame was begun
   * @throws WebSocketClosedException if the connection ended while the frame was being written
   */
  public boolean sendIfOpen(Frame frame) {
    try {
      return outgoing.sendIfOpen(frame);
    } catch (InterruptedException e) {
      throw interrupted("interrupted while sending", e);
    }
  }

  /** Sends a binary message as {@link #send(Frame)} does, and allocates nothing for it. */
  public void send(byte[] message) {
    MessageSentEvent event = MessageSentEvent.begun();
    try {
      outgoing.send(message);
      MessageEvent.over(event, id, Opcode.BINARY, message.length);
    } catch (InterruptedException e) {
      throw interrupted("interrupted while sending", e);
    }
  }

  /**
   * Sends a frame as {@link #send} does, but may hold it back for a millisecond to write it with
   * others.
   */
  public void enqueue(Frame frame) {
    MessageSentEvent event = MessageSentEvent.begun();
    try {
      outgoing.enqueue(frame);
      MessageEvent.over(event, id, frame.opcode(), frame.length());
    } catch (InterruptedException e) {
      throw interrupted("interrupted while sending", e);
    }
  }

  /** Sends a frame as {@link #enqueue} does, or returns false where that would have to wait. */
  public boolean tryEnqueue(Frame frame) {
    return outgoing.tryEnqueue(frame);
  }

  /** Writes what was held back, and waits until the operating system has it. */
  public void flush() {
    requireNotEnded("cannot flush");
    try {
      outgoing.flush();
    } catch (InterruptedException e) {
      throw interrupted("interrupted while flushing", e);
    }
  }

  /**
   * Receives the next frame.
   *
   * @return the frame, or {@code null} where the deadline came first
   * @throws WebSocketClosedException if the session has ended and the Close frame has been taken
   * @throws WebSocketException if the session ended without a Close frame, and all that came was
   *     taken
   * @throws WebSocketInterruptedException if the thread was interrupted while it waited; nothing is
   *     lost
   */
  public @Nullable Frame receive(Deadline deadline) {
    try {
      return incoming.receive(deadline);
    } catch (InterruptedException e) {
      throw interrupted("interrupted while receiving", e);
    }
  }

  /** Takes a frame that {@link #receive} would return at once, or returns {@code null}. */
  public @Nullable Frame takeReady() {
    return incoming.takeReady();
  }

  /**
   * Runs the closing handshake (RFC 6455 §7.1.2): all that was accepted, then our Close frame, then
   * waits for the peer's, at most for the close timeout. Where the peer closed first, waits only
   * until its answer is written. Does nothing more where the connection has ended.
   *
   * @throws IllegalArgumentException if the reason must not be sent; nothing was
   * @throws WebSocketInterruptedException if the thread was interrupted; the closing handshake goes
   *     on
   */
  public void close(CloseReason reason) {
    Frame.Close frame = new Frame.Close(reason);
    Deadline deadline = Deadline.after(options.closeTimeout());
    incoming.forsake();
    try {
      close(frame, deadline);
    } catch (InterruptedException e) {
      throw interrupted("interrupted while closing; the closing handshake goes on", e);
    }
  }

  private void close(Frame.Close frame, Deadline deadline) throws InterruptedException {
    boolean answersByHand = answersByHand();
    if (!hasEnded() || answersByHand) {
      boolean echoes = closing.received() != null && !answersByHand; // the answer is as good as due
      try {
        if (!echoes) {
          boolean unused = outgoing.close(frame, deadline);
        }
        if (incoming.awaitEnd(deadline)) {
          guarded(() -> finish(Deadline.PAST));
        }
      } catch (InterruptedException e) {
        if (!echoes) {
          outgoing.owe(frame); // It may not be begun yet; if it is, this one is left out.
        }
        timeOutClose();
        throw e;
      }
      closeTimedOut();
      if (echoes) {
        outgoing.settle(deadline);
      }
    } else {
      outgoing.settle(deadline);
    }
  }

  /** Drops the connection now, with no closing handshake. Does not wait. */
  public void terminate() {
    incoming.forsake();
    abort(new WebSocketException("the session was terminated by this end"));
  }

  /**
   * Completes when the end is decided: with the reason of whoever closed first, or {@code null}
   * where no Close frame passed. What the caller hangs on it runs on a thread of its own, so that
   * it holds nothing up; where no thread can be started, on the one that decided.
   */
  public CompletableFuture<@Nullable CloseReason> closeReason() {
    Ending end = ending;
    if (end != null) {
      return CompletableFuture.completedFuture(end.reason());
    }
    CompletableFuture<@Nullable CloseReason> asked = told();
    end = ending;
    if (end != null) { // who ended it may not have seen that somebody asks
      boolean unused = asked.complete(end.reason());
    }
    return asked.thenApplyAsync(
        reason -> reason,
        task -> {
          if (!startVirtually("parley-closed", task)) {
            task.run(); // else whoever waits for it would wait for a thread, too
          }
        });
  }

  private CompletableFuture<@Nullable CloseReason> told() {
    CompletableFuture<@Nullable CloseReason> made = told;
    if (made != null) {
      return made;
    }
    CompletableFuture<@Nullable CloseReason> mine = new CompletableFuture<>();
    return TOLD.compareAndSet(this, null, mine) ? mine : Objects.requireNonNull(told);
  }

  /** Returns the state of the closing handshake. */
  public ClosingHandshake closingHandshake() {
    return closing;
  }

  /** Tells whether frames can be sent. */
  public boolean isOpen() {
    return closing.isOpen() && !hasEnded();
  }

  /**
   * Sends a Ping and waits for its Pong. Reads meanwhile where nobody else does, up to the bound of
   * the receive queue. The timeout holds for the writing too.
   *
   * @return the time from writing the Ping to the Pong
   * @throws WebSocketClosedException if the connection is closing or has ended, or ends meanwhile
   * @throws WebSocketException if no Pong came in time; the connection stays as it is
   * @throws WebSocketInterruptedException if the thread was interrupted while it waited
   */
  public Duration ping(Duration timeout) {
    Deadline deadline = Deadline.after(timeout);
    RoundTrips trips = roundTrips();
    RoundTrips.Ping ping = trips.next();
    try {
      outgoing.send(ping.frame(), deadline);
      incoming.awaitWhile(() -> !ping.isAnswered(), deadline);
    } catch (InterruptedException e) {
      throw interrupted("interrupted while waiting for a Pong", e);
    } finally {
      trips.forget(ping);
    }
    Duration roundTrip = ping.roundTrip();
    if (roundTrip != null) {
      return roundTrip;
    }
    requireNotEnded("no Pong came");
    throw new WebSocketException(
        "no Pong came within " + timeout + incoming.whyUnread(),
        new SocketTimeoutException("no Pong within " + timeout));
  }

  /** Returns how long {@link #ping} waits where the caller does not say. */
  public Duration pongTimeout() {
    return options.pongTimeout();
  }

  /**
   * Returns the round trip of the last Ping that was answered; {@code null} while there is none.
   */
  public @Nullable Duration lastRoundTrip() {
    RoundTrips trips = roundTrips;
    return trips == null ? null : trips.last();
  }

  /** Returns the smoothed round trip, or {@code null} while no Ping was answered. */
  public @Nullable Duration smoothedRoundTrip() {
    RoundTrips trips = roundTrips;
    return trips == null ? null : trips.smoothed();
  }

  /** Tells whether it is decided how the connection ends. */
  public boolean hasEnded() {
    return ending != null;
  }

  /**
   * Returns why it ended; {@code null} where the peer's Close frame ended it, or before the end.
   */
  public @Nullable WebSocketException failure() {
    Ending end = ending;
    return end == null ? null : end.failure();
  }

  /** Returns how many messages were accepted for sending. */
  public long messagesAccepted() {
    return outgoing.messages().accepted();
  }

  /** Returns how many of them are wholly in the operating system's hands. */
  public long messagesSent() {
    return outgoing.messages().written();
  }

  /** Returns how many messages came whole. */
  public long messagesReceived() {
    return incoming.messagesReceived();
  }

  /** Returns how many bytes of frames were written. */
  public long bytesSent() {
    return outgoing.bytesWritten();
  }

  /** Returns how many bytes of frames came. */
  public long bytesReceived() {
    return incoming.bytesReceived();
  }

  /** Returns the headers of the last frames that were begun, the oldest first. */
  public List<FrameHeader> lastFramesSent() {
    return outgoing.lastFrames();
  }

  /** Returns the headers of the last frames that came, the oldest first. */
  public List<FrameHeader> lastFramesReceived() {
    return incoming.lastFrames();
  }

  // What the paths tell and ask.

  void readerLeft() {
    watch.readerLeft();
  }

  void writerLeft() {
    watch.writerLeft();
  }

  /** Sets a timer; where the loop cannot be started, the connection fails. */
  void schedule(Runnable quick, Duration delay) {
    ReadinessLoop.Timer unused = timer(quick, delay);
  }

  private ReadinessLoop.@Nullable Timer timer(Runnable quick, Duration delay) {
    try {
      return loop.schedule(() -> guarded(quick), delay);
    } catch (RuntimeException | Error refusal) {
      timerRefused(refusal);
      return null;
    }
  }

  /**
   * Has it run together with what other sessions have the loop run; where the loop cannot be
   * started, the connection fails.
   */
  void runTogether(Runnable quick, int away) {
    try {
      loop.runTogether(() -> guarded(quick), away);
    } catch (RuntimeException | Error refusal) {
      timerRefused(refusal);
    }
  }

  /** Makes what comes back a millisecond after it is {@linkplain #schedule asked for}. */
  ReadinessLoop.Ticker ticker(Runnable quick) {
    return loop.ticker(() -> guarded(quick));
  }

  /** Asks for it; where the loop cannot be started, the connection fails. */
  void schedule(ReadinessLoop.Ticker ticker) {
    try {
      ticker.schedule();
    } catch (RuntimeException | Error refusal) {
      timerRefused(refusal);
    }
  }

  private void timerRefused(Throwable refusal) {
    Throwable cause = refusal instanceof UncheckedIOException e ? e.getCause() : refusal;
    abort(new WebSocketException("no timer could be set for the session: " + cause, cause));
  }

  /** What a timer was to do, and what follows from it, would never be done. */
  private void guarded(Runnable quick) {
    try {
      quick.run();
    } catch (Throwable e) {
      broke(e);
    }
  }

  void schedulePing(Runnable quick, Duration delay) {
    schedule(quick, delay, PING_TIMER);
  }

  private void schedule(
      Runnable quick,
      Duration delay,
      AtomicReferenceFieldUpdater<WebSocketConnection, ReadinessLoop.@Nullable Timer> slot) {
    replace(slot, timer(quick, delay));
    if (closing.ended()) {
      replace(slot, null); // set too late for finish() to see it
    }
  }

  private void replace(
      AtomicReferenceFieldUpdater<WebSocketConnection, ReadinessLoop.@Nullable Timer> slot,
      ReadinessLoop.@Nullable Timer timer) {
    ReadinessLoop.Timer former = slot.getAndSet(this, timer);
    if (former != null) {
      former.cancel();
    }
  }

  /**
   * Throws unless a frame may still be sent. After the peer's Close frame, a raw session may send
   * its own.
   */
  void requireSendable(boolean close) {
    ClosingHandshake now = closing;
    boolean over = now.sent() != null || now.received() != null || hasEnded();
    if (over && !(close && answersByHand())) {
      throw closedException("cannot send");
    }
  }

  /**
   * Tells whether the peer's Close frame waits for the answer that a raw session leaves to its
   * application.
   */
  private boolean answersByHand() {
    ClosingHandshake now = closing;
    return options.delivery() == Inbound.Delivery.FRAMES
        && now.received() != null
        && now.sent() == null
        && !now.ended();
  }

  private void requireNotEnded(String what) {
    if (hasEnded()) {
      throw closedException(what);
    }
  }

  WebSocketClosedException closedException(String what) {
    Ending end = ending;
    return new WebSocketClosedException(
        what, closing, end == null ? outgoing.failure() : end.failure());
  }

  /** Each receiver gets an exception of its own: its stack trace is where that one received. */
  WebSocketException endOfIncoming() {
    Ending end = ending;
    ClosingHandshake now = closing;
    String closes = now.first() == null ? "" : "; " + now.description();
    return switch (end == null ? null : end.failure()) {
      case null -> closedException("nothing more to receive");
      case WebSocketProtocolException failure -> new WebSocketProtocolException(failure, closes);
      case WebSocketException failure ->
          new WebSocketException(failure.getMessage() + closes, failure.getCause());
    };
  }

  void owe(Frame reply) {
    outgoing.owe(reply);
  }

  /**
   * Owes a Ping on behalf of a timer, whose thread must not write.
   *
   * @param former the one before, whose Pong nobody waits for any more
   */
  RoundTrips.Ping pingFromTimer(RoundTrips.@Nullable Ping former) {
    RoundTrips trips = roundTrips();
    if (former != null) {
      trips.forget(former);
    }
    RoundTrips.Ping ping = trips.next();
    boolean unused = startVirtually("parley-ping", () -> outgoing.owe(ping.frame()));
    return ping;
  }

  /**
   * Owes a Ping on behalf of a timer whose Pong nobody waits for: it would be read so late that it
   * tells nothing.
   */
  void pingUnasked() {
    roundTrips().forget(pingFromTimer(null));
  }

  private RoundTrips roundTrips() {
    RoundTrips made = roundTrips;
    if (made != null) {
      return made;
    }
    RoundTrips mine = new RoundTrips();
    return ROUND_TRIPS.compareAndSet(this, null, mine) ? mine : Objects.requireNonNull(roundTrips);
  }

  void pingBegun(Frame.Ping ping) {
    RoundTrips trips = roundTrips;
    if (trips != null) { // else it is the application's own
      trips.begun(ping);
    }
  }

  boolean pongReceived(Frame.Pong pong) {
    RoundTrips trips = roundTrips;
    if (trips == null || !trips.answered(pong)) {
      return false;
    }
    Duration last = trips.last();
    Duration smoothed = trips.smoothed();
    if (last != null && smoothed != null) {
      PingEvent.answered(id, last, smoothed);
    }
    return true;
  }

  void closeSent(CloseReason reason) {
    closing(state -> state.withSent(reason));
    timeOutClose();
  }

  private void timeOutClose() {
    schedule(this::closeTimedOut, options.closeTimeout(), CLOSE_TIMER);
  }

  void closeReceived(CloseReason reason) {
    closing(state -> state.withReceived(reason));
  }

  private void closing(UnaryOperator<ClosingHandshake> change) {
    ClosingHandshake unused = CLOSING.updateAndGet(this, change);
  }

  private void closeTimedOut() {
    if (!hasEnded()) {
      abort(
          new WebSocketException(
              "the peer did not answer our Close within " + options.closeTimeout()));
    }
  }

  /** The peer broke a rule: fail the connection (RFC 6455 §7.1.7). */
  void violated(WebSocketProtocolException failure) {
    CloseReason reason =
        failure.violation() == null
            ? CloseReason.PROTOCOL_ERROR
            : failure.violation().closeReason();
    outgoing.owe(new Frame.Close(reason));
    closing(state -> state.withSent(reason)); // Also where it could not be written yet.
    end(failure, Deadline.after(shorter(PARTING, options.closeTimeout())));
  }

  /**
   * Fails the connection because it holds what others need. Not to be called by its reader, which
   * may wait for the peer until the transport is closed.
   */
  void evicted(WebSocketProtocolException failure) {
    violated(failure);
    schedule(transport::close, shorter(PARTING, options.closeTimeout()));
  }

  /**
   * The peer's Close frame came to a thread that closes.
   *
   * @param drained whether the stream has ended behind it
   * @return whether that thread is to finish: there is nothing to be waited for, in either
   *     direction
   */
  boolean closeAnswered(boolean drained) {
    if (drained && outgoing.isSettled()) {
      return decide(null);
    }
    streamEnded(true);
    return false;
  }

  void streamEnded(boolean clean) {
    if (clean) {
      end(null, Deadline.after(options.closeTimeout()));
    } else {
      end(
          new WebSocketException(
              "the connection ended without a Close frame", new EOFException("end of stream")),
          Deadline.PAST);
    }
  }

  void readFailed(IOException cause) {
    end(
        new WebSocketException(
            "the connection broke while receiving: " + cause.getMessage(), cause),
        Deadline.PAST);
  }

  /** The transport takes nothing more; the peer's last words may still be there to be read. */
  void writeFailed(IOException cause) {
    WebSocketException failure =
        new WebSocketException("the connection broke while sending: " + cause.getMessage(), cause);
    giveUpLater(failure, Deadline.after(options.closeTimeout()));
    readerLeft();
  }

  /** While it is we who leave the peer's last words unread, they get more time. */
  private void giveUpLater(WebSocketException failure, Deadline latest) {
    Runnable giveUp =
        () -> {
          boolean unread = incoming.isPaused() || incoming.isBehind();
          if (unread && !hasEnded() && !latest.isOver()) {
            giveUpLater(failure, latest);
          } else {
            abort(failure);
          }
        };
    schedule(giveUp, shorter(PARTING, options.closeTimeout()));
  }

  /** The peer has taken nothing for as long as the session lets it. */
  SocketTimeoutException writeTimedOut(Duration timeout) {
    SocketTimeoutException cause = new SocketTimeoutException("nothing written for " + timeout);
    abort(
        new WebSocketException(
            "the peer has taken nothing of what was sent for " + timeout, cause));
    return cause;
  }

  /** Something of ours, or of an extension, threw what it must not. */
  void broke(Throwable cause) {
    try {
      abort(new WebSocketException("the connection failed from within: " + cause, cause));
    } finally {
      LOGGER.log(Level.WARNING, "session " + id + " failed from within", cause);
    }
  }

  /**
   * Ends the connection at once, without a closing handshake, or what is left of one. May be called
   * by a timer.
   */
  void abort(WebSocketException failure) {
    try {
      end(failure, Deadline.PAST);
    } finally {
      transport.close();
    }
  }

  void readOnBehalf() {
    boolean unused = startVirtually("parley-read", incoming::readOnBehalf);
  }

  void whenReadable(Runnable task) {
    transport.onReadable(task);
  }

  IncomingPath incoming() {
    return incoming;
  }

  OutgoingPath outgoing() {
    return outgoing;
  }

  /** Decides the end, if it is not decided yet, and has a virtual thread finish. */
  private void end(@Nullable WebSocketException failure, Deadline parting) {
    if (decide(failure)) {
      loop.handOver(() -> finishVirtually(parting));
    }
  }

  /**
   * Decides the end, if it is not decided yet.
   *
   * @return whether the caller did, and has it finished
   */
  private boolean decide(@Nullable WebSocketException failure) {
    Ending how = new Ending(failure, closing.closeReason());
    if (!ENDING.compareAndSet(this, null, how)) {
      return false;
    }
    CompletableFuture<@Nullable CloseReason> asked = told;
    if (asked != null) {
      boolean unused = asked.complete(how.reason());
    }
    incoming.wake();
    return true;
  }

  /**
   * Where no thread can be started, nobody is left waiting all the same; what is to be released is
   * released once there is a thread.
   */
  private void finishVirtually(Deadline parting) {
    if (!startVirtually("parley-finish", () -> finish(parting))) {
      schedule(() -> finishVirtually(Deadline.PAST), RETRY);
    }
  }

  /**
   * Lets our Close frame out, reads on until the end of the stream or the deadline, releases
   * everything.
   */
  private void finish(Deadline parting) {
    try {
      try {
        if (!parting.isOver()) {
          outgoing.settle(parting);
          incoming.discard(parting);
        }
      } finally {
        release();
      }
    } catch (InterruptedException e) {
      throw new AssertionError("nobody has this thread to interrupt it", e);
    } finally {
      closing(ClosingHandshake::withEnded);
      replace(PING_TIMER, null);
      replace(CLOSE_TIMER, null);
      try {
        tellEnd(); // before whoever waits for the end may stop a recording
      } finally {
        onFinished.accept(this);
      }
    }
  }

  private void tellEnd() {
    ClosingHandshake how = closing;
    CloseReason ours = how.sent();
    CloseReason peers = how.received();
    Throwable cause = failure();
    while (cause != null && cause.getCause() != null) {
      cause = cause.getCause();
    }
    new CloseEvent()
        .how(
            id,
            ours == null ? 0 : ours.code(),
            peers == null ? 0 : peers.code(),
            how.first(),
            cause == null ? null : cause.getClass())
        .messages(messagesAccepted(), messagesSent(), messagesReceived())
        .bytes(bytesSent(), bytesReceived())
        .commit();
    if (LOGGER.isLoggable(Level.DEBUG)) {
      // Of the Close frames only the codes: their messages may say what a log must not.
      LOGGER.log(
          Level.DEBUG,
          "session {0} ended: Close of ours {1}, of the peer {2}, first {3}, cause {4}",
          String.valueOf(id),
          ours == null ? "none" : String.valueOf(ours.code()),
          peers == null ? "none" : String.valueOf(peers.code()),
          how.first() == null ? "nobody" : how.first(),
          cause == null ? "none" : cause.getClass().getName());
    }
  }

  /** Releases everything; what an extension throws at its end keeps nothing else from its own. */
  private void release() {
    try {
      transport.close();
    } finally {
      try {
        incoming.end();
      } finally {
        outgoing.end();
      }
    }
  }

  /**
   * Starts a virtual thread. Where that is refused the connection has failed, and its transport is
   * closed, because something that must be done will not be.
   *
   * @return whether the thread was started
   */
  boolean startVirtually(String name, Runnable task) {
    try {
      Thread thread =
          threads.newThread(
              () -> {
                try {
                  task.run();
                } catch (Throwable e) {
                  broke(e);
                  throw e;
                }
              });
      thread.setName(name);
      thread.start();
      return true;
    } catch (RuntimeException | Error refusal) {
      abort(
          new WebSocketException(
              "no thread could be started for the session: " + refusal, refusal));
      return false;
    }
  }

  private static WebSocketInterruptedException interrupted(String message, InterruptedException e) {
    Thread.currentThread().interrupt();
    return new WebSocketInterruptedException(message, e);
  }

  static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }
}
