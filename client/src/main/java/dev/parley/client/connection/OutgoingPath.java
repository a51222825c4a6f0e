// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

import dev.parley.client.events.StallEvent;
import dev.parley.client.transport.BufferPool;
import dev.parley.client.transport.Deadline;
import dev.parley.client.transport.ReadinessLoop;
import dev.parley.client.transport.Transport;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Frame;
import dev.parley.websocket.FrameHeader;
import dev.parley.websocket.Outbound;
import dev.parley.websocket.WebSocketClosedException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A message's way out: frame, {@code Outbound}, buffer, transport.
 *
 * <p>A sender takes the write lock, has its frame encoded into the buffer and waits until the
 * transport took it: that wait is the backpressure. A sender that is interrupted in the middle of
 * its frame leaves the rest to the drainer, a virtual thread that lives as long as something is
 * left, so that a frame is never torn.
 */
final class OutgoingPath {
  // Laws of this class:
  // 1. `outbound`, `buffer` and `transport.write` are touched with `lock` held.
  // 2. Whoever unlocks looks at `replies` and `flushDue` once more: a reader that found the lock
  // taken left its reply there, and the flush that was to come left it to the holder.
  // 3. What an unlocking thread leaves unwritten has a drainer, or is held back with a flush to
  // come. `Flush.coming` ends, with `lock` held, only where nothing is held back.
  // 4. The first failure to write is in `broken` and known to the connection when it is thrown.

  /**
   * So many bytes are gathered at most: a little less than one segment takes over loopback, where a
   * buffer that is full would make one of 65,483 bytes, and then one of 53.
   */
  private static final int GATHERED = 63 << 10;

  private final WebSocketConnection connection;
  private final Transport transport;
  private final Outbound outbound;
  private final BufferPool buffers;
  private final @Nullable Duration writeTimeout;
  private final SentMessages messages = new SentMessages();
  private final ReentrantLock lock = new ReentrantLock();

  /** Made when the first sender waits for another's message to be over. Of the lock. */
  private volatile @Nullable Condition messageOver;

  private static final AtomicIntegerFieldUpdater<OutgoingPath> DRAINING =
      AtomicIntegerFieldUpdater.newUpdater(OutgoingPath.class, "draining");

  private static final AtomicReferenceFieldUpdater<OutgoingPath, @Nullable Replies> REPLIES =
      AtomicReferenceFieldUpdater.newUpdater(OutgoingPath.class, Replies.class, "replies");

  /** Made when something is first owed: most sessions owe nothing. */
  private volatile @Nullable Replies replies;

  /** 1 while there is a drainer. */
  private volatile int draining;

  /** Made when something is first held back: in most sessions nothing is. */
  private volatile @Nullable Flush flush;

  /** What is held back has waited long enough: whoever unlocks writes it. */
  private volatile boolean flushDue;

  /**
   * What is encoded and not yet written: from 0 to the position. Taken from the pool while it is
   * needed.
   */
  private @Nullable ByteBuffer buffer;

  /** The message that is being sent in fragments, if there is one. */
  private @Nullable StreamedMessage streamed;

  /** The transport may have taken bytes that the operating system does not have yet. */
  private boolean unflushed;

  /** The transport has told so, or has not been asked since it took some. */
  private boolean holding;

  private static final AtomicLongFieldUpdater<OutgoingPath> BYTES =
      AtomicLongFieldUpdater.newUpdater(OutgoingPath.class, "bytesWritten");

  private volatile long bytesWritten;

  /** Since when the transport has had no room for what we have to write; 0 while it has. */
  private volatile long stalledSinceNanos;

  /** What the transport had told of departed bytes when it last had no room. */
  private long lastDeparted;

  private @Nullable StallEvent stall;

  /** Until when the peer may take nothing of it. */
  private Deadline patience = Deadline.NONE;

  /** Why nothing more can be written. Written under the lock. */
  private volatile @Nullable IOException broken;

  /** Everything has been released. Written under the lock. */
  private volatile boolean ended;

  OutgoingPath(
      WebSocketConnection connection,
      Transport transport,
      Outbound outbound,
      BufferPool buffers,
      @Nullable Duration writeTimeout) {
    this.connection = connection;
    this.transport = transport;
    this.outbound = outbound;
    this.buffers = buffers;
    this.writeTimeout = writeTimeout;
  }

  /** Sends a frame and waits until the transport took all of it. */
  void send(Frame frame) throws InterruptedException {
    send(frame, true);
  }

  /** Whoever would wait for the lock after the end is told of the end instead. */
  private void lockToSend(boolean close) throws InterruptedException {
    if (lock.isLocked()) {
      connection.requireSendable(close);
    }
    lock.lockInterruptibly();
  }

  /** Sends a frame and says whether extensions may compress the message that it begins. */
  void send(Frame frame, boolean compress) throws InterruptedException {
    lockToSend(frame instanceof Frame.Close);
    try {
      begin(frame, null, compress);
      pump(Deadline.NONE);
    } catch (IOException e) {
      throw connection.closedException("cannot send"); // law 4: with its cause
    } finally {
      unlock();
    }
  }

  /**
   * Sends a control frame, but waits no longer than to a deadline. What was begun by then goes out
   * as soon as there is room; where nothing was, it does not go out at all.
   */
  void send(Frame frame, Deadline deadline) throws InterruptedException {
    connection.requireSendable(false); // also where the lock cannot be had in time
    if (!lock.tryLock(deadline.remainingNanos(), TimeUnit.NANOSECONDS)) {
      return;
    }
    try {
      connection.requireSendable(false);
      if (pumpBegun(deadline)) {
        begin(frame, null, true);
        boolean unused = pump(deadline); // else the drainer goes on
      }
    } catch (IOException e) {
      throw connection.closedException("cannot send"); // law 4: with its cause
    } finally {
      unlock();
    }
  }

  /**
   * Sends a frame as {@link #send(Frame)} does, unless the way out has ended before.
   *
   * @return false where it has, or a Close is on its way: nothing of the frame was begun
   */
  boolean sendIfOpen(Frame frame) throws InterruptedException {
    try {
      lockToSend(frame instanceof Frame.Close);
    } catch (WebSocketClosedException e) {
      return false;
    }
    try {
      try {
        begin(frame, null, true);
      } catch (IOException | WebSocketClosedException e) {
        return false; // of what came before; this frame was not touched
      }
      pump(Deadline.NONE);
      return true;
    } catch (IOException e) {
      throw connection.closedException("cannot send"); // law 4: with its cause
    } finally {
      unlock();
    }
  }

  /** Sends a binary message as {@link #send(Frame)} does, and allocates nothing for it. */
  void send(byte[] message) throws InterruptedException {
    lockToSend(false);
    try {
      begin(message);
      pump(Deadline.NONE);
    } catch (IOException e) {
      throw connection.closedException("cannot send"); // law 4: with its cause
    } finally {
      unlock();
    }
  }

  /**
   * Sends a fragment of a message. Until its last one no other message is begun: who wants to send
   * one waits. Control frames pass between.
   */
  void send(StreamedMessage message, Frame fragment) throws InterruptedException {
    lockToSend(false);
    try {
      begin(fragment, message, message.compress());
      message.begun();
      streamed = fragment.fin() ? null : message;
      if (fragment.fin()) {
        messageIsOver();
      }
      pump(Deadline.NONE);
    } catch (IOException e) {
      throw connection.closedException("cannot send"); // law 4: with its cause
    } finally {
      unlock();
    }
  }

  /**
   * Sends a frame, waits only while the buffer has no room for it, and leaves the writing to a
   * flush.
   */
  void enqueue(Frame frame) throws InterruptedException {
    lockToSend(frame instanceof Frame.Close);
    try {
      begin(frame, null, true);
      pumpBegun(Deadline.NONE);
      flushSoon();
    } catch (IOException e) {
      throw connection.closedException("cannot send"); // law 4: with its cause
    } finally {
      unlock();
    }
  }

  /** Enqueues a frame if that needs no waiting. */
  boolean tryEnqueue(Frame frame) {
    connection.requireSendable(frame instanceof Frame.Close); // also where the lock is taken
    if (!lock.tryLock()) {
      return false;
    }
    try {
      connection.requireSendable(frame instanceof Frame.Close);
      // All that came before must have left for the transport: then even a frame larger than the
      // buffer is begun.
      if ((streamed != null && !frame.opcode().isControl()) || !pump(Deadline.PAST)) {
        return false;
      }
      begin(frame, null, true);
      if (pumpBegun(Deadline.PAST)) { // else the drainer goes on
        flushSoon();
      }
      return true;
    } catch (IOException e) {
      throw connection.closedException("cannot send"); // law 4: with its cause
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted without waiting", e);
    } finally {
      unlock();
    }
  }

  /** Writes what is held back, and waits until the transport took it. */
  void flush() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      pump(Deadline.NONE);
    } catch (IOException e) {
      throw connection.closedException("cannot send"); // law 4: with its cause
    } finally {
      unlock();
    }
  }

  /**
   * Sends our Close frame behind all that was accepted, unless one is on its way already.
   *
   * @return whether everything was written by the deadline; if not, the drainer goes on
   */
  boolean close(Frame.Close frame, Deadline deadline) throws InterruptedException {
    boolean mine = lock.tryLock(deadline.remainingNanos(), TimeUnit.NANOSECONDS);
    replies().add(frame); // The first one that is owed stands.
    if (!mine) {
      return false;
    }
    try {
      return pump(deadline);
    } catch (IOException e) {
      return false; // law 4
    } finally {
      unlock();
    }
  }

  /**
   * Owes the peer a control frame: writes it at once where nobody else writes and there is room.
   * Never waits.
   */
  void owe(Frame reply) {
    replies().add(reply);
    writeOwed();
    connection.writerLeft(); // so that rest() is not in the way of the next
  }

  private Replies replies() {
    Replies made = replies;
    if (made == null) {
      Replies mine = new Replies();
      made = REPLIES.compareAndSet(this, null, mine) ? mine : Objects.requireNonNull(replies);
    }
    return made;
  }

  private boolean owes() {
    Replies owed = replies;
    return owed != null && !owed.isEmpty();
  }

  /** Tells whether something is to be written that no sender waits for. */
  private boolean isDue() {
    return flushDue || owes();
  }

  /** Waits until all that was begun or is owed is written, or the deadline comes. */
  void settle(Deadline deadline) throws InterruptedException {
    if (lock.tryLock(deadline.remainingNanos(), TimeUnit.NANOSECONDS)) {
      try {
        pump(deadline);
      } catch (IOException e) {
        return; // law 4
      } finally {
        unlock();
      }
    }
  }

  /** Tells whether nothing is left to be written, as far as that is to be had without waiting. */
  boolean isSettled() {
    if (!lock.tryLock()) {
      return false;
    }
    try {
      return outbound.isIdle() && !holdsBack() && !owes();
    } finally {
      unlock();
    }
  }

  /** Returns how many messages were accepted, and how many of them were wholly written. */
  SentMessages messages() {
    return messages;
  }

  /** Returns how many bytes of frames the transport took. */
  long bytesWritten() {
    return bytesWritten;
  }

  /** Returns the headers of the last frames that were begun. */
  List<FrameHeader> lastFrames() {
    return outbound.lastFrames();
  }

  /** Returns what broke the way out, if anything did. */
  @Nullable IOException failure() {
    return broken;
  }

  /**
   * Returns since when the peer has taken nothing of what we have to write, in terms of {@code
   * System.nanoTime}; 0 where nothing waits.
   */
  long stalledSinceNanos() {
    return stalledSinceNanos;
  }

  /** Gives the buffer back if it is empty and nobody is writing. */
  void rest() {
    if (lock.tryLock()) {
      try {
        releaseEmptyBuffer();
      } finally {
        lock.unlock();
      }
      if (isDue()) {
        drain(); // law 2; this thread is the loop's, and must not write
      }
    }
  }

  /**
   * Releases everything. The transport has been closed, so nobody who holds the lock holds it for
   * long.
   */
  void end() {
    lock.lock();
    try {
      outbound.end();
      messageIsOver();
      unflushed = false;
      stalled(false); // recorded too, if it lasted to the end
      if (buffer != null) {
        buffer.clear();
        releaseEmptyBuffer();
      }
      ended = true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Judges a frame and has it begun, after what an interrupted sender left. Throws with nothing
   * begun.
   */
  private void begin(Frame frame, @Nullable StreamedMessage part, boolean compress)
      throws IOException, InterruptedException {
    if (!frame.opcode().isControl()) {
      awaitTurn(part);
    }
    makeWay(frame instanceof Frame.Close);
    if (frame instanceof Frame.Close close) {
      beginClose(close);
      return;
    }
    try {
      beginJudged(frame, compress);
    } catch (IllegalArgumentException e) {
      throw e; // the caller's mistake; nothing has changed
    } catch (RuntimeException | Error e) {
      connection.broke(e);
      throw e;
    }
  }

  private void begin(byte[] message) throws IOException, InterruptedException {
    awaitTurn(null);
    makeWay(false);
    try {
      outbound.beginBinary(message);
      messages.begun(true);
    } catch (IllegalArgumentException e) {
      throw e; // inside a message of text; nothing has changed
    } catch (RuntimeException | Error e) {
      connection.broke(e);
      throw e;
    }
  }

  /**
   * Has what an interrupted sender left encoded, and what is owed, so that a frame can be begun.
   */
  private void makeWay(boolean forClose) throws IOException, InterruptedException {
    connection.requireSendable(forClose);
    boolean clear = outbound.isIdle() && !owes();
    pumpBegun(Deadline.NONE);
    if (!clear) {
      while (beginOwed()) {
        pumpBegun(Deadline.NONE);
      }
      connection.requireSendable(forClose); // it took its time
    }
  }

  /** Waits until no message but the given one is being sent in fragments. */
  private void awaitTurn(@Nullable StreamedMessage part) throws InterruptedException {
    while (streamed != null && streamed != part) {
      connection.requireSendable(false);
      streamed.requireOtherThread();
      Condition over = messageOver;
      if (over == null) {
        over = lock.newCondition();
        messageOver = over;
      }
      if (isDue()) {
        drain(); // law 2: to wait is to unlock
      }
      over.await();
    }
  }

  private void messageIsOver() {
    Condition over = messageOver;
    if (over != null) {
      over.signalAll();
    }
  }

  private void beginJudged(Frame frame) {
    beginJudged(frame, true);
  }

  private void beginJudged(Frame frame, boolean compress) {
    outbound.begin(frame, compress);
    messages.begun(frame.fin() && !frame.opcode().isControl());
    if (frame instanceof Frame.Ping ping) {
      connection.pingBegun(ping);
    }
  }

  private void beginClose(Frame.Close close) {
    beginJudged(close);
    messageIsOver(); // and none will be begun any more
    CloseReason reason = close.readReason();
    connection.closeSent(reason == null ? CloseReason.NO_STATUS : reason);
  }

  /** Encodes the rest of the frame that was begun, if any. */
  private boolean pumpBegun(Deadline deadline) throws IOException, InterruptedException {
    IOException reason = broken;
    if (reason != null) {
      throw reason;
    }
    if (ended) {
      throw new ClosedChannelException();
    }
    try {
      while (!outbound.isIdle() && !outbound.write(buffer())) {
        if (!push(deadline)) {
          return false;
        }
      }
      return true;
    } catch (RuntimeException | Error e) {
      brokeWithin(e);
      throw e;
    }
  }

  /**
   * Writes the frame that was begun, what is owed, and all that was held back.
   *
   * @return whether all of it was written; else the deadline came
   */
  private boolean pump(Deadline deadline) throws IOException, InterruptedException {
    for (; ; ) {
      // Where there is no room the reply waits with the others, so that a newer one takes its
      // place.
      if (!pumpBegun(deadline) || (stalledSinceNanos != 0 && !push(deadline))) {
        return false;
      }
      if (!beginOwed()) {
        boolean all = push(deadline);
        if (all && flushDue) {
          flushDue = false;
        }
        return all;
      }
    }
  }

  /** Begins the next frame that is owed; false where there is none. */
  private boolean beginOwed() {
    Replies owed = replies;
    Frame reply = owed == null ? null : owed.next();
    if (reply != null && !outbound.closeTaken()) {
      if (reply instanceof Frame.Close close) {
        beginClose(close);
      } else {
        beginJudged(reply);
      }
    }
    return reply != null;
  }

  /** Writes the buffer to the transport until it is empty, or there is no room by the deadline. */
  private boolean push(Deadline deadline) throws IOException, InterruptedException {
    ByteBuffer pending = buffer;
    if (pending == null) {
      return true;
    }
    unflushed = true;
    pending.flip();
    try {
      while (pending.hasRemaining() || !isFlushed()) {
        if (pending.hasRemaining() && isTaken(pending)) {
          holding = !pending.hasRemaining() || !transport.flush();
          stalled(false);
          continue;
        }
        holding = !transport.flush();
        long departed = transport.bytesDeparted();
        if (departed != lastDeparted) { // of what it took before: the peer does take
          lastDeparted = departed;
          stalled(false);
        }
        stalled(true);
        if (writeTimeout != null && patience.isOver()) {
          throw connection.writeTimedOut(writeTimeout);
        }
        if (deadline.isOver()) {
          return false;
        }
        boolean unused = transport.awaitWritable(deadline.earlier(patience)); // then tried again
      }
      stalled(false);
      unflushed = false;
      return true;
    } catch (IOException e) {
      broken = e;
      connection.writeFailed(e);
      throw e;
    } catch (RuntimeException | Error e) {
      brokeWithin(e);
      throw e;
    } finally {
      count(pending);
      pending.compact().limit(GATHERED);
    }
  }

  /** Has the transport take what it can; it may hold that until it says otherwise. */
  private boolean isTaken(ByteBuffer pending) throws IOException {
    int before = pending.position();
    try {
      return transport.write(pending) > 0;
    } finally {
      holding |= pending.position() > before; // also where it took some, and then broke
    }
  }

  private boolean isFlushed() throws IOException {
    holding = !transport.flush();
    return !holding;
  }

  private void count(ByteBuffer pending) {
    BYTES.lazySet(this, bytesWritten + pending.position());
    if (pending.hasRemaining()) {
      messages.wrotePart(pending, outbound.remaining(), holding);
    } else if (unflushed) {
      messages.tookAll(outbound.remaining());
    } else {
      messages.wroteAll(outbound.remaining());
    }
  }

  private void stalled(boolean now) {
    if (now != (stalledSinceNanos != 0)) {
      StallEvent.over(stall, connection.id(), "the peer takes nothing of what is written");
      stall = now ? StallEvent.begun() : null;
      stalledSinceNanos = now ? System.nanoTime() | 1 : 0;
      patience = now && writeTimeout != null ? Deadline.after(writeTimeout) : Deadline.NONE;
    }
  }

  /** A frame may be half encoded: nothing may be written after it, and no drainer is to try. */
  private void brokeWithin(Throwable cause) {
    broken = new IOException("the way out failed from within", cause);
    connection.broke(cause);
  }

  /** Tells whether nothing more can be written. */
  private boolean isOver() {
    return ended || broken != null;
  }

  private ByteBuffer buffer() {
    ByteBuffer held = buffer;
    if (held == null) {
      held = buffers.acquire().limit(GATHERED);
      buffer = held;
    }
    return held;
  }

  private void releaseEmptyBuffer() {
    ByteBuffer held = buffer;
    if (held != null && held.position() == 0 && !unflushed) {
      buffer = null;
      buffers.release(held);
    }
  }

  /** Has what is held back written within a millisecond. Under the lock. */
  private void flushSoon() {
    Flush soon = flush;
    if (soon == null) {
      soon = new Flush();
      flush = soon;
    }
    if (!soon.coming) {
      soon.coming = true;
      connection.schedule(soon.ticker);
    }
  }

  private boolean isFlushComing() {
    Flush soon = flush;
    return soon != null && soon.coming;
  }

  /** The flush that comes for what is held back. */
  private final class Flush {
    private final ReadinessLoop.Ticker ticker = connection.ticker(() -> flushHeldBack(this));
    private volatile boolean coming;
  }

  /**
   * Sees to it that what is held back is written, and comes again as long as there was something:
   * to set one timer after the other would wake the loop for each. Where somebody is at it, he
   * writes; it takes a thread only where nobody is. Runs on the loop's thread, which must not
   * write.
   */
  private void flushHeldBack(Flush soon) {
    boolean again = true;
    flushDue = true; // before the look at the lock: either we get it, or its holder sees this
    if (lock.tryLock()) {
      try {
        again = holdsBack() && !isOver();
        flushDue = again;
        soon.coming = again;
      } finally {
        lock.unlock();
      }
      if (isDue()) {
        drain();
      }
    } else {
      if (messageOver != null) {
        drain(); // its holder may be about to wait for his turn, behind his last look
      }
      if (stalledSinceNanos != 0) {
        soon.coming = false; // its holder waits for room, and then writes all
        again = stalledSinceNanos == 0; // looked at again: another may have relied on us since
        if (again) {
          soon.coming = true;
        }
      }
    }
    if (again) {
      connection.schedule(soon.ticker);
    }
  }

  /** Tells whether there is something encoded that the operating system may not have. */
  private boolean holdsBack() {
    return unflushed || (buffer != null && buffer.position() > 0);
  }

  private void unlock() {
    boolean gathers = isFlushComing();
    boolean left = !outbound.isIdle() || (holdsBack() && !gathers);
    if (!gathers) {
      releaseEmptyBuffer(); // the next sender, of this session or of another, finds it in the cache
    }
    lock.unlock();
    if (left && !isOver()) {
      drain();
    }
    writeOwed();
    connection.writerLeft();
  }

  /** Writes what is due if the lock is free; whoever holds it will see to it otherwise (law 2). */
  private void writeOwed() {
    while (isDue() && draining == 0 && !isOver()) {
      if (!lock.tryLock()) {
        if (messageOver != null) {
          drain(); // its holder may be about to wait for his turn, behind his last look
        }
        return;
      }
      boolean done = false;
      try {
        done = pump(Deadline.PAST);
      } catch (IOException e) {
        done = true; // law 4
      } catch (InterruptedException e) {
        throw new AssertionError("interrupted without waiting", e);
      } finally {
        lock.unlock();
      }
      if (!done) {
        drain();
      }
    }
  }

  /** Has a virtual thread write all that is begun, owed or held back, unless one is at it. */
  private void drain() {
    if (DRAINING.compareAndSet(this, 0, 1)
        && !connection.startVirtually("parley-drain", this::drainWhileHolding)) {
      draining = 0;
    }
  }

  private void drainWhileHolding() {
    lock.lock();
    try {
      pump(Deadline.NONE);
    } catch (IOException e) {
      return; // law 4
    } catch (InterruptedException e) {
      throw new AssertionError("nobody has this thread to interrupt it", e);
    } finally {
      draining = 0;
      unlock();
    }
  }
}
