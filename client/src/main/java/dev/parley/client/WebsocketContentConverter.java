// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import java.nio.charset.Charset;
import org.jspecify.annotations.Nullable;

/**
 * Turns objects into text and back, for {@link ClientWebSocketSession#sendSerialized} and {@link
 * ClientWebSocketSession#receiveDeserialized}, and for the bodies of plain requests: {@link
 * HttpRequestBuilder#bodySerialized(Object)} and {@link HttpResponse#body(Class)}. Set it with
 * {@link WebSockets.Config#contentConverter(WebsocketContentConverter)}; the module {@code
 * dev.parley.jackson} has one.
 *
 * <p>One converter serves all sessions of a client, on any number of threads at once. What it
 * throws is wrapped by the session, which stays open.
 */
public interface WebsocketContentConverter {
  /**
   * Writes a value as text.
   *
   * @param charset the encoding that the text will be sent in, always UTF-8 for a WebSocket
   * @param type what the value is declared to be
   * @param value the value
   */
  String serialize(Charset charset, TypeInfo<?> type, @Nullable Object value);

  /**
   * Reads a value from text.
   *
   * @param charset the encoding that the text came in, always UTF-8 for a WebSocket
   * @param type what is expected; the result must be of this type
   * @param content the whole message
   */
  @Nullable Object deserialize(Charset charset, TypeInfo<?> type, String content);

  /**
   * Returns the {@code Content-Type} of what this converter writes, where it is the body of a plain
   * request. Default: {@code application/json}, which is what nearly all converters write.
   */
  default String contentType() {
    return "application/json";
  }
}
