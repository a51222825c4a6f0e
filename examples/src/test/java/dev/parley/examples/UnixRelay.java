// SPDX-License-Identifier: Apache-2.0
package dev.parley.examples;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/** Passes what comes by a Unix-domain socket on to a port. */
record UnixRelay(ServerSocketChannel listener, int port) implements AutoCloseable {
  static UnixRelay start(Path path, int port) throws IOException {
    ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    listener.bind(UnixDomainSocketAddress.of(path));
    UnixRelay relay = new UnixRelay(listener, port);
    Thread.ofPlatform().daemon().start(relay::listen);
    return relay;
  }

  private void listen() {
    try {
      while (true) {
        SocketChannel client = listener.accept();
        SocketChannel server =
            SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        Thread.ofPlatform().daemon().start(() -> pass(client, server));
        Thread.ofPlatform().daemon().start(() -> pass(server, client));
      }
    } catch (IOException e) {
      return; // closed
    }
  }

  private static void pass(SocketChannel from, SocketChannel to) {
    ByteBuffer buffer = ByteBuffer.allocate(16 << 10);
    try (from;
        to) {
      while (from.read(buffer.clear()) >= 0) {
        buffer.flip();
        while (buffer.hasRemaining()) {
          to.write(buffer);
        }
      }
    } catch (IOException e) {
      return; // one end is gone, as the other finds too
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }
}
