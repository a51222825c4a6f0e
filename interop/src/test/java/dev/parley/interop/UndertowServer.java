// SPDX-License-Identifier: Apache-2.0
package dev.parley.interop;

import dev.parley.testkit.TestCertificates;
import dev.parley.websocket.Frame;
import io.undertow.Handlers;
import io.undertow.Undertow;
import io.undertow.server.handlers.PathHandler;
import io.undertow.websockets.WebSocketProtocolHandshakeHandler;
import io.undertow.websockets.core.AbstractReceiveListener;
import io.undertow.websockets.core.BufferedBinaryMessage;
import io.undertow.websockets.core.BufferedTextMessage;
import io.undertow.websockets.core.CloseMessage;
import io.undertow.websockets.core.StreamSinkFrameChannel;
import io.undertow.websockets.core.WebSocketChannel;
import io.undertow.websockets.core.WebSocketFrameType;
import io.undertow.websockets.core.WebSockets;
import io.undertow.websockets.core.protocol.Handshake;
import io.undertow.websockets.core.protocol.version13.Hybi13Handshake;
import io.undertow.websockets.extensions.PerMessageDeflateHandshake;
import io.undertow.websockets.spi.WebSocketHttpExchange;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.xnio.Buffers;
import org.xnio.IoUtils;
import org.xnio.Options;
import org.xnio.channels.Channels;

/** Undertow, its core alone. */
final class UndertowServer implements EchoServer {
  private final Closes closes = new Closes();
  private final ExecutorService talks =
      Executors.newCachedThreadPool(
          Thread.ofPlatform().daemon().name("undertow-talk-", 0).factory());
  private final Undertow server;

  UndertowServer() {
    List<Handshake> handshakes =
        List.of(new Hybi13Handshake(Set.of(Conversation.SUBPROTOCOL), false));
    PathHandler handler =
        Handlers.path()
            .addPrefixPath(
                Conversation.PATH,
                new WebSocketProtocolHandshakeHandler(handshakes, this::talk)
                    .addExtension(
                        new PerMessageDeflateHandshake(
                            false, 6, true, true, Conversation.MAX_MESSAGE)));
    server =
        Undertow.builder()
            .setIoThreads(1)
            .setWorkerThreads(4)
            // Direct ones it frees by a method that newer JDKs warn of.
            .setDirectBuffers(false)
            .addHttpListener(0, "127.0.0.1")
            .addHttpsListener(0, "127.0.0.1", TestCertificates.serverContext())
            .setHandler(handler)
            .build();
    server.start();
  }

  @Override
  public int port(boolean secure) {
    var address = server.getListenerInfo().get(secure ? 1 : 0).getAddress();
    return ((InetSocketAddress) address).getPort();
  }

  @Override
  public Closes closes() {
    return closes;
  }

  @Override
  public void close() {
    server.stop();
    talks.shutdownNow();
  }

  private void talk(WebSocketHttpExchange exchange, WebSocketChannel channel) {
    Conversation conversation =
        new Conversation(exchange.getRequestURI(), new ChannelAnswers(channel), closes);
    channel.getReceiveSetter().set(new Talk(conversation));
    channel.resumeReceives();
  }

  /** Plays the conversation on another thread than Undertow's, because its answers block. */
  private final class Talk extends AbstractReceiveListener {
    private final Conversation conversation;
    private CompletableFuture<?> turn = CompletableFuture.completedFuture(this);

    Talk(Conversation conversation) {
      this.conversation = conversation;
    }

    @Override
    protected void onFullTextMessage(WebSocketChannel channel, BufferedTextMessage message) {
      Frame text = new Frame.Text(message.getData());
      turn = turn.thenRunAsync(() -> conversation.message(text), talks);
    }

    @Override
    protected void onFullBinaryMessage(WebSocketChannel channel, BufferedBinaryMessage message) {
      Frame binary = new Frame.Binary(bytes(message));
      turn = turn.thenRunAsync(() -> conversation.message(binary), talks);
    }

    @Override
    protected void onFullPongMessage(WebSocketChannel channel, BufferedBinaryMessage message) {
      byte[] payload = bytes(message);
      turn = turn.thenRunAsync(() -> conversation.pong(payload), talks);
    }

    @Override
    protected void onCloseMessage(CloseMessage close, WebSocketChannel channel) {
      conversation.closed(close.getCode(), close.getReason());
    }

    private static byte[] bytes(BufferedBinaryMessage message) {
      try (var pooled = message.getData()) {
        return Buffers.take(pooled.getResource(), 0, pooled.getResource().length);
      }
    }
  }

  private static final class ChannelAnswers implements Conversation.Answers {
    private final WebSocketChannel channel;
    private @Nullable StreamSinkFrameChannel message;

    ChannelAnswers(WebSocketChannel channel) {
      this.channel = channel;
    }

    @Override
    public void send(Frame frame) {
      try {
        StreamSinkFrameChannel sink = message;
        if (sink == null) {
          sink =
              channel.send(
                  frame instanceof Frame.Text
                      ? WebSocketFrameType.TEXT
                      : WebSocketFrameType.BINARY);
        }
        message = frame.fin() ? null : sink;
        Channels.writeBlocking(sink, ByteBuffer.wrap(frame.data()));
        if (frame.fin()) {
          sink.shutdownWrites();
        }
        Channels.flushBlocking(sink);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void ping(byte[] payload) {
      WebSockets.sendPing(ByteBuffer.wrap(payload), channel, null);
    }

    @Override
    public void close(int code, String reason) {
      WebSockets.sendClose(code, reason, channel, null);
    }

    @Override
    public void cut(boolean reset) {
      try {
        if (reset) {
          channel.setOption(Options.CLOSE_ABORT, true);
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      IoUtils.safeClose(channel);
    }
  }
}
