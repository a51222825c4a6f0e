// SPDX-License-Identifier: Apache-2.0
package dev.parley.examples;

import dev.parley.client.HttpClient;
import dev.parley.client.IncomingMessage;
import dev.parley.client.MessageOptions;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Sends a file as one message, and keeps what comes back in another, through little memory. */
public final class Streams {
  public static void main(String... args) throws IOException {
    String url = args.length > 0 ? args[0] : "ws://localhost:8080";
    Path file = Path.of(args.length > 1 ? args[1] : "film.mp4");
    Path copy = Path.of(args.length > 2 ? args[2] : "copy.mp4");
    MessageOptions film = MessageOptions.DEFAULT.withCompressed(false).withFragmentSize(256 << 10);
    try (HttpClient client = HttpClient.create();
        var session = client.webSocketStreamingSession(url)) {
      try (OutputStream out = session.openBinary(film)) {
        Files.copy(file, out);
      }
      IncomingMessage answer = session.receive();
      try (InputStream in = answer.inputStream()) {
        Files.copy(in, copy);
      }
      System.out.println("Bytes that came back: " + Files.size(copy));
    }
  }
}
