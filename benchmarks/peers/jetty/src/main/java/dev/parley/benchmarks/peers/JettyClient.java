// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks.peers;

import dev.parley.benchmarks.Client;
import dev.parley.benchmarks.Receiver;
import dev.parley.benchmarks.Session;
import dev.parley.benchmarks.Settings;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.util.Jetty;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.websocket.api.Callback;
import org.eclipse.jetty.websocket.client.ClientUpgradeRequest;
import org.eclipse.jetty.websocket.client.WebSocketClient;
import org.jspecify.annotations.Nullable;

/**
 * Jetty. Sends call back, and so many may be on their way at once; those that wait are written
 * together. Its limits are raised from 64 KiB to the largest message, from 64 sessions to all there
 * will be, and from 30 idle seconds to none.
 */
public final class JettyClient implements Client {
  private @Nullable WebSocketClient client;

  @Override
  public String version() {
    return Jetty.VERSION;
  }

  private synchronized WebSocketClient client(Settings settings) throws Exception {
    if (client == null) {
      HttpClient http = new HttpClient();
      http.setMaxConnectionsPerDestination(Math.max(64, 2 * settings.sessions()));
      if (settings.tls() != null) {
        SslContextFactory.Client tls = new SslContextFactory.Client();
        tls.setSslContext(settings.tls());
        http.setSslContextFactory(tls);
      }
      WebSocketClient made = new WebSocketClient(http);
      int largest = Math.max(settings.largest(), 64 << 10);
      made.setMaxTextMessageSize(largest);
      made.setMaxBinaryMessageSize(largest);
      made.setIdleTimeout(Duration.ZERO);
      made.start();
      client = made;
    }
    return client;
  }

  @Override
  public Session open(URI uri, Settings settings, Receiver receiver) throws Exception {
    ClientUpgradeRequest request = new ClientUpgradeRequest(uri);
    switch (settings.compression()) {
      case NONE -> {}
      case TAKEOVER -> request.addExtensions("permessage-deflate");
      case FRESH ->
          request.addExtensions(
              "permessage-deflate; client_no_context_takeover; server_no_context_takeover");
    }
    return new JettySession(
        client(settings).connect(new Endpoint(receiver), request).get(),
        receiver,
        settings.largest());
  }

  @Override
  public void close() throws Exception {
    if (client != null) {
      client.stop();
    }
  }

  private static final class JettySession implements Session, Callback {
    private static final int MOST_ON_THEIR_WAY_BYTES = 4 << 20;

    private final org.eclipse.jetty.websocket.api.Session session;
    private final Receiver receiver;
    private final Callback answered;
    private final Semaphore window;

    JettySession(org.eclipse.jetty.websocket.api.Session session, Receiver receiver, int largest) {
      this.session = session;
      this.receiver = receiver;
      this.answered = Callback.from(() -> {}, receiver::failed);
      this.window = new Semaphore(Math.clamp(MOST_ON_THEIR_WAY_BYTES / largest, 4, 1024));
    }

    @Override
    public void succeed() {
      window.release();
    }

    @Override
    public void fail(Throwable failure) {
      window.release();
      receiver.failed(failure);
    }

    @Override
    public void send(byte[] binary) throws InterruptedException {
      window.acquire();
      session.sendBinary(ByteBuffer.wrap(binary), this);
    }

    @Override
    public void send(String text) throws InterruptedException {
      window.acquire();
      session.sendText(text, this);
    }

    @Override
    public void sendNow(byte[] binary) throws Exception {
      Callback.Completable written = new Callback.Completable();
      session.sendBinary(ByteBuffer.wrap(binary), written);
      written.get();
    }

    @Override
    public void sendNow(String text) throws Exception {
      Callback.Completable written = new Callback.Completable();
      session.sendText(text, written);
      written.get();
    }

    @Override
    public void answer(byte[] binary) {
      session.sendBinary(ByteBuffer.wrap(binary), answered);
    }

    @Override
    public void answer(String text) {
      session.sendText(text, answered);
    }

    @Override
    public void close() {
      session.close(1000, "", Callback.NOOP);
    }
  }

  /** Public, for Jetty calls it by method handles. */
  public static final class Endpoint
      implements org.eclipse.jetty.websocket.api.Session.Listener.AutoDemanding {
    private final Receiver receiver;

    Endpoint(Receiver receiver) {
      this.receiver = receiver;
    }

    @Override
    public void onWebSocketText(String text) {
      receiver.message(text.length());
    }

    @Override
    public void onWebSocketBinary(ByteBuffer payload, Callback callback) {
      receiver.message(payload.remaining());
      callback.succeed();
    }

    @Override
    public void onWebSocketError(Throwable cause) {
      receiver.failed(cause);
    }

    @Override
    public void onWebSocketClose(int code, String reason, Callback callback) {
      callback.succeed();
      receiver.failed(new IOException("closed with " + code));
    }
  }
}
