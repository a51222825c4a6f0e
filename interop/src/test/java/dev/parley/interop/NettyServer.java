// SPDX-License-Identifier: Apache-2.0
package dev.parley.interop;

import dev.parley.testkit.TestCertificates;
import dev.parley.websocket.Frame;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.ContinuationWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrameAggregator;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolConfig;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolHandler;
import io.netty.handler.codec.http.websocketx.extensions.WebSocketServerExtensionHandler;
import io.netty.handler.codec.http.websocketx.extensions.compression.DeflateFrameServerExtensionHandshaker;
import io.netty.handler.codec.http.websocketx.extensions.compression.PerMessageDeflateServerExtensionHandshaker;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Netty 4.2. The only server that still speaks deflate-frame beside permessage-deflate. */
// A write that fails ends the channel, and the client sees that.
@SuppressWarnings("FutureReturnValueIgnored")
final class NettyServer implements EchoServer {
  private static final WebSocketServerProtocolConfig CONFIG =
      WebSocketServerProtocolConfig.newBuilder()
          .websocketPath("/talk")
          .checkStartsWith(true)
          .subprotocols(Conversation.SUBPROTOCOL)
          .dropPongFrames(false)
          // A cut must not send a Close frame.
          .sendCloseFrame(null)
          .decoderConfig(
              WebSocketDecoderConfig.newBuilder()
                  .allowExtensions(true)
                  .maxFramePayloadLength(Conversation.MAX_MESSAGE)
                  .build())
          .build();

  private final EventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final Closes closes = new Closes();
  private final Channel plain;
  private final Channel secure;

  NettyServer() {
    TestCertificates.Issued issued = TestCertificates.issue(TestCertificates.Subject.SERVER);
    try {
      plain = bind(null);
      secure =
          bind(
              SslContextBuilder.forServer(
                      issued.certificateFile().toFile(), issued.keyFile().toFile())
                  .build());
    } catch (SSLException e) {
      throw new IllegalStateException("no TLS for Netty", e);
    }
  }

  @Override
  public int port(boolean secure) {
    return ((InetSocketAddress) (secure ? this.secure : plain).localAddress()).getPort();
  }

  @Override
  public Closes closes() {
    return closes;
  }

  @Override
  public void close() {
    group.shutdownGracefully().syncUninterruptibly();
  }

  private Channel bind(@Nullable SslContext tls) {
    return new ServerBootstrap()
        .group(group)
        .channel(NioServerSocketChannel.class)
        .childHandler(
            new ChannelInitializer<SocketChannel>() {
              @Override
              protected void initChannel(SocketChannel channel) {
                ChannelPipeline pipeline = channel.pipeline();
                if (tls != null) {
                  pipeline.addLast(tls.newHandler(channel.alloc()));
                }
                pipeline.addLast(
                    new HttpServerCodec(),
                    new HttpObjectAggregator(64 << 10),
                    new WebSocketServerExtensionHandler(
                        // As WebSocketServerCompressionHandler does, but for agreeing to forget.
                        new PerMessageDeflateServerExtensionHandshaker(
                            6, false, 15, true, false, Conversation.MAX_MESSAGE),
                        new DeflateFrameServerExtensionHandshaker(6, Conversation.MAX_MESSAGE)),
                    new CloseWitness(),
                    new WebSocketServerProtocolHandler(CONFIG),
                    new WebSocketFrameAggregator(Conversation.MAX_MESSAGE),
                    new Talk(closes));
              }
            })
        .bind(InetAddress.getLoopbackAddress(), 0)
        .syncUninterruptibly()
        .channel();
  }

  /** Sees the Close frames, which the protocol handler keeps for itself. */
  private static final class CloseWitness extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      if (message instanceof CloseWebSocketFrame close) {
        boolean empty = close.statusCode() < 0;
        context
            .pipeline()
            .get(Talk.class)
            .conversation()
            .closed(empty ? 1005 : close.statusCode(), close.reasonText());
      }
      context.fireChannelRead(message);
    }
  }

  private static final class Talk extends SimpleChannelInboundHandler<Object> {
    private final Closes closes;
    private @Nullable Conversation conversation;

    Talk(Closes closes) {
      this.closes = closes;
    }

    Conversation conversation() {
      return Objects.requireNonNull(conversation, "before the opening handshake");
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
      if (event instanceof WebSocketServerProtocolHandler.HandshakeComplete open) {
        conversation =
            new Conversation(open.requestUri(), new ChannelAnswers(context.channel()), closes);
      }
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, Object message) {
      switch (message) {
        case TextWebSocketFrame text -> conversation().message(new Frame.Text(bytes(text)));
        case BinaryWebSocketFrame binary -> conversation().message(new Frame.Binary(bytes(binary)));
        case PongWebSocketFrame pong -> conversation().pong(bytes(pong));
        case FullHttpRequest elsewhere ->
            context
                .writeAndFlush(
                    new DefaultFullHttpResponse(
                        HttpVersion.HTTP_1_1,
                        HttpResponseStatus.NOT_FOUND,
                        Unpooled.copiedBuffer("nothing here", StandardCharsets.US_ASCII)))
                .addListener(ChannelFutureListener.CLOSE);
        default -> throw new IllegalStateException("message " + message);
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      context.close();
    }

    private static byte[] bytes(WebSocketFrame frame) {
      return ByteBufUtil.getBytes(frame.content());
    }
  }

  private static final class ChannelAnswers implements Conversation.Answers {
    private final Channel channel;
    private boolean insideMessage;

    ChannelAnswers(Channel channel) {
      this.channel = channel;
    }

    @Override
    public void send(Frame frame) {
      ByteBuf payload = Unpooled.wrappedBuffer(frame.data());
      WebSocketFrame out;
      if (insideMessage) {
        out = new ContinuationWebSocketFrame(frame.fin(), 0, payload);
      } else if (frame instanceof Frame.Text) {
        out = new TextWebSocketFrame(frame.fin(), 0, payload);
      } else {
        out = new BinaryWebSocketFrame(frame.fin(), 0, payload);
      }
      insideMessage = !frame.fin();
      channel.writeAndFlush(out);
    }

    @Override
    public void ping(byte[] payload) {
      channel.writeAndFlush(new PingWebSocketFrame(Unpooled.wrappedBuffer(payload)));
    }

    @Override
    public void close(int code, String reason) {
      channel.writeAndFlush(new CloseWebSocketFrame(code, reason));
    }

    @Override
    public void cut(boolean reset) {
      channel
          .writeAndFlush(Unpooled.EMPTY_BUFFER)
          .addListener(
              written -> {
                if (reset) {
                  channel.config().setOption(ChannelOption.SO_LINGER, 0);
                }
                // From the first handler on: TLS must not say goodbye either.
                channel.pipeline().firstContext().close();
              });
    }
  }
}
