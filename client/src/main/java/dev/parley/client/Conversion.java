// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Messages and bodies as values: the converter's work, and what it may do wrong. */
record Conversion(WebsocketContentConverter converter) {
  static Conversion of(ClientWebSocketSession session) {
    return of(session.call().client());
  }

  static Conversion of(HttpClient client) {
    WebsocketContentConverter converter = client.plugin(WebSockets.PLUGIN).contentConverter();
    if (converter == null) {
      throw new WebSocketException(
          "no contentConverter: set one with config.install(WebSockets.PLUGIN,"
              + " ws -> ws.contentConverter(...))");
    }
    return new Conversion(converter);
  }

  String serialize(TypeInfo<?> type, @Nullable Object value) {
    try {
      return converter.serialize(StandardCharsets.UTF_8, type, value);
    } catch (RuntimeException e) {
      throw new WebSocketException("the contentConverter could not serialise a " + type, e);
    }
  }

  String contentType() {
    return converter.contentType();
  }

  /** Reads the body of a response. */
  <T> T read(Charset charset, String body, TypeInfo<T> type) {
    Object value;
    try {
      value = converter.deserialize(charset, type, body);
    } catch (RuntimeException e) {
      throw new WebSocketException("the contentConverter could not read a " + type, e);
    }
    if (!isA(type, value)) {
      throw new WebSocketException(mistaken(type, value));
    }
    return checked(value);
  }

  private static boolean isA(TypeInfo<?> type, @Nullable Object value) {
    return value != null && type.accepts(value);
  }

  private static String mistaken(TypeInfo<?> type, @Nullable Object value) {
    return "expected a "
        + type
        + ", the contentConverter returned "
        + (value == null ? "null" : "a " + value.getClass().getName());
  }

  /** As far as it can be seen at run time, its type was just checked. */
  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals", "NullAway"})
  private static <T> T checked(@Nullable Object value) {
    return (T) value;
  }

  <T> T receive(ReceiveChannel<Frame> incoming, TypeInfo<T> type) {
    Frame frame = incoming.receive();
    return switch (frame) {
      case Frame.Text text -> deserialize(text, type);
      case Frame.Binary binary -> deserialize(binary, type);
      // The last element. What comes after it is the exception that says how the session closed.
      case Frame.Close close -> receive(incoming, type);
      case Frame.Ping ping -> throw unexpected(ping, type, null);
      case Frame.Pong pong -> throw unexpected(pong, type, null);
    };
  }

  private <T> T deserialize(Frame frame, TypeInfo<T> type) {
    if (!frame.fin()) { // a raw session delivers fragments, which are no values
      throw unexpected(frame, type, null);
    }
    Object value;
    try {
      value = converter.deserialize(StandardCharsets.UTF_8, type, text(frame));
    } catch (RuntimeException | CharacterCodingException e) {
      throw unexpected(frame, type, e);
    }
    if (!isA(type, value)) {
      throw new WebsocketDeserializeException(mistaken(type, value), frame, null);
    }
    return checked(value);
  }

  /** A default session has judged the bytes of a Text; those of a Binary may be anything. */
  private static String text(Frame frame) throws CharacterCodingException {
    return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(frame.data())).toString();
  }

  private static WebsocketDeserializeException unexpected(
      Frame frame, TypeInfo<?> type, @Nullable Exception cause) {
    return new WebsocketDeserializeException(
        "expected a " + type + ", got " + frame + (cause == null ? "" : " that could not be read"),
        frame,
        cause);
  }
}
