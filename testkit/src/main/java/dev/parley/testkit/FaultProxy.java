// SPDX-License-Identifier: Apache-2.0
package dev.parley.testkit;

import dev.parley.websocket.WebSocketInterruptedException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;

/**
 * A bad network between a client and a server: listens on a free port of the loopback interface,
 * connects to the server for each connection it accepts, and passes bytes on in both directions but
 * for the {@link Faults} that a test wrote.
 *
 * <p>It knows nothing of WebSocket, TLS or HTTP, so that under TLS it is the records that are cut
 * and corrupted. Where no fault says otherwise, everything is passed on as it is: bytes, the end of
 * a stream, a reset. Faults that were enqueued hold for one connection each, in the order in which
 * the connections come; others are subject to those of {@link #always}, by default none.
 *
 * <p>May be used by any thread. Each direction of a connection has a virtual thread of its own.
 */
public final class FaultProxy implements AutoCloseable {
  private static final int BACKLOG = 1024;

  private final String targetHost;
  private final int targetPort;
  private final ServerSocket listener;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Queue<Faults> enqueued = new ConcurrentLinkedQueue<>();
  private final Queue<ProxiedConnection> all = new ConcurrentLinkedQueue<>();
  private final BlockingQueue<ProxiedConnection> connections = new LinkedBlockingQueue<>();
  private volatile Faults always = Faults.none();

  private FaultProxy(String targetHost, int targetPort) throws IOException {
    this.targetHost = targetHost;
    this.targetPort = targetPort;
    this.listener = new ServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress());
  }

  /**
   * Starts a proxy for a server on the loopback interface.
   *
   * @throws UncheckedIOException if there is no free port
   */
  public static FaultProxy start(int port) {
    return start(InetAddress.getLoopbackAddress().getHostAddress(), port);
  }

  /**
   * Starts a proxy.
   *
   * @param host where the server is
   * @param port its port
   * @throws UncheckedIOException if there is no free port
   */
  public static FaultProxy start(String host, int port) {
    try {
      FaultProxy proxy = new FaultProxy(host, port);
      proxy.threads.execute(proxy::listen);
      return proxy;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the port to connect to, at {@code localhost}. */
  public int port() {
    return listener.getLocalPort();
  }

  /** Adds what goes wrong with the next connection that nothing was enqueued for. */
  public void enqueue(Faults faults) {
    enqueued.add(faults);
  }

  /** Sets what goes wrong with each connection from now on that nothing was enqueued for. */
  public void always(Faults faults) {
    always = faults;
  }

  /**
   * Takes the next connection that was accepted.
   *
   * @throws AssertionError if none comes in time
   * @throws WebSocketInterruptedException if the thread is interrupted
   */
  public ProxiedConnection takeConnection(Duration timeout) {
    return MockConnection.take(connections, timeout, "connection");
  }

  /** Drops every connection, and ends the proxy. Does nothing the second time. */
  @Override
  public void close() {
    if (listener.isClosed()) {
      return;
    }
    ProxiedConnection.end(listener);
    all.forEach(ProxiedConnection::close);
    threads.shutdownNow(); // An interrupt ends whatever a virtual thread waits for.
    threads.close();
    all.forEach(ProxiedConnection::close); // those accepted meanwhile
  }

  private void listen() {
    try {
      for (int number = 1; ; number++) {
        Socket client = listener.accept();
        Faults faults = enqueued.poll();
        ProxiedConnection connection =
            new ProxiedConnection(number, client, faults == null ? always : faults, all::remove);
        all.add(connection);
        connections.add(connection);
        threads.execute(
            () -> connection.run(new InetSocketAddress(targetHost, targetPort), threads));
      }
    } catch (IOException | RejectedExecutionException e) {
      // The proxy was closed; so is a connection that came at that moment.
      ProxiedConnection.end(listener);
    }
  }
}
