// SPDX-License-Identifier: Apache-2.0
package dev.parley.compliance.ours;

import dev.parley.client.ClientWebSocketSession;
import dev.parley.client.CloseInfo;
import dev.parley.client.HttpClient;
import dev.parley.client.WebSockets;
import dev.parley.client.transport.TlsOptions;
import dev.parley.compliance.ClientUnderTest;
import dev.parley.compliance.Deflate;
import dev.parley.compliance.Message;
import dev.parley.compliance.Outcome;
import dev.parley.compliance.Settings;
import dev.parley.compliance.Transcript;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketException;
import dev.parley.websocket.extension.PerMessageDeflate;
import dev.parley.websocket.extension.PerMessageDeflateConfig;
import dev.parley.websocket.extension.WebSocketExtensions;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** Parley, through its public API; it compresses from the first byte on, so that all is tested. */
public final class ParleyClient implements ClientUnderTest {
  private final Map<Settings, HttpClient> clients = new ConcurrentHashMap<>();
  private volatile TlsOptions tls = TlsOptions.DEFAULT;

  @Override
  public String name() {
    return "parley";
  }

  @Override
  public String title() {
    return "Parley";
  }

  @Override
  public boolean supports(Settings settings) {
    return true;
  }

  @Override
  public boolean trust(SSLContext context) {
    tls = TlsOptions.DEFAULT.withContext(context);
    return true;
  }

  @Override
  public Outcome run(URI uri, Settings settings, Duration patience) throws InterruptedException {
    Transcript transcript = new Transcript();
    HttpClient client = clients.computeIfAbsent(settings, this::client);
    try (ClientWebSocketSession session =
        client.webSocketSession(
            uri.toString(),
            request -> request.subprotocols(settings.subprotocols().toArray(String[]::new)))) {
      transcript.opened();
      echo(session, transcript, settings, patience);
    } catch (WebSocketException e) {
      transcript.failed(e);
    }
    return transcript.await(Duration.ZERO);
  }

  private static void echo(
      ClientWebSocketSession session, Transcript transcript, Settings settings, Duration patience) {
    int closesAfter = settings.closesAfter() == 0 ? Integer.MAX_VALUE : settings.closesAfter();
    for (int messages = 0; messages < closesAfter; ) {
      Optional<Frame> received = session.incoming().receive(patience);
      if (received.isEmpty()) {
        session.terminate();
        return;
      }
      switch (received.get()) {
        case Frame.Text text -> {
          send(session, text); // at once, as what follows may end the session
          transcript.delivered(Message.text(text.readText()));
          messages++;
        }
        case Frame.Binary binary -> {
          send(session, binary);
          transcript.delivered(Message.binary(binary.readBytes()));
          messages++;
        }
        case Frame.Close close -> {
          CloseReason reason = close.readReason();
          CloseReason told = reason == null ? CloseReason.NO_STATUS : reason;
          transcript.closed(told.code(), told.message());
          return;
        }
        case Frame.Ping ping -> {}
        case Frame.Pong pong -> {}
      }
    }
    close(session, transcript);
  }

  private static void close(ClientWebSocketSession session, Transcript transcript) {
    session.close();
    CloseInfo info = session.closeInfo().orElseThrow();
    CloseReason reason = info.peers();
    if (reason != null) {
      transcript.closed(reason.code(), reason.message());
    } else {
      transcript.failed(new IOException(info.toString(), info.failure()));
    }
  }

  private static void send(ClientWebSocketSession session, Frame frame) {
    try {
      session.send(frame);
    } catch (WebSocketException e) {
      // The session is ending. What had arrived is received all the same, then the reason.
    }
  }

  private HttpClient client(Settings settings) {
    return HttpClient.create(
        config ->
            config
                .tls(tls)
                .install(
                    WebSockets.PLUGIN,
                    webSockets -> {
                      if (settings.compression() == Settings.Compression.OFFERED) {
                        webSockets.extensions(
                            all ->
                                all.install(factory(settings.offer()), config(settings.offer())));
                      }
                      if (settings.maxMessageSize() > 0) {
                        webSockets.maxMessageSize(settings.maxMessageSize());
                      }
                      if (settings.openTimeout() != null) {
                        webSockets.openTimeout(settings.openTimeout());
                      }
                      if (settings.closeTimeout() != null) {
                        webSockets.closeTimeout(settings.closeTimeout());
                      }
                    }));
  }

  private static PerMessageDeflate.Factory factory(@Nullable Deflate offer) {
    PerMessageDeflate.Factory factory = WebSocketExtensions.perMessageDeflate();
    return offer != null && offer.clientBits() == 0
        ? factory.withoutClientMaxWindowBits()
        : factory;
  }

  private static PerMessageDeflateConfig config(@Nullable Deflate offer) {
    PerMessageDeflateConfig config = new PerMessageDeflateConfig().withCompressIfBiggerThan(0);
    return offer == null
        ? config
        : config
            .withServerMaxWindowBits(bits(offer.serverBits()))
            .withClientMaxWindowBits(bits(offer.clientBits()))
            .withServerNoContextTakeover(offer.serverForgets())
            .withClientNoContextTakeover(offer.clientForgets());
  }

  private static int bits(int offered) {
    return offered == 0 ? 15 : offered;
  }

  @Override
  public void close() {
    clients.values().forEach(HttpClient::close);
  }
}
