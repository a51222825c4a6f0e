// SPDX-License-Identifier: Apache-2.0
package dev.parley.jackson;

import dev.parley.client.TypeInfo;
import dev.parley.client.WebsocketContentConverter;
import dev.parley.websocket.WebSocketException;
import java.nio.charset.Charset;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;

/**
 * Writes objects as JSON and reads them, with Jackson 3. Types keep their generics, by {@link
 * TypeInfo}.
 *
 * {@snippet :
 * HttpClient client =
 *     HttpClient.create(
 *         config ->
 *             config.install(
 *                 WebSockets.PLUGIN,
 *                 ws -> ws.contentConverter(new JacksonWebsocketContentConverter())));
 * }
 *
 * <p>Where Jackson fails, a {@link WebSocketException} says at which place of which type, and never
 * what stood there; its cause is Jackson's exception, which may quote values. The session wraps it
 * and stays open. Immutable, as the mapper is; any number of threads may use one converter.
 */
public final class JacksonWebsocketContentConverter implements WebsocketContentConverter {
  private static final Pattern CONTROL = Pattern.compile("[\\p{Cc}\\p{Cf}\\u2028\\u2029]");
  private static final int MOST_SHOWN = 200;

  private final ObjectMapper mapper;

  /** Makes a converter with the defaults of Jackson. */
  public JacksonWebsocketContentConverter() {
    this(JsonMapper.shared());
  }

  /** Makes a converter that uses a mapper, as it was configured. */
  public JacksonWebsocketContentConverter(ObjectMapper mapper) {
    this.mapper = Objects.requireNonNull(mapper, "mapper");
  }

  @Override
  public String serialize(Charset charset, TypeInfo<?> type, @Nullable Object value) {
    try {
      return mapper.writerFor(javaType(type)).writeValueAsString(value);
    } catch (JacksonException e) {
      throw failure("write", type, e);
    }
  }

  @Override
  public @Nullable Object deserialize(Charset charset, TypeInfo<?> type, String content) {
    try {
      return mapper.readValue(content, javaType(type));
    } catch (JacksonException e) {
      throw failure("read", type, e);
    }
  }

  private JavaType javaType(TypeInfo<?> type) {
    return mapper.constructType(type.type());
  }

  private static WebSocketException failure(String verb, TypeInfo<?> type, JacksonException e) {
    StringBuilder message = new StringBuilder("Jackson could not " + verb + " a " + type);
    String path = e.getPathReference();
    if (!path.isEmpty()) {
      // It may have keys of a map, which the peer has chosen: they make no line of their own.
      String shown = CONTROL.matcher(path).replaceAll("?");
      message.append(" at ").append(shown, 0, Math.min(shown.length(), MOST_SHOWN));
    }
    TokenStreamLocation location = e.getLocation();
    if (location != null && location.getLineNr() > 0) {
      message.append(", line ").append(location.getLineNr());
      message.append(", column ").append(location.getColumnNr());
    }
    return new WebSocketException(message.toString(), e);
  }
}
