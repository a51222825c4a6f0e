// SPDX-License-Identifier: Apache-2.0
package dev.parley.examples;

import dev.parley.client.HttpClient;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.handshake.HandshakeException;

/** Offers two subprotocols, and looks at what the server makes of it. */
public final class Subprotocols {
  public static void main(String... args) {
    String url = args.length > 0 ? args[0] : "ws://localhost:8080";
    try (HttpClient client = HttpClient.create();
        var session =
            client.webSocketSession(url, request -> request.subprotocols("chat.v2", "chat.v1"))) {
      String chosen = session.subprotocol();
      if (chosen == null) {
        System.out.println("No subprotocol");
        session.close(new CloseReason(4000, "expected chat.v2 or chat.v1"));
      } else {
        System.out.println("Speaking " + chosen);
        session.send(chosen.equals("chat.v2") ? "{\"say\":\"hello\"}" : "hello");
      }
    } catch (HandshakeException e) {
      System.out.println(e.failure() + ": " + e.getMessage());
    }
  }
}
