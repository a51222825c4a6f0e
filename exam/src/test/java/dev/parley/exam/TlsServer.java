// SPDX-License-Identifier: Apache-2.0
package dev.parley.exam;

import dev.parley.testkit.RawFrame;
import dev.parley.websocket.handshake.HeadLimits;
import dev.parley.websocket.handshake.HeadReader;
import dev.parley.websocket.handshake.HeadWriter;
import dev.parley.websocket.handshake.RequestHead;
import dev.parley.websocket.handshake.ServerHandshake;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/**
 * A server whose TLS is in the hands of a test. Each connection has a platform thread: a server
 * that floods never waits, and would keep a carrier from the client's virtual threads.
 */
final class TlsServer implements AutoCloseable {
  /** What the server does with a connection, from its first byte. */
  interface Service {
    void serve(Socket socket) throws Exception;
  }

  /** What the server does inside of TLS. */
  interface Talk {
    void talk(Secured secured) throws Exception;
  }

  /** A connection on which TLS holds; on the raw socket one may go past it. */
  record Secured(InputStream in, OutputStream out, Socket raw) {
    /** Reads the opening request. */
    RequestHead readRequest() throws IOException {
      HeadReader<RequestHead> reader = HeadReader.ofRequest(HeadLimits.DEFAULT);
      RequestHead head = null;
      while (head == null) {
        int next = in.read();
        if (next < 0) {
          throw new EOFException("no request");
        }
        head = reader.read(ByteBuffer.wrap(new byte[] {(byte) next}));
      }
      return head;
    }

    /** Does the opening handshake. */
    void open() throws IOException {
      var answer = new ServerHandshake(List.of(), List.of()).answer(readRequest());
      out.write(HeadWriter.write(answer.response()));
    }

    void send(RawFrame frame) throws IOException {
      out.write(frame.toBytes());
    }
  }

  private final ServerSocket listener;
  private final BlockingQueue<Socket> sockets = new LinkedBlockingQueue<>();
  private final BlockingQueue<Throwable> ends = new LinkedBlockingQueue<>();

  TlsServer(Service service) {
    this(service, 64 << 10);
  }

  /**
   * Starts a server.
   *
   * @param receiveBuffer how much the system takes for it that it has not read
   */
  TlsServer(Service service, int receiveBuffer) {
    try {
      listener = new ServerSocket();
      listener.setReceiveBufferSize(receiveBuffer);
      listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 100);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Thread.ofVirtual().start(() -> listen(service));
  }

  /**
   * Serves TLS as the JDK speaks it; at the end of the talk the socket is closed, and only that.
   */
  static Service jsse(SSLContext context, String protocol, Talk talk) {
    return socket -> {
      SSLSocket secure =
          (SSLSocket)
              context.getSocketFactory().createSocket(socket, null, socket.getPort(), false);
      secure.setUseClientMode(false);
      secure.setEnabledProtocols(new String[] {protocol});
      secure.startHandshake();
      talk.talk(new Secured(secure.getInputStream(), secure.getOutputStream(), socket));
    };
  }

  private void listen(Service service) {
    try {
      while (true) {
        Socket socket = listener.accept();
        sockets.add(socket);
        Thread.ofPlatform().daemon().start(() -> serve(service, socket));
      }
    } catch (IOException e) {
      if (!listener.isClosed()) {
        ends.add(e);
      }
    }
  }

  private void serve(Service service, Socket socket) {
    try (socket) {
      service.serve(socket);
      ends.add(new EOFException("served to the end"));
    } catch (Throwable e) {
      ends.add(e);
    }
  }

  /**
   * Begins to read away what comes, whatever it is, until the connections end. While there is more
   * than this side takes, the system does not tell it that the client has let go.
   */
  void readAway() {
    for (Socket socket : sockets) {
      Thread.ofVirtual().start(() -> serve(TlsServer::readToTheEnd, socket));
    }
  }

  private static void readToTheEnd(Socket socket) throws IOException {
    long unused = socket.getInputStream().transferTo(OutputStream.nullOutputStream());
  }

  /** Returns what ended a connection on this side: an {@link EOFException} where nothing broke. */
  Throwable end() throws InterruptedException {
    Throwable end = ends.poll(10, TimeUnit.SECONDS);
    if (end == null) {
      throw new AssertionError("a connection that does not end");
    }
    return end;
  }

  String url(String host) {
    return "wss://" + host + ":" + listener.getLocalPort() + "/";
  }

  int port() {
    return listener.getLocalPort();
  }

  @Override
  public void close() {
    try {
      listener.close();
      for (Socket socket : sockets) {
        socket.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
