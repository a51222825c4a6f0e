// SPDX-License-Identifier: Apache-2.0
package dev.parley.examples;

import dev.parley.client.CloseInfo;
import dev.parley.client.HttpClient;
import dev.parley.client.WebSocketSession;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketClosedException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Ways to end a session, and what each leaves to receive. */
public final class EndingSessions {
  private EndingSessions() {}

  /** Closes, waits for the peer's Close, and takes what had come before that. */
  static void closing(WebSocketSession session) {
    session.send("the last order");
    session.close(new CloseReason(4000, "shop is closing")); // the peer has seen all of the above
    for (Frame frame : session.incoming()) {
      System.out.println("Left over: " + frame);
    }
    CloseInfo how = session.closeInfo().orElseThrow();
    System.out.println("First: " + how.first() + ", both Closes passed: " + how.isClean());
  }

  /** Says that nothing more will come, and hears the peer out. */
  static void hearingThePeerOut(WebSocketSession session) {
    session.send("what else is there?");
    session.send(new Frame.Close(CloseReason.NORMAL)); // does not wait
    for (Frame frame : session.incoming()) { // to the peer's Close, as long as closeTimeout lets it
      System.out.println("Received: " + frame);
    }
  }

  /** Drops the connection. */
  static void terminating(WebSocketSession session) {
    session.terminate();
    try {
      session.send("too late");
    } catch (WebSocketClosedException e) {
      System.out.println("Not sent: " + e.getMessage());
    }
  }

  public static void main(String... args) {
    String url = args.length > 0 ? args[0] : "ws://localhost:8080";
    CompletableFuture<@Nullable CloseReason> end;
    try (HttpClient client = HttpClient.create()) {
      closing(client.webSocketSession(url));
      hearingThePeerOut(client.webSocketSession(url));
      terminating(client.webSocketSession(url));

      end = client.webSocketSession(url).closeReason();
    } // closes what is open, all at once
    System.out.println("With the client: " + end.join());
  }
}
