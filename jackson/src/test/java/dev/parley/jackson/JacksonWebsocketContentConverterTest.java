// SPDX-License-Identifier: Apache-2.0
package dev.parley.jackson;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.parley.client.HttpClient;
import dev.parley.client.TypeInfo;
import dev.parley.client.WebSockets;
import dev.parley.client.WebsocketDeserializeException;
import dev.parley.testkit.MockWebSocketServer;
import dev.parley.testkit.Scenario;
import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

final class JacksonWebsocketContentConverterTest {
  record Message(String user, int age) {}

  /** Refers to itself, which no JSON can. */
  @SuppressWarnings("UnusedVariable") // Jackson reads it
  static final class Loop {
    public final Loop self = this;
  }

  private final JacksonWebsocketContentConverter converter = new JacksonWebsocketContentConverter();

  private @Nullable Object read(TypeInfo<?> type, String content) {
    return converter.deserialize(UTF_8, type, content);
  }

  @Test
  void objectIsWrittenAndRead() {
    TypeInfo<Message> type = TypeInfo.of(Message.class);
    String json = converter.serialize(UTF_8, type, new Message("wörld", 7));
    assertThat(json).isEqualTo("{\"user\":\"wörld\",\"age\":7}");
    assertThat(read(type, json)).isEqualTo(new Message("wörld", 7));
  }

  @Test
  void genericsAreKept() {
    assertThat(
            read(
                new TypeInfo<Map<String, List<Message>>>() {},
                "{\"a\":[{\"user\":\"b\",\"age\":1}]}"))
        .isEqualTo(Map.of("a", List.of(new Message("b", 1))));
  }

  @Test
  void nullIsJsonsNull() {
    assertThat(converter.serialize(UTF_8, TypeInfo.of(Message.class), null)).isEqualTo("null");
    assertThat(read(TypeInfo.of(Message.class), "null")).isNull();
  }

  @Test
  void mapperOfTheUserIsUsed() {
    var indenting =
        new JacksonWebsocketContentConverter(
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build());
    assertThat(indenting.serialize(UTF_8, TypeInfo.of(Message.class), new Message("a", 1)))
        .contains("\n");
  }

  @Test
  void failureSaysWhereAndNotWhat() {
    assertThatExceptionOfType(WebSocketException.class)
        .isThrownBy(
            () -> read(new TypeInfo<List<Message>>() {}, "[{\"user\":\"a\",\"age\":\"hunter2\"}]"))
        .withMessageStartingWith("Jackson could not read a java.util.List<")
        .withMessageContaining("[0]")
        .withMessageContaining("\"age\"")
        .withMessageContaining("line 1, column")
        .withMessageNotContaining("hunter2")
        .withCauseInstanceOf(JacksonException.class);
    assertThatExceptionOfType(WebSocketException.class)
        .isThrownBy(() -> read(TypeInfo.of(Message.class), "{"))
        .withMessageContaining("line 1, column");
    assertThatExceptionOfType(WebSocketException.class)
        .isThrownBy(() -> converter.serialize(UTF_8, TypeInfo.of(Loop.class), new Loop()))
        .withMessageContaining("Jackson could not write a " + Loop.class.getTypeName())
        .withMessageContaining("\"self\"");
  }

  @Test
  void keyThatThePeerChoseMakesNoLineOfItsOwn() {
    String key = "x\\n2026 ERROR forged " + "y".repeat(1000);
    assertThatExceptionOfType(WebSocketException.class)
        .isThrownBy(() -> read(new TypeInfo<Map<String, Integer>>() {}, "{\"" + key + "\":\"no\"}"))
        .withMessageContaining("forged")
        .satisfies(e -> assertThat(e.getMessage()).hasLineCount(1).hasSizeLessThan(500));
  }

  @Nested
  class InASession {
    @Test
    void failureKeepsTheFrameAndTheSession() {
      try (MockWebSocketServer server = MockWebSocketServer.start();
          HttpClient client =
              HttpClient.create(
                  config ->
                      config.install(WebSockets.PLUGIN, ws -> ws.contentConverter(converter)))) {
        server.enqueue(
            Scenario.accept()
                .expect("{\"user\":\"me\",\"age\":1}")
                .send("not JSON")
                .send("[{\"user\":\"you\",\"age\":2}]")
                .expectClose());
        client.webSocket(
            server.url(),
            session -> {
              assertThatExceptionOfType(WebSocketException.class)
                  .isThrownBy(() -> session.sendSerialized(new Loop()));
              session.sendSerialized(new Message("me", 1));
              assertThatExceptionOfType(WebsocketDeserializeException.class)
                  .isThrownBy(() -> session.receiveDeserialized(Message.class))
                  .satisfies(e -> assertThat(e.frame()).isEqualTo(new Frame.Text("not JSON")));
              assertThat(session.receiveDeserialized(new TypeInfo<List<Message>>() {}))
                  .containsExactly(new Message("you", 2));
            });
      }
    }
  }
}
