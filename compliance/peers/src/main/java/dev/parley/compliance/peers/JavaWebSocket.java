// SPDX-License-Identifier: Apache-2.0
package dev.parley.compliance.peers;

import dev.parley.compliance.ClientUnderTest;
import dev.parley.compliance.Ending;
import dev.parley.compliance.Message;
import dev.parley.compliance.Outcome;
import dev.parley.compliance.Settings;
import dev.parley.compliance.Transcript;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;
import org.java_websocket.client.WebSocketClient;
import org.java_websocket.drafts.Draft;
import org.java_websocket.drafts.Draft_6455;
import org.java_websocket.extensions.IExtension;
import org.java_websocket.extensions.permessage_deflate.PerMessageDeflateExtension;
import org.java_websocket.handshake.ServerHandshake;
import org.java_websocket.protocols.IProtocol;
import org.java_websocket.protocols.Protocol;
import org.jspecify.annotations.Nullable;

/** Java-WebSocket, with its own permessage-deflate where a case asks for it. */
public final class JavaWebSocket implements ClientUnderTest {
  private @Nullable SSLContext context;

  @Override
  public String name() {
    return "java-websocket";
  }

  @Override
  public String title() {
    return "Java-WebSocket 1.6.0";
  }

  @Override
  public boolean trust(SSLContext context) {
    this.context = context;
    return true;
  }

  @Override
  public Outcome run(URI uri, Settings settings, Duration patience) throws InterruptedException {
    List<IExtension> extensions = new ArrayList<>();
    if (settings.compression() == Settings.Compression.OFFERED) {
      PerMessageDeflateExtension deflate = new PerMessageDeflateExtension();
      deflate.setThreshold(0);
      extensions.add(deflate);
    }
    List<IProtocol> protocols = new ArrayList<>();
    settings.subprotocols().forEach(name -> protocols.add(new Protocol(name)));
    if (protocols.isEmpty()) {
      protocols.add(new Protocol("")); // it stands for none, and would accept any
    }
    Draft draft =
        new Draft_6455(extensions, protocols, settings.maxMessageSizeOr(Integer.MAX_VALUE));
    Duration timeout = settings.openTimeout();
    Echo echo = new Echo(uri, draft, timeout == null ? 0 : (int) timeout.toMillis());
    if (context != null) {
      echo.setSocketFactory(context.getSocketFactory());
    }
    echo.connect();
    Outcome outcome = echo.transcript.await(patience);
    if (outcome.ending() instanceof Ending.Silent) {
      echo.closeConnection(1006, "");
    }
    return outcome;
  }

  private static final class Echo extends WebSocketClient {
    private final Transcript transcript = new Transcript();
    private @Nullable Exception error;

    Echo(URI uri, Draft draft, int connectTimeout) {
      super(uri, draft, null, connectTimeout);
    }

    @Override
    public void onOpen(ServerHandshake handshake) {
      transcript.opened();
    }

    @Override
    public void onMessage(String text) {
      transcript.delivered(Message.text(text));
      send(text);
    }

    @Override
    public void onMessage(ByteBuffer bytes) {
      byte[] all = new byte[bytes.remaining()];
      bytes.get(all);
      transcript.delivered(Message.binary(all));
      send(all);
    }

    @Override
    public void onClose(int code, String reason, boolean remote) {
      // 1006 and negative numbers are its own words for an end without a Close.
      boolean closed = remote && code >= 1000 && code != 1006;
      if (closed) {
        transcript.closed(code, reason);
      } else {
        transcript.failed(error == null ? new Exception(code + " " + reason) : error);
      }
    }

    @Override
    public void onError(Exception e) {
      error = e; // onClose follows
    }
  }
}
