// SPDX-License-Identifier: Apache-2.0
package dev.parley.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.parley.client.DefaultClientWebSocketSession;
import dev.parley.client.HttpClient;
import dev.parley.client.WebSockets;
import dev.parley.examples.DictionaryExtension.Dictionary;
import dev.parley.testkit.MockWebSocketServer;
import dev.parley.testkit.RawFrame;
import dev.parley.testkit.Scenario;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Frame;
import dev.parley.websocket.Violation;
import dev.parley.websocket.WebSocketExtension;
import dev.parley.websocket.WebSocketProtocolException;
import dev.parley.websocket.extension.WebSocketExtensions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** An extension of a user's own gets the same treatment as those that come with the library. */
final class DictionaryExtensionTest {
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final int LIMIT = 10_000;
  private static final Frame.Text HELLO = new Frame.Text("{\"user\":\"ada\",\"text\":\"Hello!\"}");

  private final MockWebSocketServer server =
      MockWebSocketServer.start(
          config ->
              config.extensions(
                  extensions ->
                      extensions
                          .install(new DictionaryExtension.Factory())
                          .install(WebSocketExtensions.perMessageDeflate())));
  private final HttpClient client = client(Dictionary.CHAT);

  private static HttpClient client(Dictionary dictionary) {
    return HttpClient.create(
        config ->
            config.install(
                WebSockets.PLUGIN,
                ws ->
                    ws.maxMessageSize(LIMIT)
                        .extensions(
                            extensions ->
                                extensions
                                    .install(new DictionaryExtension.Factory(), dictionary)
                                    .install(WebSocketExtensions.perMessageDeflate()))));
  }

  @AfterEach
  void end() {
    client.close();
    server.close();
  }

  @Test
  void marksWhatItCompressesWithItsOwnBit() {
    try (DefaultClientWebSocketSession session = client.webSocketSession(server.url())) {
      session.send(HELLO);
      assertThat(session.incoming().receive()).isEqualTo(HELLO);
    }
    RawFrame wire = server.takeConnection(PATIENCE).takeFrame(PATIENCE);
    assertThat(wire.rsv2()).isTrue();
    assertThat(wire.rsv1()).isFalse();
    assertThat(wire.payload().remaining()).isLessThan(HELLO.data().length);
  }

  @Test
  void leavesAloneWhatDoesNotBecomeSmaller() {
    try (DefaultClientWebSocketSession session = client.webSocketSession(server.url())) {
      session.send("#");
      assertThat(session.incoming().receive()).isEqualTo(new Frame.Text("#"));
    }
    assertThat(server.takeConnection(PATIENCE).takeFrame(PATIENCE).rsv2()).isFalse();
  }

  @Test
  void worksWithFragmentsOfAMessage() {
    server.enqueue(Scenario.accept().sendFragmented(HELLO, 20).expectClose());
    try (DefaultClientWebSocketSession session = client.webSocketSession(server.url())) {
      assertThat(session.incoming().receive()).isEqualTo(HELLO);
    }
  }

  @Test
  void isDeclinedByAServerWithAnotherDictionary() {
    try (HttpClient other = client(new Dictionary("chat-2", "Good morning!"));
        DefaultClientWebSocketSession session = other.webSocketSession(server.url())) {
      assertThat(session.extensions())
          .extracting(WebSocketExtension::name)
          .containsExactly("permessage-deflate");
    }
  }

  @Test
  void stopsABombAtTheLimitOfTheMessage() {
    server.enqueue(
        Scenario.accept()
            .send(new Frame.Text("0".repeat(LIMIT + 1)))
            .expectClose(new CloseReason(1009, "message too big")));
    try (DefaultClientWebSocketSession session = client.webSocketSession(server.url())) {
      assertThatExceptionOfType(WebSocketProtocolException.class)
          .isThrownBy(() -> session.incoming().receive())
          .satisfies(e -> assertThat(e.violation()).isEqualTo(Violation.MESSAGE_TOO_BIG));
    }
  }

  @Test
  void failsOnDataThatIsNotSound() {
    server.enqueue(
        Scenario.accept()
            .send(RawFrame.text("garbage").withRsv2(true))
            .expectClose(new CloseReason(1007, "compressed data invalid")));
    try (DefaultClientWebSocketSession session = client.webSocketSession(server.url())) {
      assertThatExceptionOfType(WebSocketProtocolException.class)
          .isThrownBy(() -> session.incoming().receive())
          .satisfies(e -> assertThat(e.violation()).isEqualTo(Violation.COMPRESSED_DATA_INVALID));
    }
  }

  @Test
  void isReleasedHoweverTheSessionEnds() {
    DefaultClientWebSocketSession closed = client.webSocketSession(server.url());
    DefaultClientWebSocketSession terminated = client.webSocketSession(server.url());
    Frame wire = closed.extensions().getFirst().processOutgoingFrame(HELLO);
    closed.close();
    terminated.terminate();
    client.close(); // waits until both have released what they held

    for (DefaultClientWebSocketSession session : List.of(closed, terminated)) {
      WebSocketExtension<?> extension = session.extensions().getFirst();
      assertThatThrownBy(() -> extension.processOutgoingFrame(HELLO))
          .hasMessageContaining("has been closed");
      assertThatThrownBy(() -> extension.processIncomingFrame(wire))
          .hasMessageContaining("has been closed");
    }
  }
}
