// SPDX-License-Identifier: Apache-2.0
package dev.parley.compliance.peers;

import dev.parley.compliance.ClientUnderTest;
import dev.parley.compliance.Ending;
import dev.parley.compliance.Message;
import dev.parley.compliance.Outcome;
import dev.parley.compliance.Settings;
import dev.parley.compliance.Transcript;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * {@code java.net.http}. It knows no extension, and delivers parts of messages: here they are put
 * together, and so no limit of a message is its own.
 */
public final class JdkClient implements ClientUnderTest {
  private volatile HttpClient client = HttpClient.newHttpClient();

  @Override
  public String name() {
    return "jdk";
  }

  @Override
  public String title() {
    return "JDK " + System.getProperty("java.version");
  }

  @Override
  public boolean supports(Settings settings) {
    return settings.takesAnyOffer()
        && settings.compression() != Settings.Compression.OFFERED
        && settings.maxMessageSize() == 0
        && settings.closeTimeout() == null;
  }

  @Override
  public boolean trust(SSLContext context) {
    client = HttpClient.newBuilder().sslContext(context).build();
    return true;
  }

  @Override
  public Outcome run(URI uri, Settings settings, Duration patience) throws InterruptedException {
    Transcript transcript = new Transcript();
    AtomicReference<@Nullable WebSocket> session = new AtomicReference<>();
    WebSocket.Builder builder = client.newWebSocketBuilder();
    if (settings.openTimeout() != null) {
      builder.connectTimeout(settings.openTimeout());
    }
    if (!settings.subprotocols().isEmpty()) {
      String[] all = settings.subprotocols().toArray(String[]::new);
      builder.subprotocols(all[0], Arrays.copyOfRange(all, 1, all.length));
    }
    builder
        .buildAsync(uri, new Echo(transcript, session, settings.closesAfter()))
        .whenComplete(
            (opened, failure) -> {
              if (failure != null) {
                transcript.failed(
                    failure instanceof CompletionException && failure.getCause() != null
                        ? failure.getCause()
                        : failure);
              }
            });
    Outcome outcome = transcript.await(patience);
    WebSocket open = session.get();
    if (open != null && outcome.ending() instanceof Ending.Silent) {
      open.abort();
    }
    return outcome;
  }

  private static final class Echo implements WebSocket.Listener {
    private final Transcript transcript;
    private final AtomicReference<@Nullable WebSocket> session;
    private final StringBuilder text = new StringBuilder();
    private final ByteArrayOutputStream binary = new ByteArrayOutputStream();
    private final int closesAfter;
    private int messages;

    Echo(Transcript transcript, AtomicReference<@Nullable WebSocket> session, int closesAfter) {
      this.transcript = transcript;
      this.session = session;
      this.closesAfter = closesAfter;
    }

    @Override
    public void onOpen(WebSocket webSocket) {
      transcript.opened();
      session.set(webSocket);
      webSocket.request(1);
    }

    @Override
    public CompletionStage<?> onText(WebSocket webSocket, CharSequence data, boolean last) {
      text.append(data);
      if (!last) {
        webSocket.request(1);
        return CompletableFuture.completedStage(null);
      }
      String whole = text.toString();
      text.setLength(0);
      transcript.delivered(Message.text(whole));
      return webSocket.sendText(whole, true).whenComplete((sent, failure) -> sent(webSocket));
    }

    @Override
    public CompletionStage<?> onBinary(WebSocket webSocket, ByteBuffer data, boolean last) {
      byte[] bytes = new byte[data.remaining()];
      data.get(bytes);
      binary.writeBytes(bytes);
      if (!last) {
        webSocket.request(1);
        return CompletableFuture.completedStage(null);
      }
      byte[] whole = binary.toByteArray();
      binary.reset();
      transcript.delivered(Message.binary(whole));
      return webSocket
          .sendBinary(ByteBuffer.wrap(whole), true)
          .whenComplete((sent, failure) -> sent(webSocket));
    }

    /** Only one message may be on its way; the next is asked for when it is out. */
    private void sent(WebSocket webSocket) {
      if (++messages == closesAfter) {
        CompletableFuture<WebSocket> unused = webSocket.sendClose(1000, "");
      }
      webSocket.request(1);
    }

    @Override
    public @Nullable CompletionStage<?> onClose(
        WebSocket webSocket, int statusCode, String reason) {
      transcript.closed(statusCode, reason);
      return null;
    }

    @Override
    public void onError(WebSocket webSocket, Throwable error) {
      transcript.failed(error);
    }
  }

  @Override
  public void close() {
    client.shutdownNow();
  }
}
