// SPDX-License-Identifier: Apache-2.0
package dev.parley.exam;

import dev.parley.client.transport.Deadline;
import dev.parley.client.transport.Transport;
import dev.parley.client.transport.TransportInfo;
import java.io.IOException;
import java.nio.ByteBuffer;

/** A socket, to be made worse by subclasses. */
class WrappedSocket implements Transport {
  private final Transport socket;

  WrappedSocket(Transport socket) {
    this.socket = socket;
  }

  @Override
  public int read(ByteBuffer target) throws IOException {
    return socket.read(target);
  }

  @Override
  public int write(ByteBuffer source) throws IOException {
    return socket.write(source);
  }

  @Override
  public boolean flush() throws IOException {
    return socket.flush();
  }

  @Override
  public long bytesArrived() {
    return socket.bytesArrived();
  }

  @Override
  public long bytesDeparted() {
    return socket.bytesDeparted();
  }

  @Override
  public boolean awaitReadable(Deadline deadline) throws InterruptedException {
    return socket.awaitReadable(deadline);
  }

  @Override
  public boolean awaitWritable(Deadline deadline) throws InterruptedException {
    return socket.awaitWritable(deadline);
  }

  @Override
  public void onReadable(Runnable task) {
    socket.onReadable(task);
  }

  @Override
  public void close() {
    socket.close();
  }

  @Override
  public TransportInfo info() {
    return socket.info();
  }
}
