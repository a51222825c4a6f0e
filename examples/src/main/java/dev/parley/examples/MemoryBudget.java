// SPDX-License-Identifier: Apache-2.0
package dev.parley.examples;

import dev.parley.client.HttpClient;
import dev.parley.client.WebSockets;
import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketProtocolException;

/** Bounds what all sessions of a client together may hold, and meets a message without room. */
public final class MemoryBudget {
  public static void main(String... args) {
    String url = args.length > 0 ? args[0] : "ws://localhost:8080";
    try (HttpClient client =
        HttpClient.create(
            config ->
                config.install(
                    WebSockets.PLUGIN, ws -> ws.memoryBudget(64 << 20).maxMessageSize(16 << 20)))) {
      client.webSocket(
          url,
          session -> {
            session.send(new byte[1 << 20]);
            Frame answer = session.incoming().receive();
            System.out.println("Received: " + answer.data().length + " bytes");
          });
    }
    try (HttpClient client =
            HttpClient.create(
                config -> config.install(WebSockets.PLUGIN, ws -> ws.memoryBudget(1 << 20)));
        var session = client.webSocketSession(url)) {
      session.send(new byte[2 << 20]);
      Frame answer = session.incoming().receive();
      System.out.println("Received: " + answer.data().length + " bytes");
    } catch (WebSocketProtocolException e) {
      System.out.println(e.violation() + ": " + e.getMessage()); // the budget, and what is in use
    }
  }
}
