// SPDX-License-Identifier: Apache-2.0
package dev.parley.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;

/**
 * A Unix-domain socket before a server that has a port: passes everything on, in both directions.
 * It knows nothing of WebSocket, TLS or HTTP. When one side ends its stream, both are closed.
 *
 * <p>May be used by any thread. Each direction of a connection has a virtual thread of its own.
 */
public final class UnixRelay implements AutoCloseable {
  private final Path socket;
  private final int port;
  private final ServerSocketChannel listener;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  private UnixRelay(Path socket, int port) throws IOException {
    this.socket = socket;
    this.port = port;
    this.listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      listener.bind(UnixDomainSocketAddress.of(socket));
    } catch (Throwable e) {
      listener.close();
      throw e;
    }
  }

  /**
   * Makes a socket and passes on what comes by it.
   *
   * @param socket where it shall be; nothing may be there yet
   * @param port the port of the server, at the loopback interface
   * @throws UncheckedIOException if it cannot be made
   * @throws UnsupportedOperationException if the system has no such sockets
   */
  public static UnixRelay start(Path socket, int port) {
    try {
      UnixRelay relay = new UnixRelay(socket, port);
      relay.threads.execute(relay::listen);
      return relay;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns where the socket is. */
  public Path socket() {
    return socket;
  }

  /** Returns the port of the server. */
  public int port() {
    return port;
  }

  private void listen() {
    try (listener) {
      while (true) {
        SocketChannel client = listener.accept();
        try {
          threads.execute(() -> pass(client));
        } catch (RejectedExecutionException e) {
          client.close();
          return; // closed meanwhile
        }
      }
    } catch (IOException e) {
      return; // closed
    }
  }

  private void pass(SocketChannel client) {
    try (client;
        SocketChannel server =
            SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))) {
      threads.execute(() -> pass(server, client));
      pass(client, server);
    } catch (IOException | RejectedExecutionException e) {
      return; // no server there, which the client finds by the end of its stream; or closed
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

  /**
   * Drops every connection, and removes the socket. Does nothing the second time.
   *
   * @throws UncheckedIOException if the socket cannot be removed
   */
  @Override
  public void close() {
    if (threads.isShutdown()) {
      return;
    }
    threads.shutdownNow(); // An interrupt closes the channel that a thread waits for.
    threads.close();
    try {
      listener.close();
      Files.deleteIfExists(socket);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
