// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks.peers;

import dev.parley.benchmarks.Client;
import dev.parley.benchmarks.Receiver;
import dev.parley.benchmarks.Session;
import dev.parley.benchmarks.Settings;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import okhttp3.Dispatcher;
import okhttp3.OkHttp;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.WebSocket;
import okhttp3.WebSocketListener;
import okio.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * OkHttp. It queues what is sent and closes the session when more than 16 MiB wait, so a sender has
 * to look at the length of the queue; it can neither hold a message back, nor tell when one is
 * written. Each session keeps one of the dispatcher's calls, of which there are 64 by default. It
 * always offers compression, and compresses from the first byte on if the server accepts.
 */
public final class OkHttpPeer implements Client {
  private @Nullable OkHttpClient client;

  @Override
  public String version() {
    return OkHttp.VERSION;
  }

  private synchronized OkHttpClient client(Settings settings)
      throws GeneralSecurityException, IOException {
    if (client == null) {
      Dispatcher dispatcher = new Dispatcher();
      dispatcher.setMaxRequests(Math.max(64, 2 * settings.sessions() + 64));
      dispatcher.setMaxRequestsPerHost(dispatcher.getMaxRequests());
      OkHttpClient.Builder builder =
          new OkHttpClient.Builder()
              .dispatcher(dispatcher)
              .readTimeout(Duration.ZERO)
              .minWebSocketMessageToCompress(0);
      if (settings.tls() != null && settings.certificate() != null) {
        builder.sslSocketFactory(
            settings.tls().getSocketFactory(), trusting(settings.certificate()));
      }
      client = builder.build();
    }
    return client;
  }

  private static X509TrustManager trusting(Path certificate)
      throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    try (InputStream in = Files.newInputStream(certificate)) {
      store.setCertificateEntry(
          "server", CertificateFactory.getInstance("X.509").generateCertificate(in));
    }
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    return (X509TrustManager) trust.getTrustManagers()[0];
  }

  @Override
  public Session open(URI uri, Settings settings, Receiver receiver) throws Exception {
    Listener listener = new Listener(receiver);
    Request request = new Request.Builder().url(uri.toString()).build();
    return new OkHttpSession(client(settings).newWebSocket(request, listener), listener.opened);
  }

  @Override
  public void close() {
    OkHttpClient made = client;
    if (made != null) {
      made.dispatcher().executorService().shutdownNow();
      made.connectionPool().evictAll();
    }
  }

  private static final class OkHttpSession implements Session {
    /** Enough that the writer never waits for the sender, and far from where sends fail. */
    private static final long MOST_QUEUED = 4 << 20;

    private static final long PAUSE_NANOS = 20_000;

    private final WebSocket webSocket;

    OkHttpSession(WebSocket webSocket, CompletableFuture<Void> opened) throws Exception {
      this.webSocket = webSocket;
      opened.get(30, TimeUnit.SECONDS);
    }

    private void makeRoom() {
      while (webSocket.queueSize() > MOST_QUEUED) {
        LockSupport.parkNanos(this, PAUSE_NANOS);
      }
    }

    private static void check(boolean queued) {
      if (!queued) {
        throw new IllegalStateException("OkHttp took no message");
      }
    }

    @Override
    public void send(byte[] binary) {
      makeRoom();
      check(webSocket.send(ByteString.of(binary)));
    }

    @Override
    public void send(String text) {
      makeRoom();
      check(webSocket.send(text));
    }

    @Override
    public void answer(byte[] binary) {
      check(webSocket.send(ByteString.of(binary)));
    }

    @Override
    public void answer(String text) {
      check(webSocket.send(text));
    }

    @Override
    public void close() {
      webSocket.close(1000, null);
    }
  }

  private static final class Listener extends WebSocketListener {
    private final Receiver receiver;
    private final CompletableFuture<Void> opened = new CompletableFuture<>();

    Listener(Receiver receiver) {
      this.receiver = receiver;
    }

    @Override
    public void onOpen(WebSocket webSocket, Response response) {
      opened.complete(null);
    }

    @Override
    public void onMessage(WebSocket webSocket, String text) {
      receiver.message(text.length());
    }

    @Override
    public void onMessage(WebSocket webSocket, ByteString bytes) {
      receiver.message(bytes.size());
    }

    @Override
    public void onClosing(WebSocket webSocket, int code, String reason) {
      webSocket.close(1000, null);
    }

    @Override
    public void onFailure(WebSocket webSocket, Throwable failure, @Nullable Response response) {
      opened.completeExceptionally(failure);
      receiver.failed(failure);
    }
  }
}
