// SPDX-License-Identifier: Apache-2.0
package dev.parley.interop;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.ChannelMatchers;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolConfig;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolHandler;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Netty with a crowd of sessions, in a process of its own: its end of ten thousand connections
 * would not fit beside ours under the usual limit of open files.
 *
 * <p>Who sends a text, has all others pinged, and is told how many pongs came when all have.
 */
final class CrowdServer implements AutoCloseable {
  private final Process process;
  private final int port;

  CrowdServer() throws IOException {
    process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-cp",
                System.getProperty("java.class.path"),
                CrowdServer.class.getName())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    BufferedReader lines = process.inputReader(StandardCharsets.UTF_8);
    port = Integer.parseInt(Objects.requireNonNull(lines.readLine(), "no port"));
  }

  String url() {
    return "ws://127.0.0.1:" + port + "/";
  }

  @Override
  public void close() {
    process.destroy();
  }

  /** Prints the port, and serves until standard input ends. */
  public static void main(String[] arguments) throws IOException {
    EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    ChannelHandler crowd = new Crowd();
    WebSocketServerProtocolConfig config =
        WebSocketServerProtocolConfig.newBuilder().websocketPath("/").dropPongFrames(false).build();
    Channel channel =
        new ServerBootstrap()
            .group(group)
            .channel(NioServerSocketChannel.class)
            .option(ChannelOption.SO_BACKLOG, 1024)
            .childHandler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel channel) {
                    channel
                        .pipeline()
                        .addLast(
                            new HttpServerCodec(),
                            new HttpObjectAggregator(64 << 10),
                            new WebSocketServerProtocolHandler(config),
                            crowd);
                  }
                })
            .bind(InetAddress.getLoopbackAddress(), 0)
            .syncUninterruptibly()
            .channel();
    System.out.println(((InetSocketAddress) channel.localAddress()).getPort());
    while (System.in.read() >= 0) {}
    System.exit(0);
  }

  // A write that fails ends the channel, and a pong is missed.
  @SuppressWarnings("FutureReturnValueIgnored")
  @ChannelHandler.Sharable
  private static final class Crowd extends SimpleChannelInboundHandler<WebSocketFrame> {
    private final ChannelGroup sessions = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private @Nullable Channel curious;
    private int pongs;

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
      if (event instanceof WebSocketServerProtocolHandler.HandshakeComplete) {
        sessions.add(context.channel());
      }
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, WebSocketFrame frame) {
      if (frame instanceof TextWebSocketFrame) {
        curious = context.channel();
        pongs = 0;
        sessions.writeAndFlush(new PingWebSocketFrame(), ChannelMatchers.isNot(context.channel()));
      } else if (frame instanceof PongWebSocketFrame
          && ++pongs == sessions.size() - 1
          && curious != null) {
        curious.writeAndFlush(new TextWebSocketFrame(pongs + " pongs"));
      }
    }
  }
}
