// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import java.io.IOException;
import java.nio.ByteBuffer;

/** A transport that leaves everything to another, but for what a subclass does itself. */
public abstract class WrappedTransport implements Transport {
  private final Transport transport;

  protected WrappedTransport(Transport transport) {
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
