// SPDX-License-Identifier: Apache-2.0
package dev.parley.interop;

import dev.parley.testkit.TestCertificates;
import dev.parley.websocket.Frame;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Objects;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.eclipse.jetty.websocket.api.Callback;
import org.eclipse.jetty.websocket.api.Session;
import org.eclipse.jetty.websocket.common.WebSocketSession;
import org.eclipse.jetty.websocket.core.CoreSession;
import org.eclipse.jetty.websocket.core.OpCode;
import org.eclipse.jetty.websocket.server.ServerUpgradeRequest;
import org.eclipse.jetty.websocket.server.ServerUpgradeResponse;
import org.eclipse.jetty.websocket.server.ServerWebSocketContainer;
import org.eclipse.jetty.websocket.server.WebSocketUpgradeHandler;
import org.jspecify.annotations.Nullable;

/** Jetty 12.1, without a servlet. */
final class JettyServer implements EchoServer {
  private final Closes closes = new Closes();
  private final Server server;
  private final ServerConnector plain;
  private final ServerConnector secure;

  JettyServer() {
    QueuedThreadPool threads = new QueuedThreadPool(16, 4);
    threads.setDaemon(true);
    server = new Server(threads);
    SslContextFactory.Server ssl = new SslContextFactory.Server();
    ssl.setSslContext(TestCertificates.serverContext());
    plain = listen(new ServerConnector(server, 1, 1));
    secure = listen(new ServerConnector(server, 1, 1, ssl));
    server.setHandler(WebSocketUpgradeHandler.from(server, this::configure));
    try {
      server.start();
    } catch (Exception e) {
      throw new IllegalStateException("Jetty did not start", e);
    }
  }

  @Override
  public int port(boolean secure) {
    return (secure ? this.secure : plain).getLocalPort();
  }

  @Override
  public Closes closes() {
    return closes;
  }

  @Override
  public void close() {
    try {
      server.stop();
    } catch (Exception e) {
      throw new IllegalStateException("Jetty did not stop", e);
    }
  }

  private ServerConnector listen(ServerConnector connector) {
    connector.setHost("127.0.0.1");
    server.addConnector(connector);
    return connector;
  }

  private void configure(ServerWebSocketContainer container) {
    container.setMaxTextMessageSize(Conversation.MAX_MESSAGE);
    container.setMaxBinaryMessageSize(Conversation.MAX_MESSAGE);
    container.setMaxFrameSize(Conversation.MAX_MESSAGE);
    container.setIdleTimeout(Duration.ofMinutes(5));
    container.addMapping(
        Conversation.PATH + "*", (request, response, callback) -> talk(request, response));
  }

  private Talk talk(ServerUpgradeRequest request, ServerUpgradeResponse response) {
    if (request.hasSubProtocol(Conversation.SUBPROTOCOL)) {
      response.setAcceptedSubProtocol(Conversation.SUBPROTOCOL);
    }
    EndPoint endPoint = request.getConnectionMetaData().getConnection().getEndPoint();
    return new Talk(request.getHttpURI().getPath(), endPoint, closes);
  }

  /** Found by Jetty through reflection, hence public. */
  public static final class Talk implements Session.Listener.AutoDemanding {
    private final String path;
    private final EndPoint endPoint;
    private final Closes closes;
    private @Nullable Conversation conversation;

    Talk(String path, EndPoint endPoint, Closes closes) {
      this.path = path;
      this.endPoint = endPoint;
      this.closes = closes;
    }

    @Override
    public void onWebSocketOpen(Session session) {
      conversation = new Conversation(path, new SessionAnswers(session, endPoint), closes);
    }

    @Override
    public void onWebSocketText(String message) {
      conversation().message(new Frame.Text(message));
    }

    @Override
    public void onWebSocketBinary(ByteBuffer message, Callback callback) {
      byte[] data = BufferUtil.toArray(message);
      callback.succeed();
      conversation().message(new Frame.Binary(data));
    }

    @Override
    public void onWebSocketPong(ByteBuffer payload) {
      conversation().pong(BufferUtil.toArray(payload));
    }

    @Override
    public void onWebSocketClose(int code, @Nullable String reason, Callback callback) {
      callback.succeed();
      conversation().closed(code, Objects.requireNonNullElse(reason, ""));
    }

    private Conversation conversation() {
      return Objects.requireNonNull(conversation, "before the opening handshake");
    }
  }

  private static final class SessionAnswers implements Conversation.Answers {
    private final Session session;
    private final CoreSession core;
    private final EndPoint endPoint;
    private boolean insideMessage;

    SessionAnswers(Session session, EndPoint endPoint) {
      this.session = session;
      // Its frames are bytes: a fragment of text may end inside of a character.
      this.core = ((WebSocketSession) session).getCoreSession();
      this.endPoint = endPoint;
    }

    @Override
    public void send(Frame frame) {
      byte start = frame instanceof Frame.Text ? OpCode.TEXT : OpCode.BINARY;
      byte opcode = insideMessage ? OpCode.CONTINUATION : start;
      insideMessage = !frame.fin();
      var written = new org.eclipse.jetty.util.Callback.Completable();
      core.sendFrame(
          new org.eclipse.jetty.websocket.core.Frame(
              opcode, frame.fin(), ByteBuffer.wrap(frame.data())),
          written,
          false);
      written.join();
    }

    @Override
    public void ping(byte[] payload) {
      session.sendPing(ByteBuffer.wrap(payload), Callback.NOOP);
    }

    @Override
    public void close(int code, String reason) {
      session.close(code, reason, Callback.NOOP);
    }

    @Override
    public void cut(boolean reset) {
      EndPoint raw = endPoint;
      // Below TLS, which must not say goodbye either.
      while (raw.getTransport() instanceof EndPoint below) {
        raw = below;
      }
      if (reset) {
        try {
          ((SocketChannel) raw.getTransport()).setOption(StandardSocketOptions.SO_LINGER, 0);
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
      raw.close();
    }
  }
}
