// SPDX-License-Identifier: Apache-2.0
package dev.parley.exam;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.client.transport.Connector;
import dev.parley.client.transport.Deadline;
import dev.parley.client.transport.SocketConnector;
import dev.parley.client.transport.Transport;
import dev.parley.client.transport.TransportInfo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/** Knows how many of the transports that a client has made are still open. */
final class CountingConnector implements Function<SocketConnector, Connector> {
  private final AtomicInteger made = new AtomicInteger();

  /** Each open transport is a party, and so is the test. */
  private final Phaser open = new Phaser(1);

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
  private final class Counted implements Transport {
    private final Transport transport;
    private final AtomicBoolean closed = new AtomicBoolean();

    Counted(Transport transport) {
      this.transport = transport;
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
      return transport.read(target);
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
      return transport.write(source);
    }

    @Override
    public boolean flush() throws IOException {
      return transport.flush();
    }

    @Override
    public boolean awaitReadable(Deadline deadline) throws InterruptedException {
      return transport.awaitReadable(deadline);
    }

    @Override
    public boolean awaitWritable(Deadline deadline) throws InterruptedException {
      return transport.awaitWritable(deadline);
    }

    @Override
    public void onReadable(Runnable task) {
      transport.onReadable(task);
    }

    @Override
    public void close() {
      transport.close();
      if (!closed.getAndSet(true)) {
        open.arriveAndDeregister();
      }
    }

    @Override
    public TransportInfo info() {
      return transport.info();
    }
  }
}
