// SPDX-License-Identifier: Apache-2.0
package dev.parley.examples;

import dev.parley.client.HttpClient;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Frame;

/** Listens until the conversation ends, and looks at each kind of frame. */
public final class Chat {
  public static void main(String... args) {
    String url = args.length > 0 ? args[0] : "ws://localhost:8080";
    try (HttpClient client = HttpClient.create()) {
      client.webSocket(
          url,
          session -> {
            session.send("Hello, chat!");
            session.send(new byte[] {1, 2, 3, 4});
            session.send("bye");
            for (Frame frame : session.incoming()) {
              switch (frame) {
                case Frame.Text text when text.readText().equals("bye") ->
                    session.send(new Frame.Close(CloseReason.NORMAL));
                case Frame.Text text -> System.out.println("Text: " + text.readText());
                case Frame.Binary binary ->
                    System.out.println("Binary: " + binary.readBytes().length + " bytes");
                case Frame.Close close -> System.out.println("Closed: " + close.readReason());
                case Frame.Ping ping -> System.out.println("only a raw session delivers " + ping);
                case Frame.Pong pong -> System.out.println("only a raw session delivers " + pong);
              }
            }
          });
    }
  }
}
