// SPDX-License-Identifier: Apache-2.0
package dev.parley.examples;

import dev.parley.client.ClientWebSocketSession;
import dev.parley.client.HttpClient;
import dev.parley.client.Loss;
import dev.parley.client.ReconnectHandler;
import dev.parley.client.ReconnectPolicy;
import dev.parley.client.ReconnectPolicy.Unsent;
import dev.parley.client.Reconnector;
import dev.parley.client.Transition;
import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketException;
import java.time.Duration;

/** Goes on where it was: a handler that resumes, and senders that need not know of sessions. */
public final class Reconnecting {
  /** When to try again, what becomes of what is unsent, and who hears of it. */
  static final ReconnectPolicy POLICY =
      ReconnectPolicy.DEFAULT
          .withDelays(Duration.ofMillis(200), Duration.ofSeconds(10))
          .withStableTime(Duration.ofMinutes(1))
          .withTemporary(
              loss ->
                  (loss instanceof Loss.Closed closed && closed.reason().code() == 4000)
                      || loss.isTemporary())
          .withUnsent(new Unsent.Keep(1000, 1 << 20))
          .withListener(Reconnecting::log);

  private static void log(Transition transition) {
    switch (transition) {
      case Transition.Opened opened -> System.out.println("Session " + opened.session());
      case Transition.Lost lost -> System.out.println("Lost, " + lost.loss());
      case Transition.Stopped stopped -> System.out.println("Stopped, " + stopped.ending());
      case Transition.Opening opening -> {}
      case Transition.Waiting waiting -> {}
    }
  }

  /** Remembers how far it has come. */
  static final class Feed implements ReconnectHandler {
    private String lastEvent = "0";

    @Override
    public void resume(ClientWebSocketSession session) {
      session.send("resume after " + lastEvent);
    }

    @Override
    public void run(ClientWebSocketSession session) {
      for (Frame frame : session.incoming()) {
        if (frame instanceof Frame.Text event) {
          System.out.println("Event " + event.readText());
          lastEvent = event.readText();
        }
      }
    }

    @Override
    public void inDoubt(Frame message, WebSocketException failure) {
      System.out.println("Perhaps sent, perhaps not: " + message);
    }
  }

  public static void main(String... args) {
    String url = args.length > 0 ? args[0] : "ws://localhost:8080";
    try (HttpClient client = HttpClient.create();
        Reconnector reconnector =
            client.reconnecting(request -> request.url(url), POLICY, new Feed())) {
      reconnector.send("an order");
      Transition.Ending ending = reconnector.awaitEnd();
      System.out.println("Ended: " + ending + ", " + reconnector.unsent().size() + " unsent");
    }
  }
}
