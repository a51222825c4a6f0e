// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import org.jspecify.annotations.Nullable;

/** A WebSocket that this side opened. */
public interface ClientWebSocketSession extends WebSocketSession {
  /** Returns the opening request and the response to it. */
  HttpClientCall call();

  /** Returns the subprotocol that the server chose, or {@code null} where it chose none. */
  default @Nullable String subprotocol() {
    return call().response().headers().get("Sec-WebSocket-Protocol");
  }

  /**
   * Sends a value as one text message, written by the {@code contentConverter} of the client.
   *
   * @param value the value; its class says how it is written
   * @throws dev.parley.websocket.WebSocketException if there is no {@code contentConverter}, or it
   *     could not write the value; nothing is sent and the session stays open
   * @throws dev.parley.websocket.WebSocketClosedException if the session has ended or is closing
   */
  default void sendSerialized(Object value) {
    send(Conversion.of(this).serialize(TypeInfo.of(value.getClass()), value));
  }

  /**
   * Receives the next message and reads it as a value, with the {@code contentConverter} of the
   * client. Text and UTF-8 in a binary message are read alike.
   *
   * @param type what is expected
   * @throws WebsocketDeserializeException if the message is not such a value; the exception has the
   *     message and the session stays open
   * @throws ClosedReceiveChannelException if the session closes instead
   * @throws dev.parley.websocket.WebSocketException if there is no {@code contentConverter}, in
   *     which case no message is taken, or the connection broke
   */
  default <T> T receiveDeserialized(Class<T> type) {
    return receiveDeserialized(TypeInfo.of(type));
  }

  /**
   * Receives the next message and reads it as a value of a generic type; see {@link
   * #receiveDeserialized(Class)}.
   *
   * @param type what is expected, as in {@code new TypeInfo<List<Message>>() {}}
   */
  default <T> T receiveDeserialized(TypeInfo<T> type) {
    return Conversion.of(this).receive(incoming(), type);
  }
}
