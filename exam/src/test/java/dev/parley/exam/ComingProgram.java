// SPDX-License-Identifier: Apache-2.0
package dev.parley.exam;

import static dev.parley.exam.Trial.SOON;

import dev.parley.client.HttpClient;
import dev.parley.client.WebSocketSession;
import dev.parley.client.WebSockets;
import dev.parley.testkit.MockWebSocketServer;
import dev.parley.websocket.Frame;
import dev.parley.websocket.extension.WebSocketExtensions;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * Opens sessions that compress, and closes them; {@link ResourceTest} runs it apart, without the
 * compilers of the JVM, which take megabytes from the allocator and give them back as they like.
 */
final class ComingProgram {
  private static final String TEXT = "what was said before is said again, ".repeat(60);

  /** What a session may leave behind before it is looked again, and at the end. */
  static final long ALLOWED = 1 << 10;

  private ComingProgram() {}

  /**
   * Prints how many bytes of the allocator are in use, at first and after each round; nothing where
   * nobody tells.
   *
   * @param arguments how many rounds, and how many sessions in each
   */
  public static void main(String[] arguments) throws InterruptedException {
    int rounds = Integer.parseInt(arguments[0]);
    int each = Integer.parseInt(arguments[1]);
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    try (MockWebSocketServer server =
            MockWebSocketServer.start(
                config ->
                    config.extensions(
                        all -> all.install(WebSocketExtensions.perMessageDeflate())));
        HttpClient client =
            HttpClient.create(
                config ->
                    config.install(
                        WebSockets.PLUGIN,
                        ws ->
                            ws.extensions(
                                all -> all.install(WebSocketExtensions.perMessageDeflate()))))) {
      long bytes = Long.MAX_VALUE;
      for (int round = 0; round <= rounds && bytes > 0; round++) {
        for (int i = 0; i < each; i++) {
          openAndClose(client, server);
        }
        // The server's end of the last one may take a moment.
        long most = round == 0 ? bytes : bytes + each * ALLOWED;
        bytes = Cost.settled(() -> Cost.allocatedOutsideTheHeap().orElse(0), most);
        if (bytes > 0) {
          out.println(bytes);
        }
      }
    }
  }

  private static void openAndClose(HttpClient client, MockWebSocketServer server) {
    try (WebSocketSession session = client.webSocketSession(server.url())) {
      session.send(TEXT);
      if (!session.incoming().receive().equals(new Frame.Text(TEXT))) {
        throw new IllegalStateException("no echo");
      }
    }
    server.takeConnection(SOON).awaitEnd(SOON);
  }
}
