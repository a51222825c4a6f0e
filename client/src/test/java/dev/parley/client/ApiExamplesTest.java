// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.client.transport.TlsOptions;
import dev.parley.testkit.MockWebSocketServer;
import dev.parley.testkit.Scenario;
import dev.parley.testkit.TestCertificates;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketException;
import dev.parley.websocket.WebSocketProtocolException;
import java.nio.charset.Charset;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The examples of the specification, word for word but for the addresses and the printing. */
final class ApiExamplesTest {
  private static final Duration SOON = Duration.ofSeconds(10);

  private final MockWebSocketServer server =
      MockWebSocketServer.start(config -> config.tls(TestCertificates.serverContext()));
  private final List<String> printed = new ArrayList<>();

  record ChatMessage(String user, String text) {}

  /** Enough of a converter for one record. */
  private static final class ChatConverter implements WebsocketContentConverter {
    @Override
    public String serialize(Charset charset, TypeInfo<?> type, @Nullable Object value) {
      ChatMessage message = ChatMessage.class.cast(value);
      return message == null ? "" : message.user() + ": " + message.text();
    }

    @Override
    public Object deserialize(Charset charset, TypeInfo<?> type, String content) {
      String[] parts = content.split(": ", 2);
      return new ChatMessage(parts[0], parts[1]);
    }
  }

  private static HttpClient client() {
    return HttpClient.create(
        config ->
            config
                .tls(TlsOptions.DEFAULT.withContext(TestCertificates.clientContext()))
                .install(
                    WebSockets.PLUGIN,
                    ws ->
                        ws.pingInterval(20_000)
                            .timeout(15_000)
                            .maxFrameSize(Long.MAX_VALUE)
                            .contentConverter(new ChatConverter())));
  }

  @AfterEach
  void end() {
    server.close();
  }

  @Test
  void everyKindOfFrameIsReceived() {
    server.enqueue(
        Scenario.accept()
            .expect("Hello, WebSocket!")
            .send("Hello, client!")
            .send(new Frame.Binary(new byte[] {1, 2, 3, 4}))
            .send(new Frame.Ping(new byte[] {5}))
            .expect(new Frame.Pong(new byte[] {5}))
            .close(CloseReason.GOING_AWAY));
    try (HttpClient client = client()) {
      client.webSocket(
          server.url(),
          session -> {
            session.send("Hello, WebSocket!");
            for (Frame frame : session.incoming()) {
              switch (frame) {
                case Frame.Text text -> printed.add("Received: " + text.readText());
                case Frame.Binary binary ->
                    printed.add("Received binary: " + binary.readBytes().length + " bytes");
                case Frame.Close close -> printed.add("Connection closed: " + close.readReason());
                case Frame.Ping ping -> session.send(new Frame.Pong(ping.data()));
                case Frame.Pong pong -> printed.add("Received pong");
              }
            }
          });
    }
    assertThat(printed)
        .containsExactly(
            "Received: Hello, client!",
            "Received binary: 4 bytes",
            "Connection closed: " + CloseReason.GOING_AWAY);
  }

  @Test
  void requestIsBuilt() {
    server.enqueue(Scenario.accept().expect("JOIN room").expectClose(CloseReason.NORMAL));
    try (HttpClient client = client()) {
      client.webSocket(
          request ->
              request
                  .url(server.url("/socket"))
                  .header("Authorization", "Bearer token123")
                  .parameter("room", "chat-room-1"),
          session -> session.send("JOIN room"));
    }
    var request = server.takeHandshake(SOON).request();
    assertThat(request.target()).isEqualTo("/socket?room=chat-room-1");
    assertThat(request.headers().getAll("Authorization")).containsExactly("Bearer token123");
  }

  @Test
  void sessionIsHeld() {
    server.enqueue(
        Scenario.accept()
            .expect("user1: Hello everyone!")
            .send("user2: Welcome!")
            .expectClose(CloseReason.NORMAL));
    try (HttpClient client = client()) {
      try (var session =
          client.webSocketSession(
              server.url("/socket"), request -> request.header("Authorization", "Bearer token"))) {
        session.sendSerialized(new ChatMessage("user1", "Hello everyone!"));
        ChatMessage message = session.receiveDeserialized(ChatMessage.class);
        session.close(CloseReason.NORMAL);
        assertThat(message).isEqualTo(new ChatMessage("user2", "Welcome!"));
      }
    }
  }

  @Test
  void failuresAreTold() {
    server.enqueue(Scenario.reject(403));
    server.enqueue(Scenario.accept().sendBytes(new byte[] {(byte) 0x83, 0}));
    server.enqueue(Scenario.accept().endOfStream());
    for (int i = 0; i < 3; i++) {
      try (HttpClient client = client()) {
        client.webSocket(server.url(), session -> session.incoming().receive());
      } catch (WebSocketUpgradeException e) {
        printed.add("Failed to upgrade to WebSocket: " + e.response().status());
      } catch (WebSocketProtocolException e) {
        printed.add("Protocol error: " + e.getMessage());
      } catch (WebSocketException e) {
        printed.add("WebSocket error: " + e.getMessage());
      }
    }
    assertThat(printed).hasSize(3);
    assertThat(printed.get(0)).isEqualTo("Failed to upgrade to WebSocket: 403 Rejected");
    assertThat(printed.get(1)).startsWith("Protocol error: ").contains("RFC 6455 §5.2");
    assertThat(printed.get(2)).startsWith("WebSocket error: ").contains("without a Close");
  }
}
