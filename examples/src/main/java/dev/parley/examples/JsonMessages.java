// SPDX-License-Identifier: Apache-2.0
package dev.parley.examples;

import dev.parley.client.HttpClient;
import dev.parley.client.TypeInfo;
import dev.parley.client.WebSockets;
import dev.parley.client.WebsocketDeserializeException;
import dev.parley.jackson.JacksonWebsocketContentConverter;
import java.util.List;

/** Sends and receives objects as JSON. */
public final class JsonMessages {
  public record ChatMessage(String user, String text) {}

  public static void main(String... args) {
    String url = args.length > 0 ? args[0] : "ws://localhost:8080";
    try (HttpClient client =
            HttpClient.create(
                config ->
                    config.install(
                        WebSockets.PLUGIN,
                        ws -> ws.contentConverter(new JacksonWebsocketContentConverter())));
        var session = client.webSocketSession(url)) {

      session.sendSerialized(new ChatMessage("ada", "Hello everyone!"));
      ChatMessage message = session.receiveDeserialized(ChatMessage.class);
      System.out.println(message.user() + " says: " + message.text());

      session.sendSerialized(List.of(message, new ChatMessage("bob", "Hello Ada!")));
      List<ChatMessage> messages =
          session.receiveDeserialized(new TypeInfo<List<ChatMessage>>() {});
      System.out.println(messages.size() + " messages");

      session.send("this is no JSON");
      try {
        session.receiveDeserialized(ChatMessage.class);
      } catch (WebsocketDeserializeException e) {
        System.out.println("Not a ChatMessage: " + e.frame()); // the session stays open
      }
    }
  }
}
