// SPDX-License-Identifier: Apache-2.0
package dev.parley.examples;

import dev.parley.client.ClientWebSocketSession;
import dev.parley.client.HttpClient;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Frame;
import java.nio.charset.StandardCharsets;

/** Sees every frame as it came, and answers by hand what a default session answers by itself. */
public final class RawSession {
  public static void main(String... args) {
    String url = args.length > 0 ? args[0] : "ws://localhost:8080";
    try (HttpClient client = HttpClient.create();
        ClientWebSocketSession session = client.webSocketRawSession(url)) {
      session.send(fragment("One message ", false));
      session.send(new Frame.Ping(new byte[] {1, 2, 3})); // may stand between two fragments
      session.send(fragment("in two frames", true));

      for (Frame frame : session.incoming()) {
        System.out.println("Received: " + frame);
        switch (frame) {
          case Frame.Text text when text.fin() -> session.send(new Frame.Close(CloseReason.NORMAL));
          case Frame.Ping ping -> session.send(new Frame.Pong(ping.data()));
          case Frame.Close close -> session.close(CloseReason.NORMAL); // answers
          case Frame.Text text -> System.out.println("to be continued");
          case Frame.Binary binary -> System.out.println("final: " + binary.fin());
          case Frame.Pong pong -> System.out.println("they are there");
        }
      }
    }
  }

  private static Frame fragment(String text, boolean last) {
    return new Frame.Text(text.getBytes(StandardCharsets.UTF_8), last, false, false, false);
  }
}
