// SPDX-License-Identifier: Apache-2.0
package dev.parley.exam;

import dev.parley.testkit.RawFrame;
import dev.parley.websocket.Opcode;
import dev.parley.websocket.handshake.HandshakeKey;
import dev.parley.websocket.handshake.HeadLimits;
import dev.parley.websocket.handshake.HeadReader;
import dev.parley.websocket.handshake.RequestHead;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A server with no protocol in it, for what a script of the testkit would be too polite or too
 * short for: each connection is the test's own to read and write, on a virtual thread.
 */
final class BareServer implements AutoCloseable {
  /** How an answer begins that opens a WebSocket. */
  static final String STATUS_LINE = "HTTP/1.1 101 Switching Protocols\r\n";

  private final ServerSocket listener;
  private final Behaviour behaviour;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Queue<Socket> sockets = new ConcurrentLinkedQueue<>();
  private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
  private final AtomicInteger connections = new AtomicInteger();
  private final CountDownLatch ended = new CountDownLatch(1);

  /** What a connection does. A client that goes away, which ends it, is no failure. */
  interface Behaviour {
    void serve(Connection connection) throws IOException, InterruptedException;
  }

  private BareServer(Behaviour behaviour) throws IOException {
    this.listener = new ServerSocket(0, 1024, InetAddress.getLoopbackAddress());
    this.behaviour = behaviour;
  }

  static BareServer start(Behaviour behaviour) throws IOException {
    BareServer server = new BareServer(behaviour);
    server.threads.execute(server::listen);
    return server;
  }

  String url() {
    return "ws://localhost:" + listener.getLocalPort() + "/";
  }

  int port() {
    return listener.getLocalPort();
  }

  /** Returns how many connections there were. */
  int connections() {
    return connections.get();
  }

  /** Waits until a connection is over: its behaviour has come to its end, or its client left. */
  void awaitEnd(Duration timeout) throws InterruptedException {
    if (!ended.await(timeout.toNanos(), TimeUnit.NANOSECONDS)) {
      throw new AssertionError("no connection has ended within " + timeout);
    }
  }

  private void listen() {
    try {
      while (true) {
        Socket socket = listener.accept();
        connections.incrementAndGet();
        sockets.add(socket);
        threads.execute(() -> serve(socket));
      }
    } catch (IOException e) {
      return; // The server was closed.
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      socket.setTcpNoDelay(true);
      behaviour.serve(new Connection(socket));
    } catch (SocketException | EOFException | InterruptedException e) {
      return; // The client went away, or the server was closed.
    } catch (Throwable e) {
      failures.add(e);
    } finally {
      ended.countDown();
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
    threads.shutdownNow();
    for (Socket socket : sockets) {
      socket.close();
    }
    threads.close();
    Throwable failure = failures.poll();
    if (failure != null) {
      throw new AssertionError("the server failed: " + failure, failure);
    }
  }

  /** One connection. */
  static final class Connection {
    final Socket socket;
    final InputStream in;
    final OutputStream out;

    private Connection(Socket socket) throws IOException {
      this.socket = socket;
      this.in = new BufferedInputStream(socket.getInputStream(), 64 << 10);
      this.out = socket.getOutputStream();
    }

    /** Reads the opening request. */
    RequestHead readRequest() throws IOException {
      HeadReader<RequestHead> reader = HeadReader.ofRequest(HeadLimits.DEFAULT);
      RequestHead head = null;
      while (head == null) {
        int next = in.read();
        if (next < 0) {
          throw new EOFException("the client left within its request");
        }
        head = reader.read(ByteBuffer.wrap(new byte[] {(byte) next}));
      }
      return head;
    }

    /** Reads the opening request and grants it. */
    void accept() throws IOException {
      accept(STATUS_LINE);
    }

    /** Reads the opening request and grants it, with a status line and further fields. */
    void accept(String beginning) throws IOException {
      write(grant(readRequest(), beginning));
    }

    private static byte[] grant(RequestHead request, String beginning) {
      String key = Objects.requireNonNull(request.headers().get("Sec-WebSocket-Key"));
      return (beginning
              + "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
              + new HandshakeKey(key).accept()
              + "\r\n\r\n")
          .getBytes(StandardCharsets.US_ASCII);
    }

    void write(byte[] bytes) throws IOException {
      out.write(bytes);
      out.flush();
    }

    void write(RawFrame frame) throws IOException {
      write(frame.toBytes());
    }

    /** Writes bytes over and over, until the client goes away. */
    void writeForEver(byte[] bytes) throws IOException {
      writeForEver(bytes, 0, new CountDownLatch(0));
    }

    /** Writes bytes over and over, until the client goes away, and tells when so many are gone. */
    void writeForEver(byte[] bytes, long many, CountDownLatch gone) throws IOException {
      for (long count = bytes.length; ; count += bytes.length) {
        out.write(bytes);
        if (count >= many) {
          gone.countDown();
        }
      }
    }

    /**
     * Writes bytes over and over, until the client closes, and ends the stream.
     *
     * @param bytes what to write; nothing where there are none, as that would only keep a processor
     *     busy
     * @return the Close frame
     */
    RawFrame writeUntilClose(byte[] bytes) throws IOException, InterruptedException {
      AtomicBoolean closed = new AtomicBoolean(bytes.length == 0);
      Thread writer =
          Thread.ofPlatform() // a virtual one whose writes never wait would keep its carrier
              .daemon()
              .start(
                  () -> {
                    try {
                      while (!closed.get()) {
                        out.write(bytes);
                      }
                    } catch (IOException e) {
                      return; // The client is gone, and so is its Close frame.
                    }
                  });
      RawFrame close = readClose();
      closed.set(true);
      writer.join();
      socket.shutdownOutput();
      return close;
    }

    /** Returns the next Close frame. */
    RawFrame readClose() throws IOException {
      RawFrame frame = readFrame();
      while (frame != null && frame.opcode() != Opcode.CLOSE.code()) {
        frame = readFrame();
      }
      if (frame == null) {
        throw new EOFException("the client ended the stream without a Close frame");
      }
      return frame;
    }

    /** Returns the next frame, or {@code null} at the end of the stream. */
    @Nullable RawFrame readFrame() throws IOException {
      return RawFrame.read(in);
    }

    /** Reads until the client ends the stream, and returns how many bytes came. */
    long readToEnd() throws IOException {
      return in.transferTo(OutputStream.nullOutputStream());
    }
  }
}
