// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks.peers;

import dev.parley.benchmarks.Client;
import dev.parley.benchmarks.Receiver;
import dev.parley.benchmarks.Session;
import dev.parley.benchmarks.Settings;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.socket.SocketChannel;
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
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.ReferenceCountUtil;
import java.net.URI;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Netty: the pipeline of its own example, and an aggregator for whole messages.
 *
 * <p>Many messages are handed to the event loop a batch at a time, which writes each and flushes
 * once; the promise of a batch's last message is the backpressure. What is answered from a callback
 * leaves when all that was read has been seen. A deflate level of 6 and the allocator are its
 * defaults.
 */
@SuppressWarnings("FutureReturnValueIgnored") // the handler is told of failures
abstract class NettyClient implements Client {
  private final EventLoopGroup group;
  private final Class<? extends SocketChannel> channel;
  private final SslProvider ssl;
  private @Nullable SslContext tls;

  NettyClient(IoHandlerFactory io, Class<? extends SocketChannel> channel, SslProvider ssl) {
    this.group = new MultiThreadIoEventLoopGroup(io);
    this.channel = channel;
    this.ssl = ssl;
  }

  @Override
  public String version() {
    return Channel.class.getPackage().getImplementationVersion().replace(".Final", "");
  }

  private synchronized @Nullable SslContext tls(Settings settings) throws SSLException {
    if (tls == null && settings.certificate() != null) {
      tls =
          SslContextBuilder.forClient()
              .sslProvider(ssl)
              .trustManager(settings.certificate().toFile())
              .build();
    }
    return tls;
  }

  private static PerMessageDeflateClientExtensionHandshaker deflate(Settings settings) {
    boolean fresh = settings.compression() == Settings.Compression.FRESH;
    return new PerMessageDeflateClientExtensionHandshaker(
        6, /* allowClientWindowSize= */ false, 15, fresh, fresh, 2 * settings.largest());
  }

  @Override
  public Session open(URI uri, Settings settings, Receiver receiver) throws Exception {
    SslContext secure = tls(settings);
    boolean compressed = settings.compression() != Settings.Compression.NONE;
    int largest = Math.max(settings.largest(), 64 << 10);
    WebSocketClientProtocolConfig config =
        WebSocketClientProtocolConfig.newBuilder()
            .webSocketUri(uri)
            .allowExtensions(compressed)
            .maxFramePayloadLength(largest)
            .build();
    Handler handler = new Handler(receiver);
    new Bootstrap()
        .group(group)
        .channel(channel)
        .handler(
            new ChannelInitializer<SocketChannel>() {
              @Override
              protected void initChannel(SocketChannel channel) {
                ChannelPipeline pipeline = channel.pipeline();
                if (secure != null) {
                  pipeline.addLast(
                      secure.newHandler(channel.alloc(), uri.getHost(), uri.getPort()));
                }
                pipeline.addLast(new HttpClientCodec(), new HttpObjectAggregator(64 << 10));
                if (compressed) {
                  pipeline.addLast(new WebSocketClientExtensionHandler(deflate(settings)));
                }
                pipeline.addLast(
                    new WebSocketClientProtocolHandler(config),
                    new WebSocketFrameAggregator(largest),
                    handler);
              }
            })
        .connect(uri.getHost(), uri.getPort())
        .sync();
    return new NettySession(handler, handler.opened.get(30, TimeUnit.SECONDS));
  }

  @Override
  public void close() {
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }

  private static final class NettySession implements Session {
    private static final int BATCH_MESSAGES = 256;
    private static final int BATCH_BYTES = 64 << 10;
    private static final int BATCHES = 8;

    private final ChannelHandlerContext context;
    private final Channel channel;
    private final Handler handler;
    private final Semaphore batches = new Semaphore(BATCHES);
    private final ReentrantLock lock = new ReentrantLock();
    private List<WebSocketFrame> held = new ArrayList<>();
    private int heldBytes;

    NettySession(Handler handler, ChannelHandlerContext context) {
      this.context = context;
      this.channel = context.channel();
      this.handler = handler;
    }

    private static WebSocketFrame binary(byte[] binary) {
      return new BinaryWebSocketFrame(Unpooled.wrappedBuffer(binary));
    }

    private static WebSocketFrame text(String text) {
      return new TextWebSocketFrame(
          true, 0, Unpooled.wrappedBuffer(text.getBytes(StandardCharsets.UTF_8)));
    }

    @Override
    public void send(byte[] binary) throws InterruptedException {
      hold(binary(binary));
    }

    @Override
    public void send(String text) throws InterruptedException {
      hold(text(text));
    }

    private void hold(WebSocketFrame frame) throws InterruptedException {
      lock.lock();
      try {
        held.add(frame);
        heldBytes += frame.content().readableBytes();
        if (held.size() >= BATCH_MESSAGES || heldBytes >= BATCH_BYTES) {
          handOver();
        }
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void flush() throws InterruptedException {
      lock.lock();
      try {
        if (!held.isEmpty()) {
          handOver();
        }
      } finally {
        lock.unlock();
      }
    }

    private void handOver() throws InterruptedException {
      List<WebSocketFrame> batch = held;
      held = new ArrayList<>(batch.size());
      heldBytes = 0;
      batches.acquire();
      channel.eventLoop().execute(() -> write(batch));
    }

    private void write(List<WebSocketFrame> batch) {
      int last = batch.size() - 1;
      for (int i = 0; i < last; i++) {
        context.write(batch.get(i), context.voidPromise());
      }
      context.writeAndFlush(batch.get(last)).addListener(written -> batches.release());
    }

    @Override
    public void sendNow(byte[] binary) throws InterruptedException {
      channel.writeAndFlush(binary(binary)).sync();
    }

    @Override
    public void sendNow(String text) throws InterruptedException {
      channel.writeAndFlush(text(text)).sync();
    }

    @Override
    public void answer(byte[] binary) {
      answer(binary(binary));
    }

    @Override
    public void answer(String text) {
      answer(text(text));
    }

    private void answer(WebSocketFrame frame) {
      if (channel.eventLoop().inEventLoop()) {
        context.write(frame, context.voidPromise());
        handler.answered = true; // channelReadComplete will flush
      } else {
        channel.writeAndFlush(frame, channel.voidPromise());
      }
    }

    @Override
    public void close() {
      channel.writeAndFlush(new CloseWebSocketFrame(1000, ""));
    }
  }

  private static final class Handler extends ChannelInboundHandlerAdapter {
    private final Receiver receiver;
    private final CompletableFuture<ChannelHandlerContext> opened = new CompletableFuture<>();
    private boolean answered;

    Handler(Receiver receiver) {
      this.receiver = receiver;
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
      if (event == ClientHandshakeStateEvent.HANDSHAKE_COMPLETE) {
        opened.complete(context);
      }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      try {
        if (message instanceof TextWebSocketFrame text) {
          receiver.message(text.text().length());
        } else if (message instanceof BinaryWebSocketFrame binary) {
          receiver.message(binary.content().readableBytes());
        }
      } finally {
        ReferenceCountUtil.release(message);
      }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
      if (answered) {
        answered = false;
        context.flush();
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      opened.completeExceptionally(cause);
      receiver.failed(cause);
      context.close();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      exceptionCaught(context, new ClosedChannelException());
    }
  }
}
