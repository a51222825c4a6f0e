// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks.peers;

import dev.parley.benchmarks.Client;
import dev.parley.benchmarks.Receiver;
import dev.parley.benchmarks.Session;
import dev.parley.benchmarks.Settings;
import io.helidon.common.buffers.BufferData;
import io.helidon.common.tls.Tls;
import io.helidon.webclient.websocket.WsClient;
import io.helidon.webclient.websocket.WsClientConfig;
import io.helidon.websocket.WsListener;
import io.helidon.websocket.WsSession;
import java.io.IOException;
import java.net.URI;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Helidon, whose client reads on a virtual thread for each session and writes on the caller's. A
 * send is written when it returns. It has no compression, and no batches. It leaves Nagle's
 * algorithm on, which costs a round trip nothing and spares it segments where it sends much.
 */
public final class HelidonClient implements Client {
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable WsClient client;

  @Override
  public String version() {
    String version = WsClient.class.getPackage().getImplementationVersion();
    return version == null ? "4.1.6" : version;
  }

  @Override
  public boolean callsBackOnVirtualThreads() {
    return true;
  }

  @Override
  public boolean supports(Settings settings) {
    return settings.compression() == Settings.Compression.NONE;
  }

  @Override
  public Session open(URI uri, Settings settings, Receiver receiver) throws Exception {
    Callbacks callbacks = new Callbacks(receiver);
    client(settings).connect(uri, callbacks);
    return new HelidonSession(callbacks.opened.get(30, TimeUnit.SECONDS), settings.senders() > 1);
  }

  private WsClient client(Settings settings) {
    lock.lock();
    try {
      if (client == null) {
        WsClientConfig.Builder builder = WsClient.builder();
        if (settings.tls() != null) {
          builder.tls(Tls.builder().sslContext(settings.tls()).build());
        }
        client = builder.build();
      }
      return client;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {}

  private static final class HelidonSession implements Session {
    private final WsSession session;
    private final boolean shared;
    private final ReentrantLock lock = new ReentrantLock();

    /** Makes a session, of which {@code shared} says whether several threads send at once. */
    HelidonSession(WsSession session, boolean shared) {
      this.session = session;
      this.shared = shared;
    }

    @Override
    public void send(byte[] binary) {
      if (!shared) {
        session.send(BufferData.create(binary), true);
        return;
      }
      lock.lock();
      try {
        session.send(BufferData.create(binary), true);
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void send(String text) {
      session.send(text, true);
    }

    @Override
    public void close() {
      session.close(1000, "");
    }
  }

  private static final class Callbacks implements WsListener {
    private final Receiver receiver;
    private final CompletableFuture<WsSession> opened = new CompletableFuture<>();

    Callbacks(Receiver receiver) {
      this.receiver = receiver;
    }

    @Override
    public void onOpen(WsSession session) {
      opened.complete(session);
    }

    @Override
    public void onMessage(WsSession session, String text, boolean last) {
      receiver.message(text.length());
    }

    @Override
    public void onMessage(WsSession session, BufferData buffer, boolean last) {
      receiver.message(buffer.available());
    }

    @Override
    public void onClose(WsSession session, int status, String reason) {
      receiver.failed(new IOException("closed with " + status));
    }

    @Override
    public void onError(WsSession session, Throwable failure) {
      opened.completeExceptionally(failure);
      receiver.failed(failure);
    }
  }
}
