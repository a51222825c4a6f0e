// SPDX-License-Identifier: Apache-2.0
package dev.parley.cli;

import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Event;
import dev.parley.websocket.Frame;
import dev.parley.websocket.Inbound;
import dev.parley.websocket.Limits;
import dev.parley.websocket.Outbound;
import dev.parley.websocket.Role;
import dev.parley.websocket.Violation;
import dev.parley.websocket.extension.WebSocketExtensions;
import dev.parley.websocket.extension.WebSocketExtensionsConfig;
import dev.parley.websocket.handshake.HandshakeException;
import dev.parley.websocket.handshake.HeadLimits;
import dev.parley.websocket.handshake.HeadReader;
import dev.parley.websocket.handshake.HeadWriter;
import dev.parley.websocket.handshake.NegotiatedHandshake;
import dev.parley.websocket.handshake.RequestHead;
import dev.parley.websocket.handshake.ServerHandshake;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.List;

/**
 * Sends every message back, compressed where the client can. Listens on the loopback interface
 * only; each connection has a virtual thread. The core's server role over a blocking channel: what
 * the testkit has more, a script with its deadlines and a record of what came, is for tests.
 */
final class EchoServer implements AutoCloseable {
  private static final int BUFFER = 16 << 10;

  private final ServerSocketChannel listener;
  private final Thread acceptor;

  /**
   * Starts a server.
   *
   * @param port where to listen; 0 for any free port
   * @throws IOException if it cannot listen there
   */
  EchoServer(int port) throws IOException {
    listener = ServerSocketChannel.open();
    try {
      listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    } catch (IOException e) {
      listener.close();
      throw new IOException("cannot listen on port " + port + ": " + e.getMessage(), e);
    }
    acceptor = Thread.ofVirtual().name("parley-echo").start(this::accept);
  }

  /** Returns where it listens. */
  int port() {
    return listener.socket().getLocalPort();
  }

  /** Returns the URL to connect to. */
  String url() {
    return "ws://127.0.0.1:" + port() + "/";
  }

  /** Waits until the server is closed. */
  void join() throws InterruptedException {
    acceptor.join();
  }

  /** Accepts no more connections; those that are open go on. */
  @Override
  public void close() throws IOException {
    listener.close();
  }

  private void accept() {
    while (listener.isOpen()) {
      try {
        SocketChannel channel = listener.accept();
        Thread.startVirtualThread(
            () -> {
              try (channel) {
                channel.socket().setTcpNoDelay(true);
                new Connection(channel).serve();
              } catch (IOException | HandshakeException e) {
                // The client went away, or was none: the next one is not concerned.
              }
            });
      } catch (IOException e) {
        // Closed, and the loop ends; or one connection was lost before it was accepted.
      }
    }
  }

  /** One client. */
  private static final class Connection {
    private final SocketChannel channel;
    private final ByteBuffer in = ByteBuffer.allocate(BUFFER).limit(0);
    private final ByteBuffer out = ByteBuffer.allocate(BUFFER);

    Connection(SocketChannel channel) {
      this.channel = channel;
    }

    void serve() throws IOException {
      WebSocketExtensionsConfig extensions =
          new WebSocketExtensionsConfig().install(WebSocketExtensions.perMessageDeflate());
      ServerHandshake handshake = new ServerHandshake(List.of(), extensions.installed());
      ServerHandshake.Answer answer = handshake.answer(readHead());
      write(ByteBuffer.wrap(HeadWriter.write(answer.response())));
      if (answer instanceof ServerHandshake.Answer.Accepted accepted) {
        echo(accepted.negotiated());
      }
    }

    private RequestHead readHead() throws IOException {
      HeadReader<RequestHead> reader = HeadReader.ofRequest(HeadLimits.DEFAULT);
      RequestHead head = reader.read(in);
      while (head == null) {
        if (!fill()) {
          throw new EOFException();
        }
        head = reader.read(in);
      }
      return head;
    }

    private void echo(NegotiatedHandshake negotiated) throws IOException {
      Inbound inbound =
          new Inbound(
              Role.SERVER, Limits.DEFAULT, Inbound.Delivery.MESSAGES, negotiated.extensions());
      Outbound outbound = new Outbound(Role.SERVER, negotiated.extensions(), () -> 0);
      try {
        while (true) {
          switch (inbound.poll(in)) {
            case null -> {
              flush(); // before we wait, and not earlier: small messages share a packet
              if (!fill()) {
                return;
              }
            }
            case Event.Received(Frame frame) -> {
              if (frame instanceof Frame.Text || frame instanceof Frame.Binary) {
                send(frame, outbound);
              }
            }
            case Event.ReplyDue(Frame reply) -> send(reply, outbound);
            case Event.Failed(var broken) -> {
              Violation violation = broken.violation();
              CloseReason reason =
                  violation == null ? CloseReason.PROTOCOL_ERROR : violation.closeReason();
              send(new Frame.Close(reason), outbound);
              flush();
              hearOut(inbound);
              return;
            }
            case Event.Ended ended -> {
              flush();
              return;
            }
          }
        }
      } finally {
        inbound.end();
        outbound.end();
      }
    }

    /** Reads to the end, because closing with bytes unread would reset what we sent last. */
    private void hearOut(Inbound inbound) throws IOException {
      channel.shutdownOutput();
      do {
        inbound.poll(in);
      } while (fill());
    }

    private void send(Frame frame, Outbound outbound) throws IOException {
      outbound.begin(frame);
      while (!outbound.write(out)) {
        flush();
      }
    }

    private void flush() throws IOException {
      write(out.flip());
      out.clear();
    }

    private void write(ByteBuffer bytes) throws IOException {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    }

    /** Reads more once all is consumed; false at the end of the stream. */
    private boolean fill() throws IOException {
      int read = channel.read(in.clear());
      in.flip();
      return read >= 0;
    }
  }
}
