// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks.peers;

import dev.parley.benchmarks.Client;
import dev.parley.benchmarks.Receiver;
import dev.parley.benchmarks.Session;
import dev.parley.benchmarks.Settings;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.java_websocket.WebSocketImpl;
import org.java_websocket.client.WebSocketClient;
import org.java_websocket.drafts.Draft;
import org.java_websocket.drafts.Draft_6455;
import org.java_websocket.extensions.permessage_deflate.PerMessageDeflateExtension;
import org.java_websocket.handshake.ServerHandshake;

/**
 * Java-WebSocket, with TCP_NODELAY, which it leaves off, and without its timer that looks for dead
 * connections, which nobody else starts by default. Its queue has no bound, so a sender has to look
 * at its length; a thread of its own writes what is queued.
 */
public final class JavaWebSocketClient implements Client {
  @Override
  public String version() {
    return "1.6.0"; // it does not know it
  }

  private static Draft draft(Settings settings) {
    if (settings.compression() == Settings.Compression.NONE) {
      return new Draft_6455();
    }
    boolean fresh = settings.compression() == Settings.Compression.FRESH;
    PerMessageDeflateExtension deflate = new PerMessageDeflateExtension();
    deflate.setServerNoContextTakeover(fresh);
    deflate.setClientNoContextTakeover(fresh);
    deflate.setThreshold(0);
    return new Draft_6455(deflate);
  }

  @Override
  public Session open(URI uri, Settings settings, Receiver receiver) throws Exception {
    Connection connection = new Connection(uri, settings, receiver);
    if (!connection.connectBlocking(30, TimeUnit.SECONDS)) {
      throw new IOException("Java-WebSocket did not connect");
    }
    return new JavaWebSocketSession(connection, settings.largest());
  }

  @Override
  public void close() {
    // nothing is shared
  }

  private static final class JavaWebSocketSession implements Session {
    private static final int MOST_QUEUED_BYTES = 4 << 20;
    private static final long PAUSE_NANOS = 20_000;

    private final Connection connection;
    private final WebSocketImpl engine;
    private final int mostQueued;

    JavaWebSocketSession(Connection connection, int largest) {
      this.connection = connection;
      this.engine = (WebSocketImpl) connection.getConnection();
      this.mostQueued = Math.clamp(MOST_QUEUED_BYTES / largest, 4, 4096);
    }

    private void makeRoom() {
      while (engine.outQueue.size() > mostQueued) {
        LockSupport.parkNanos(this, PAUSE_NANOS);
      }
    }

    @Override
    public void send(byte[] binary) {
      makeRoom();
      connection.send(binary);
    }

    @Override
    public void send(String text) {
      makeRoom();
      connection.send(text);
    }

    @Override
    public void answer(byte[] binary) {
      connection.send(binary);
    }

    @Override
    public void answer(String text) {
      connection.send(text);
    }

    @Override
    public void close() {
      connection.close();
    }
  }

  private static final class Connection extends WebSocketClient {
    private final Receiver receiver;

    Connection(URI uri, Settings settings, Receiver receiver) {
      super(uri, draft(settings));
      this.receiver = receiver;
      setTcpNoDelay(true);
      setConnectionLostTimeout(0);
      if (settings.tls() != null) {
        setSocketFactory(settings.tls().getSocketFactory());
      }
    }

    @Override
    public void onOpen(ServerHandshake handshake) {
      // connectBlocking returns
    }

    @Override
    public void onMessage(String text) {
      receiver.message(text.length());
    }

    @Override
    public void onMessage(ByteBuffer bytes) {
      receiver.message(bytes.remaining());
    }

    @Override
    public void onClose(int code, String reason, boolean remote) {
      if (remote) {
        receiver.failed(new IOException("closed with " + code));
      }
    }

    @Override
    public void onError(Exception failure) {
      receiver.failed(failure);
    }
  }
}
