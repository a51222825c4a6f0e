// SPDX-License-Identifier: Apache-2.0
package dev.parley.examples;

import dev.parley.client.HttpClient;
import dev.parley.client.WebSockets;
import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketProtocolException;
import java.time.Duration;

/** Sets how long to wait and how much to hold, and meets a message that is too big. */
public final class TimeoutsAndLimits {
  public static void main(String... args) {
    String url = args.length > 0 ? args[0] : "ws://localhost:8080";
    try (HttpClient client =
            HttpClient.create(
                config ->
                    config.install(
                        WebSockets.PLUGIN,
                        ws ->
                            ws.openTimeout(Duration.ofSeconds(5))
                                .pingInterval(Duration.ofSeconds(20))
                                .pongTimeout(Duration.ofSeconds(10))
                                .closeTimeout(Duration.ofSeconds(2))
                                .maxMessageSize(64 << 10)
                                .receiveQueueMessages(64)));
        var session = client.webSocketSession(url)) {
      session.send("x".repeat(100_000));
      Frame answer = session.incoming().receive();
      System.out.println("Received: " + answer);
    } catch (WebSocketProtocolException e) {
      System.out.println(e.getMessage()); // the limit, its value, and what came
    }
  }
}
