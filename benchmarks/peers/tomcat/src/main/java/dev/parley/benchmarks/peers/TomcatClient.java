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
import jakarta.websocket.Extension;
import jakarta.websocket.MessageHandler;
import jakarta.websocket.RemoteEndpoint;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.catalina.util.ServerInfo;
import org.apache.tomcat.websocket.WsWebSocketContainer;
import org.jspecify.annotations.Nullable;

/**
 * Tomcat. Many messages are batched, as the Jakarta API offers it. One message at a time may be
 * sent, so senders take turns; its own blocking calls are what a callback answers with, too. Its
 * limits are raised from 8 KiB to the largest message, and so are its buffers if there is one
 * session: a message of 1 MiB would take 128 writes. It has no setting for TCP_NODELAY, so Nagle's
 * algorithm is on.
 */
public final class TomcatClient implements Client {
  private @Nullable WsWebSocketContainer container;

  @Override
  public String version() {
    return ServerInfo.getServerNumber().replaceFirst("\\.0$", "");
  }

  private synchronized WsWebSocketContainer container(Settings settings) {
    if (container == null) {
      if (settings.sessions() == 1) {
        System.setProperty("org.apache.tomcat.websocket.DEFAULT_BUFFER_SIZE", "65536");
      }
      container = new WsWebSocketContainer();
    }
    return container;
  }

  @Override
  public Session open(URI uri, Settings settings, Receiver receiver) throws Exception {
    ClientEndpointConfig.Builder config = ClientEndpointConfig.Builder.create();
    if (settings.compression() != Settings.Compression.NONE) {
      config.extensions(List.of(new Deflate(settings.compression() == Settings.Compression.FRESH)));
    }
    if (settings.tls() != null) {
      config.sslContext(settings.tls());
    }
    return new TomcatSession(
        container(settings)
            .connectToServer(
                new Callbacks(receiver, Math.max(settings.largest(), 64 << 10)),
                config.build(),
                uri));
  }

  @Override
  public void close() {
    if (container != null) {
      container.destroy();
    }
  }

  private record Deflate(boolean fresh) implements Extension {
    @Override
    public String getName() {
      return "permessage-deflate";
    }

    @Override
    public List<Parameter> getParameters() {
      return fresh
          ? List.of(new Flag("client_no_context_takeover"), new Flag("server_no_context_takeover"))
          : List.of();
    }
  }

  private record Flag(String name) implements Extension.Parameter {
    @Override
    public String getName() {
      return name;
    }

    @Override
    public String getValue() {
      return "";
    }
  }

  private static final class TomcatSession implements Session {
    private final jakarta.websocket.Session session;
    private final RemoteEndpoint.Basic remote;
    private final ReentrantLock lock = new ReentrantLock();
    private boolean batching;

    TomcatSession(jakarta.websocket.Session session) {
      this.session = session;
      this.remote = session.getBasicRemote();
    }

    /** Batches from the first of many on: one by one, messages need no flush after each. */
    private void batch() throws IOException {
      if (!batching) {
        remote.setBatchingAllowed(true);
        batching = true;
      }
    }

    @Override
    public void send(byte[] binary) throws IOException {
      lock.lock();
      try {
        batch();
        remote.sendBinary(ByteBuffer.wrap(binary));
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void send(String text) throws IOException {
      lock.lock();
      try {
        batch();
        remote.sendText(text);
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void flush() throws IOException {
      lock.lock();
      try {
        if (batching) {
          remote.flushBatch();
        }
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void sendNow(byte[] binary) throws IOException {
      lock.lock();
      try {
        remote.sendBinary(ByteBuffer.wrap(binary));
        flush();
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void sendNow(String text) throws IOException {
      lock.lock();
      try {
        remote.sendText(text);
        flush();
      } finally {
        lock.unlock();
      }
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
