// SPDX-License-Identifier: Apache-2.0
package dev.parley.interop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.client.HttpClient;
import dev.parley.client.WebSocketSession;
import dev.parley.client.WebSockets;
import dev.parley.websocket.Frame;
import dev.parley.websocket.extension.WebSocketExtensions;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A hundred threads send on one session, and nothing is lost or mixed. */
final class ManySendersTest {
  @RegisterExtension static final Servers SERVERS = new Servers();

  private static final int THREADS = 100;
  private static final int SENDS = 1_000;
  private static final Pattern MESSAGE = Pattern.compile("(\\d+) (\\d+) x*");

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Timeout(120)
  void everySendArrivesOnceAndInOrder(boolean compressed) throws InterruptedException {
    String url = SERVERS.of(Peer.NETTY).uri(false, "senders", "echo").toString();
    try (HttpClient client =
            HttpClient.create(
                config ->
                    config.install(
                        WebSockets.PLUGIN,
                        ws -> {
                          if (compressed) {
                            ws.extensions(
                                all -> all.install(WebSocketExtensions.perMessageDeflate()));
                          }
                        }));
        var session = client.webSocketSession(url)) {
      List<Thread> senders = new ArrayList<>();
      for (int n = 0; n < THREADS; n++) {
        int sender = n;
        var builder = sender % 2 == 0 ? Thread.ofVirtual() : Thread.ofPlatform();
        senders.add(builder.start(() -> sendAll(session, sender)));
      }

      int[] next = new int[THREADS];
      for (int n = 0; n < THREADS * SENDS; n++) {
        Frame frame = session.incoming().receive(Duration.ofSeconds(30)).orElseThrow();
        String text = new String(frame.data(), StandardCharsets.UTF_8);
        MatchResult parts = MESSAGE.matcher(text).results().findFirst().orElseThrow();
        int sender = Integer.parseInt(parts.group(1));
        assertThat(Integer.parseInt(parts.group(2)))
            .as("send of %s", sender)
            .isEqualTo(next[sender]);
        assertThat(frame).isEqualTo(message(sender, next[sender]));
        next[sender]++;
      }
      assertThat(next).containsOnly(SENDS);
      for (Thread sender : senders) {
        sender.join();
      }
    }
  }

  private static void sendAll(WebSocketSession session, int sender) {
    for (int n = 0; n < SENDS; n++) {
      session.send(message(sender, n));
    }
  }

  /** Short and long, text and binary; a few long enough to be compressed. */
  private static Frame message(int sender, int n) {
    int filler = n % 100 == 99 ? 20_000 : n * 7 % 200;
    String text = "%d %d %s".formatted(sender, n, "x".repeat(filler));
    return (sender + n) % 3 == 0
        ? new Frame.Binary(text.getBytes(StandardCharsets.UTF_8))
        : new Frame.Text(text);
  }
}
