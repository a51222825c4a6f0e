// SPDX-License-Identifier: Apache-2.0
package dev.parley.examples;

import dev.parley.client.HttpClient;
import dev.parley.client.WebSocketSession;
import dev.parley.client.WebSocketUpgradeException;
import dev.parley.client.WebSockets;
import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketException;
import dev.parley.websocket.WebSocketProtocolException;
import java.time.Duration;

/** A session that notices a dead peer, bounds what it holds, and knows why it ended. */
public final class Robust {
  public static void main(String... args) {
    String url = args.length > 0 ? args[0] : "ws://localhost:8080";
    try (HttpClient client =
        HttpClient.create(
            config ->
                config.install(
                    WebSockets.PLUGIN,
                    ws ->
                        ws.pingInterval(Duration.ofSeconds(20))
                            .timeout(Duration.ofSeconds(10))
                            .maxMessageSize(1 << 20)))) {
      client.webSocket(url, Robust::listen);
    } catch (WebSocketUpgradeException e) {
      System.err.println("Refused: " + e.response().status() + " " + e.response().bodyAsText());
    } catch (WebSocketProtocolException e) {
      System.err.println("The server broke the protocol: " + e.getMessage());
    } catch (WebSocketException e) {
      System.err.println("No connection, or no more: " + e.getMessage());
    }
  }

  private static void listen(WebSocketSession session) {
    session.send("subscribe");
    for (Frame frame : session.incoming()) {
      if (frame instanceof Frame.Text text) {
        System.out.println(text.readText());
      }
    }
    System.out.println("Closed: " + session.closeReason().join());
  }
}
