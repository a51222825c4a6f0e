// SPDX-License-Identifier: Apache-2.0
package dev.parley.examples;

import dev.parley.client.HttpClient;
import dev.parley.client.MessageOptions;
import dev.parley.client.WebSockets;
import dev.parley.websocket.Frame;
import dev.parley.websocket.extension.PerMessageDeflateConfig;
import dev.parley.websocket.extension.WebSocketExtensions;

/** Offers to compress, and says what was negotiated. */
public final class Compression {
  public static void main(String... args) {
    String url = args.length > 0 ? args[0] : "ws://localhost:8080";
    try (HttpClient client = compressing()) {
      talk(client, url);
    }
    try (HttpClient client = compressingWithLittleMemory()) {
      talk(client, url);
    }
  }

  private static HttpClient compressing() {
    return HttpClient.create(
        config ->
            config.install(
                WebSockets.PLUGIN,
                ws ->
                    ws.extensions(
                        extensions ->
                            extensions.install(WebSocketExtensions.perMessageDeflate()))));
  }

  private static HttpClient compressingWithLittleMemory() {
    return HttpClient.create(
        config ->
            config.install(
                WebSockets.PLUGIN,
                ws ->
                    ws.extensions(
                        extensions ->
                            extensions.install(
                                WebSocketExtensions.perMessageDeflate().withLevel(1),
                                new PerMessageDeflateConfig()
                                    .withClientNoContextTakeover(true)
                                    .withServerNoContextTakeover(true)
                                    .withCompressIfBiggerThan(4096)))));
  }

  private static void talk(HttpClient client, String url) {
    client.webSocket(
        url,
        session -> {
          session
              .extensions()
              .forEach(
                  extension ->
                      System.out.println(
                          "Negotiated: " + extension.name() + ", " + extension.config()));
          session.send("to and fro ".repeat(10_000));
          Frame answer = session.incoming().receive();
          System.out.println("Received: " + answer.data().length + " bytes");
          Frame secret = new Frame.Text("a secret, and what others chose. ".repeat(50));
          session.send(secret, MessageOptions.DEFAULT.withCompressed(false));
        });
  }
}
