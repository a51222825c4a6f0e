// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks.peers;

import dev.parley.benchmarks.Client;
import dev.parley.benchmarks.Receiver;
import dev.parley.benchmarks.Session;
import dev.parley.benchmarks.Settings;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.http.WebSocketConnectOptions;
import io.vertx.core.net.PemTrustOptions;
import java.io.IOException;
import java.net.URI;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Vert.x on its native transport. What other threads write waits in a queue of its own, from which
 * the event loop writes all and flushes once; the sender looks whether the queue is full.
 */
public final class VertxClient implements Client {
  private final Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
  private @Nullable WebSocketClient client;

  @Override
  public String version() {
    return Vertx.class.getPackage().getImplementationVersion();
  }

  private synchronized WebSocketClient client(Settings settings) {
    if (client == null) {
      int largest = Math.max(settings.largest(), 256 << 10);
      boolean compressed = settings.compression() != Settings.Compression.NONE;
      boolean fresh = settings.compression() == Settings.Compression.FRESH;
      WebSocketClientOptions options =
          new WebSocketClientOptions()
              .setMaxConnections(Math.max(50, 2 * settings.sessions()))
              .setMaxFrameSize(largest)
              .setMaxMessageSize(largest)
              .setTryUsePerMessageCompression(compressed)
              .setCompressionAllowClientNoContext(fresh)
              .setCompressionRequestServerNoContext(fresh);
      if (settings.certificate() != null) {
        options
            .setSsl(true)
            .setTrustOptions(new PemTrustOptions().addCertPath(settings.certificate().toString()));
      }
      client = vertx.createWebSocketClient(options);
    }
    return client;
  }

  @Override
  public Session open(URI uri, Settings settings, Receiver receiver) throws Exception {
    WebSocket webSocket =
        client(settings)
            .webSocket()
            .textMessageHandler(text -> receiver.message(text.length()))
            .binaryMessageHandler(binary -> receiver.message(binary.length()))
            .exceptionHandler(receiver::failed)
            .closeHandler(ended -> receiver.failed(new IOException("closed")))
            .connect(
                new WebSocketConnectOptions()
                    .setHost(uri.getHost())
                    .setPort(uri.getPort())
                    .setSsl(settings.tls() != null)
                    .setURI(
                        uri.getRawQuery() == null
                            ? uri.getRawPath()
                            : uri.getRawPath() + "?" + uri.getRawQuery()))
            .toCompletionStage()
            .toCompletableFuture()
            .get(30, TimeUnit.SECONDS);
    return new VertxSession(webSocket);
  }

  @Override
  public void close() throws Exception {
    vertx.close().await(30, TimeUnit.SECONDS);
  }

  private static final class VertxSession implements Session {
    private static final int QUEUE_BYTES = 1 << 20;
    private static final long PAUSE_NANOS = 20_000;

    private final WebSocket webSocket;

    VertxSession(WebSocket webSocket) {
      this.webSocket = webSocket;
      webSocket.setWriteQueueMaxSize(QUEUE_BYTES);
    }

    private void makeRoom() {
      while (webSocket.writeQueueFull()) {
        LockSupport.parkNanos(this, PAUSE_NANOS);
      }
    }

    @Override
    public void send(byte[] binary) {
      makeRoom();
      webSocket.writeBinaryMessage(Buffer.buffer(binary));
    }

    @Override
    public void send(String text) {
      makeRoom();
      webSocket.writeTextMessage(text);
    }

    @Override
    public void sendNow(byte[] binary) throws Exception {
      webSocket.writeBinaryMessage(Buffer.buffer(binary)).await(30, TimeUnit.SECONDS);
    }

    @Override
    public void sendNow(String text) throws Exception {
      webSocket.writeTextMessage(text).await(30, TimeUnit.SECONDS);
    }

    @Override
    public void answer(byte[] binary) {
      webSocket.writeBinaryMessage(Buffer.buffer(binary));
    }

    @Override
    public void answer(String text) {
      webSocket.writeTextMessage(text);
    }

    @Override
    public void close() {
      webSocket.close();
    }
  }
}
