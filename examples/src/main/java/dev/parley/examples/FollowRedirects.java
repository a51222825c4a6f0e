// SPDX-License-Identifier: Apache-2.0
package dev.parley.examples;

import dev.parley.client.HttpClient;
import dev.parley.client.Redirects;
import dev.parley.client.WebSockets;

/** Follows a server that has moved. */
public final class FollowRedirects {
  public static void main(String... args) {
    String url = args.length > 0 ? args[0] : "ws://localhost:8080";
    try (HttpClient client =
        HttpClient.create(
            config ->
                config
                    .install(WebSockets.PLUGIN)
                    .install(Redirects.PLUGIN, redirects -> redirects.keep("X-Trace-Id")))) {
      client.webSocket(
          request -> request.url(url).header("X-Trace-Id", "4711"),
          session -> {
            System.out.println("Ended up at " + session.call().request().url());
            session.send("Here I am!");
          });
    }
  }
}
