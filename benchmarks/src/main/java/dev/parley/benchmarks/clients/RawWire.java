// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks.clients;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import javax.net.ssl.SSLSocket;

/** Bytes out and in. */
interface RawWire {
  boolean direct();

  void write(ByteBuffer bytes) throws IOException;

  int read(ByteBuffer room) throws IOException;

  void close() throws IOException;

  default ByteBuffer buffer(int capacity) {
    return direct() ? ByteBuffer.allocateDirect(capacity) : ByteBuffer.allocate(capacity);
  }

  /** A channel, with buffers outside of the heap. */
  class Plain implements RawWire {
    final SocketChannel channel;

    Plain(URI uri, boolean noDelay) throws IOException {
      channel = SocketChannel.open(new InetSocketAddress(uri.getHost(), uri.getPort()));
      channel.setOption(StandardSocketOptions.TCP_NODELAY, noDelay);
    }

    @Override
    public boolean direct() {
      return true;
    }

    @Override
    public void write(ByteBuffer bytes) throws IOException {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    }

    @Override
    public int read(ByteBuffer room) throws IOException {
      return channel.read(room);
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }

  /** The JDK's TLS socket, with buffers that are arrays. */
  final class Secure implements RawWire {
    private final SSLSocket socket;
    private final InputStream in;
    private final OutputStream out;

    Secure(SSLSocket socket) throws IOException {
      this.socket = socket;
      socket.setTcpNoDelay(true);
      this.in = socket.getInputStream();
      this.out = socket.getOutputStream();
    }

    @Override
    public boolean direct() {
      return false;
    }

    @Override
    public void write(ByteBuffer bytes) throws IOException {
      out.write(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
    }

    @Override
    public int read(ByteBuffer room) throws IOException {
      int n = in.read(room.array(), room.arrayOffset() + room.position(), room.remaining());
      if (n > 0) {
        room.position(room.position() + n);
      }
      return n;
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }
}
