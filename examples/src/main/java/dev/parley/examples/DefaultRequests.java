// SPDX-License-Identifier: Apache-2.0
package dev.parley.examples;

import dev.parley.client.DefaultRequest;
import dev.parley.client.HttpClient;
import dev.parley.client.WebSockets;

/** Says once where the server is and who we are; every session then names only a path. */
public final class DefaultRequests {
  public static void main(String... args) {
    String url = args.length > 0 ? args[0] : "ws://localhost:8080";
    try (HttpClient client =
        HttpClient.create(
            config ->
                config
                    .install(WebSockets.PLUGIN)
                    .install(
                        DefaultRequest.PLUGIN,
                        request -> request.url(url).header("Authorization", "Bearer token123")))) {
      client.webSocket("/rooms/1", session -> session.send("Hello, room 1!"));
      client.webSocket("/rooms/2", session -> session.send("Hello, room 2!"));
    }
  }
}
