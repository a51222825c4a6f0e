// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks.peers;

import dev.parley.benchmarks.Client;
import dev.parley.benchmarks.Receiver;
import dev.parley.benchmarks.Session;
import dev.parley.benchmarks.Settings;
import jakarta.websocket.ClientEndpointConfig;
import jakarta.websocket.CloseReason;
import jakarta.websocket.Endpoint;
import jakarta.websocket.EndpointConfig;
import jakarta.websocket.MessageHandler;
import jakarta.websocket.RemoteEndpoint;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.ReentrantLock;
import org.glassfish.tyrus.client.ClientManager;
import org.glassfish.tyrus.client.ClientProperties;
import org.glassfish.tyrus.client.SslEngineConfigurator;

/**
 * Tyrus on Grizzly, whose threads all sessions share. It sends a message as soon as it gets it, and
 * has no batches. Compression is an extension in a jar of its own, which cannot be had everywhere,
 * so it is not offered.
 */
@SuppressWarnings("FutureReturnValueIgnored") // the endpoint is told of failures
public final class TyrusClient implements Client {
  private final ClientManager manager = ClientManager.createClient();
  private final ReentrantLock lock = new ReentrantLock();

  @Override
  public String version() {
    return "2.2.2"; // it does not know it
  }

  @Override
  public boolean supports(Settings settings) {
    return settings.compression() == Settings.Compression.NONE;
  }

  @Override
  public Session open(URI uri, Settings settings, Receiver receiver) throws Exception {
    int largest = Math.max(settings.largest(), 64 << 10);
    ClientEndpointConfig config = ClientEndpointConfig.Builder.create().build();
    configure(settings, largest);
    return new TyrusSession(manager.connectToServer(new Callbacks(receiver, largest), config, uri));
  }

  private void configure(Settings settings, int largest) {
    lock.lock();
    try {
      manager.getProperties().put(ClientProperties.SHARED_CONTAINER, true);
      manager.getProperties().put(ClientProperties.INCOMING_BUFFER_SIZE, 4 * largest + (4 << 20));
      if (settings.tls() != null) {
        manager
            .getProperties()
            .put(
                ClientProperties.SSL_ENGINE_CONFIGURATOR,
                new SslEngineConfigurator(settings.tls(), true, false, false));
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    manager.shutdown();
  }

  private static final class TyrusSession implements Session {
    private final jakarta.websocket.Session session;
    private final RemoteEndpoint.Basic remote;
    private final RemoteEndpoint.Async async;

    TyrusSession(jakarta.websocket.Session session) {
      this.session = session;
      this.remote = session.getBasicRemote();
      this.async = session.getAsyncRemote();
    }

    @Override
    public void send(byte[] binary) throws IOException {
      remote.sendBinary(ByteBuffer.wrap(binary));
    }

    @Override
    public void send(String text) throws IOException {
      remote.sendText(text);
    }

    @Override
    public void answer(byte[] binary) {
      async.sendBinary(ByteBuffer.wrap(binary));
    }

    @Override
    public void answer(String text) {
      async.sendText(text);
    }

    @Override
    public void close() throws IOException {
      session.close();
    }
  }

  private static final class Callbacks extends Endpoint {
    private final Receiver receiver;
    private final int largest;

    Callbacks(Receiver receiver, int largest) {
      this.receiver = receiver;
      this.largest = largest;
    }

    @Override
    public void onOpen(jakarta.websocket.Session session, EndpointConfig config) {
      session.setMaxIdleTimeout(0);
      session.setMaxTextMessageBufferSize(largest);
      session.setMaxBinaryMessageBufferSize(largest);
      // classes, not lambdas: what they take is asked of their type
      session.addMessageHandler(
          String.class,
          new MessageHandler.Whole<String>() {
            @Override
            public void onMessage(String text) {
              receiver.message(text.length());
            }
          });
      session.addMessageHandler(
          ByteBuffer.class,
          new MessageHandler.Whole<ByteBuffer>() {
            @Override
            public void onMessage(ByteBuffer bytes) {
              receiver.message(bytes.remaining());
            }
          });
    }

    @Override
    public void onClose(jakarta.websocket.Session session, CloseReason reason) {
      receiver.failed(new IOException("closed with " + reason.getCloseCode().getCode()));
    }

    @Override
    public void onError(jakarta.websocket.Session session, Throwable failure) {
      receiver.failed(failure);
    }
  }
}
