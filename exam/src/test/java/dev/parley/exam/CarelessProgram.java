// SPDX-License-Identifier: Apache-2.0
package dev.parley.exam;

import dev.parley.client.DefaultClientWebSocketSession;
import dev.parley.client.HttpClient;
import dev.parley.client.WebSockets;
import dev.parley.websocket.extension.WebSocketExtensions;

/** Uses a client and never closes it; {@link ResourceTest} runs it apart. */
final class CarelessProgram {
  private CarelessProgram() {}

  /**
   * Holds a short conversation.
   *
   * @param arguments the URL of a server that echoes, and whether at least to close the session
   */
  public static void main(String[] arguments) {
    HttpClient client =
        HttpClient.create(
            config ->
                config.install(
                    WebSockets.PLUGIN,
                    ws ->
                        ws.extensions(all -> all.install(WebSocketExtensions.perMessageDeflate()))
                            .pingInterval(60_000)));
    DefaultClientWebSocketSession session = client.webSocketSession(arguments[0]);
    session.send("hello");
    if (session.incoming().receive().data().length != 5) {
      throw new IllegalStateException("no echo");
    }
    if (Boolean.parseBoolean(arguments[1])) {
      session.close();
    }
  }
}
