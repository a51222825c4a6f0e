// SPDX-License-Identifier: Apache-2.0
package dev.parley.interop;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.ContinuationWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.HexFormat;

/**
 * Netty with one long message, in a process of its own, so that the heap of ours is the client's.
 *
 * <p>A binary message is read, fragment by fragment; the text {@code N} is answered with a binary
 * message of N bytes of {@link LongMessage}. Either is followed by a text: the {@link Summary} of
 * what passed. Within the message the server pings each time another 16 MiB have passed. Where it
 * sends, it goes on only when the Pong is there.
 */
final class StreamServer {
  static final int BYTES_PER_PING = 16 << 20;
  private static final int FRAGMENT = 64 << 10;

  private StreamServer() {}

  static NettyProcess start() throws IOException {
    return new NettyProcess(StreamServer.class, 256);
  }

  /**
   * What the server says of a message.
   *
   * @param bytes its length
   * @param fragments how many frames it was made of
   * @param sha256 of its bytes, in hex
   * @param pings how many Pings it sent within the message
   * @param pongs how many were answered within the message
   */
  record Summary(long bytes, long fragments, String sha256, long pings, long pongs) {
    static Summary parse(String text) {
      String[] words = text.split(" ", -1);
      return new Summary(
          Long.parseLong(words[0]),
          Long.parseLong(words[1]),
          words[2],
          Long.parseLong(words[3]),
          Long.parseLong(words[4]));
    }

    @Override
    public String toString() {
      return "%d %d %s %d %d".formatted(bytes, fragments, sha256, pings, pongs);
    }
  }

  /** Serves until standard input ends. */
  public static void main(String[] arguments) throws IOException {
    NettyProcess.serve(Messages::new);
  }

  // A write that fails ends the channel, and with it the session.
  @SuppressWarnings("FutureReturnValueIgnored")
  private static final class Messages extends SimpleChannelInboundHandler<WebSocketFrame> {
    private final MessageDigest digest = LongMessage.digest();
    private final byte[] source = LongMessage.bytes();
    private boolean sending;
    private long toSend;
    private long bytes;
    private long fragments;
    private long pings;
    private long pongs;

    @Override
    protected void channelRead0(ChannelHandlerContext context, WebSocketFrame frame) {
      switch (frame) {
        case TextWebSocketFrame text -> {
          toSend = Long.parseLong(text.text());
          send(context);
        }
        case PongWebSocketFrame pong -> {
          pongs++;
          send(context);
        }
        case BinaryWebSocketFrame first -> received(context, first);
        case ContinuationWebSocketFrame next -> received(context, next);
        default -> throw new IllegalStateException("a frame of " + frame.getClass());
      }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
      send(context);
    }

    private void received(ChannelHandlerContext context, WebSocketFrame frame) {
      for (ByteBuffer buffer : frame.content().nioBuffers()) {
        digest.update(buffer);
      }
      passed(context, frame.content().readableBytes());
      if (frame.isFinalFragment()) {
        summarize(context);
      }
    }

    private void send(ChannelHandlerContext context) {
      if (sending) {
        return; // within a write, which told that there is room again
      }
      sending = true;
      while (bytes < toSend && pongs == pings && context.channel().isWritable()) {
        int length = (int) Math.min(FRAGMENT, toSend - bytes);
        int from = LongMessage.offset(bytes);
        boolean fin = bytes + length == toSend;
        var content = Unpooled.wrappedBuffer(source, from, length);
        digest.update(source, from, length);
        context.writeAndFlush(
            bytes == 0
                ? new BinaryWebSocketFrame(fin, 0, content)
                : new ContinuationWebSocketFrame(fin, 0, content));
        passed(context, length);
        if (fin) {
          summarize(context);
        }
      }
      sending = false;
    }

    private void passed(ChannelHandlerContext context, int length) {
      bytes += length;
      fragments++;
      if (bytes / BYTES_PER_PING > (bytes - length) / BYTES_PER_PING && bytes != toSend) {
        pings++;
        context.writeAndFlush(new PingWebSocketFrame());
      }
    }

    private void summarize(ChannelHandlerContext context) {
      String sha256 = HexFormat.of().formatHex(digest.digest());
      Summary summary = new Summary(bytes, fragments, sha256, pings, pongs);
      context.writeAndFlush(new TextWebSocketFrame(summary.toString()));
      toSend = 0;
      bytes = 0;
      fragments = 0;
      pings = 0;
      pongs = 0;
    }
  }
}
