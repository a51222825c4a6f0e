// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

import static dev.parley.fuzz.Laws.require;
import static dev.parley.fuzz.Races.giveWay;

import dev.parley.client.transport.Deadline;
import dev.parley.client.transport.Transport;
import dev.parley.client.transport.TransportInfo;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The least that is a transport: reads that give one arrival each, and a bounded store of what was
 * written. It has no lock, which would keep racing threads apart, and finds two who read or write
 * at the same time.
 */
public final class RacingWire implements Transport {
  private static final InetSocketAddress NOWHERE = InetSocketAddress.createUnresolved("nowhere", 1);

  private final byte[][] arrivals;
  private final boolean ends;
  private final byte[] written = new byte[128];
  private final AtomicInteger readers = new AtomicInteger();
  private final AtomicInteger writers = new AtomicInteger();
  private final AtomicReference<@Nullable Runnable> onReadable = new AtomicReference<>();
  private final AtomicInteger given = new AtomicInteger();
  private final AtomicInteger arrived = new AtomicInteger();
  private final AtomicInteger taken = new AtomicInteger();
  private volatile int room = written.length;
  private volatile boolean broken;
  private volatile boolean closed;
  private volatile boolean overlapped;

  /**
   * Makes one.
   *
   * @param ends whether the stream ends behind the arrivals
   * @param arrivals what can be read, a piece at a time; all of it from the beginning
   */
  public RacingWire(boolean ends, byte[]... arrivals) {
    this.arrivals = arrivals;
    this.ends = ends;
    this.arrived.set(arrivals.length);
  }

  /** Has only the first pieces be there. */
  void hold(int pieces) {
    arrived.set(pieces);
  }

  /** Has the next piece arrive, and runs what waited for that. */
  void arrive() {
    arrived.incrementAndGet();
    runOnReadable();
  }

  /** Runs what waits for something to read, if there is something. */
  boolean runOnReadable() {
    Runnable task = isReadable() ? onReadable.getAndSet(null) : null;
    if (task != null) {
      task.run();
    }
    return task != null;
  }

  /** Takes no more than so many bytes in all. */
  public void bound(int bytes) {
    room = bytes;
  }

  /** Makes writing fail. */
  void breakOutput() {
    broken = true;
  }

  public boolean isClosed() {
    return closed;
  }

  /** Tells whether two read or wrote at the same time, whoever caught the error. */
  public boolean hasOverlapped() {
    return overlapped;
  }

  /** Returns how many pieces were not read. */
  int unread() {
    return arrivals.length - given.get();
  }

  /** Tells whether something is to be run when there is something to read. */
  boolean isWatched() {
    return onReadable.get() != null;
  }

  /** Waits until something was written. */
  void awaitWritten() {
    awaitWritten(1);
  }

  /** Waits until so many bytes were written. */
  void awaitWritten(int bytes) {
    require(
        await(() -> taken.get() >= bytes, Deadline.after(Duration.ofSeconds(30))),
        taken + " bytes written, not " + bytes);
  }

  /** Waits until something was read. */
  void awaitRead() {
    require(await(() -> given.get() > 0, Deadline.after(Duration.ofSeconds(30))), "nothing read");
  }

  /** Returns what was written. */
  public byte[] written() {
    return Arrays.copyOf(written, taken.get());
  }

  @Override
  public int read(ByteBuffer target) throws IOException {
    alone(readers, 1);
    try {
      if (closed) {
        throw new ClosedChannelException();
      }
      if (given.get() == arrived.get()) {
        return ends && given.get() == arrivals.length ? -1 : 0;
      }
      byte[] piece = arrivals[given.get()];
      target.put(piece);
      given.incrementAndGet();
      return piece.length;
    } finally {
      alone(readers, 0);
    }
  }

  @Override
  public int write(ByteBuffer source) throws IOException {
    alone(writers, 1);
    try {
      if (closed || broken) {
        throw closed ? new ClosedChannelException() : new IOException("connection reset");
      }
      int count = Math.min(source.remaining(), room - taken.get());
      source.get(written, taken.get(), count);
      taken.addAndGet(count);
      return count;
    } finally {
      alone(writers, 0);
    }
  }

  private void alone(AtomicInteger threads, int now) {
    giveWay();
    if (threads.getAndSet(now) == now) {
      overlapped = true;
      throw new AssertionError("two at a time");
    }
  }

  @Override
  public boolean flush() {
    giveWay();
    return true;
  }

  @Override
  public boolean awaitReadable(Deadline deadline) {
    return await(this::isReadable, deadline);
  }

  private boolean isReadable() {
    return closed || given.get() < arrived.get() || (ends && given.get() == arrivals.length);
  }

  @Override
  public boolean awaitWritable(Deadline deadline) {
    return await(() -> taken.get() < room || closed || broken, deadline);
  }

  @SuppressWarnings("ThreadPriorityCheck") // there may be more threads than processors
  private static boolean await(BooleanSupplier condition, Deadline deadline) {
    while (!condition.getAsBoolean()) {
      if (deadline.isOver()) {
        return false;
      }
      Thread.yield();
    }
    return true;
  }

  @Override
  public void onReadable(Runnable task) {
    giveWay();
    onReadable.set(task);
  }

  @Override
  public void close() {
    giveWay();
    closed = true;
    giveWay();
  }

  @Override
  public TransportInfo info() {
    return new TransportInfo(NOWHERE, NOWHERE, null);
  }
}
