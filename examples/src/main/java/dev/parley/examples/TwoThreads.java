// SPDX-License-Identifier: Apache-2.0
package dev.parley.examples;

import dev.parley.client.HttpClient;
import dev.parley.websocket.Frame;

/** One thread sends, another receives, both on one session. */
public final class TwoThreads {
  private static final int MESSAGES = 1_000;

  public static void main(String... args) throws InterruptedException {
    String url = args.length > 0 ? args[0] : "ws://localhost:8080";
    try (HttpClient client = HttpClient.create();
        var session = client.webSocketSession(url)) {
      Thread sender =
          Thread.ofVirtual()
              .start(
                  () -> {
                    for (int i = 1; i <= MESSAGES; i++) {
                      session.outgoing().send(new Frame.Text("message " + i));
                    }
                    session.flush();
                  });

      long received = session.incoming().stream().limit(MESSAGES).count();
      System.out.println("Received " + received + " messages");
      sender.join();
    }
  }
}
