// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks.peers;

import dev.parley.benchmarks.Client;
import dev.parley.benchmarks.Receiver;
import dev.parley.benchmarks.Session;
import dev.parley.benchmarks.Settings;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.ssl.SslContextBuilder;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.client.WebsocketClientSpec;
import reactor.netty.http.websocket.WebsocketInbound;
import reactor.netty.http.websocket.WebsocketOutbound;
import reactor.netty.resources.ConnectionProvider;
import reactor.util.concurrent.Queues;

/**
 * Reactor Netty on its native transport, which it prefers where it is there. What a session sends
 * is one stream of frames, which it flushes as it drains it; the sender looks at how much waits in
 * the stream.
 */
public final class ReactorNettyClient implements Client {
  private @Nullable HttpClient client;

  @Override
  public String version() {
    return HttpClient.class.getPackage().getImplementationVersion();
  }

  private synchronized HttpClient client(Settings settings) {
    if (client == null) {
      HttpClient made = HttpClient.create(ConnectionProvider.newConnection());
      if (settings.certificate() != null) {
        SslContextBuilder tls =
            SslContextBuilder.forClient().trustManager(settings.certificate().toFile());
        made =
            made.secure(
                spec -> {
                  try {
                    spec.sslContext(tls.build());
                  } catch (SSLException e) {
                    throw new IllegalStateException(e);
                  }
                });
      }
      client = made;
    }
    return client;
  }

  @Override
  public Session open(URI uri, Settings settings, Receiver receiver) throws Exception {
    int largest = Math.max(settings.largest(), 64 << 10);
    WebsocketClientSpec.Builder spec =
        WebsocketClientSpec.builder()
            .maxFramePayloadLength(largest)
            .compress(settings.compression() != Settings.Compression.NONE);
    if (settings.compression() == Settings.Compression.FRESH) {
      spec.compressionAllowClientNoContext(true).compressionRequestedServerNoContext(true);
    }
    ReactorSession session = new ReactorSession(receiver, settings.largest(), largest);
    client(settings)
        .websocket(spec.build())
        .uri(uri)
        .handle(session::handle)
        .subscribe(
            nothing -> {},
            failure -> {
              session.opened.completeExceptionally(failure);
              receiver.failed(failure);
            });
    session.opened.get(30, TimeUnit.SECONDS);
    return session;
  }

  @Override
  public void close() {
    // its event loops are daemons that the whole JVM shares
  }

  private static final class ReactorSession implements Session {
    private static final int MOST_WAITING_BYTES = 4 << 20;
    private static final long PAUSE_NANOS = 20_000;

    private final Receiver receiver;
    private final int largest;
    private final CompletableFuture<Void> opened = new CompletableFuture<>();
    private final Sinks.Many<WebSocketFrame> outgoing =
        Sinks.unsafe()
            .many()
            .unicast()
            .onBackpressureBuffer(Queues.<WebSocketFrame>unboundedMultiproducer().get());
    private final int mostWaiting;
    private final AtomicLong emitted = new AtomicLong();
    private final AtomicLong taken = new AtomicLong();

    ReactorSession(Receiver receiver, int size, int largest) {
      this.receiver = receiver;
      this.largest = largest;
      this.mostWaiting = Math.clamp(MOST_WAITING_BYTES / size, 4, 4096);
    }

    Publisher<Void> handle(WebsocketInbound in, WebsocketOutbound out) {
      Flux<WebSocketFrame> frames =
          outgoing.asFlux().doOnNext(frame -> taken.lazySet(taken.get() + 1));
      Mono<Void> receiving =
          in.aggregateFrames(largest).receiveFrames().doOnNext(this::received).then();
      Mono<Void> sending = out.sendObject(frames).then();
      opened.complete(null);
      return Mono.when(receiving, sending);
    }

    private void received(WebSocketFrame frame) {
      if (frame instanceof TextWebSocketFrame text) {
        receiver.message(text.text().length());
      } else if (frame instanceof BinaryWebSocketFrame binary) {
        receiver.message(binary.content().readableBytes());
      }
    }

    private static WebSocketFrame binary(byte[] binary) {
      return new BinaryWebSocketFrame(Unpooled.wrappedBuffer(binary));
    }

    private static WebSocketFrame text(String text) {
      return new TextWebSocketFrame(
          true, 0, Unpooled.wrappedBuffer(text.getBytes(StandardCharsets.UTF_8)));
    }

    private void makeRoom() {
      while (emitted.get() - taken.get() > mostWaiting) {
        LockSupport.parkNanos(this, PAUSE_NANOS);
      }
    }

    private void emit(WebSocketFrame frame) {
      emitted.incrementAndGet();
      outgoing.tryEmitNext(frame).orThrow();
    }

    @Override
    public void send(byte[] binary) {
      makeRoom();
      emit(binary(binary));
    }

    @Override
    public void send(String text) {
      makeRoom();
      emit(text(text));
    }

    @Override
    public void answer(byte[] binary) {
      emit(binary(binary));
    }

    @Override
    public void answer(String text) {
      emit(text(text));
    }

    @Override
    public void close() {
      emit(new CloseWebSocketFrame(1000, ""));
      outgoing.tryEmitComplete();
    }
  }
}
