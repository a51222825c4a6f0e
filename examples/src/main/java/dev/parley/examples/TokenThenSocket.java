// SPDX-License-Identifier: Apache-2.0
package dev.parley.examples;

import dev.parley.client.HttpClient;
import dev.parley.client.HttpRequestException;
import dev.parley.client.HttpResponse;
import dev.parley.client.WebSockets;
import java.time.Duration;

/** Fetches a token over HTTP, and opens a session with it: one client, one configuration. */
public final class TokenThenSocket {
  public static void main(String... args) {
    String tokenUrl = args[0];
    String socketUrl = args[1];
    try (HttpClient client = HttpClient.create(config -> config.install(WebSockets.PLUGIN))) {
      HttpResponse response =
          client.post(
              tokenUrl,
              request ->
                  request
                      .contentType("application/x-www-form-urlencoded")
                      .body("grant_type=client_credentials&scope=chat")
                      .timeout(Duration.ofSeconds(5)));
      if (response.status().value() != 200) {
        System.out.println("No token: " + response.status() + " " + response.bodyAsText());
        return;
      }
      String token = response.bodyAsText();
      client.webSocket(
          request -> request.url(socketUrl).header("Authorization", "Bearer " + token),
          session -> session.send("Here I am!"));
    } catch (HttpRequestException e) {
      System.out.println("No answer: " + e.reason());
    }
  }
}
