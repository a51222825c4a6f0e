// SPDX-License-Identifier: Apache-2.0
package dev.parley.examples;

import dev.parley.client.HttpClient;
import dev.parley.client.LatestOutbox;
import dev.parley.websocket.Frame;

/** Sends live data of which only the latest counts. */
public final class LiveData {
  public static void main(String... args) {
    String url = args.length > 0 ? args[0] : "ws://localhost:8080";
    try (HttpClient client = HttpClient.create();
        var session = client.webSocketSession(url)) {
      LatestOutbox<String> outbox = new LatestOutbox<>(session, 100);
      outbox.put("EUR/USD", "EUR/USD 1.0831");
      outbox.put("EUR/CHF", "EUR/CHF 0.9370");
      for (int i = 0; i < 2; i++) {
        if (session.incoming().receive() instanceof Frame.Text text) {
          System.out.println("Echoed: " + text.readText());
        }
      }
    }
  }
}
