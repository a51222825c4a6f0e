// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

import dev.parley.client.transport.Deadline;
import dev.parley.client.transport.Transport;
import dev.parley.client.transport.TransportInfo;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** One end of a pair of transports without a network: two bounded pipes, and faults on demand. */
final class InMemoryTransport implements Transport {
  private final Pipe in;
  private final Pipe out;
  private volatile boolean closed;
  private volatile boolean endsBehind;
  private volatile @Nullable RuntimeException readMistake;
  private volatile @Nullable RuntimeException mistake;
  private volatile byte @Nullable [] flood;
  private @Nullable ByteBuffer ahead;
  private long departed; // of what was taken ahead
  private final AtomicInteger handedOver = new AtomicInteger();
  private final AtomicInteger waits = new AtomicInteger();
  private final Semaphore reads = new Semaphore(0);

  private InMemoryTransport(Pipe in, Pipe out) {
    this.in = in;
    this.out = out;
  }

  /** Makes two ends whose pipes hold so many bytes each. */
  static InMemoryTransport[] pair(int capacity) {
    Pipe one = new Pipe(capacity);
    Pipe other = new Pipe(capacity);
    return new InMemoryTransport[] {
      new InMemoryTransport(one, other), new InMemoryTransport(other, one)
    };
  }

  /** Ends our direction, as a half-close does. */
  void endOutput() {
    out.change(() -> out.ended = true);
  }

  /** Has the peer's direction end behind what is read next, at the same time. */
  void endInputBehindNextRead() {
    endsBehind = true;
  }

  /** Has reading fail at the end of the stream as only a mistake of ours does. */
  void breakAtTheEnd(RuntimeException thrown) {
    readMistake = thrown;
  }

  /** Breaks both directions, as a reset does: what has arrived can still be read. */
  void reset() {
    IOException reset = new IOException("Connection reset");
    fail(reset, reset);
  }

  /** Has writing fail and, when what has arrived is read, reading too unless that is null. */
  void fail(@Nullable IOException reading, IOException writing) {
    out.change(() -> out.broken = writing);
    in.change(() -> in.broken = reading);
  }

  /** Has every read find the same bytes again, as many as there is room for. */
  void flood(byte[] bytes) {
    flood = bytes;
  }

  /** Takes so many bytes ahead of what is flushed, as TLS does. */
  void takeAhead(int count) {
    ahead = ByteBuffer.allocate(count).limit(0);
  }

  /** Makes every write fail as only a mistake of ours does. */
  void breakWithin(RuntimeException mistake) {
    this.mistake = mistake;
  }

  /** Returns how often somebody asked to be told of bytes instead of waiting for them. */
  int handedOver() {
    return handedOver.get();
  }

  /** Returns how often somebody waited to read. */
  int waits() {
    return waits.get();
  }

  /** Waits for so many reads. */
  void awaitReads(int count) throws InterruptedException {
    if (!reads.tryAcquire(count, 20, TimeUnit.SECONDS)) {
      throw new AssertionError("not read " + count + " times");
    }
  }

  boolean isClosed() {
    return closed;
  }

  @Override
  public int read(ByteBuffer target) throws IOException {
    requireOpen();
    reads.release();
    byte[] endless = flood;
    if (endless == null) {
      RuntimeException thrown = readMistake;
      if (thrown != null && in.isOver()) {
        throw thrown;
      }
      int count = in.read(target);
      if (count > 0 && endsBehind) {
        in.change(() -> in.ended = true);
      }
      return count;
    }
    int start = target.position();
    while (target.remaining() >= endless.length) {
      target.put(endless);
    }
    return target.position() - start;
  }

  @Override
  public int write(ByteBuffer source) throws IOException {
    requireOpen();
    if (mistake != null) {
      throw mistake;
    }
    ByteBuffer taken = ahead;
    if (taken == null) {
      return out.write(source);
    }
    departed += out.write(taken);
    taken.compact();
    int count = Math.min(taken.remaining(), source.remaining());
    taken.put(taken.position(), source, source.position(), count);
    taken.position(taken.position() + count).flip();
    source.position(source.position() + count);
    return count;
  }

  @Override
  public boolean flush() throws IOException {
    requireOpen();
    if (ahead != null) {
      departed += out.write(ahead);
    }
    return ahead == null || !ahead.hasRemaining();
  }

  @Override
  public long bytesDeparted() {
    return departed;
  }

  @Override
  public boolean awaitReadable(Deadline deadline) throws InterruptedException {
    waits.incrementAndGet();
    return in.await(() -> closed || in.size > 0 || in.ended || in.broken != null, deadline);
  }

  @Override
  public boolean awaitWritable(Deadline deadline) throws InterruptedException {
    return out.await(() -> closed || out.size < out.bytes.length || out.broken != null, deadline);
  }

  @Override
  public void onReadable(Runnable task) {
    handedOver.incrementAndGet();
    in.onReadable(task);
  }

  @Override
  public void close() {
    closed = true;
    out.change(() -> out.ended = true);
    in.change(() -> in.broken = in.broken == null ? new IOException("Broken pipe") : in.broken);
  }

  @Override
  public TransportInfo info() {
    InetSocketAddress nowhere = InetSocketAddress.createUnresolved("memory", 1);
    return new TransportInfo(nowhere, nowhere, null);
  }

  private void requireOpen() throws ClosedChannelException {
    if (closed) {
      throw new ClosedChannelException();
    }
  }

  private static final class Pipe {
    final ReentrantLock lock = new ReentrantLock();
    final Condition changed = lock.newCondition();
    final byte[] bytes;
    int size;
    int start;
    boolean ended;
    @Nullable IOException broken;
    @Nullable Runnable onReadable;

    Pipe(int capacity) {
      bytes = new byte[capacity];
    }

    void change(Runnable change) {
      Runnable task;
      lock.lock();
      try {
        change.run();
        changed.signalAll();
        task = size > 0 || ended || broken != null ? onReadable : null;
        onReadable = task == null ? onReadable : null;
      } finally {
        lock.unlock();
      }
      if (task != null) {
        task.run();
      }
    }

    void onReadable(Runnable task) {
      change(() -> onReadable = task);
    }

    boolean isOver() {
      lock.lock();
      try {
        return ended && size == 0;
      } finally {
        lock.unlock();
      }
    }

    int read(ByteBuffer target) throws IOException {
      int[] count = {0};
      change(
          () -> {
            while (size > 0 && target.hasRemaining()) {
              target.put(bytes[start]);
              start = (start + 1) % bytes.length;
              size--;
              count[0]++;
            }
          });
      if (count[0] == 0 && target.hasRemaining()) {
        lock.lock();
        try {
          if (broken != null) {
            throw broken;
          }
          return ended ? -1 : 0;
        } finally {
          lock.unlock();
        }
      }
      return count[0];
    }

    int write(ByteBuffer source) throws IOException {
      int[] count = {0};
      change(
          () -> {
            while (broken == null && size < bytes.length && source.hasRemaining()) {
              bytes[(start + size) % bytes.length] = source.get();
              size++;
              count[0]++;
            }
          });
      lock.lock();
      try {
        if (count[0] == 0 && broken != null) {
          throw broken;
        }
      } finally {
        lock.unlock();
      }
      return count[0];
    }

    boolean await(BooleanSupplier condition, Deadline deadline) throws InterruptedException {
      lock.lockInterruptibly();
      try {
        while (!condition.getAsBoolean()) {
          long left = Math.min(deadline.remainingNanos(), TimeUnit.HOURS.toNanos(1));
          if (left <= 0 || (changed.awaitNanos(left) <= 0 && deadline.isOver())) {
            return condition.getAsBoolean();
          }
        }
        return true;
      } finally {
        lock.unlock();
      }
    }
  }
}
