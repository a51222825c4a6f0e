// SPDX-License-Identifier: Apache-2.0
package dev.parley.examples;

import dev.parley.client.HttpClient;
import dev.parley.client.TypeInfo;
import dev.parley.client.WebSockets;
import dev.parley.client.WebsocketContentConverter;
import java.nio.charset.Charset;
import java.time.LocalDate;
import org.jspecify.annotations.Nullable;

/** Sends and receives dates, with a converter of its own. */
public final class OwnConverter {
  /** Writes dates as ISO 8601 says. */
  static final class DateConverter implements WebsocketContentConverter {
    @Override
    public String serialize(Charset charset, TypeInfo<?> type, @Nullable Object value) {
      if (value instanceof LocalDate date) {
        return date.toString();
      }
      throw new IllegalArgumentException("expected a LocalDate, got a " + type);
    }

    @Override
    public Object deserialize(Charset charset, TypeInfo<?> type, String content) {
      return LocalDate.parse(content);
    }
  }

  public static void main(String... args) {
    String url = args.length > 0 ? args[0] : "ws://localhost:8080";
    try (HttpClient client =
            HttpClient.create(
                config ->
                    config.install(
                        WebSockets.PLUGIN, ws -> ws.contentConverter(new DateConverter())));
        var session = client.webSocketSession(url)) {
      session.sendSerialized(LocalDate.of(2011, 12, 11));
      LocalDate date = session.receiveDeserialized(LocalDate.class);
      System.out.println("RFC 6455 is of " + date.getYear());
    }
  }
}
