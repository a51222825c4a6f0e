// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks.clients;

import dev.parley.benchmarks.Client;
import dev.parley.benchmarks.Receiver;
import dev.parley.benchmarks.Session;
import dev.parley.benchmarks.Settings;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * {@code java.net.http}. It takes one message at a time: each send waits until the one before is
 * written, which is all the backpressure it has. It delivers parts of messages, which are joined.
 */
public final class JdkClient implements Client {
  private volatile @Nullable HttpClient client;

  @Override
  public String version() {
    return System.getProperty("java.version");
  }

  @Override
  public boolean supports(Settings settings) {
    return settings.compression() == Settings.Compression.NONE;
  }

  @Override
  public Session open(URI uri, Settings settings, Receiver receiver) {
    WebSocket webSocket =
        client(settings).newWebSocketBuilder().buildAsync(uri, new Listener(receiver)).join();
    return new JdkSession(webSocket);
  }

  private HttpClient client(Settings settings) {
    HttpClient made = client;
    if (made == null) {
      HttpClient.Builder builder = HttpClient.newBuilder();
      if (settings.tls() != null) {
        builder.sslContext(settings.tls());
      }
      made = builder.build();
      client = made;
    }
    return made;
  }

  @Override
  public void close() {
    if (client != null) {
      client.shutdownNow();
    }
  }

  /**
   * Only one message may be on its way, so whoever sends has to know of the last one: the lock
   * costs nothing beside the rest.
   */
  private static final class JdkSession implements Session {
    private final WebSocket webSocket;
    private final ReentrantLock lock = new ReentrantLock();
    private CompletableFuture<WebSocket> sending;

    JdkSession(WebSocket webSocket) {
      this.webSocket = webSocket;
      this.sending = CompletableFuture.completedFuture(webSocket);
    }

    @Override
    public void send(byte[] binary) {
      lock.lock();
      try {
        sending.join();
        sending = webSocket.sendBinary(ByteBuffer.wrap(binary), true);
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void send(String text) {
      lock.lock();
      try {
        sending.join();
        sending = webSocket.sendText(text, true);
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void flush() {
      lock.lock();
      try {
        sending.join();
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void answer(byte[] binary) {
      lock.lock();
      try {
        // The echo may be here before the send that caused it is complete.
        sending =
            sending.isDone()
                ? webSocket.sendBinary(ByteBuffer.wrap(binary), true)
                : sending.thenCompose(last -> webSocket.sendBinary(ByteBuffer.wrap(binary), true));
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void answer(String text) {
      lock.lock();
      try {
        sending =
            sending.isDone()
                ? webSocket.sendText(text, true)
                : sending.thenCompose(last -> webSocket.sendText(text, true));
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void close() {
      webSocket.sendClose(WebSocket.NORMAL_CLOSURE, "").join();
    }
  }

  private static final class Listener implements WebSocket.Listener {
    private final Receiver receiver;
    private final StringBuilder text = new StringBuilder();
    private final ByteArrayOutputStream binary = new ByteArrayOutputStream();

    Listener(Receiver receiver) {
      this.receiver = receiver;
    }

    @Override
    public @Nullable CompletionStage<?> onText(
        WebSocket webSocket, CharSequence data, boolean last) {
      if (last && text.isEmpty()) {
        receiver.message(data.toString().length());
      } else {
        text.append(data);
        if (last) {
          String whole = text.toString();
          text.setLength(0);
          receiver.message(whole.length());
        }
      }
      webSocket.request(1);
      return null;
    }

    @Override
    public @Nullable CompletionStage<?> onBinary(
        WebSocket webSocket, ByteBuffer data, boolean last) {
      if (last && binary.size() == 0) {
        receiver.message(data.remaining()); // the buffer is what a user gets
      } else {
        byte[] part = new byte[data.remaining()];
        data.get(part);
        binary.writeBytes(part);
        if (last) {
          byte[] whole = binary.toByteArray();
          binary.reset();
          receiver.message(whole.length);
        }
      }
      webSocket.request(1);
      return null;
    }

    @Override
    public @Nullable CompletionStage<?> onClose(
        WebSocket webSocket, int statusCode, String reason) {
      receiver.failed(new IllegalStateException("closed with " + statusCode));
      return null;
    }

    @Override
    public void onError(WebSocket webSocket, Throwable error) {
      receiver.failed(error);
    }
  }
}
