// SPDX-License-Identifier: Apache-2.0
package dev.parley.compliance.peers;

import dev.parley.compliance.ClientUnderTest;
import dev.parley.compliance.Ending;
import dev.parley.compliance.Message;
import dev.parley.compliance.Outcome;
import dev.parley.compliance.Settings;
import dev.parley.compliance.Transcript;
import jakarta.websocket.ClientEndpointConfig;
import jakarta.websocket.CloseReason;
import jakarta.websocket.DeploymentException;
import jakarta.websocket.Endpoint;
import jakarta.websocket.EndpointConfig;
import jakarta.websocket.Extension;
import jakarta.websocket.MessageHandler;
import jakarta.websocket.Session;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import org.apache.catalina.util.ServerInfo;
import org.apache.tomcat.websocket.Constants;
import org.apache.tomcat.websocket.WsWebSocketContainer;

/** Tomcat, with its limits raised from 8 KiB to what the suite sends. */
public final class TomcatClient implements ClientUnderTest {
  private final WsWebSocketContainer container = new WsWebSocketContainer();

  @Override
  public String name() {
    return "tomcat";
  }

  @Override
  public String title() {
    return "Tomcat " + ServerInfo.getServerNumber().replaceFirst("\\.0$", "");
  }

  @Override
  public Outcome run(URI uri, Settings settings, Duration patience)
      throws InterruptedException, IOException {
    ClientEndpointConfig.Builder config = ClientEndpointConfig.Builder.create();
    if (settings.compression() == Settings.Compression.OFFERED) {
      config.extensions(List.of(new Deflate()));
    }
    config.preferredSubprotocols(settings.subprotocols());
    ClientEndpointConfig built = config.build();
    Duration timeout = settings.openTimeout();
    if (timeout != null) {
      built.getUserProperties().put(Constants.IO_TIMEOUT_MS_PROPERTY, "" + timeout.toMillis());
    }
    Echo echo = new Echo(settings.maxMessageSizeOr(Settings.LARGEST));
    Session session = null;
    try {
      session = container.connectToServer(echo, built, uri);
    } catch (DeploymentException e) {
      echo.transcript.failed(e);
    }
    Outcome outcome = echo.transcript.await(patience);
    if (session != null && outcome.ending() instanceof Ending.Silent) {
      session.close();
    }
    return outcome;
  }

  private record Deflate() implements Extension {
    @Override
    public String getName() {
      return "permessage-deflate";
    }

    @Override
    public List<Parameter> getParameters() {
      return List.of(); // its client refuses a window below 15 bits, so none is offered
    }
  }

  private static final class Echo extends Endpoint {
    private final Transcript transcript = new Transcript();
    private final int largest;

    Echo(int largest) {
      this.largest = largest;
    }

    @Override
    public void onOpen(Session session, EndpointConfig config) {
      transcript.opened();
      session.setMaxTextMessageBufferSize(largest);
      session.setMaxBinaryMessageBufferSize(largest);
      session.addMessageHandler(
          String.class,
          new MessageHandler.Whole<String>() {
            @Override
            public void onMessage(String text) {
              transcript.delivered(Message.text(text));
              try {
                session.getBasicRemote().sendText(text);
              } catch (IOException e) {
                transcript.failed(e);
              }
            }
          });
      session.addMessageHandler(
          ByteBuffer.class,
          new MessageHandler.Whole<ByteBuffer>() {
            @Override
            public void onMessage(ByteBuffer bytes) {
              byte[] all = new byte[bytes.remaining()];
              bytes.get(all);
              transcript.delivered(Message.binary(all));
              try {
                session.getBasicRemote().sendBinary(ByteBuffer.wrap(all));
              } catch (IOException e) {
                transcript.failed(e);
              }
            }
          });
    }

    @Override
    public void onClose(Session session, CloseReason reason) {
      transcript.closed(reason.getCloseCode().getCode(), reason.getReasonPhrase());
    }

    @Override
    public void onError(Session session, Throwable failure) {
      transcript.failed(failure);
    }
  }

  @Override
  public void close() {
    container.destroy();
  }
}
