// SPDX-License-Identifier: Apache-2.0
package dev.parley.testkit;

import dev.parley.websocket.WebSocketInterruptedException;
import dev.parley.websocket.handshake.HandshakeException;
import dev.parley.websocket.handshake.HeadLimits;
import dev.parley.websocket.handshake.HeadReader;
import dev.parley.websocket.handshake.HeadWriter;
import dev.parley.websocket.handshake.Headers;
import dev.parley.websocket.handshake.RequestHead;
import dev.parley.websocket.handshake.ResponseHead;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP proxy for tests, on a free port of the loopback interface. It knows {@code CONNECT} only,
 * and takes whoever comes to the loopback interface, at the port that was asked for: so any name
 * that has no address leads to a server of the test, but only by way of the proxy.
 *
 * <p>May be used by any thread. Each direction of a tunnel has a virtual thread of its own.
 */
public final class MockProxy implements AutoCloseable {
  private static final ResponseHead OPEN = new ResponseHead(200, "OK", Headers.EMPTY);

  private final ServerSocket listener;
  private final @Nullable SSLContext tls;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final BlockingQueue<RequestHead> requests = new LinkedBlockingQueue<>();
  private final Queue<ResponseHead> answers = new ConcurrentLinkedQueue<>();

  private MockProxy(@Nullable SSLContext tls) {
    this.tls = tls;
    try {
      listener = new ServerSocket(0, 0, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    threads.execute(this::listen);
  }

  /**
   * Starts a proxy.
   *
   * @throws UncheckedIOException if there is no free port
   */
  public static MockProxy start() {
    return new MockProxy(null);
  }

  /** Starts a proxy that speaks TLS; see {@link TestCertificates}. */
  public static MockProxy start(SSLContext tls) {
    return new MockProxy(tls);
  }

  /** Returns the port. */
  public int port() {
    return listener.getLocalPort();
  }

  /** Returns the URL. */
  public String url() {
    return (tls == null ? "http" : "https") + "://localhost:" + port();
  }

  /** Has the next request that has no answer yet answered so. A tunnel is opened by a 2xx only. */
  public void enqueue(ResponseHead answer) {
    answers.add(answer);
  }

  /**
   * Takes the next request that came.
   *
   * @throws AssertionError if none comes in time
   * @throws WebSocketInterruptedException if the thread is interrupted
   */
  public RequestHead takeRequest(Duration timeout) {
    return MockConnection.take(requests, timeout, "request to the proxy");
  }

  private void listen() {
    try {
      while (true) {
        begin(listener.accept());
      }
    } catch (IOException | RejectedExecutionException e) {
      return; // the proxy was closed
    }
  }

  private void begin(Socket client) throws IOException {
    try {
      threads.execute(() -> serve(client));
    } catch (RejectedExecutionException e) {
      client.close();
      throw e;
    }
  }

  private void serve(Socket tcp) {
    try (tcp;
        Socket client = tls == null ? tcp : tls.getSocketFactory().createSocket(tcp, null, true)) {
      RequestHead request = readHead(client);
      requests.add(request);
      ResponseHead answer = answers.poll();
      answer = answer == null ? OPEN : answer;
      if (answer.status() / 100 != 2) {
        client.getOutputStream().write(HeadWriter.write(answer));
        return;
      }
      String target = request.target();
      int port = Integer.parseInt(target.substring(target.lastIndexOf(':') + 1));
      try (Socket server = new Socket(InetAddress.getLoopbackAddress(), port)) {
        client.getOutputStream().write(HeadWriter.write(answer));
        threads.execute(() -> relay(server, client));
        relay(client, server);
      }
    } catch (IOException | HandshakeException | RejectedExecutionException e) {
      return; // one of the ends is gone, as the other one finds by the end of its stream
    }
  }

  /** Reads byte by byte: what comes behind the head belongs to the tunnel. */
  private static RequestHead readHead(Socket client) throws IOException {
    HeadReader<RequestHead> reader = HeadReader.ofRequest(HeadLimits.DEFAULT);
    RequestHead head = null;
    while (head == null) {
      int next = client.getInputStream().read();
      if (next < 0) {
        throw reader.endOfStream();
      }
      head = reader.read(ByteBuffer.wrap(new byte[] {(byte) next}));
    }
    return head;
  }

  /** When one direction has ended, so has the tunnel. */
  private static void relay(Socket from, Socket to) {
    try (from;
        to) {
      from.getInputStream().transferTo(to.getOutputStream());
    } catch (IOException e) {
      return; // a tunnel may end by a reset
    }
  }

  /** Ends every tunnel and the proxy. Does nothing the second time. */
  @Override
  public void close() {
    try {
      listener.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      // An interrupt ends whatever a virtual thread waits for, its socket included.
      threads.shutdownNow();
      threads.close();
    }
  }
}
