// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/** The other end: a server of blocking sockets, each served by a virtual thread. */
final class Peer implements AutoCloseable {
  /** What the server does with a connection. */
  interface Service {
    void serve(Socket socket) throws Exception;
  }

  static final Service ECHO =
      socket -> socket.getInputStream().transferTo(socket.getOutputStream());

  /** Reads until the client has closed the connection, and tells of that. */
  static Service untilClosed(CountDownLatch closed) {
    return socket -> {
      socket.getInputStream().readAllBytes();
      closed.countDown();
    };
  }

  /** Serves over TLS. When the service returns, the socket is closed with no word of TLS. */
  static Service tls(SSLContext context, Consumer<SSLSocket> settings, Service service) {
    return socket -> {
      SSLSocket secure =
          (SSLSocket)
              context.getSocketFactory().createSocket(socket, null, socket.getPort(), false);
      secure.setUseClientMode(false);
      settings.accept(secure);
      secure.startHandshake();
      service.serve(secure);
    };
  }

  private final ServerSocket server;
  private final BlockingQueue<Throwable> failures = new LinkedBlockingQueue<>();
  private final BlockingQueue<Socket> sockets = new LinkedBlockingQueue<>();

  Peer(Service service) throws IOException {
    this(new ServerSocket(), service);
  }

  Peer(ServerSocket server, Service service) throws IOException {
    this.server = server;
    server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 2000);
    Thread.ofVirtual().start(() -> accept(service));
  }

  private void accept(Service service) {
    try {
      while (true) {
        Socket socket = server.accept();
        sockets.add(socket);
        Thread.ofVirtual().start(() -> serve(service, socket));
      }
    } catch (IOException e) {
      if (!server.isClosed()) {
        failures.add(e);
      }
    }
  }

  private void serve(Service service, Socket socket) {
    try (socket) {
      service.serve(socket);
    } catch (Throwable e) {
      failures.add(e);
    }
  }

  int port() {
    return server.getLocalPort();
  }

  SocketAddress address() {
    return server.getLocalSocketAddress();
  }

  Destination plain() {
    return new Destination(false, "127.0.0.1", port());
  }

  Destination secure() {
    return new Destination(true, "localhost", port());
  }

  /** Returns what went wrong in a service; fails where nothing did. */
  Throwable failure() throws InterruptedException {
    Throwable failure = failures.poll(10, TimeUnit.SECONDS);
    if (failure == null) {
      throw new AssertionError("no failure of the peer");
    }
    return failure;
  }

  /** Returns the next accepted connection. */
  Socket socket() throws InterruptedException {
    Socket socket = sockets.poll(10, TimeUnit.SECONDS);
    if (socket == null) {
      throw new AssertionError("no connection to the peer");
    }
    return socket;
  }

  @Override
  public void close() {
    try {
      server.close();
      for (Socket socket : sockets) {
        socket.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
