// SPDX-License-Identifier: Apache-2.0
package dev.parley.testkit;

import dev.parley.websocket.handshake.HeadLimits;
import dev.parley.websocket.handshake.HeadReader;
import dev.parley.websocket.handshake.RequestHead;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/** The bytes of one connection, and the ways to mistreat them. Used by one thread. */
final class Wire implements Closeable {
  private static final int BUFFER = 16 << 10;

  /** What goes over the network; under TLS a fault is done to this one. */
  private final Socket tcp;

  /** What is read and written: {@link #tcp}, or TLS over it. */
  private Socket socket;

  private final Runnable onPeerEnd;
  private final ByteBuffer incoming = ByteBuffer.allocate(BUFFER).flip();
  private long deadlineNanos;
  private boolean bounded;
  private @Nullable ByteArrayOutputStream held;
  private int pieceSize = Integer.MAX_VALUE;
  private Duration piecePause = Duration.ZERO;

  Wire(Socket tcp, Runnable onPeerEnd) {
    this.tcp = tcp;
    this.socket = tcp;
    this.onPeerEnd = onPeerEnd;
  }

  /** Begins; with TLS where there is a context. */
  void start(@Nullable SSLContext context, SSLParameters parameters) throws IOException {
    // Each write leaves at once: a chopped one must not be put together again on its way.
    tcp.setTcpNoDelay(true);
    if (context != null) {
      SSLSocket tls = (SSLSocket) context.getSocketFactory().createSocket(tcp, null, true);
      tls.setSSLParameters(parameters);
      tcp.setSoTimeout(soTimeout());
      tls.startHandshake();
      socket = tls;
    }
  }

  /** Bounds all reading from now on together. */
  void within(Duration timeout) {
    bounded = true;
    deadlineNanos = System.nanoTime() + timeout.toNanos();
  }

  /** Lets reading take as long as it takes. */
  void unbounded() {
    bounded = false;
  }

  RequestHead readHead() throws IOException {
    HeadReader<RequestHead> reader = HeadReader.ofRequest(HeadLimits.DEFAULT);
    while (true) {
      if (!fill()) {
        throw new EOFException("the client ended the stream within its request");
      }
      RequestHead head = reader.read(incoming);
      if (head != null) {
        return head;
      }
    }
  }

  /** Returns the next frame, or {@code null} at the end of the stream. */
  @Nullable RawFrame readFrame() throws IOException {
    return RawFrame.read(input);
  }

  private final InputStream input =
      new InputStream() {
        @Override
        public int read() throws IOException {
          return fill() ? incoming.get() & 0xff : -1;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
          if (length == 0) {
            return 0;
          }
          if (!fill()) {
            return -1;
          }
          int taken = Math.min(length, incoming.remaining());
          incoming.get(target, offset, taken);
          return taken;
        }
      };

  /** Waits until there is a byte to take; false at the end of the stream. */
  private boolean fill() throws IOException {
    if (!incoming.hasRemaining()) {
      incoming.position(0).limit(Math.max(0, read(socket, incoming.array())));
    }
    return incoming.hasRemaining();
  }

  private int read(Socket from, byte[] target) throws IOException {
    if (bounded && deadlineNanos - System.nanoTime() <= 0) {
      throw new SocketTimeoutException("the time is over"); // though the client may go on and on
    }
    tcp.setSoTimeout(soTimeout());
    try {
      int count = from.getInputStream().read(target);
      if (count < 0) {
        onPeerEnd.run();
      }
      return count;
    } catch (SocketTimeoutException e) {
      throw e;
    } catch (IOException e) {
      onPeerEnd.run();
      throw e;
    }
  }

  /** Returns the milliseconds left; 0, which is for ever to a socket, where there is no bound. */
  private int soTimeout() {
    long millis = TimeUnit.NANOSECONDS.toMillis(deadlineNanos - System.nanoTime());
    return bounded ? Math.clamp(millis, 1, Integer.MAX_VALUE) : 0;
  }

  void write(byte[] bytes) throws IOException, InterruptedException {
    write(ByteBuffer.wrap(bytes));
  }

  void write(ByteBuffer bytes) throws IOException, InterruptedException {
    byte[] all = new byte[bytes.remaining()];
    bytes.get(all);
    if (held != null) {
      held.writeBytes(all);
      return;
    }
    for (int from = 0; from < all.length; from += Math.min(pieceSize, all.length - from)) {
      if (from > 0) {
        Thread.sleep(piecePause);
      }
      socket.getOutputStream().write(all, from, Math.min(pieceSize, all.length - from));
    }
  }

  /** Holds back what is written, until {@link #release}. */
  void hold() {
    held = new ByteArrayOutputStream();
  }

  /** Writes what was held back, at once. */
  void release() throws IOException, InterruptedException {
    ByteArrayOutputStream all = held;
    held = null;
    if (all != null) {
      write(all.toByteArray());
    }
  }

  /** Has what follows written in pieces. */
  void chop(int size, Duration pause) {
    pieceSize = size;
    piecePause = pause;
  }

  /** Ends the outgoing direction in an orderly way. */
  void halfClose() throws IOException {
    socket.shutdownOutput();
  }

  /** Ends the outgoing direction, and waits for the client to end its own. */
  void finish(Duration timeout) throws IOException {
    halfClose();
    drain(socket, timeout);
  }

  /** Like {@link #finish}, but under TLS the client sees the stream cut off. */
  void cut(Duration timeout) throws IOException {
    tcp.shutdownOutput();
    drain(tcp, timeout);
  }

  /**
   * Reads what still comes, and forgets it. To close a socket with bytes unread would send a reset,
   * which may overtake what we wrote last.
   */
  private void drain(Socket from, Duration timeout) {
    within(timeout);
    try {
      byte[] bytes = new byte[BUFFER];
      while (read(from, bytes) >= 0) {}
    } catch (IOException e) {
      // However the client ends it, or does not: our side has said its last word.
      incoming.clear().flip();
    }
  }

  /** Drops the connection with a TCP reset. */
  void reset() throws IOException {
    tcp.setSoLinger(true, 0);
    tcp.close();
  }

  @Override
  public void close() throws IOException {
    tcp.close();
  }
}
