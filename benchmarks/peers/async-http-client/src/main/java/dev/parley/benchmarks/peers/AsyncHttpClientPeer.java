// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks.peers;

import dev.parley.benchmarks.Client;
import dev.parley.benchmarks.Receiver;
import dev.parley.benchmarks.Session;
import dev.parley.benchmarks.Settings;
import io.netty.handler.flush.FlushConsolidationHandler;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.asynchttpclient.AsyncHttpClient;
import org.asynchttpclient.DefaultAsyncHttpClientConfig;
import org.asynchttpclient.Dsl;
import org.asynchttpclient.ws.WebSocket;
import org.asynchttpclient.ws.WebSocketListener;
import org.asynchttpclient.ws.WebSocketUpgradeHandler;
import org.jspecify.annotations.Nullable;

/**
 * AsyncHttpClient on the native transport. It flushes each message that it writes, so Netty's own
 * handler is added that makes one flush of many. A window of futures bounds what is on its way.
 */
@SuppressWarnings("FutureReturnValueIgnored") // the listener is told of failures
public final class AsyncHttpClientPeer implements Client {
  private @Nullable AsyncHttpClient client;

  @Override
  public String version() {
    return "3.0.11"; // it does not know it
  }

  /** It takes no answer that has {@code client_no_context_takeover}, and cannot be told to. */
  @Override
  public boolean supports(Settings settings) {
    return settings.compression() != Settings.Compression.FRESH;
  }

  private synchronized AsyncHttpClient client(Settings settings) throws IOException {
    if (client == null) {
      DefaultAsyncHttpClientConfig.Builder config =
          Dsl.config()
              .setUseNativeTransport(true)
              .setTcpNoDelay(true)
              .setRequestTimeout(Duration.ofMinutes(10))
              .setWebSocketMaxFrameSize(Math.max(settings.largest(), 64 << 10))
              .setWebSocketMaxBufferSize(128_000_000)
              .setAggregateWebSocketFrameFragments(true)
              .setEnablewebSocketCompression(settings.compression() != Settings.Compression.NONE)
              .setWsAdditionalChannelInitializer(
                  channel -> channel.pipeline().addFirst(new FlushConsolidationHandler(256, true)));
      if (settings.certificate() != null) {
        config.setSslContext(
            SslContextBuilder.forClient().trustManager(settings.certificate().toFile()).build());
      }
      client = Dsl.asyncHttpClient(config);
    }
    return client;
  }

  @Override
  public Session open(URI uri, Settings settings, Receiver receiver) throws Exception {
    WebSocket webSocket =
        client(settings)
            .prepareGet(uri.toString())
            .execute(
                new WebSocketUpgradeHandler.Builder()
                    .addWebSocketListener(new Listener(receiver))
                    .build())
            .get(30, TimeUnit.SECONDS);
    return new AsyncSession(webSocket, settings.largest());
  }

  @Override
  public void close() throws IOException {
    if (client != null) {
      client.close();
    }
  }

  private static final class AsyncSession implements Session {
    private static final int MOST_ON_THEIR_WAY_BYTES = 1 << 20;

    private final WebSocket webSocket;
    private final Semaphore window;

    AsyncSession(WebSocket webSocket, int largest) {
      this.webSocket = webSocket;
      this.window = new Semaphore(Math.clamp(MOST_ON_THEIR_WAY_BYTES / largest, 4, 1024));
    }

    @Override
    public void send(byte[] binary) throws InterruptedException {
      window.acquire();
      webSocket.sendBinaryFrame(binary).addListener(written -> window.release());
    }

    @Override
    public void send(String text) throws InterruptedException {
      window.acquire();
      webSocket.sendTextFrame(text).addListener(written -> window.release());
    }

    @Override
    public void sendNow(byte[] binary) throws InterruptedException {
      await(webSocket.sendBinaryFrame(binary));
    }

    @Override
    public void sendNow(String text) throws InterruptedException {
      await(webSocket.sendTextFrame(text));
    }

    private static void await(Future<Void> written) throws InterruptedException {
      written.sync();
    }

    @Override
    public void answer(byte[] binary) {
      webSocket.sendBinaryFrame(binary);
    }

    @Override
    public void answer(String text) {
      webSocket.sendTextFrame(text);
    }

    @Override
    public void close() {
      webSocket.sendCloseFrame();
    }
  }

  private record Listener(Receiver receiver) implements WebSocketListener {
    @Override
    public void onOpen(WebSocket webSocket) {
      // the future tells
    }

    @Override
    public void onTextFrame(String payload, boolean finalFragment, int rsv) {
      receiver.message(payload.length());
    }

    @Override
    public void onBinaryFrame(byte[] payload, boolean finalFragment, int rsv) {
      receiver.message(payload.length);
    }

    @Override
    public void onClose(WebSocket webSocket, int code, String reason) {
      receiver.failed(new IOException("closed with " + code));
    }

    @Override
    public void onError(Throwable failure) {
      receiver.failed(failure);
    }
  }
}
