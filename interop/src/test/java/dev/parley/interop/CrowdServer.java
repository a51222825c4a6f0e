// SPDX-License-Identifier: Apache-2.0
package dev.parley.interop;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.ChannelMatchers;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolHandler;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Netty with a crowd of sessions, in a process of its own: its end of ten thousand connections
 * would not fit beside ours under the usual limit of open files.
 *
 * <p>Who sends a text, has all others pinged, and is told how many pongs came when all have.
 */
final class CrowdServer {
  private CrowdServer() {}

  static NettyProcess start() throws IOException {
    return new NettyProcess(CrowdServer.class, 512);
  }

  /** Serves until standard input ends. */
  public static void main(String[] arguments) throws IOException {
    ChannelHandler crowd = new Crowd();
    NettyProcess.serve(() -> crowd);
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
