// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import static javax.net.ssl.SSLEngineResult.HandshakeStatus.NOT_HANDSHAKING;

import dev.parley.client.transport.TicketLanes.Lane;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** TLS over another transport, the client's side. */
final class TlsTransport implements Transport {
  // Laws.
  //
  // The reader alone unwraps, and owns `incoming`, `plain`, `starved`, `ended` and `arrived`.
  // Wrapping, `outgoing` and `departed` are guarded by `lock`, in which nothing waits: neither side
  // ever waits for the network there. The engine allows one thread to unwrap while another one
  // wraps.
  //
  // Order on the wire: bytes in `outgoing` go out before anything else is wrapped, so no record is
  // torn by another one.
  //
  // The last of the handshake, which nobody answers, goes out together with what is written first:
  // one segment, and one system call, less. Whoever reads first sends it by itself.
  //
  // A peer may ask for an answer of TLS's own (TLS 1.3: KeyUpdate). The reader, who finds it, must
  // not wait for a writer: it counts the answer as owed, then tries the lock. If it fails, a writer
  // holds the lock, who looks at `owed` after letting go of it. If the socket is full, the answer
  // goes out with the next write, before its bytes: TLS allows that (RFC 8446 §4.6.3).
  //
  // `incoming` and `plain` are in reading position between calls. Each read asks the transport
  // below at most once, and unwraps so many records without any content, so that a peer who sends
  // nothing else cannot hold it. 0 therefore means: what is buffered is less than a record, or the
  // transport below had nothing, or it is time for the reader to look at the clock.
  //
  // Records lie on the heap, where the engine is several times faster: see BufferPool.
  //
  // Buffers are borrowed while they have content. One that is lost when a transport is closed
  // under a reader is garbage, not a leak.

  private static final System.Logger LOGGER = System.getLogger("dev.parley.client.transport");

  /** Of all clients: their sessions are kept together where their context is the same. */
  private static final TicketLanes LANES = new TicketLanes();

  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  // RFC 8446 §4.6.3 lets a peer ask for a new key as often as it likes. Nobody needs more before
  // reading one answer, and each one unread takes memory.
  private static final int MOST_OWED = 1000;

  /** How many records without content one read takes: a new key costs as much as a large record. */
  private static final int MOST_SILENT = 32;

  private final Transport below;
  private final Destination destination;
  private final TlsOptions options;
  private final SSLEngine engine;
  private final BufferPool buffers;

  /** Of the reader, until the server's first word; whoever closes may leave it too. */
  private @Nullable Lane lane;

  private @Nullable ByteBuffer incoming;
  private @Nullable ByteBuffer plain;
  private boolean starved = true; // `incoming` has less than a record
  private boolean ended; // close_notify, or the end of the stream below
  private boolean received; // any byte for the application
  private long arrived; // bytes of records, read from below

  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable ByteBuffer outgoing;
  private volatile boolean unsent; // `outgoing` is the last of the handshake, never tried
  private long departed; // bytes of records, taken below

  private static final AtomicIntegerFieldUpdater<TlsTransport> OWED =
      AtomicIntegerFieldUpdater.newUpdater(TlsTransport.class, "owed");
  private static final AtomicIntegerFieldUpdater<TlsTransport> CLOSED =
      AtomicIntegerFieldUpdater.newUpdater(TlsTransport.class, "closed");
  private static final AtomicReferenceFieldUpdater<TlsTransport, @Nullable SSLException> FAILURE =
      AtomicReferenceFieldUpdater.newUpdater(TlsTransport.class, SSLException.class, "failure");

  private volatile int owed;

  /** 1 once it is. */
  private volatile int closed;

  /** Of the reader, if it found one; a writer only finds that the engine has closed. */
  private volatile @Nullable SSLException failure;

  private boolean refusesHandshakes; // set when TLS 1.2 is established
  private @Nullable SSLSession session; // once TLS is established

  private TlsTransport(
      Transport below, Destination destination, TlsOptions options, BufferPool buffers, Lane lane) {
    this.below = below;
    this.destination = destination;
    this.options = options;
    this.engine = options.engine(destination, lane.port());
    this.buffers = buffers;
    this.lane = lane;
  }

  /**
   * Shakes hands over a transport that is connected. Where this throws, that one is closed. The
   * last word of the handshake goes out with what is written, flushed or read first.
   */
  static TlsTransport connect(
      Transport below,
      Destination destination,
      TlsOptions options,
      BufferPool buffers,
      Deadline deadline)
      throws IOException, InterruptedException {
    Lane lane = LANES.take(destination.host(), destination.port());
    try {
      TlsTransport transport = new TlsTransport(below, destination, options, buffers, lane);
      transport.shakeHands(deadline);
      return transport;
    } catch (Throwable e) {
      lane.leave();
      below.close();
      throw e;
    }
  }

  private void shakeHands(Deadline deadline) throws IOException, InterruptedException {
    long start = System.nanoTime();
    boolean answered = false;
    try {
      engine.beginHandshake();
      while (true) {
        boolean inTime = !deadline.isOver(); // A peer who never stops sending makes nobody wait.
        switch (engine.getHandshakeStatus()) {
          case NEED_TASK -> runTasks();
          case NEED_WRAP -> {
            inTime = inTime && awaitFlushed(deadline);
            if (inTime) {
              wrap(NOTHING);
            }
          }
          case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> {
            inTime = inTime && awaitFlushed(deadline);
            if (inTime && starved && fill() == 0) {
              inTime = below.awaitReadable(deadline);
            }
            if (!starved) {
              answered |= unwrap(NOTHING).bytesConsumed() > 0;
            }
            if (ended) {
              throw diagnosis().ofEnd(null);
            }
          }
          case FINISHED, NOT_HANDSHAKING -> {
            established(engine.getSession());
            return;
          }
        }
        if (!inTime) {
          long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
          throw new OpeningTimeoutException(
              OpeningPhase.TLS,
              "TLS handshake with "
                  + destination
                  + " not over after "
                  + millis
                  + " ms; "
                  + below.info(),
              null);
        }
      }
    } catch (OpeningTimeoutException e) {
      throw e;
    } catch (TlsHandshakeException e) {
      throw e.after(below.info());
    } catch (SSLException e) {
      sendLast();
      throw diagnosis().ofHandshake(e, answered).after(below.info());
    } catch (IOException e) {
      throw diagnosis().ofEnd(e).after(below.info());
    } finally {
      releaseIncoming();
    }
  }

  private boolean awaitFlushed(Deadline deadline) throws IOException, InterruptedException {
    while (!flushOutgoing()) {
      if (!below.awaitWritable(deadline)) {
        return false;
      }
    }
    return true;
  }

  private void established(SSLSession session) throws TlsHandshakeException {
    options.requireIdentity(session, destination);
    refusesHandshakes = !session.getProtocol().equals("TLSv1.3");
    this.session = session;
    unsent = outgoing != null;
  }

  @Override
  public int read(ByteBuffer target) throws IOException {
    requireUsable();
    if (unsent) {
      flush();
    }
    int start = target.position();
    try {
      unwrapInto(target);
      boolean nothing = target.position() == start && target.hasRemaining();
      if (nothing && starved && !ended && fill() > 0) {
        unwrapInto(target);
      }
    } catch (SSLException e) {
      failure = diagnosis().ofSession(e, received);
      sendLast();
      if (target.position() == start) {
        requireUsable();
      }
      // What came before is good; the failure is for the next read.
    } finally {
      releaseIncoming();
    }
    if (target.position() > start) {
      received = true;
      leaveLane();
    }
    return target.position() == start && ended ? -1 : target.position() - start;
  }

  private void leaveLane() {
    Lane lane = this.lane;
    if (lane != null) {
      lane.leave();
      this.lane = null;
    }
  }

  /** Unwraps record after record until the target is full or no whole record is left. */
  private void unwrapInto(ByteBuffer target) throws IOException {
    if (plain != null) {
      moveFromPlain(plain, target);
    }
    int start = target.position();
    int silent = 0;
    while (target.hasRemaining() && !starved && !ended && silent < MOST_SILENT) {
      SSLEngineResult result = unwrap(target);
      silent += result.bytesProduced() == 0 ? 1 : 0;
      if (result.getStatus() == Status.BUFFER_OVERFLOW) {
        if (target.position() > start) {
          return;
        }
        // The record is larger than the target.
        ByteBuffer plain = buffers.acquire();
        unwrap(plain);
        this.plain = plain.flip();
        moveFromPlain(plain, target);
      }
    }
  }

  private static void moveFromPlain(ByteBuffer plain, ByteBuffer target) {
    int count = Math.min(plain.remaining(), target.remaining());
    target.put(target.position(), plain, plain.position(), count);
    target.position(target.position() + count);
    plain.position(plain.position() + count);
  }

  private SSLEngineResult unwrap(ByteBuffer target) throws IOException {
    ByteBuffer incoming = Objects.requireNonNull(this.incoming);
    SSLEngineResult result = engine.unwrap(incoming, target);
    starved = result.getStatus() == Status.BUFFER_UNDERFLOW || !incoming.hasRemaining();
    ended |= result.getStatus() == Status.CLOSED;
    HandshakeStatus status = result.getHandshakeStatus();
    if (session != null
        && result.getStatus() == Status.OK
        && status != NOT_HANDSHAKING
        && result.bytesProduced() == 0) {
      if (refusesHandshakes) {
        throw new SSLException(destination + " asked for a TLS renegotiation, which is refused");
      }
      runTasks();
      if (engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP) {
        oweAnswer();
      }
    }
    return result;
  }

  /** Reads ciphertext, once. */
  private int fill() throws IOException {
    ByteBuffer incoming = this.incoming;
    if (incoming == null) {
      incoming = buffers.acquireOnHeap().flip();
      this.incoming = incoming;
    }
    incoming.compact();
    try {
      int count = below.read(incoming);
      ended = count < 0;
      starved = count <= 0;
      arrived += Math.max(0, count);
      return count;
    } finally {
      incoming.flip();
    }
  }

  private void releaseIncoming() {
    if (incoming != null && !incoming.hasRemaining()) {
      buffers.release(incoming);
      incoming = null;
      starved = true;
    }
    if (plain != null && !plain.hasRemaining()) {
      buffers.release(plain);
      plain = null;
    }
  }

  private void runTasks() {
    for (Runnable task; (task = engine.getDelegatedTask()) != null; ) {
      task.run();
    }
  }

  private void oweAnswer() throws IOException {
    if (OWED.incrementAndGet(this) > MOST_OWED) {
      throw new SSLException(destination + " asks for new keys and reads no answer");
    }
    try {
      answer();
    } catch (SSLException e) {
      throw e;
    } catch (IOException e) {
      // The connection takes no more bytes, which the next write finds too. It may still have some.
      owed = 0;
    }
  }

  /** Sends answers that are owed, unless somebody else has the lock, who then does it. */
  private void answer() throws IOException {
    while (owed > 0 && lock.tryLock()) {
      try {
        if (!flushOutgoing()) {
          return;
        }
        owed = 0;
        if (engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP) {
          wrap(NOTHING);
          flushOutgoing();
        }
      } finally {
        lock.unlock();
      }
    }
  }

  @Override
  public int write(ByteBuffer source) throws IOException {
    int start = source.position();
    lock.lock();
    try {
      requireUsable();
      if (unsent && source.hasRemaining()) {
        wrap(source);
      }
      while (flushOutgoing() && source.hasRemaining()) {
        wrap(source);
      }
    } catch (SSLException e) {
      FAILURE.compareAndSet(this, null, diagnosis().ofSession(e, received));
      sendLast();
      requireUsable(); // the reason may be that we have closed, or what the reader found
      throw e;
    } finally {
      lock.unlock();
    }
    answer();
    return source.position() - start;
  }

  @Override
  public boolean flush() throws IOException {
    boolean flushed;
    lock.lock();
    try {
      requireUsable();
      flushed = flushOutgoing();
    } finally {
      lock.unlock();
    }
    answer();
    return flushed;
  }

  /**
   * Fills a buffer with records: what TLS has to say itself, and the source. Only when nothing is
   * outgoing, or nothing but what is unsent; and under the lock.
   */
  private void wrap(ByteBuffer source) throws SSLException {
    ByteBuffer records = outgoing == null ? buffers.acquireOnHeap() : outgoing.compact();
    try {
      SSLEngineResult result;
      HandshakeStatus next;
      do {
        result = engine.wrap(source, records);
        next = result.getHandshakeStatus();
        if (next == HandshakeStatus.NEED_TASK) {
          runTasks();
          next = engine.getHandshakeStatus();
        }
      } while (result.getStatus() == Status.OK
          && (source.hasRemaining() || next == HandshakeStatus.NEED_WRAP));
      if (result.getStatus() == Status.CLOSED && source.hasRemaining()) {
        throw new SSLException(destination + " has closed TLS");
      }
    } finally {
      outgoing = records.flip();
    }
  }

  private boolean flushOutgoing() throws IOException {
    if (unsent) {
      unsent = false;
    }
    ByteBuffer outgoing = this.outgoing;
    if (outgoing != null) {
      departed += below.write(outgoing);
      if (outgoing.hasRemaining()) {
        return false;
      }
      buffers.release(outgoing);
      this.outgoing = null;
    }
    return below.flush();
  }

  @Override
  public long bytesArrived() {
    return arrived + below.bytesArrived(); // that may be TLS too, with a proxy
  }

  @Override
  public long bytesDeparted() {
    lock.lock();
    try {
      return departed + below.bytesDeparted();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean awaitReadable(Deadline deadline) throws InterruptedException {
    return isReadable() || below.awaitReadable(deadline);
  }

  @Override
  public boolean awaitWritable(Deadline deadline) throws InterruptedException {
    return below.awaitWritable(deadline);
  }

  @Override
  public void onReadable(Runnable task) {
    if (isReadable()) {
      task.run(); // which is quick, and may be refused the thread that is not
    } else {
      below.onReadable(task);
    }
  }

  private boolean isReadable() {
    return plain != null || !starved || ended || failure != null;
  }

  /** Sends close_notify if it goes without waiting, and closes the transport below. */
  @Override
  public void close() {
    if (CLOSED.getAndSet(this, 1) != 0) {
      return;
    }
    leaveLane();
    try {
      engine.closeOutbound();
      sendLast(); // close_notify; or an alert, where somebody held the lock when it was due
    } catch (RuntimeException | Error e) {
      LOGGER.log(System.Logger.Level.DEBUG, "the last word of TLS could not be made", e);
    } finally {
      below.close();
    }
  }

  /** Sends what TLS has to say at the end, an alert or close_notify, if it goes without waiting. */
  private void sendLast() {
    if (lock.tryLock()) {
      try {
        if (flushOutgoing()) {
          wrap(NOTHING);
          flushOutgoing();
        }
      } catch (IOException e) {
        LOGGER.log(System.Logger.Level.DEBUG, "the last word of TLS could not be sent", e);
      } finally {
        lock.unlock();
      }
    }
  }

  @Override
  public TransportInfo info() {
    if (session == null) {
      throw new IllegalStateException("no TLS yet");
    }
    TransportInfo way = below.info();
    return new TransportInfo(way.local(), way.remote(), session, way.proxy());
  }

  private TlsDiagnosis diagnosis() {
    return new TlsDiagnosis(destination);
  }

  private void requireUsable() throws IOException {
    if (closed != 0) {
      throw new ClosedChannelException();
    }
    SSLException failure = this.failure;
    if (failure != null) {
      throw failure;
    }
  }
}
