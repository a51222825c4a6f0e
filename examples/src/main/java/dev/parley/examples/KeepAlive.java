// SPDX-License-Identifier: Apache-2.0
package dev.parley.examples;

import dev.parley.client.HttpClient;
import dev.parley.client.WebSockets;
import java.time.Duration;

/** Finds a dead peer, measures the way to a living one, and tells how the session ended. */
public final class KeepAlive {
  public static void main(String... args) {
    String url = args.length > 0 ? args[0] : "ws://localhost:8080";
    try (HttpClient client =
        HttpClient.create(
            config ->
                config.install(
                    WebSockets.PLUGIN,
                    ws ->
                        ws.pingInterval(Duration.ofSeconds(20))
                            .pongTimeout(Duration.ofSeconds(10))
                            .writeTimeout(Duration.ofSeconds(30))))) {
      var session = client.webSocketSession(url);
      Duration roundTrip = session.ping();
      System.out.println("There and back within a minute: " + (roundTrip.toMinutes() == 0));
      session.send("Anybody there?");
      session.close();

      session
          .closeInfo()
          .ifPresent(
              info -> {
                System.out.println("First to close: " + info.first());
                System.out.println("Ours: " + info.ours() + ", the peer's: " + info.peers());
                System.out.println(
                    info.messagesSent() + " of " + info.messagesAccepted() + " messages went out");
                System.out.println("Why: " + info.rootCause()); // null, as it was closed in order
              });
    }
  }
}
