// SPDX-License-Identifier: Apache-2.0
package dev.parley.examples;

import dev.parley.client.HttpClient;
import dev.parley.client.ReconnectPolicy;
import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketException;

/** Prints what a feed says, over as many sessions as it takes. */
public final class Resilient {
  public static void main(String... args) {
    String url = args.length > 0 ? args[0] : "ws://localhost:8080";
    try (HttpClient client = HttpClient.create();
        var sessions = client.sessions(request -> request.url(url), ReconnectPolicy.DEFAULT)) {
      for (var session : sessions) {
        try {
          session.send("subscribe prices");
          for (Frame frame : session.incoming()) {
            if (frame instanceof Frame.Text price) {
              System.out.println(price.readText());
            }
          }
        } catch (WebSocketException lost) {
          System.out.println("Lost: " + lost.getMessage());
        }
      }
    }
  }
}
