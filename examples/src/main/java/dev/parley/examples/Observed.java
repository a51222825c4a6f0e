// SPDX-License-Identifier: Apache-2.0
package dev.parley.examples;

import dev.parley.client.HttpClient;
import jdk.jfr.consumer.RecordingStream;

/** Watches how sessions end, with the JDK's flight recorder. */
public final class Observed {
  public static void main(String... args) throws InterruptedException {
    String url = args.length > 0 ? args[0] : "ws://localhost:8080";
    try (RecordingStream recorder = new RecordingStream()) {
      recorder.enable("dev.parley.Close");
      recorder.onEvent(
          "dev.parley.Close",
          event ->
              System.out.println(
                  "Ended with "
                      + event.getInt("ourCode")
                      + " after "
                      + event.getLong("messagesSent")
                      + " messages"));
      recorder.startAsync();
      try (HttpClient client = HttpClient.create()) {
        client.webSocket(url, session -> session.send("Watch me!"));
      }
      recorder.stop();
      recorder.awaitTermination();
    }
  }
}
