// SPDX-License-Identifier: Apache-2.0
package dev.parley.compliance.peers;

import dev.parley.compliance.ClientUnderTest;
import dev.parley.compliance.Ending;
import dev.parley.compliance.Message;
import dev.parley.compliance.Outcome;
import dev.parley.compliance.Settings;
import dev.parley.compliance.Transcript;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.compression.ZlibCodecFactory;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketClientProtocolConfig;
import io.netty.handler.codec.http.websocketx.WebSocketClientProtocolHandler;
import io.netty.handler.codec.http.websocketx.WebSocketClientProtocolHandler.ClientHandshakeStateEvent;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrameAggregator;
import io.netty.handler.codec.http.websocketx.extensions.WebSocketClientExtensionHandler;
import io.netty.handler.codec.http.websocketx.extensions.compression.PerMessageDeflateClientExtensionHandshaker;
import io.netty.util.Version;
import java.net.URI;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Netty: the pipeline of its own example, with an aggregator for whole messages. The application
 * answers a Close, for the protocol handler would hang up without an answer; and the handler does
 * not say 1000 of its own accord where the channel is closed because of an error.
 */
public final class NettyClient implements ClientUnderTest {
  private final EventLoopGroup group = new MultiThreadIoEventLoopGroup(NioIoHandler.newFactory());

  @Override
  public String name() {
    return "netty";
  }

  @Override
  public String title() {
    return "Netty "
        + Version.identify().get("netty-codec-http").artifactVersion().replace(".Final", "");
  }

  /** The usual handshaker, which refuses what a server may ask for, told to accept it. */
  private static PerMessageDeflateClientExtensionHandshaker deflate(int largest) {
    return new PerMessageDeflateClientExtensionHandshaker(
        6,
        ZlibCodecFactory.isSupportingWindowSizeAndMemLevel(),
        15,
        /* allowClientNoContext= */ true,
        /* requestedServerNoContext= */ false,
        2 * largest);
  }

  @Override
  public Outcome run(URI uri, Settings settings, Duration patience) throws InterruptedException {
    Transcript transcript = new Transcript();
    int largest = settings.maxMessageSizeOr(Settings.LARGEST);
    WebSocketClientProtocolConfig.Builder config =
        WebSocketClientProtocolConfig.newBuilder()
            .webSocketUri(uri)
            .allowExtensions(settings.compression() == Settings.Compression.OFFERED)
            .maxFramePayloadLength(largest)
            .handleCloseFrames(false)
            .sendCloseFrame(null)
            .dropPongFrames(true);
    if (!settings.subprotocols().isEmpty()) {
      config.subprotocol(String.join(",", settings.subprotocols()));
    }
    Duration timeout = settings.openTimeout();
    if (timeout != null) {
      config.handshakeTimeoutMillis(timeout.toMillis());
    }
    Bootstrap bootstrap =
        new Bootstrap()
            .group(group)
            .channel(NioSocketChannel.class)
            .handler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel channel) {
                    ChannelPipeline pipeline = channel.pipeline();
                    pipeline.addLast(new HttpClientCodec(), new HttpObjectAggregator(64 << 10));
                    if (settings.compression() == Settings.Compression.OFFERED) {
                      pipeline.addLast(new WebSocketClientExtensionHandler(deflate(largest)));
                    }
                    pipeline.addLast(
                        new WebSocketClientProtocolHandler(config.build()),
                        new WebSocketFrameAggregator(largest),
                        new Echo(transcript));
                  }
                });
    Channel channel = bootstrap.connect(uri.getHost(), uri.getPort()).sync().channel();
    Outcome outcome = transcript.await(patience);
    if (outcome.ending() instanceof Ending.Silent) {
      channel.close();
    }
    return outcome;
  }

  private static final class Echo extends SimpleChannelInboundHandler<WebSocketFrame> {
    private final Transcript transcript;

    Echo(Transcript transcript) {
      this.transcript = transcript;
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
      if (event == ClientHandshakeStateEvent.HANDSHAKE_COMPLETE) {
        transcript.opened();
      }
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, WebSocketFrame frame) {
      if (frame instanceof TextWebSocketFrame text) {
        transcript.delivered(Message.text(text.text()));
        context.writeAndFlush(new TextWebSocketFrame(text.text()));
      } else if (frame instanceof BinaryWebSocketFrame binary) {
        byte[] bytes = ByteBufUtil.getBytes(binary.content());
        transcript.delivered(Message.binary(bytes));
        context.writeAndFlush(new BinaryWebSocketFrame(Unpooled.wrappedBuffer(bytes)));
      } else if (frame instanceof CloseWebSocketFrame close) {
        int code = close.statusCode();
        transcript.closed(code < 0 ? 1005 : code, close.reasonText());
        context.writeAndFlush(close.retain()).addListener(ChannelFutureListener.CLOSE);
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      transcript.failed(cause);
      context.close();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      transcript.failed(new ClosedChannelException());
    }
  }

  @Override
  public void close() {
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }
}
