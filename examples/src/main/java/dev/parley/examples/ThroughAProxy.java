// SPDX-License-Identifier: Apache-2.0
package dev.parley.examples;

import dev.parley.client.HttpClient;
import dev.parley.client.WebSockets;
import dev.parley.client.transport.ProxyException;
import dev.parley.client.transport.ProxyOptions;
import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketException;

/**
 * Goes through a proxy.
 *
 * <p>Arguments: the URL of the server, the URL of the proxy, user and password.
 */
public final class ThroughAProxy {
  public static void main(String... args) {
    ProxyOptions proxy = ProxyOptions.parse(args[1]).withCredentials(args[2], args[3]);
    try (HttpClient client =
        HttpClient.create(config -> config.install(WebSockets.PLUGIN).proxy(proxy))) {
      client.webSocket(
          args[0],
          session -> {
            session.send("Is this the way?");
            if (session.incoming().receive() instanceof Frame.Text answer) {
              System.out.println("Received: " + answer.readText());
            }
          });
    } catch (WebSocketException e) {
      if (e.getCause() instanceof ProxyException noTunnel) {
        System.out.println(noTunnel.reason() + " " + noTunnel.code());
      } else {
        throw e;
      }
    }
  }
}
