// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

import dev.parley.client.events.MessageEvent;
import dev.parley.client.events.MessageReceivedEvent;
import dev.parley.client.events.StallEvent;
import dev.parley.client.transport.BufferPool;
import dev.parley.client.transport.Deadline;
import dev.parley.client.transport.Transport;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Event;
import dev.parley.websocket.Frame;
import dev.parley.websocket.FrameHeader;
import dev.parley.websocket.Inbound;
import dev.parley.websocket.WebSocketProtocolException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A message's way in: transport, buffer, {@code Inbound}, and the receiver or the inbox.
 *
 * <p>A receiver takes the read turn and reads for itself, so that its message passes through no
 * other thread. Others that wait at the same time wait for frames that the holder leaves in the
 * inbox, or for the turn. Where nobody receives, the {@link IdleWatch} has a virtual thread read on
 * behalf of the session, up to the inbox's bound; past it the transport is left unread, and the
 * peer feels it.
 */
final class IncomingPath implements MemoryBudget.Sharer {
  // Laws of this class:
  // 1. `inbound`, `buffer`, `lastArrived` and `transport.read` are touched with `turn` held.
  // 2. Only a holder of the turn adds to the inbox or makes a burst, and reads on when the last
  // burst is all taken, or has been moved into the inbox. So what is left of a burst is older than
  // what is in the inbox, and a frame goes past both only while both are empty.
  // 3. Who gives the turn back wakes those who wait and tells the watch, so that bytes always have
  // a reader to come.
  // 4. The Close frame is in the inbox before the session is seen to have ended. Where another than
  // the reader ends it, what was read and is whole still comes: a receiver parses it, or waits for
  // the holder of the turn, who leaves soon.
  // 5. Where there is a budget, memory is asked for before a read, and what is held is told before
  // the turn is given back, and before anything else is waited for.

  /** How long a closing session waits for room in a full inbox before what comes is dropped. */
  private static final Duration PATIENCE = Duration.ofMillis(500);

  /** So many readers must find nothing at their first look before others wait without one. */
  private static final int VAIN = 3;

  /** One in so many looks all the same. */
  private static final int VAIN_AT_MOST = VAIN + 16;

  /**
   * How often a reader that is late finds bytes before it gives up: it is to take what is there,
   * but a flood of what is not for the application must not hold it.
   */
  private static final int LATE_READS = 16;

  private final WebSocketConnection connection;
  private final Transport transport;
  private final Inbound inbound;
  private final BufferPool buffers;
  private final boolean everyFrame;
  private final long spinNanos;
  private final Inbox inbox;
  private final ReadTurn turn = new ReadTurn();

  private static final AtomicReferenceFieldUpdater<IncomingPath, @Nullable Burst> BURST =
      AtomicReferenceFieldUpdater.newUpdater(IncomingPath.class, Burst.class, "burst");

  /** What came with the last message that was read, and is not in the inbox. */
  private volatile @Nullable Burst burst;

  /** What this session holds of its client's budget; {@code null} where there is none. */
  private final MemoryBudget.@Nullable Share share;

  /**
   * What was read and not yet parsed: from the position to the limit. Taken from the pool while it
   * is needed.
   */
  private @Nullable ByteBuffer buffer;

  /** A message of which a part has come; only where that is recorded. */
  private @Nullable MessageReceivedEvent arriving;

  /** We leave the transport unread; only where that is recorded. */
  private volatile @Nullable StallEvent pause;

  private static final AtomicReferenceFieldUpdater<IncomingPath, @Nullable StallEvent> PAUSE =
      AtomicReferenceFieldUpdater.newUpdater(IncomingPath.class, StallEvent.class, "pause");

  /**
   * The last read found nothing: what comes next is seen by the transport's readiness. Written with
   * the turn held.
   */
  private volatile boolean dry;

  /** How many reads of the present reader found bytes after its deadline. */
  private byte lateReads;

  /** The present reader has not looked for bytes yet. */
  private boolean firstLook;

  /** The next read is the first look of a reader. */
  private boolean looking;

  /** How many readers in a row found nothing at their first look; see {@link #looksInVain}. */
  private byte vain;

  /** There is nothing more to read, ever. */
  private boolean drained;

  /** A message was dropped: so is all that follows, as nothing is to come behind a gap. */
  private boolean dropping;

  /** Nothing more will be in the inbox, or in a burst. Seen by who sees that the session ended. */
  private volatile boolean complete;

  private static final AtomicLongFieldUpdater<IncomingPath> MESSAGES =
      AtomicLongFieldUpdater.newUpdater(IncomingPath.class, "messagesReceived");
  private static final AtomicLongFieldUpdater<IncomingPath> BYTES =
      AtomicLongFieldUpdater.newUpdater(IncomingPath.class, "bytesReceived");

  // Written with lazySet: nobody waits for them, and a full barrier for each message is dear.
  private volatile long messagesReceived;
  private volatile long bytesReceived;
  private volatile long lastReceivedNanos = System.nanoTime();

  /** What the transport had told of arrived bytes at the last read. */
  private long lastArrived;

  private volatile boolean paused;

  /** A thread has the turn and waits for memory. */
  private volatile boolean starved;

  /** Memory was asked for that all which is read and not parsed may take. */
  private boolean covered;

  /** We wait for memory; only where that is recorded. Touched with the turn held. */
  private @Nullable StallEvent hunger;

  IncomingPath(
      WebSocketConnection connection,
      Transport transport,
      Inbound inbound,
      BufferPool buffers,
      ByteBuffer received,
      ConnectionOptions options) {
    this.connection = connection;
    this.transport = transport;
    this.inbound = inbound;
    this.buffers = buffers;
    this.buffer = received;
    this.bytesReceived = received.remaining();
    this.lastArrived = transport.bytesArrived();
    this.everyFrame = options.delivery() == Inbound.Delivery.FRAMES;
    this.spinNanos = options.receiveSpin().toNanos();
    MemoryBudget budget = options.budget();
    this.share = budget == null ? null : budget.share(this);
    this.inbox = new Inbox(options.queueMessages(), options.queueBytes(), share);
  }

  /**
   * Returns the next frame, or {@code null} where the deadline came first.
   *
   * @throws dev.parley.websocket.WebSocketException when there is no frame left and the session has
   *     ended
   */
  @Nullable Frame receive(Deadline deadline) throws InterruptedException {
    Frame ready = takeReady();
    if (ready != null) {
      return ready;
    }
    for (; ; ) {
      Frame frame = takeOrRead(deadline);
      if (frame == null && isOver()) {
        frame = takeArrived(); // Law 4: what came before the end is there by now.
        if (frame == null) {
          throw connection.endOfIncoming();
        }
      }
      if (frame != null) {
        resumeIfPaused();
        return frame;
      }
      if (deadline.isOver()) {
        return null;
      }
      boolean unused =
          inbox.awaitWhile(() -> inbox.isEmpty() && turn.isTaken() && !isOver(), deadline);
    }
  }

  /**
   * Takes a message that came with the one before, if there is one: most often there is. The watch
   * hears of the last one only; where the others are taken slowly, somebody reads ahead meanwhile.
   */
  @Nullable Frame takeReady() {
    Burst last = burst;
    if (last == null) {
      return null;
    }
    Frame ready = last.take();
    if (ready != null && last.isEmpty()) {
      connection.readerLeft();
    }
    return ready;
  }

  private boolean isOver() {
    return complete && connection.hasEnded();
  }

  private @Nullable Frame takeOrRead(Deadline deadline) throws InterruptedException {
    if (!turn.tryTake()) {
      return takeArrived();
    }
    try {
      Frame frame = takeArrived();
      if (frame != null) {
        return frame;
      }
      BURST.lazySet(this, null); // nothing is left in it, and reading on may take for ever
      if (connection.hasEnded()) {
        return parseRest();
      }
      frame = parseMessage();
      if (frame == null) {
        frame = readFrame(deadline, true);
      }
      if (frame != null) {
        parseOn();
      }
      return frame;
    } finally {
      giveBack();
    }
  }

  /**
   * Parses the next frame of what was read when the session ended; {@code null} where there is none
   * any more. Where memory is counted what was not parsed is given up.
   */
  private @Nullable Frame parseRest() {
    Frame frame = null;
    try {
      while (frame == null && !complete) {
        Event event = buffer == null || share != null ? null : inbound.poll(buffer);
        if (event instanceof Event.Received received) {
          frame = take(received);
        } else {
          complete = !(event instanceof Event.ReplyDue);
        }
      }
      return frame;
    } catch (RuntimeException | Error e) {
      complete = true;
      connection.broke(e);
      throw e;
    }
  }

  /** Takes the oldest frame that came and was not taken, if there is one. */
  private @Nullable Frame takeArrived() {
    Frame frame = takeOfBurst();
    return frame == null ? inbox.poll() : frame;
  }

  private @Nullable Frame takeOfBurst() {
    Burst last = burst;
    return last == null ? null : last.take();
  }

  /** Parses the next message of what was read before, if it is whole and simple. */
  private @Nullable Frame parseMessage() {
    ByteBuffer rest = unwatched();
    if (rest == null) {
      return null;
    }
    try {
      Frame message = inbound.pollMessage(rest);
      if (message != null) {
        MESSAGES.lazySet(this, messagesReceived + 1);
      }
      return message;
    } catch (RuntimeException | Error e) {
      complete = true;
      connection.broke(e);
      throw e;
    }
  }

  /**
   * Returns what was read and may be parsed many messages at a time: not where each is recorded or
   * memory is counted, as each goes its way alone there; nor where they are dropped.
   */
  private @Nullable ByteBuffer unwatched() {
    return share == null && !dropping && !MessageReceivedEvent.isForAll() ? buffer : null;
  }

  /**
   * Parses what was read with the frame that is being received, as far as it is whole messages: for
   * those who come next, without the turn. It may be more than the inbox's bound, which is for what
   * is still to be read.
   */
  private void parseOn() {
    ByteBuffer rest = unwatched();
    if (rest == null) {
      return;
    }
    Burst ahead = null;
    try {
      Frame next = inbound.pollMessage(rest);
      if (next == null) {
        return;
      }
      int more = Math.min(rest.remaining(), Burst.BYTES) / (2 + next.length());
      ahead = new Burst(next, Math.min(1 + more, Burst.MOST));
      ahead.fill(inbound, rest);
    } catch (RuntimeException | Error e) {
      inbound.end(); // nothing may be read after it; but the frame being received is not lost
      connection.broke(e);
    } finally {
      if (ahead != null) {
        MESSAGES.lazySet(this, messagesReceived + ahead.size());
        BURST.lazySet(this, ahead);
      }
    }
  }

  /** Moves what is left of a burst into the inbox, so that what is read next may follow it. */
  private void queueBurst() {
    Burst last = burst;
    if (last == null) {
      return;
    }
    BURST.lazySet(this, null);
    try {
      last.takeAll().forEach(inbox::add);
    } catch (RuntimeException | Error e) {
      connection.broke(e); // some of it may be lost
      throw e;
    }
  }

  /**
   * Reads on, as a receiver would, until the session has ended or the deadline comes. While
   * somebody takes frames the inbox's bound holds; where nobody does, all that comes past it is
   * dropped, because otherwise the peer's Close frame behind it would never be seen.
   *
   * @return whether it was this thread that ended the session, and is to finish it: it found the
   *     peer's Close frame, and behind it the end of the stream
   */
  boolean awaitEnd(Deadline deadline) throws InterruptedException {
    while (!connection.hasEnded() && !deadline.isOver()) {
      if (!turn.tryTake()) {
        boolean unused = inbox.awaitWhile(() -> turn.isTaken() && !connection.hasEnded(), deadline);
        continue;
      }
      try {
        if (readToEnd(deadline)) {
          return true;
        }
      } finally {
        giveBack();
      }
    }
    return false;
  }

  /**
   * Waits while a condition holds that what arrives may end, and the session has not ended. Reads
   * on where nobody else does, up to the inbox's bound and that of the budget for reading ahead;
   * past either, a receiver finds the turn free.
   */
  void awaitWhile(BooleanSupplier condition, Deadline deadline) throws InterruptedException {
    while (condition.getAsBoolean() && !connection.hasEnded() && !deadline.isOver()) {
      if (isHeldBack() || !turn.tryTake()) {
        boolean unused =
            inbox.awaitWhile(
                () ->
                    (isHeldBack() || turn.isTaken())
                        && condition.getAsBoolean()
                        && !connection.hasEnded(),
                deadline);
        continue;
      }
      try {
        readWhile(condition, deadline);
      } finally {
        giveBack();
      }
    }
  }

  private void readWhile(BooleanSupplier condition, Deadline deadline) throws InterruptedException {
    lateReads = 0;
    queueBurst();
    while (condition.getAsBoolean() && !inbox.isFull() && !connection.hasEnded()) {
      Event event = nextEvent(deadline, false);
      if (event == null) {
        return;
      }
      Frame frame = take(event);
      if (frame != null) {
        inbox.add(frame);
      }
    }
  }

  /** Tells whether nothing is read ahead until something is taken, here or in another session. */
  private boolean isHeldBack() {
    return inbox.isFull() || isHungry();
  }

  /** Tells, behind another message, why nothing is read ahead; nothing where it is. */
  String whyUnread() {
    if (inbox.isFull()) {
      return "; the receive queue is full, so nothing is read";
    }
    return isHungry() ? "; the memory budget is used up, so nothing is read" : "";
  }

  /** Does what {@link #awaitEnd} does, with the turn. */
  private boolean readToEnd(Deadline deadline) throws InterruptedException {
    queueBurst();
    vain = VAIN; // the answer to our Close takes a round trip, too long for a look at once
    while (!connection.hasEnded() && !deadline.isOver()) {
      settle();
      boolean room =
          dropping || inbox.awaitWhile(inbox::isFull, deadline.earlier(Deadline.after(PATIENCE)));
      lateReads = 0;
      firstLook = true;
      Frame frame = null;
      while (frame == null && !connection.hasEnded()) {
        Event event = nextEvent(deadline, true);
        if (event == null) {
          break;
        } else if (event instanceof Event.Ended(boolean clean) && clean) {
          complete = true;
          return connection.closeAnswered(isDrained());
        }
        frame = take(event);
      }
      if (frame != null) {
        dropping =
            !room && inbox.isFull(); // looked at again: the frame may have been long in coming
        if (!dropping) {
          inbox.add(frame);
        }
      }
    }
    return false;
  }

  /** Looks, without waiting, whether the stream has ended behind the peer's Close frame. */
  private boolean isDrained() {
    try {
      drained = drained || fill() < 0;
    } catch (IOException e) {
      drained = true; // The connection is gone, which is what is to be known.
    } catch (RuntimeException | Error e) {
      connection.broke(e);
    }
    return drained;
  }

  /** Reads what is there on behalf of a session whose application is not receiving. */
  void readOnBehalf() {
    try {
      if (turn.tryTake()) { // else somebody came; who gives the turn back tells the watch
        readAhead();
      }
    } finally {
      if (share != null) {
        share.budget().pass(); // what this session did not need, another may
      }
    }
  }

  private void readAhead() {
    try {
      queueBurst();
      while (!connection.hasEnded()) {
        paused = inbox.isFull();
        if (paused
            && inbox.isFull()) { // looked at again: a taker in between has not seen the pause
          pause = StallEvent.begun();
          return;
        }
        paused = false;
        Frame frame = readFrame(Deadline.PAST, false);
        if (frame != null) {
          inbox.add(frame);
        } else if (dry || isHungry()) {
          return;
        }
      }
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted without waiting", e);
    } finally {
      giveBack();
    }
  }

  /** Reads and drops what comes, until the stream ends or the deadline comes. */
  void discard(Deadline deadline) throws InterruptedException {
    takeTurn();
    try {
      complete = true;
      inbox.wake();
      ByteBuffer dropped = buffer();
      while (!drained && !deadline.isOver()) {
        dropped.clear();
        int count = transport.read(dropped);
        drained = count < 0 || (count == 0 && !transport.awaitReadable(deadline));
      }
    } catch (IOException e) {
      drained = true; // The connection is gone, which is what was waited for.
    } finally {
      giveBack();
    }
  }

  /**
   * Releases everything. The transport has been closed, so a holder of the turn gives it back at
   * once.
   */
  void end() {
    takeTurn();
    try {
      queueBurst();
      queueRest();
    } finally {
      complete = true;
      try {
        endHalf();
      } finally {
        giveBack();
      }
    }
  }

  /** Parses what was read for whoever still receives, as much as a queue may hold. */
  private void queueRest() {
    Frame rest = parseRest();
    for (int count = 1; rest != null; count++) {
      inbox.add(rest);
      rest = count == inbox.maxFrames() || inbox.isFullOfBytes() ? null : parseRest();
    }
  }

  private void endHalf() {
    try {
      inbound.end();
      release();
      if (paused) {
        pauseOver(); // recorded too, if it lasted to the end
      }
      hungerOver();
    } finally {
      if (share != null) {
        share.end(this);
      }
    }
  }

  /** Wakes all who wait, because the session has ended. */
  void wake() {
    inbox.wake();
  }

  /** Returns how many messages came whole. */
  long messagesReceived() {
    return messagesReceived;
  }

  /** Returns how many bytes of frames came. */
  long bytesReceived() {
    return bytesReceived;
  }

  /** Returns the headers of the last frames that came. */
  List<FrameHeader> lastFrames() {
    return inbound.lastFrames();
  }

  /** Returns when bytes last arrived, in terms of {@code System.nanoTime}. */
  long lastReceivedNanos() {
    return lastReceivedNanos;
  }

  /** Tells whether we left the transport unread because nobody takes what has arrived. */
  boolean isPaused() {
    return paused || starved || isHungry();
  }

  /**
   * Tells whether the last read found bytes, so that there may be more which nobody has seen: a
   * receiver may take long over what was read at once.
   */
  boolean isBehind() {
    return !dry;
  }

  /** Tells whether the transport is left unread until the budget has room for reading ahead. */
  private boolean isHungry() {
    return share != null && share.isHungry();
  }

  /** The application wants nothing of what is left; it may take it all the same. */
  void forsake() {
    if (share != null) {
      share.forsake();
    }
  }

  @Override
  public void goOn() {
    inbox.wake();
    if (!starved) {
      connection.readOnBehalf();
    }
  }

  @Override
  public void fail(WebSocketProtocolException failure) {
    connection.evicted(failure);
  }

  /**
   * Looks at a session that was quiet for a while. To be called by the watch; does not wait.
   *
   * @return what the session needs now
   */
  Need rest() {
    if (paused || isHungry() || connection.hasEnded() || !turn.tryTake()) {
      return Need.NOTHING; // Who resumes, or gives the turn back, tells the watch.
    }
    try {
      if (burst != null && burst.isEmpty()) {
        BURST.lazySet(this, null);
      }
      if (!dry || (buffer != null && buffer.hasRemaining())) {
        return Need.READER;
      }
      release();
      return Need.READINESS;
    } finally {
      turn.giveBack();
      inbox.wake();
    }
  }

  /** What a quiet session needs. */
  enum Need {
    /** It is attended, or paused, or over. */
    NOTHING,
    /** Bytes wait with us that nobody parses, or may do so. */
    READER,
    /** Nothing waits; a reader when bytes arrive. */
    READINESS
  }

  /** Takes the turn, even where the thread is interrupted: its holder gives it back soon. */
  private void takeTurn() {
    boolean interrupted = false;
    while (!turn.tryTake()) {
      try {
        boolean unused = inbox.awaitWhile(turn::isTaken, Deadline.NONE);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void giveBack() {
    try {
      settle();
    } finally {
      turn.giveBack();
      inbox.wake();
      connection.readerLeft();
    }
  }

  /** Tells the budget what is held now that no read goes on. */
  private void settle() {
    if (share != null) {
      covered = false;
      share.settle(inbound.held());
    }
  }

  private void resumeIfPaused() {
    if (paused && inbox.isHalfEmpty()) {
      paused = false;
      pauseOver();
      connection.readerLeft();
    }
  }

  private void pauseOver() {
    StallEvent over = PAUSE.getAndSet(this, null);
    StallEvent.over(over, connection.id(), "nobody receives what has arrived");
  }

  private void hungerOver() {
    StallEvent over = hunger;
    hunger = null;
    StallEvent.over(over, connection.id(), "the memory budget is used up");
  }

  /**
   * Returns the next frame for the application; {@code null} where the deadline came or the session
   * ended, or where there is no memory for reading ahead.
   *
   * @param wanted whether somebody waits for it
   */
  private @Nullable Frame readFrame(Deadline deadline, boolean wanted) throws InterruptedException {
    lateReads = 0;
    firstLook = wanted;
    while (!connection.hasEnded()) {
      Event event = nextEvent(deadline, wanted);
      if (event == null) {
        return null;
      }
      Frame frame = take(event);
      if (frame != null) {
        return frame;
      }
    }
    return null;
  }

  /** Does what an event asks for, and returns its frame where the application is to have it. */
  private @Nullable Frame take(Event event) {
    switch (event) {
      case Event.Received(Frame.Close close) -> {
        CloseReason reason = close.readReason();
        connection.closeReceived(reason == null ? CloseReason.NO_STATUS : reason);
        inbox.add(close); // after that: whoever takes it may close too, and was not the first
      }
      case Event.Received(Frame frame) -> {
        boolean control = frame.opcode().isControl();
        if (!control && frame.fin()) {
          MESSAGES.lazySet(this, messagesReceived + 1);
          MessageReceivedEvent whole = arriving == null ? MessageReceivedEvent.begun() : arriving;
          arriving = null;
          MessageEvent.over(whole, connection.id(), frame.opcode(), frame.length());
        } else if (frame instanceof Frame.Pong pong && connection.pongReceived(pong)) {
          inbox.wake(); // somebody may wait for it
        }
        if ((everyFrame || !control) && !dropping) {
          return frame;
        }
      }
      case Event.ReplyDue(Frame reply) -> connection.owe(reply);
      case Event.Failed failed -> {
        complete = true;
        connection.violated(failed.failure());
      }
      case Event.Ended(boolean clean) -> {
        complete = true;
        connection.streamEnded(clean);
      }
    }
    return null;
  }

  /**
   * Parses, and reads where nothing is left to parse. Returns {@code null} where the deadline came.
   */
  private @Nullable Event nextEvent(Deadline deadline, boolean wanted) throws InterruptedException {
    try {
      for (; ; ) {
        if (share != null && !covered && unparsed() > 0 && !isAdmitted(share, deadline, wanted)) {
          return null;
        }
        Event event = buffer == null ? null : inbound.poll(buffer);
        if (event != null) {
          return event;
        }
        if (arriving == null && !inbound.isBetweenMessages()) {
          arriving = MessageReceivedEvent.begun();
        }
        if (share != null && !isAdmitted(share, deadline, wanted)) {
          return null;
        }
        if (firstLook && looksInVain(deadline) && !awaitUnseen(deadline)) {
          return null;
        }
        int count = fill();
        if (count == 0 && wanted && spinNanos > 0) {
          count = spin(deadline);
        }
        if (count <= 0) {
          settle();
        }
        if (count < 0) {
          drained = true;
          return inbound.endOfStream();
        }
        boolean late = deadline.isOver();
        if (count == 0 ? late || !transport.awaitReadable(deadline) : late && isEnough()) {
          return null;
        }
      }
    } catch (IOException e) {
      drained = true;
      complete = true; // it was read into an empty buffer
      connection.readFailed(e);
      return null;
    } catch (RuntimeException | Error e) {
      complete = true;
      connection.broke(e); // The state of the halves is unknown; nothing may be read after it.
      throw e;
    }
  }

  /**
   * Tells whether a reader should wait without a look for bytes, because the last ones found none:
   * where each message is the answer to one of ours, a read that finds nothing costs a twentieth of
   * the round trip. Whoever has no time to wait, or must not, looks.
   */
  private boolean looksInVain(Deadline deadline) {
    firstLook = false;
    if (vain >= VAIN && vain < VAIN_AT_MOST && spinNanos == 0) {
      vain++;
      return !deadline.isOver() && !Thread.currentThread().isInterrupted();
    }
    looking = true;
    return false;
  }

  /** Waits for bytes that nobody has looked for. */
  private boolean awaitUnseen(Deadline deadline) throws InterruptedException {
    settle();
    dry = true;
    release();
    return transport.awaitReadable(deadline);
  }

  /**
   * Asks for the memory of a read, or of what was read, and waits for it until the deadline, if it
   * is wanted. Returns false where there is none: nobody wants it now, the deadline came, or the
   * session has ended, perhaps by this.
   */
  private boolean isAdmitted(MemoryBudget.Share memory, Deadline deadline, boolean wanted)
      throws InterruptedException {
    int unparsed = unparsed();
    if (wanted
        && unparsed == 0
        && inbound.held() == 0
        && memory.budget().isTight()
        && !deadline.isOver()
        && !awaitUnseen(deadline)) {
      return false; // who has nothing to read must not stand in the way of others
    }
    boolean granted = false;
    try {
      for (; ; ) {
        long more = inbound.growth(unparsed == 0 ? MemoryBudget.READ : unparsed);
        switch (memory.ask(inbound.held(), more, wanted)) {
          case GRANTED -> {
            hungerOver();
            granted = true;
            covered = true;
            return true;
          }
          case REFUSED -> {
            WebSocketProtocolException failure = memory.failure(more);
            complete = true;
            inbound.end(); // gives the memory back at once
            connection.violated(failure);
            return false;
          }
          case WAIT -> {
            dry = false; // there may be something
            hunger = hunger == null ? StallEvent.begun() : hunger;
            if (!wanted || deadline.isOver() || connection.hasEnded()) {
              return false;
            }
            starved = true;
            boolean unused =
                inbox.awaitWhile(
                    () -> !memory.mayAskAgain() && !connection.hasEnded(),
                    deadline.earlier(Deadline.after(MemoryBudget.PATIENCE)));
          }
        }
      }
    } finally {
      starved = false;
      if (wanted && !granted) {
        memory.leave();
      }
    }
  }

  /**
   * Reads again and again until something comes, or it is time to wait. It saves the receiver from
   * being woken, which may take longer than the answer does.
   */
  private int spin(Deadline deadline) throws IOException {
    long start = System.nanoTime();
    int count = 0;
    while (count == 0
        && System.nanoTime() - start < spinNanos
        && !deadline.isOver()
        && !connection.hasEnded()
        && !Thread.currentThread().isInterrupted()) {
      Thread.onSpinWait();
      count = fill();
    }
    return count;
  }

  private int unparsed() {
    return buffer == null ? 0 : buffer.remaining();
  }

  private boolean isEnough() {
    lateReads++;
    return lateReads > LATE_READS;
  }

  /** Reads into the buffer, all of which has been parsed; keeps none where nothing came. */
  private int fill() throws IOException {
    ByteBuffer target = buffer().clear();
    if (share != null) {
      target.limit(MemoryBudget.READ);
    }
    int count;
    try {
      count = transport.read(target);
    } finally {
      target.flip();
    }
    dry = count == 0;
    if (looking) {
      looking = false;
      vain = count == 0 ? (byte) Math.min(vain + 1, VAIN) : 0;
    }
    long arrived = transport.bytesArrived();
    if (count > 0 || arrived != lastArrived) { // a part of a record is a sign of life too
      lastArrived = arrived;
      lastReceivedNanos = System.nanoTime();
    }
    if (count > 0) {
      BYTES.lazySet(this, bytesReceived + count);
    } else {
      release();
    }
    return count;
  }

  private ByteBuffer buffer() {
    ByteBuffer held = buffer;
    if (held == null) {
      held = buffers.acquire();
      buffer = held;
    }
    return held;
  }

  private void release() {
    ByteBuffer held = buffer;
    if (held != null) {
      buffer = null;
      buffers.release(held);
    }
  }
}
