// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks.clients;

import dev.parley.benchmarks.Client;
import dev.parley.benchmarks.PullSession;
import dev.parley.benchmarks.Receiver;
import dev.parley.benchmarks.Session;
import dev.parley.benchmarks.Settings;
import dev.parley.client.DefaultClientWebSocketSession;
import dev.parley.client.HttpClient;
import dev.parley.client.ReceiveChannel;
import dev.parley.client.WebSockets;
import dev.parley.client.transport.SocketOptions;
import dev.parley.client.transport.TlsOptions;
import dev.parley.websocket.Frame;
import dev.parley.websocket.extension.PerMessageDeflateConfig;
import dev.parley.websocket.extension.WebSocketExtensions;
import java.net.URI;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Ours: blocking calls; {@code outgoing()} where many messages go out together. */
public class ParleyClient implements Client {
  private final SocketOptions sockets;
  private final TlsOptions tls;
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable HttpClient client;

  /** Makes one with the options that it comes with. */
  public ParleyClient() {
    this(SocketOptions.DEFAULT, TlsOptions.DEFAULT);
  }

  ParleyClient(SocketOptions sockets, TlsOptions tls) {
    this.sockets = sockets;
    this.tls = tls;
  }

  @Override
  public String version() {
    return "0.1.0-SNAPSHOT";
  }

  @Override
  public Session open(URI uri, Settings settings, Receiver receiver) {
    return new ParleySession(client(settings).webSocketSession(uri.toString()));
  }

  private HttpClient client(Settings settings) {
    lock.lock();
    try {
      if (client == null) {
        client = make(settings);
      }
      return client;
    } finally {
      lock.unlock();
    }
  }

  private HttpClient make(Settings settings) {
    return HttpClient.create(
        config -> {
          config.sockets(sockets);
          if (settings.tls() != null) {
            config.tls(tls.withContext(settings.tls()));
          }
          config.install(
              WebSockets.PLUGIN,
              webSockets -> {
                if (settings.compression() != Settings.Compression.NONE) {
                  boolean forget = settings.compression() == Settings.Compression.FRESH;
                  webSockets.extensions(
                      all ->
                          all.install(
                              WebSocketExtensions.perMessageDeflate(),
                              new PerMessageDeflateConfig()
                                  .withServerNoContextTakeover(forget)
                                  .withClientNoContextTakeover(forget)));
                }
              });
        });
  }

  @Override
  public void close() {
    if (client != null) {
      client.close();
    }
  }

  private static final class ParleySession implements PullSession {
    private final DefaultClientWebSocketSession session;
    private final ReceiveChannel<Frame> incoming;
    private @Nullable Frame next; // what isReady found

    ParleySession(DefaultClientWebSocketSession session) {
      this.session = session;
      this.incoming = session.incoming();
    }

    @Override
    public void send(byte[] binary) {
      session.outgoing().send(new Frame.Binary(binary));
    }

    @Override
    public void send(String text) {
      session.outgoing().send(new Frame.Text(text));
    }

    @Override
    public void flush() {
      session.flush();
    }

    @Override
    public void sendNow(byte[] binary) {
      session.send(binary);
    }

    @Override
    public void sendNow(String text) {
      session.send(text);
    }

    @Override
    public int receive() {
      Frame frame = next;
      if (frame == null) {
        frame = incoming.receive();
      } else {
        next = null;
      }
      return switch (frame) {
        case Frame.Text text -> text.readText().length();
        case Frame.Binary binary -> binary.data().length;
        case Frame.Close close -> throw new IllegalStateException("the server closed");
        case Frame.Ping ping -> throw new IllegalStateException("a Ping is not a message");
        case Frame.Pong pong -> throw new IllegalStateException("a Pong is not a message");
      };
    }

    @Override
    public boolean isReady() {
      if (next == null) {
        next = incoming.tryReceive().orElse(null);
      }
      return next != null;
    }

    @Override
    public void close() {
      session.close();
    }
  }
}
