// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * A transport that leaves everything to another, but for what a subclass does itself: to count
 * bytes, to slow them down, to show them. A {@link Connector} that wraps another one makes it.
 */
public abstract class ForwardingTransport implements Transport {
  private final Transport transport;

  /** Wraps a transport, which is closed with this one. */
  protected ForwardingTransport(Transport transport) {
    this.transport = Objects.requireNonNull(transport, "transport");
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
  public long bytesArrived() {
    return transport.bytesArrived();
  }

  @Override
  public long bytesDeparted() {
    return transport.bytesDeparted();
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
  }

  @Override
  public TransportInfo info() {
    return transport.info();
  }
}
