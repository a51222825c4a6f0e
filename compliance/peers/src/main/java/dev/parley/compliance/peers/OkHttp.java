// SPDX-License-Identifier: Apache-2.0
package dev.parley.compliance.peers;

import dev.parley.compliance.ClientUnderTest;
import dev.parley.compliance.Ending;
import dev.parley.compliance.Message;
import dev.parley.compliance.Outcome;
import dev.parley.compliance.Settings;
import dev.parley.compliance.Transcript;
import java.net.URI;
import java.time.Duration;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.WebSocket;
import okhttp3.WebSocketListener;
import okio.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * OkHttp. It always offers compression, and from 0 bytes on compresses here; it has no limit of a
 * message; {@code send} gives up beyond 16 MiB of what waits to be sent.
 */
public final class OkHttp implements ClientUnderTest {
  private final OkHttpClient client =
      new OkHttpClient.Builder().minWebSocketMessageToCompress(0).build();

  @Override
  public String name() {
    return "okhttp";
  }

  @Override
  public String title() {
    return "OkHttp " + okhttp3.OkHttp.VERSION;
  }

  @Override
  public boolean supports(Settings settings) {
    return settings.takesAnyOffer()
        && settings.compression() != Settings.Compression.NEVER
        && settings.maxMessageSize() == 0
        && settings.closeTimeout() == null;
  }

  @Override
  public Outcome run(URI uri, Settings settings, Duration patience) throws InterruptedException {
    Transcript transcript = new Transcript();
    Request.Builder request = new Request.Builder().url(Transcript.http(uri));
    if (!settings.subprotocols().isEmpty()) {
      request.header("Sec-WebSocket-Protocol", String.join(", ", settings.subprotocols()));
    }
    OkHttpClient set = client;
    Duration timeout = settings.openTimeout();
    if (timeout != null) {
      set = client.newBuilder().callTimeout(timeout).build();
    }
    WebSocket session =
        set.newWebSocket(request.build(), new Echo(transcript, settings.closesAfter()));
    Outcome outcome = transcript.await(patience);
    if (outcome.ending() instanceof Ending.Silent) {
      session.cancel();
    }
    return outcome;
  }

  private static final class Echo extends WebSocketListener {
    private final Transcript transcript;
    private final int closesAfter;
    private int messages;

    Echo(Transcript transcript, int closesAfter) {
      this.transcript = transcript;
      this.closesAfter = closesAfter;
    }

    private void sent(WebSocket webSocket) {
      if (++messages == closesAfter) {
        webSocket.close(1000, null);
      }
    }

    @Override
    public void onOpen(WebSocket webSocket, Response response) {
      transcript.opened();
    }

    @Override
    public void onMessage(WebSocket webSocket, String text) {
      transcript.delivered(Message.text(text));
      webSocket.send(text);
      sent(webSocket);
    }

    @Override
    public void onMessage(WebSocket webSocket, ByteString bytes) {
      transcript.delivered(Message.binary(bytes.toByteArray()));
      webSocket.send(bytes);
      sent(webSocket);
    }

    @Override
    public void onClosing(WebSocket webSocket, int code, String reason) {
      // The application has to answer a Close: with the same code, where it can be sent.
      webSocket.close(code == 1005 ? 1000 : code, null);
    }

    @Override
    public void onClosed(WebSocket webSocket, int code, String reason) {
      transcript.closed(code, reason);
    }

    @Override
    public void onFailure(WebSocket webSocket, Throwable failure, @Nullable Response response) {
      transcript.failed(failure);
    }
  }

  @Override
  public void close() {
    client.dispatcher().executorService().shutdown();
    client.connectionPool().evictAll();
  }
}
