// SPDX-License-Identifier: Apache-2.0
package dev.parley.examples;

import dev.parley.client.HttpClient;
import dev.parley.client.WebSocketSession;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketException;
import org.jspecify.annotations.Nullable;

/** Calls a listener back, for a program that was written for another client. */
public final class Callbacks {
  private Callbacks() {}

  /** What other clients call. */
  interface Listener {
    void onText(String text);

    void onBinary(byte[] bytes);

    void onClose(@Nullable CloseReason reason);

    void onFailure(WebSocketException failure);
  }

  /** Has a virtual thread receive, and call the listener with all that comes, in order. */
  static Thread listen(WebSocketSession session, Listener listener) {
    return Thread.startVirtualThread(
        () -> {
          try {
            for (Frame frame : session.incoming()) {
              switch (frame) {
                case Frame.Text text -> listener.onText(text.readText());
                case Frame.Binary binary -> listener.onBinary(binary.readBytes());
                case Frame.Close close -> listener.onClose(close.readReason());
                case Frame.Ping ping -> {}
                case Frame.Pong pong -> {}
              }
            }
          } catch (WebSocketException e) {
            listener.onFailure(e);
          }
        });
  }

  private static final class Printing implements Listener {
    @Override
    public void onText(String text) {
      System.out.println("Text: " + text);
    }

    @Override
    public void onBinary(byte[] bytes) {
      System.out.println("Binary: " + bytes.length + " bytes");
    }

    @Override
    public void onClose(@Nullable CloseReason reason) {
      System.out.println("Closed: " + reason);
    }

    @Override
    public void onFailure(WebSocketException failure) {
      System.out.println("Failed: " + failure.getMessage());
    }
  }

  public static void main(String... args) throws InterruptedException {
    String url = args.length > 0 ? args[0] : "ws://localhost:8080";
    try (HttpClient client = HttpClient.create()) {
      var session = client.webSocketSession(url);
      Thread receiver = listen(session, new Printing());
      session.send("Hello, listener!");
      session.send(new byte[] {1, 2, 3, 4});
      session.close();
      receiver.join();
    }
  }
}
