// SPDX-License-Identifier: Apache-2.0
package dev.parley.examples;

import dev.parley.client.HttpClient;

/** Sends headers, a query and subprotocols with the opening request. */
public final class CustomRequest {
  public static void main(String... args) {
    String url = args.length > 0 ? args[0] : "ws://localhost:8080";
    try (HttpClient client = HttpClient.create()) {
      client.webSocket(
          request ->
              request
                  .url(url)
                  .header("Authorization", "Bearer token123")
                  .parameter("room", "chat-room-1")
                  .subprotocols("chat.v2", "chat.v1"),
          session -> {
            System.out.println("Subprotocol: " + session.subprotocol());
            System.out.println("Server: " + session.call().response().headers().get("Server"));
            session.send("JOIN room");
          });
    }
  }
}
