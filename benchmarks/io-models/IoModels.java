// SPDX-License-Identifier: Apache-2.0

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Candidate I/O models for the receive path of a WebSocket client, side by side.
 *
 * <p>Usage: {@code java IoModels.java bench|idle|check <port> [rounds]}; the port is the one {@code
 * echo.c} prints.
 *
 * <ul>
 *   <li>{@code bench}: echo latency and flood throughput of every model;
 *   <li>{@code idle}: what the loop should do when data is there and nobody waits;
 *   <li>{@code check}: many sessions, random timeouts and interrupts; nothing may be lost or get
 *       stuck.
 * </ul>
 */
public class IoModels {

  static final int PAYLOAD = 64, HEADER = 2, FRAME = HEADER + PAYLOAD, BUFFER = 64 * 1024;

  // ------------------------------------------------------------------------------------------------------------
  // What every model offers
  // ------------------------------------------------------------------------------------------------------------

  /** One connection of one model. */
  interface Client extends AutoCloseable {
    void send(ByteBuffer frame) throws Exception;

    byte[] receive() throws Exception;

    @Override
    void close() throws IOException;
  }

  interface Model {
    Client connect(InetSocketAddress address, char mode) throws Exception;
  }

  /** Where a {@link Framed} client gets its bytes: blocks until at least one byte was added. */
  interface Source {
    ByteBuffer fill(ByteBuffer spent) throws Exception; // spent is drained up to a partial frame

    void write(ByteBuffer frame) throws Exception;

    void close() throws IOException;
  }

  /**
   * Cuts 2-byte-header frames out of a source on the thread that calls receive(): models 2 to 5.
   */
  static final class Framed implements Client {
    final Source source;
    ByteBuffer in = ByteBuffer.allocateDirect(BUFFER).flip();

    Framed(Source source) {
      this.source = source;
    }

    @Override
    public byte[] receive() throws Exception {
      byte[] message;
      while ((message = parse(in)) == null) {
        in = source.fill(in);
      }
      return message;
    }

    @Override
    public void send(ByteBuffer frame) throws Exception {
      source.write(frame);
    }

    @Override
    public void close() throws IOException {
      source.close();
    }
  }

  /** The next complete frame's payload, or null. */
  static byte[] parse(ByteBuffer in) {
    int at = in.position(), left = in.remaining();
    if (left < HEADER) {
      return null;
    }
    if ((in.get(at) & 0x7f) != 2) {
      throw new IllegalStateException("not a binary frame");
    }
    int length = in.get(at + 1) & 0x7f;
    if (left < HEADER + length) {
      return null;
    }
    byte[] payload = new byte[length];
    in.get(at + HEADER, payload);
    in.position(at + HEADER + length);
    return payload;
  }

  static SocketChannel open(InetSocketAddress address, char mode, boolean blocking)
      throws IOException {
    SocketChannel channel = SocketChannel.open(address);
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    channel.write(ByteBuffer.wrap(new byte[] {(byte) mode}));
    channel.configureBlocking(blocking);
    return channel;
  }

  static int read(SocketChannel channel, ByteBuffer in) throws IOException {
    int n = channel.read(in);
    if (n < 0) {
      throw new EOFException();
    }
    return n;
  }

  /**
   * A small frame into an empty socket buffer: never short here, so the prototype does not wait for
   * room.
   */
  static void writeSmall(SocketChannel channel, ByteBuffer frame) throws IOException {
    while (frame.hasRemaining()) {
      channel.write(frame);
    }
  }

  // ------------------------------------------------------------------------------------------------------------
  // (1) raw blocking socket: the yardstick. Pre-encoded frames, no message objects.
  // ------------------------------------------------------------------------------------------------------------

  static final class RawSocket implements Client {
    final Socket socket = new Socket();
    final InputStream in;
    final OutputStream out;
    final byte[] buffer = new byte[BUFFER], frame = new byte[FRAME];
    int have;

    RawSocket(InetSocketAddress address, char mode) throws IOException {
      socket.connect(address);
      socket.setTcpNoDelay(true);
      in = socket.getInputStream();
      out = socket.getOutputStream();
      out.write(mode);
    }

    @Override
    public void send(ByteBuffer f) throws IOException {
      f.get(frame);
      out.write(frame);
    }

    @Override
    public byte[] receive() throws IOException {
      while (have < FRAME) {
        int n = in.read(buffer);
        if (n < 0) {
          throw new EOFException();
        }
        have += n;
      }
      have -= FRAME;
      return frame;
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  // ------------------------------------------------------------------------------------------------------------
  // (2) blocking channel on the waiting thread. An interrupt closes the channel: not an option for
  // us.
  // ------------------------------------------------------------------------------------------------------------

  static class BlockingChannel implements Source {
    final SocketChannel channel;

    BlockingChannel(InetSocketAddress address, char mode, boolean blocking) throws IOException {
      channel = open(address, mode, blocking);
    }

    @Override
    public ByteBuffer fill(ByteBuffer in) throws Exception {
      read(channel, in.compact());
      return in.flip();
    }

    @Override
    public void write(ByteBuffer frame) throws IOException {
      writeSmall(channel, frame);
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }

  // ------------------------------------------------------------------------------------------------------------
  // (3) non-blocking channel, the waiting thread in a selector of its own: two descriptors more per
  // session.
  // ------------------------------------------------------------------------------------------------------------

  static final class OwnSelector extends BlockingChannel {
    final Selector selector = Selector.open();

    OwnSelector(InetSocketAddress address, char mode) throws IOException {
      super(address, mode, false);
      channel.register(selector, SelectionKey.OP_READ);
    }

    @Override
    public ByteBuffer fill(ByteBuffer in) throws Exception {
      in.compact();
      while (read(channel, in) == 0) {
        selector.select(key -> {});
      }
      return in.flip();
    }

    @Override
    public void close() throws IOException {
      channel.close();
      selector.close();
    }
  }

  // ------------------------------------------------------------------------------------------------------------
  // (4) one selector loop for all sessions. It only signals; the waiting thread reads by itself.
  // ------------------------------------------------------------------------------------------------------------

  /** How the loop treats a key's interest. */
  enum Interest {
    /** Off at every signal; every wait turns it on and always wakes the loop up. */
    TOGGLE,
    /**
     * Off at every signal; every wait turns it on and wakes the loop up only if it may be in
     * select.
     */
    REARM,
    /** Stays on; dropped only if found ready several passes in a row with nobody waiting. */
    KEEP
  }

  /** What to do about a session whose data nobody reads. */
  enum Idle {
    NOTHING,
    DISPATCH_AT_ONCE,
    LOOK_AGAIN
  }

  /**
   * The state of one registration, in one field:
   *
   * <pre>
   *   a Thread   that thread is parked in await(); interest is on, or is being turned on by that thread
   *   NOBODY     interest is on, nobody waits
   *   DROPPED    interest is off, nobody waits; the key was ready when last seen
   *   CLOSED     final
   * </pre>
   *
   * There is no "ready" permit: the selector is level triggered, so a key that is ready is found
   * again. Rule for the caller: await() only after a read that returned 0.
   */
  static final class Registration {
    static final Object NOBODY = "NOBODY", DROPPED = "DROPPED", CLOSED = "CLOSED";
    static final VarHandle STATE, TURNS;

    static {
      try {
        TURNS = MethodHandles.lookup().findVarHandle(Registration.class, "turns", long.class);
        STATE = MethodHandles.lookup().findVarHandle(Registration.class, "state", Object.class);
      } catch (ReflectiveOperationException e) {
        throw new ExceptionInInitializerError(e);
      }
    }

    final ReadinessLoop loop;
    final SocketChannel channel;
    SelectionKey key;
    volatile Object state = NOBODY;

    int strikes; // loop thread only: passes in a row that found it ready with nobody waiting
    int passSeen; // loop thread only
    long turnsSeen; // loop thread only: turns at the last look
    long turns; // the reader counts its turns: did anybody receive since the last look?
    Runnable whenUnread = () -> {};

    Registration(ReadinessLoop loop, SocketChannel channel) {
      this.loop = loop;
      this.channel = channel;
    }

    boolean cas(Object from, Object to) {
      return STATE.compareAndSet(this, from, to);
    }

    /** Waits until probably readable. False: the time is over. An interrupt only ends the wait. */
    boolean await(long nanos) throws InterruptedException, ClosedChannelException {
      Thread me = Thread.currentThread();
      for (; ; ) {
        Object s = state;
        if (s == NOBODY) {
          if (cas(NOBODY, me)) {
            if (loop.interest != Interest.KEEP) {
              arm();
            }
            break;
          }
        } else if (s == DROPPED) {
          if (cas(DROPPED, me)) {
            arm();
            break;
          }
        } else if (s == CLOSED) {
          throw new ClosedChannelException();
        } else {
          throw new IllegalStateException("two threads wait");
        }
      }
      long deadline = nanos == Long.MAX_VALUE ? 0 : System.nanoTime() + nanos;
      while (state == me) {
        if (nanos == Long.MAX_VALUE) {
          LockSupport.park(this);
        } else {
          long left = deadline - System.nanoTime();
          if (left <= 0) {
            if (cas(me, NOBODY)) {
              return false; // interest stays on, nothing to undo
            }
            break; // the signal was faster
          }
          LockSupport.parkNanos(this, left);
        }
        if (state == me && Thread.interrupted()) {
          if (cas(me, NOBODY)) {
            throw new InterruptedException();
          }
          me.interrupt(); // the signal was faster: keep the interrupt for the next wait
        }
      }
      if (state == CLOSED) {
        throw new ClosedChannelException();
      }
      return true;
    }

    /**
     * Turns interest on from outside the loop. The order matters: first the update, then the look
     * at the flag.
     */
    void arm() {
      try {
        key.interestOps(SelectionKey.OP_READ);
      } catch (CancelledKeyException closed) {
        return;
      }
      loop.arms++;
      if (loop.interest == Interest.TOGGLE || loop.selecting) {
        loop.wakeups++;
        loop.selector.wakeup();
      }
    }

    /** After a background read that emptied the socket. */
    void rearm() {
      if (cas(DROPPED, NOBODY)) {
        arm();
      }
    }

    void close() throws IOException {
      Object before = STATE.getAndSet(this, CLOSED);
      channel.close(); // cancels the key
      loop.selector.wakeup(); // the descriptor is freed only when the selector lets go of the key
      if (before instanceof Thread t) {
        LockSupport.unpark(t);
      }
    }
  }

  static final class ReadinessLoop extends Thread implements AutoCloseable {
    final Selector selector = Selector.open();
    final Interest interest;
    final int maxStrikes;
    final boolean yields;
    final Idle idle;
    final long lookMillis;
    final ConcurrentLinkedQueue<Registration> joining = new ConcurrentLinkedQueue<>();
    final ArrayList<Registration> dropped = new ArrayList<>(); // loop thread only: to look at again
    volatile boolean selecting, stopped;
    boolean
        courtesy; // loop thread only: this pass made somebody runnable, or waits for one to read
    int pass;
    long passes, drops, dispatches; // statistics
    volatile long wakeups, arms; // statistics, racy

    ReadinessLoop(Interest interest, int maxStrikes, boolean yields, Idle idle, long lookMillis)
        throws IOException {
      this.interest = interest;
      this.maxStrikes = maxStrikes;
      this.yields = yields;
      this.idle = idle;
      this.lookMillis = lookMillis;
      setDaemon(true);
      start();
    }

    Registration register(SocketChannel channel) throws IOException {
      Registration r = new Registration(this, channel);
      r.key = channel.register(selector, interest == Interest.KEEP ? SelectionKey.OP_READ : 0, r);
      selector.wakeup();
      return r;
    }

    @Override
    public void run() {
      try {
        long nextLook = 0;
        while (!stopped) {
          // The flag is raised before select() applies pending interest changes. Whoever changes
          // interest
          // and then sees it down knows that the change will be applied before the loop sleeps.
          selecting = true;
          if (dropped.isEmpty()) {
            selector.select(this::ready);
          } else {
            selector.select(this::ready, lookMillis);
          }
          selecting = false;
          passes++;
          pass++;
          if (!dropped.isEmpty()) {
            long now = System.nanoTime();
            if (nextLook == 0) {
              nextLook = now + lookMillis * 1_000_000;
            } else if (now - nextLook >= 0) {
              dropped.removeIf(this::looked);
              nextLook = dropped.isEmpty() ? 0 : now + lookMillis * 1_000_000;
            }
          }
          if (courtesy) {
            courtesy = false;
            if (yields) {
              Thread.yield(); // let the signalled thread read before we find its key ready again
            }
          }
        }
        selector.close();
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }

    void ready(SelectionKey key) {
      Registration r = (Registration) key.attachment();
      try {
        if (interest != Interest.KEEP) {
          key.interestOps(0); // before the look at the state: a wait that comes later turns it on
        }
        Object s = r.state;
        if (s instanceof Thread t) {
          if (r.cas(t, Registration.NOBODY)) {
            LockSupport.unpark(t);
          }
          r.strikes = 0;
          courtesy = true;
        } else if (interest == Interest.KEEP && s == Registration.NOBODY) {
          if (pass - r.passSeen > 1) {
            r.strikes = 0;
          }
          if (++r.strikes < maxStrikes) {
            courtesy = true;
          } else {
            r.strikes = 0;
            drop(key, r);
          }
        }
        r.passSeen = pass;
      } catch (CancelledKeyException closed) {
        // its channel was closed: nothing to signal
      }
    }

    void drop(SelectionKey key, Registration r) {
      key.interestOps(0); // first off, then the state: who sees DROPPED turns it on later
      if (!r.cas(Registration.NOBODY, Registration.DROPPED)) {
        key.interestOps(SelectionKey.OP_READ); // somebody came to wait: as if nothing had happened
        return;
      }
      drops++;
      if (idle == Idle.DISPATCH_AT_ONCE) {
        dispatches++;
        r.whenUnread.run();
      } else if (idle == Idle.LOOK_AGAIN) {
        r.turnsSeen = (long) Registration.TURNS.getOpaque(r);
        if (!dropped.contains(r)) {
          dropped.add(r);
        }
      }
    }

    /** True: no need to look again. */
    boolean looked(Registration r) {
      if (r.state != Registration.DROPPED) {
        return true;
      }
      long turns = (long) Registration.TURNS.getOpaque(r);
      if (turns != r.turnsSeen) { // somebody receives by himself: leave him alone
        r.turnsSeen = turns;
        return false;
      }
      dispatches++;
      r.whenUnread.run();
      return false; // until it is no longer DROPPED
    }

    @Override
    public void close() {
      stopped = true;
      selector.wakeup();
    }
  }

  static final class Signalled extends BlockingChannel {
    final Registration registration;

    Signalled(ReadinessLoop loop, InetSocketAddress address, char mode) throws IOException {
      super(address, mode, false);
      registration = loop.register(channel);
    }

    @Override
    public ByteBuffer fill(ByteBuffer in) throws Exception {
      in.compact();
      while (read(channel, in) == 0) {
        registration.await(Long.MAX_VALUE);
      }
      return in.flip();
    }

    @Override
    public void close() throws IOException {
      registration.close();
    }
  }

  // ------------------------------------------------------------------------------------------------------------
  // (4c) leader and followers: a waiting platform thread runs the shared selector itself.
  // ------------------------------------------------------------------------------------------------------------

  /**
   * Whoever waits and finds the selector free leads: it selects, signals the others, and leaves
   * when its own key is ready. It then promotes a follower. If there is none, a steward thread
   * takes over: at once (eager), or when nobody has led for two milliseconds (lazy), so that a
   * tight receive loop does not wake it every time.
   */
  static final class Leadership {
    final Selector selector = Selector.open();
    final ReentrantLock lead = new ReentrantLock();
    final ConcurrentLinkedQueue<Follower> followers = new ConcurrentLinkedQueue<>();
    final boolean eager;
    final Thread steward;
    volatile boolean stopped;
    volatile int terms;

    Leadership(boolean eager) throws IOException {
      this.eager = eager;
      this.steward = Thread.ofPlatform().daemon().start(this::serve);
    }

    void ready(SelectionKey key) {
      Follower f = (Follower) key.attachment();
      Thread t = f.waiter;
      if (t != null) {
        f.waiter = null;
        if (t != Thread.currentThread()) {
          LockSupport.unpark(t);
        }
      }
    }

    void serve() {
      try {
        while (!stopped) {
          int before = terms;
          if (eager) {
            LockSupport.park();
          } else {
            LockSupport.parkNanos(2_000_000);
            if (before != terms) {
              continue;
            }
          }
          if (lead.tryLock()) {
            try {
              selector.select(
                  this::ready); // one term, until somebody is signalled or wants to lead
            } finally {
              lead.unlock();
            }
          }
        }
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  static final class Follower extends BlockingChannel {
    final Leadership leadership;
    volatile Thread waiter;

    Follower(Leadership leadership, InetSocketAddress address, char mode) throws IOException {
      super(address, mode, false);
      this.leadership = leadership;
      channel.register(leadership.selector, SelectionKey.OP_READ, this);
      leadership.selector.wakeup();
    }

    @Override
    public ByteBuffer fill(ByteBuffer in) throws Exception {
      in.compact();
      while (read(channel, in) == 0) {
        await();
      }
      return in.flip();
    }

    void await() throws IOException {
      waiter = Thread.currentThread();
      leadership.terms++;
      if (leadership.eager) {
        leadership.selector.wakeup(); // the steward is in select: ask it to step down
      }
      leadership.followers.add(this);
      while (waiter != null) {
        if (leadership.lead.tryLock()) {
          try {
            while (waiter != null) {
              leadership.selector.select(leadership::ready);
            }
          } finally {
            leadership.lead.unlock();
          }
        } else if (leadership.eager) {
          Thread.yield();
        } else {
          LockSupport.parkNanos(200_000); // prototype: also covers the moment between two leaders
        }
      }
      leadership.followers.remove(this);
      Follower next = leadership.followers.peek();
      if (next != null) {
        LockSupport.unpark(next.waiter);
      } else if (leadership.eager) {
        LockSupport.unpark(leadership.steward);
      }
    }

    @Override
    public void close() throws IOException {
      channel.close();
      leadership.stopped = true;
      leadership.selector.wakeup();
      LockSupport.unpark(leadership.steward);
    }
  }

  // ------------------------------------------------------------------------------------------------------------
  // (5) a shared loop that reads, and hands one read at a time to the waiter. Two buffers per
  // session.
  // ------------------------------------------------------------------------------------------------------------

  static final class ReadingLoop extends Thread implements AutoCloseable {
    final Selector selector = Selector.open();
    volatile boolean stopped;

    ReadingLoop() throws IOException {
      setDaemon(true);
      start();
    }

    @Override
    public void run() {
      try {
        while (!stopped) {
          selector.select(this::ready);
        }
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }

    void ready(SelectionKey key) {
      HandedOver h = (HandedOver) key.attachment();
      try {
        ByteBuffer b = h.free.poll();
        if (b == null) { // the application is behind: stop reading
          key.interestOps(0);
          h.paused = true;
          if (!h.free.isEmpty()) {
            h.resume(); // it came back in the meantime
          }
          return;
        }
        if (read(h.channel, b.clear().position(FRAME)) == 0) {
          h.free.add(b);
          return;
        }
        h.full.add(b.limit(b.position()).position(FRAME));
        LockSupport.unpark(h.waiter);
      } catch (CancelledKeyException | IOException closed) {
        key.cancel();
      }
    }

    @Override
    public void close() {
      stopped = true;
      selector.wakeup();
    }
  }

  static final class HandedOver extends BlockingChannel {
    static final VarHandle PAUSED;

    static {
      try {
        PAUSED = MethodHandles.lookup().findVarHandle(HandedOver.class, "paused", boolean.class);
      } catch (ReflectiveOperationException e) {
        throw new ExceptionInInitializerError(e);
      }
    }

    final ConcurrentLinkedQueue<ByteBuffer> free =
        new ConcurrentLinkedQueue<>(
            List.of(
                ByteBuffer.allocateDirect(FRAME + BUFFER),
                ByteBuffer.allocateDirect(FRAME + BUFFER)));
    final ConcurrentLinkedQueue<ByteBuffer> full = new ConcurrentLinkedQueue<>();
    final ReadingLoop loop;
    final SelectionKey key;
    ByteBuffer held; // being drained by the waiter; null before the first read
    volatile boolean paused;
    volatile Thread waiter;

    HandedOver(ReadingLoop loop, InetSocketAddress address, char mode) throws IOException {
      super(address, mode, false);
      this.loop = loop;
      key = channel.register(loop.selector, SelectionKey.OP_READ, this);
      loop.selector.wakeup();
    }

    boolean resume() {
      if (PAUSED.compareAndSet(this, true, false)) {
        key.interestOps(SelectionKey.OP_READ);
        return true;
      }
      return false;
    }

    @Override
    public ByteBuffer fill(ByteBuffer in) throws Exception {
      byte[] partial =
          new byte[in.remaining()]; // goes in front of the next read: buffers have room for it
      in.get(partial);
      if (held != null) {
        free.add(held);
      }
      if (resume()) {
        loop.selector.wakeup();
      }
      waiter = Thread.currentThread();
      ByteBuffer b;
      while ((b = full.poll()) == null) {
        LockSupport.park(this);
      }
      held = b;
      int start = FRAME - partial.length;
      return b.put(start, partial).position(start);
    }

    @Override
    public void close() throws IOException {
      channel.close();
      loop.selector.wakeup();
    }
  }

  // ------------------------------------------------------------------------------------------------------------
  // (6) a reader thread per session, and a queue of messages.
  // ------------------------------------------------------------------------------------------------------------

  static final class ReaderAndQueue implements Client {
    final Framed inner;
    final ArrayBlockingQueue<byte[]> queue = new ArrayBlockingQueue<>(1024);
    final Thread reader;

    ReaderAndQueue(InetSocketAddress address, char mode) throws IOException {
      inner = new Framed(new BlockingChannel(address, mode, true));
      boolean virtual = Thread.currentThread().isVirtual();
      reader =
          (virtual ? Thread.ofVirtual() : Thread.ofPlatform().daemon())
              .start(
                  () -> {
                    try {
                      for (; ; ) {
                        queue.put(inner.receive());
                      }
                    } catch (Exception closed) {
                      // ends
                    }
                  });
    }

    @Override
    public byte[] receive() throws Exception {
      return queue.take();
    }

    @Override
    public void send(ByteBuffer frame) throws Exception {
      inner.send(frame);
    }

    @Override
    public void close() throws IOException {
      reader.interrupt();
      inner.close();
    }
  }

  // ------------------------------------------------------------------------------------------------------------
  // A session on model 4 whose unread data can also be read in the background (pings, Close)
  // ------------------------------------------------------------------------------------------------------------

  /**
   * Whoever holds the role reads: the thread in receive(), or a background virtual thread that
   * fills a queue.
   */
  static final class RoleSession implements Client {
    static final int LIMIT = 1024;
    final SocketChannel channel;
    final Registration registration;
    final ByteBuffer in = ByteBuffer.allocateDirect(BUFFER).flip(); // role holder only
    final AtomicBoolean role = new AtomicBoolean();
    final ConcurrentLinkedQueue<byte[]> queue = new ConcurrentLinkedQueue<>();
    final AtomicInteger queued = new AtomicInteger();
    volatile Thread waiter;
    long queuedTotal;

    RoleSession(ReadinessLoop loop, InetSocketAddress address, char mode) throws IOException {
      channel = open(address, mode, false);
      registration = loop.register(channel);
      registration.whenUnread = () -> Thread.startVirtualThread(this::background);
    }

    int pull() throws IOException {
      int n;
      in.compact();
      try {
        n = read(channel, in);
      } finally {
        in.flip();
      }
      return n;
    }

    @Override
    public byte[] receive() throws Exception {
      Registration.TURNS.setOpaque(registration, registration.turns + 1); // one receiver at a time
      for (; ; ) {
        if (queued.get() > 0) {
          byte[] m = queue.poll();
          if (m != null) {
            if (queued.decrementAndGet() == 0) {
              leave();
            }
            return m;
          }
        }
        if (role.compareAndSet(false, true)) {
          try {
            if (queued.get() > 0) {
              continue; // came in just before we got the role: first things first
            }
            byte[] m;
            while ((m = parse(in)) == null) {
              if (pull() == 0) {
                registration.await(Long.MAX_VALUE);
              }
            }
            return m;
          } finally {
            role.set(false);
            leave();
          }
        }
        waiter = Thread.currentThread();
        if (role.get() && queued.get() == 0) {
          LockSupport.park(this);
        }
        waiter = null;
      }
    }

    /**
     * Without a second look by the loop, whoever stops reading must turn dropped interest on again.
     */
    void leave() {
      if (registration.loop.idle == Idle.DISPATCH_AT_ONCE
          && registration.state == Registration.DROPPED) {
        registration.rearm();
      }
    }

    void background() {
      if (!role.compareAndSet(false, true)) {
        return; // somebody reads, the loop looks again
      }
      boolean empty = false;
      try {
        while (queued.get() < LIMIT) {
          byte[] m = parse(in);
          if (m != null) {
            queue.add(m);
            queuedTotal++;
            queued.incrementAndGet();
          } else if (pull() == 0) {
            empty = true;
            break;
          }
        }
      } catch (IOException closed) {
        // the reader will find out
      } finally {
        role.set(false);
        LockSupport.unpark(waiter);
        if (empty) {
          registration.rearm();
        }
      }
    }

    @Override
    public void send(ByteBuffer frame) throws Exception {
      writeSmall(channel, frame);
    }

    @Override
    public void close() throws IOException {
      registration.close();
    }
  }

  // ------------------------------------------------------------------------------------------------------------
  // Measuring
  // ------------------------------------------------------------------------------------------------------------

  // Short slices and many rounds: what else the machine does then hits every model alike.
  static final int WARM = 200, TRIPS = 1500;
  static final long SLICE_WARM = 30_000_000L, SLICE = 80_000_000L; // bench
  static final long FLOOD_WARM = 60_000_000L, FLOOD = 250_000_000L; // idle

  /** p50 and p99 in ns. */
  static double[] echo(Client c) throws Exception {
    ByteBuffer frame = ByteBuffer.allocateDirect(FRAME).put((byte) 0x82).put((byte) PAYLOAD);
    long[] t = new long[TRIPS];
    for (int i = -WARM; i < TRIPS; i++) {
      frame.clear();
      long t0 = System.nanoTime();
      c.send(frame);
      byte[] m = c.receive();
      long t1 = System.nanoTime();
      if (i >= 0) {
        t[i] = t1 - t0;
      }
      if (m.length < PAYLOAD) {
        throw new IllegalStateException();
      }
    }
    Arrays.sort(t);
    return new double[] {t[TRIPS / 2], t[TRIPS * 99 / 100]};
  }

  /** Messages per second. */
  static double flood(Client c, long workNanos, long warm, long nanos) throws Exception {
    consume(c, warm, workNanos);
    return consume(c, nanos, workNanos);
  }

  static double consume(Client c, long nanos, long workNanos) throws Exception {
    long start = System.nanoTime(), n = 0, now;
    int batch = workNanos == 0 ? 1024 : 64;
    do {
      for (int i = 0; i < batch; i++) {
        c.receive();
        if (workNanos > 0) {
          long until = System.nanoTime() + workNanos;
          while (System.nanoTime() < until) {
            Thread.onSpinWait();
          }
        }
      }
      n += batch;
    } while ((now = System.nanoTime()) - start < nanos);
    return n * 1e9 / (now - start);
  }

  interface Body<T> {
    T run() throws Exception;
  }

  static <T> T on(boolean virtual, Body<T> body) throws Exception {
    AtomicReference<T> result = new AtomicReference<>();
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Thread t =
        (virtual ? Thread.ofVirtual() : Thread.ofPlatform())
            .start(
                () -> {
                  try {
                    result.set(body.run());
                  } catch (Throwable e) {
                    failure.set(e);
                  }
                });
    t.join(20_000);
    if (t.isAlive()) {
      throw new IllegalStateException("stuck");
    }
    if (failure.get() != null) {
      throw new IllegalStateException(failure.get());
    }
    return result.get();
  }

  static double median(List<Double> values) {
    return quantile(values, 0.5);
  }

  static double quantile(List<Double> values, double q) {
    double[] v = values.stream().mapToDouble(d -> d).sorted().toArray();
    return v[(int) (q * (v.length - 1) + 0.5)];
  }

  static Model signalled(List<ReadinessLoop> all, Interest interest, int strikes, boolean yields)
      throws IOException {
    ReadinessLoop loop = new ReadinessLoop(interest, strikes, yields, Idle.NOTHING, 4);
    all.add(loop);
    return (address, mode) -> new Framed(new Signalled(loop, address, mode));
  }

  static void bench(InetSocketAddress address, int rounds) throws Exception {
    Map<String, Model> models = new LinkedHashMap<>();
    Map<String, ReadinessLoop> loopOf = new LinkedHashMap<>();
    List<ReadinessLoop> all = new ArrayList<>();
    models.put("1 raw blocking socket", RawSocket::new);
    models.put("2 blocking channel", (a, m) -> new Framed(new BlockingChannel(a, m, true)));
    models.put("3 own selector", (a, m) -> new Framed(new OwnSelector(a, m)));
    record Variant(String name, Interest interest, int strikes, boolean yields) {}
    for (Variant v :
        List.of(
            new Variant("4 toggle, always wakeup", Interest.TOGGLE, 1, false),
            new Variant("4 drop at signal, re-arm", Interest.REARM, 1, false),
            new Variant("4 drop at signal, re-arm, yield", Interest.REARM, 1, true),
            new Variant("4 keep, 1 strike", Interest.KEEP, 1, false),
            new Variant("4 keep, 1 strike, yield", Interest.KEEP, 1, true),
            new Variant("4 keep, 4 strikes, yield", Interest.KEEP, 4, true),
            new Variant("4 keep, 16 strikes, yield", Interest.KEEP, 16, true))) {
      models.put(v.name, signalled(all, v.interest, v.strikes, v.yields));
      loopOf.put(v.name, all.getLast());
    }
    models.put(
        "4c leader/follower, lazy",
        (a, m) -> new Framed(new Follower(new Leadership(false), a, m)));
    models.put(
        "4c leader/follower, eager",
        (a, m) -> new Framed(new Follower(new Leadership(true), a, m)));
    ReadingLoop reading = new ReadingLoop();
    models.put("5 shared loop reads", (a, m) -> new Framed(new HandedOver(reading, a, m)));
    models.put("6 reader thread and queue", ReaderAndQueue::new);

    Map<String, List<List<Double>>> results = new LinkedHashMap<>();
    Map<String, double[]> counters = new LinkedHashMap<>();
    for (int round = -1; round < rounds; round++) { // round -1 warms up
      for (var e : models.entrySet()) {
        String name = e.getKey();
        List<List<Double>> r = results.computeIfAbsent(name, k -> new ArrayList<>());
        while (r.size() < 6) {
          r.add(new ArrayList<>());
        }
        for (int virtual = 0; virtual < 2; virtual++) {
          if (virtual == 1 && name.startsWith("4c")) {
            continue; // a virtual thread must not sit in select
          }
          ReadinessLoop loop = loopOf.get(name);
          long[] before = loop == null ? null : new long[] {loop.passes, loop.wakeups, loop.drops};
          double[] latency =
              on(
                  virtual == 1,
                  () -> {
                    try (Client c = e.getValue().connect(address, 'E')) {
                      return echo(c);
                    }
                  });
          if (loop != null && round >= 0) {
            double n = (double) rounds * (WARM + TRIPS);
            double[] k = counters.computeIfAbsent(name + virtual, x -> new double[3]);
            k[0] += (loop.passes - before[0]) / n;
            k[1] += (loop.wakeups - before[1]) / n;
            k[2] += (loop.drops - before[2]) / n;
          }
          double rate =
              on(
                  virtual == 1,
                  () -> {
                    try (Client c = e.getValue().connect(address, 'F')) {
                      return flood(c, 0, SLICE_WARM, SLICE);
                    }
                  });
          if (round >= 0) {
            r.get(virtual * 3).add(latency[0] / 1000);
            r.get(virtual * 3 + 1).add(latency[1] / 1000);
            r.get(virtual * 3 + 2).add(rate / 1e6);
          }
        }
      }
    }
    System.out.printf(
        "%nMedians of %d rounds (p50: and quartiles); echo in µs (ratio of p50 to raw on the same"
            + " kind of thread), flood in million messages/s.%n%n",
        rounds);
    System.out.println(
        "| model | platform p50 | p99 | ratio | flood | virtual p50 | p99 | ratio | flood |");
    System.out.println("|---|--:|--:|--:|--:|--:|--:|--:|--:|");
    List<List<Double>> raw = results.get("1 raw blocking socket");
    results.forEach(
        (name, r) -> {
          StringBuilder line = new StringBuilder("| ").append(name);
          for (int v = 0; v < 2; v++) {
            if (r.get(v * 3).isEmpty()) {
              line.append(" | – | – | – | –");
              continue;
            }
            double p50 = median(r.get(v * 3));
            line.append(
                String.format(
                    " | %.1f (%.0f–%.0f) | %.1f | %.2f | %.1f",
                    p50,
                    quantile(r.get(v * 3), 0.25),
                    quantile(r.get(v * 3), 0.75),
                    median(r.get(v * 3 + 1)),
                    p50 / median(raw.get(v * 3)),
                    median(r.get(v * 3 + 2))));
          }
          System.out.println(line.append(" |"));
        });
    System.out.println("\nLoop work per echo round trip (platform; virtual):\n");
    System.out.println("| variant | passes | wakeups | drops | passes | wakeups | drops |");
    System.out.println("|---|--:|--:|--:|--:|--:|--:|");
    loopOf
        .keySet()
        .forEach(
            name -> {
              double[] p = counters.get(name + 0), v = counters.get(name + 1);
              System.out.printf(
                  "| %s | %.2f | %.2f | %.2f | %.2f | %.2f | %.2f |%n",
                  name, p[0], p[1], p[2], v[0], v[1], v[2]);
            });
  }

  /** Data is there and nobody waits: dispatch a background reader at once, or look again later? */
  static void idle(InetSocketAddress address, int rounds) throws Exception {
    record Policy(String name, Idle idle, long millis) {}
    List<Policy> policies =
        List.of(
            new Policy("nothing (no background reader)", Idle.NOTHING, 4),
            new Policy("dispatch at once", Idle.DISPATCH_AT_ONCE, 4),
            new Policy("look again after 2 ms", Idle.LOOK_AGAIN, 2),
            new Policy("look again after 4 ms", Idle.LOOK_AGAIN, 4));
    long[] works = {0, 200, 5000};
    Map<String, List<Double>> rates = new LinkedHashMap<>(),
        queued = new LinkedHashMap<>(),
        started = new LinkedHashMap<>();
    for (int round = -1; round < rounds; round++) {
      for (Policy p : policies) {
        for (long work : works) {
          for (int virtual = 0; virtual < 2; virtual++) {
            String key = p.name + work + virtual;
            ReadinessLoop loop =
                new ReadinessLoop(
                    Interest.KEEP,
                    p.idle == Idle.DISPATCH_AT_ONCE ? 1 : STRIKES,
                    true,
                    p.idle,
                    p.millis);
            long[] background = new long[1];
            double rate =
                on(
                    virtual == 1,
                    () -> {
                      try (RoleSession c = new RoleSession(loop, address, 'F')) {
                        double r = flood(c, work, FLOOD_WARM, FLOOD);
                        background[0] = c.queuedTotal;
                        return r;
                      }
                    });
            loop.close();
            if (round >= 0) {
              double seconds = (FLOOD + FLOOD_WARM) / 1e9;
              rates.computeIfAbsent(key, k -> new ArrayList<>()).add(rate / 1e6);
              queued
                  .computeIfAbsent(key, k -> new ArrayList<>())
                  .add(100 * background[0] / (rate * seconds));
              started.computeIfAbsent(key, k -> new ArrayList<>()).add(loop.dispatches / seconds);
            }
          }
        }
      }
    }
    System.out.printf(
        "%nFlood of 64-byte messages, million/s consumed (%% that went through the background"
            + " queue; background starts/s); medians of %d rounds.%n%n",
        rounds);
    System.out.println(
        "| policy | app 0 ns, platform | virtual | app 200 ns, platform | virtual | app 5 µs,"
            + " platform | virtual |");
    System.out.println("|---|--:|--:|--:|--:|--:|--:|");
    for (Policy p : policies) {
      StringBuilder line = new StringBuilder("| ").append(p.name);
      for (long work : works) {
        for (int virtual = 0; virtual < 2; virtual++) {
          String key = p.name + work + virtual;
          line.append(
              String.format(
                  " | %.2f (%.0f %%; %.0f)",
                  median(rates.get(key)), median(queued.get(key)), median(started.get(key))));
        }
      }
      System.out.println(line.append(" |"));
    }
  }

  static final int STRIKES = Integer.getInteger("strikes", 4);

  /**
   * Sessions that wait with random time limits while somebody interrupts them: every message must
   * come, in order.
   */
  static void check(InetSocketAddress address, int seconds) throws Exception {
    System.out.println(
        "\n"
            + "Protocol check, 24 sessions (half on virtual threads), random timeouts and"
            + " interrupts:\n");
    System.out.println("| variant | messages in order | timeouts | interrupts | lost or stuck |");
    System.out.println("|---|--:|--:|--:|--:|");
    record Variant(String name, Interest interest, int strikes, boolean yields) {}
    for (Variant v :
        List.of(
            new Variant("toggle", Interest.TOGGLE, 1, false),
            new Variant("drop at signal, re-arm, yield", Interest.REARM, 1, true),
            new Variant("drop at signal, re-arm", Interest.REARM, 1, false),
            new Variant("keep, 1 strike", Interest.KEEP, 1, false),
            new Variant("keep, 1 strike, yield", Interest.KEEP, 1, true),
            new Variant("keep, 4 strikes, yield", Interest.KEEP, 4, true))) {
      ReadinessLoop loop = new ReadinessLoop(v.interest, v.strikes, v.yields, Idle.NOTHING, 4);
      AtomicLong messages = new AtomicLong(),
          timeouts = new AtomicLong(),
          interrupts = new AtomicLong();
      AtomicBoolean stop = new AtomicBoolean();
      List<Thread> threads = new ArrayList<>();
      AtomicInteger failed = new AtomicInteger();
      CountDownLatch connected =
          new CountDownLatch(24); // a blocking connect does not survive an interrupt
      for (int s = 0; s < 24; s++) {
        boolean virtual = s % 2 == 1;
        threads.add(
            (virtual ? Thread.ofVirtual() : Thread.ofPlatform().daemon())
                .start(
                    () -> {
                      try {
                        session(loop, address, connected, stop, messages, timeouts, interrupts);
                      } catch (Throwable e) {
                        failed.incrementAndGet();
                        e.printStackTrace();
                      }
                    }));
      }
      connected.await();
      long end = System.nanoTime() + seconds * 1_000_000_000L;
      while (System.nanoTime() < end) {
        threads.get(ThreadLocalRandom.current().nextInt(threads.size())).interrupt();
        Thread.sleep(0, 300_000);
      }
      stop.set(true);
      for (Thread t : threads) {
        t.join(3000);
        if (t.isAlive()) {
          failed.incrementAndGet();
        }
      }
      loop.close();
      System.out.printf(
          "| %s | %d | %d | %d | %d |%n",
          v.name, messages.get(), timeouts.get(), interrupts.get(), failed.get());
    }
  }

  static void session(
      ReadinessLoop loop,
      InetSocketAddress address,
      CountDownLatch connected,
      AtomicBoolean stop,
      AtomicLong messages,
      AtomicLong timeouts,
      AtomicLong interrupts)
      throws Exception {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    SocketChannel channel = open(address, 'E', false);
    connected.countDown();
    Registration r = loop.register(channel);
    ByteBuffer out = ByteBuffer.allocate(FRAME), in = ByteBuffer.allocate(BUFFER).flip();
    long sent = 0, got = 0;
    while (!stop.get()) {
      int burst = random.nextInt(1, 4);
      for (int i = 0; i < burst; i++) {
        out.clear().put((byte) 0x82).put((byte) PAYLOAD).putLong(HEADER, sent++).clear();
        writeSmall(channel, out);
      }
      if (random.nextInt(8) == 0) { // an application that is busy: the loop may drop the interest
        Thread.interrupted();
        try {
          Thread.sleep(0, random.nextInt(500_000));
        } catch (InterruptedException e) {
          interrupts.incrementAndGet();
        }
      }
      long since = System.nanoTime();
      while (got < sent) {
        byte[] m = parse(in);
        if (m != null) {
          if (ByteBuffer.wrap(m).getLong() != got++) {
            throw new IllegalStateException("lost a message");
          }
          messages.incrementAndGet();
          continue;
        }
        in.compact();
        int n = read(channel, in);
        in.flip();
        if (n == 0) {
          if (System.nanoTime() - since > 2_500_000_000L) {
            throw new IllegalStateException("stuck: no message in 2.5 s");
          }
          try {
            // mostly long waits, so that a lost signal shows as "stuck" and is not healed by a
            // timeout
            boolean shortWait = random.nextInt(4) == 0;
            if (!r.await(shortWait ? random.nextInt(60_000) : 2_600_000_000L)) {
              timeouts.incrementAndGet();
            }
          } catch (InterruptedException e) {
            interrupts.incrementAndGet();
          }
        }
      }
    }
    r.close();
  }

  public static void main(String[] args) throws Exception {
    InetSocketAddress address = new InetSocketAddress("127.0.0.1", Integer.parseInt(args[1]));
    int n = args.length > 2 ? Integer.parseInt(args[2]) : 7;
    switch (args[0]) {
      case "bench" -> bench(address, n);
      case "idle" -> idle(address, n);
      case "check" -> check(address, n);
      default -> throw new IllegalArgumentException(args[0]);
    }
    System.exit(0);
  }
}
