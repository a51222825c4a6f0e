// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks.peers;

import com.neovisionaries.ws.client.WebSocket;
import com.neovisionaries.ws.client.WebSocketAdapter;
import com.neovisionaries.ws.client.WebSocketException;
import com.neovisionaries.ws.client.WebSocketExtension;
import com.neovisionaries.ws.client.WebSocketFactory;
import com.neovisionaries.ws.client.WebSocketFrame;
import dev.parley.benchmarks.Client;
import dev.parley.benchmarks.Receiver;
import dev.parley.benchmarks.Session;
import dev.parley.benchmarks.Settings;
import java.io.IOException;
import java.net.URI;
import org.jspecify.annotations.Nullable;

/**
 * nv-websocket-client, with a bound of its queue, at which its sends wait. A thread of its own
 * writes what is queued, and flushes after each message unless there are many. It may lose a flush
 * that it is asked for, so it is first told to flush by itself again.
 */
public final class NvClient implements Client {
  private @Nullable WebSocketFactory factory;

  @Override
  public String version() {
    return "2.14"; // it does not know it
  }

  private synchronized WebSocketFactory factory(Settings settings) {
    if (factory == null) {
      factory = new WebSocketFactory();
      if (settings.tls() != null) {
        factory.setSSLContext(settings.tls());
      }
    }
    return factory;
  }

  @Override
  public Session open(URI uri, Settings settings, Receiver receiver) throws Exception {
    WebSocket webSocket = factory(settings).createSocket(uri);
    switch (settings.compression()) {
      case NONE -> {}
      case TAKEOVER -> webSocket.addExtension(WebSocketExtension.PERMESSAGE_DEFLATE);
      case FRESH ->
          webSocket.addExtension(
              "permessage-deflate; client_no_context_takeover; server_no_context_takeover");
    }
    webSocket
        .setFrameQueueSize(Math.clamp(NvSession.MOST_QUEUED_BYTES / settings.largest(), 4, 4096))
        .addListener(new Listener(receiver));
    webSocket.connect();
    webSocket.getConnectedSocket().setTcpNoDelay(true);
    return new NvSession(webSocket);
  }

  @Override
  public void close() {
    // nothing is shared
  }

  private record NvSession(WebSocket webSocket) implements Session {
    private static final int MOST_QUEUED_BYTES = 4 << 20;

    @Override
    public void send(byte[] binary) {
      webSocket.setAutoFlush(false).sendBinary(binary);
    }

    @Override
    public void send(String text) {
      webSocket.setAutoFlush(false).sendText(text);
    }

    @Override
    public void flush() {
      webSocket.setAutoFlush(true).flush();
    }

    @Override
    public void sendNow(byte[] binary) {
      webSocket.setAutoFlush(true).sendBinary(binary);
    }

    @Override
    public void sendNow(String text) {
      webSocket.setAutoFlush(true).sendText(text);
    }

    @Override
    public void close() {
      webSocket.disconnect();
    }
  }

  private static final class Listener extends WebSocketAdapter {
    private final Receiver receiver;

    Listener(Receiver receiver) {
      this.receiver = receiver;
    }

    @Override
    public void onTextMessage(WebSocket webSocket, String text) {
      receiver.message(text.length());
    }

    @Override
    public void onBinaryMessage(WebSocket webSocket, byte[] binary) {
      receiver.message(binary.length);
    }

    @Override
    public void onDisconnected(
        WebSocket webSocket,
        @Nullable WebSocketFrame theirs,
        @Nullable WebSocketFrame ours,
        boolean byServer) {
      if (byServer) {
        receiver.failed(new IOException("closed by the server"));
      }
    }

    @Override
    public void onError(WebSocket webSocket, WebSocketException cause) {
      receiver.failed(cause);
    }
  }
}
