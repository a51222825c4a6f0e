// SPDX-License-Identifier: Apache-2.0
package dev.parley.examples;

import dev.parley.client.HttpClient;
import dev.parley.websocket.Frame;
import java.time.Duration;
import java.util.Optional;

/** Waits for a message, but not for ever. */
public final class ReceiveTimeout {
  public static void main(String... args) {
    String url = args.length > 0 ? args[0] : "ws://localhost:8080";
    try (HttpClient client = HttpClient.create()) {
      client.webSocket(
          url,
          session -> {
            Optional<Frame> nothing = session.incoming().receive(Duration.ofMillis(50));
            System.out.println("Nobody spoke: " + nothing.isEmpty());

            session.send("Are you there?"); // the session is as open as before
            Optional<Frame> answer = session.incoming().receive(Duration.ofSeconds(5));
            System.out.println("Somebody answered: " + answer.isPresent());
          });
    }
  }
}
