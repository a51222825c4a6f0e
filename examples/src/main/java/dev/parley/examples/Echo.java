// SPDX-License-Identifier: Apache-2.0
package dev.parley.examples;

import dev.parley.client.HttpClient;
import dev.parley.websocket.Frame;

/** Sends a line and prints what comes back. */
public final class Echo {
  public static void main(String... args) {
    String url = args.length > 0 ? args[0] : "ws://localhost:8080";
    try (HttpClient client = HttpClient.create()) {
      client.webSocket(
          url,
          session -> {
            session.send("Hello, WebSocket!");
            if (session.incoming().receive() instanceof Frame.Text answer) {
              System.out.println("Received: " + answer.readText());
            }
          });
    }
  }
}
