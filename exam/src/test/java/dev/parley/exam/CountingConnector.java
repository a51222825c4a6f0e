// SPDX-License-Identifier: Apache-2.0
package dev.parley.exam;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.client.transport.Connector;
import dev.parley.client.transport.Deadline;
import dev.parley.client.transport.ForwardingTransport;
import dev.parley.client.transport.SocketConnector;
import dev.parley.client.transport.Transport;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/** Knows how many of the transports that a client has made are still open, and what they do. */
final class CountingConnector implements Function<SocketConnector, Connector> {
  private final AtomicInteger made = new AtomicInteger();

  /** Each open transport is a party, and so is the test. */
  private final Phaser open = new Phaser(1);

  private final AtomicLong read = new AtomicLong();
  private final AtomicLong written = new AtomicLong();
  private final Set<Thread> readers = ConcurrentHashMap.newKeySet();
  private final Set<Thread> writers = ConcurrentHashMap.newKeySet();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition moved = lock.newCondition();

  /** Returns how many bytes were read, from all of them. */
  long read() {
    return read.get();
  }

  /** Returns how many bytes were written, to all of them. */
  long written() {
    return written.get();
  }

  /** Tells whether a thread waits until there is something to read. */
  boolean isReading(Thread thread) {
    return readers.contains(thread);
  }

  /** Waits until something holds that what is read, written or waited for makes true. */
  void await(BooleanSupplier condition, Duration patience) throws InterruptedException {
    long left = patience.toNanos();
    lock.lock();
    try {
      while (!condition.getAsBoolean()) {
        assertThat(left).as("time left").isPositive();
        left = moved.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Waits until a writer has waited for room for so long, and nothing was read or written. */
  void awaitBlocked(Duration still, Duration patience) throws InterruptedException {
    long start = System.nanoTime();
    lock.lock();
    try {
      while (moved.await(still.toNanos(), TimeUnit.NANOSECONDS) || writers.isEmpty()) {
        assertThat(System.nanoTime() - start).as("waited").isLessThan(patience.toNanos());
      }
    } finally {
      lock.unlock();
    }
  }

  private void tell() {
    lock.lock();
    try {
      moved.signalAll();
    } finally {
      lock.unlock();
    }
  }

  int made() {
    return made.get();
  }

  /** Asserts that what was made is closed by now, or will be in a moment. */
  void assertNoneOpen(Duration moment) throws InterruptedException {
    int phase = open.arrive();
    try {
      int unused = open.awaitAdvanceInterruptibly(phase, moment.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      assertThat(open.getUnarrivedParties()).as("transports still open").isZero();
    }
  }

  @Override
  public Connector apply(SocketConnector sockets) {
    return (destination, deadline) -> {
      Transport transport = sockets.connect(destination, deadline);
      made.incrementAndGet();
      open.register();
      return new Counted(transport);
    };
  }

  /** Tells when it is closed, and leaves all else to another. */
  private final class Counted extends ForwardingTransport {
    private final AtomicBoolean closed = new AtomicBoolean();

    Counted(Transport transport) {
      super(transport);
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
      return counted(read, super.read(target));
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
      return counted(written, super.write(source));
    }

    private int counted(AtomicLong total, int bytes) {
      if (bytes > 0) {
        total.addAndGet(bytes);
        tell();
      }
      return bytes;
    }

    @Override
    public boolean awaitReadable(Deadline deadline) throws InterruptedException {
      readers.add(Thread.currentThread());
      tell();
      try {
        return super.awaitReadable(deadline);
      } finally {
        readers.remove(Thread.currentThread());
      }
    }

    @Override
    public boolean awaitWritable(Deadline deadline) throws InterruptedException {
      writers.add(Thread.currentThread());
      try {
        return super.awaitWritable(deadline);
      } finally {
        writers.remove(Thread.currentThread());
      }
    }

    @Override
    public void close() {
      super.close();
      if (!closed.getAndSet(true)) {
        open.arriveAndDeregister();
      }
    }
  }
}
