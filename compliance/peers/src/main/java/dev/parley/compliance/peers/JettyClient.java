// SPDX-License-Identifier: Apache-2.0
package dev.parley.compliance.peers;

import dev.parley.compliance.ClientUnderTest;
import dev.parley.compliance.Deflate;
import dev.parley.compliance.Ending;
import dev.parley.compliance.Message;
import dev.parley.compliance.Outcome;
import dev.parley.compliance.Settings;
import dev.parley.compliance.Transcript;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.eclipse.jetty.websocket.api.Callback;
import org.eclipse.jetty.websocket.api.Session;
import org.eclipse.jetty.websocket.client.ClientUpgradeRequest;
import org.eclipse.jetty.websocket.client.WebSocketClient;
import org.jspecify.annotations.Nullable;

/** Jetty, with its limits raised from 64 KiB to what the suite sends, and no limit of a frame. */
public final class JettyClient implements ClientUnderTest {
  private final Map<Integer, WebSocketClient> clients = new ConcurrentHashMap<>();

  @Override
  public String name() {
    return "jetty";
  }

  @Override
  public String title() {
    return "Jetty " + org.eclipse.jetty.util.Jetty.VERSION;
  }

  @Override
  public boolean supports(Settings settings) {
    return settings.closeTimeout() == null;
  }

  private static WebSocketClient client(int largest) {
    WebSocketClient client = new WebSocketClient();
    client.setMaxTextMessageSize(largest);
    client.setMaxBinaryMessageSize(largest);
    try {
      client.start();
    } catch (Exception e) {
      throw new IllegalStateException("Jetty's client does not start", e);
    }
    return client;
  }

  @Override
  public Outcome run(URI uri, Settings settings, Duration patience) throws Exception {
    Transcript transcript = new Transcript();
    Echo echo = new Echo(transcript, settings.closesAfter());
    ClientUpgradeRequest request = new ClientUpgradeRequest(uri);
    if (settings.compression() == Settings.Compression.OFFERED) {
      Deflate offer = settings.offer();
      request.addExtensions(offer == null ? "permessage-deflate" : offer.print());
    }
    if (!settings.subprotocols().isEmpty()) {
      request.setSubProtocols(settings.subprotocols());
    }
    Duration timeout = settings.openTimeout();
    if (timeout != null) {
      request.setTimeout(timeout.toMillis(), java.util.concurrent.TimeUnit.MILLISECONDS);
    }
    clients
        .computeIfAbsent(settings.maxMessageSizeOr(Settings.LARGEST), JettyClient::client)
        .connect(echo, request)
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
    Session session = echo.session.get();
    if (session != null && outcome.ending() instanceof Ending.Silent) {
      session.disconnect();
    }
    return outcome;
  }

  /** Demands by itself; so a message is sent back before the next one comes. */
  public static final class Echo implements Session.Listener.AutoDemanding {
    private final Transcript transcript;
    private final AtomicReference<@Nullable Session> session = new AtomicReference<>();
    private final int closesAfter;
    private int messages;

    Echo(Transcript transcript, int closesAfter) {
      this.transcript = transcript;
      this.closesAfter = closesAfter;
    }

    private void sent(Session open) {
      if (++messages == closesAfter) {
        open.close(1000, null, Callback.NOOP);
      }
    }

    @Override
    public void onWebSocketOpen(Session opened) {
      transcript.opened();
      session.set(opened);
    }

    @Override
    public void onWebSocketText(String text) {
      transcript.delivered(Message.text(text));
      Session open = session.get();
      if (open != null) {
        open.sendText(text, Callback.NOOP);
        sent(open);
      }
    }

    @Override
    public void onWebSocketBinary(ByteBuffer payload, Callback callback) {
      byte[] bytes = new byte[payload.remaining()];
      payload.get(bytes);
      transcript.delivered(Message.binary(bytes));
      Session open = session.get();
      if (open != null) {
        open.sendBinary(ByteBuffer.wrap(bytes), Callback.NOOP);
        sent(open);
      }
      callback.succeed();
    }

    @Override
    public void onWebSocketError(Throwable cause) {
      transcript.failed(cause);
    }

    @Override
    public void onWebSocketClose(int code, String reason, Callback callback) {
      transcript.closed(code, reason);
      callback.succeed();
    }
  }

  @Override
  public void close() {
    for (WebSocketClient client : clients.values()) {
      try {
        client.stop();
      } catch (Exception e) {
        throw new IllegalStateException("Jetty's client does not stop", e);
      }
    }
  }
}
