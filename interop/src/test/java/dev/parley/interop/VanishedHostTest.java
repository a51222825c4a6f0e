// SPDX-License-Identifier: Apache-2.0
package dev.parley.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.parley.client.CloseInfo;
import dev.parley.client.DefaultClientWebSocketSession;
import dev.parley.client.HttpClient;
import dev.parley.client.WebSockets;
import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * A host that is gone from one moment to the next, and with it whoever could tell: no FIN, no RST,
 * nothing unreachable. Each test waits for most of a minute, so this class runs beside the others.
 */
@Execution(ExecutionMode.CONCURRENT)
final class VanishedHostTest {
  private static final Duration SLACK = Duration.ofSeconds(3); // the machine may be busy

  /** After 30 seconds the socket begins to ask, and does so four times, 6 seconds apart. */
  private static final Duration PROBES_FROM = Duration.ofSeconds(30);

  private static final Duration PROBES_UNTIL = Duration.ofSeconds(60);

  private static final Duration PING_INTERVAL = Duration.ofSeconds(1);
  private static final Duration PONG_TIMEOUT = Duration.ofSeconds(2);

  /** How a session ended, and when, from the moment when the host was gone. */
  private record End(Throwable thrown, CloseInfo info, Duration after) {}

  @Test
  @Timeout(120)
  void isFoundOutByTheProbesOfTheSocketAndSoonerByPings() throws Exception {
    try (RemoteHost host = RemoteHost.start();
        NodeServer server = NodeServer.start(host.prefix(), host.address(), 0, 0);
        HttpClient silent = HttpClient.create();
        HttpClient pinging =
            HttpClient.create(
                config ->
                    config.install(
                        WebSockets.PLUGIN,
                        ws -> ws.pingInterval(PING_INTERVAL).pongTimeout(PONG_TIMEOUT)))) {
      String url = "ws://%s:%d".formatted(host.address(), server.port(false)) + Conversation.PATH;
      DefaultClientWebSocketSession idle = open(silent, url + "idle/echo");
      DefaultClientWebSocketSession asking = open(pinging, url + "asking/echo");
      long start = System.nanoTime();
      CompletableFuture<End> idleEnd = receiving(idle, start);
      CompletableFuture<End> askingEnd = receiving(asking, start);

      host.vanish();

      End asked = askingEnd.get(60, TimeUnit.SECONDS);
      assertThat(asked.thrown)
          .isInstanceOf(WebSocketException.class)
          .hasMessageContaining("no sign of life")
          .hasCauseInstanceOf(SocketTimeoutException.class);
      assertThat(asked.after).isBetween(PONG_TIMEOUT, PING_INTERVAL.plus(PONG_TIMEOUT).plus(SLACK));
      End probed = idleEnd.get(90, TimeUnit.SECONDS);
      assertThat(probed.thrown)
          .isInstanceOf(WebSocketException.class)
          .hasMessageContaining("the connection broke while receiving")
          .hasCauseInstanceOf(IOException.class);
      assertThat(probed.after).isBetween(PROBES_FROM.minusSeconds(1), PROBES_UNTIL.plus(SLACK));
      for (End end : new End[] {asked, probed}) {
        assertThat(end.info.ours()).isNull();
        assertThat(end.info.peers()).isNull();
        assertThat(end.info.rootCause()).isInstanceOf(IOException.class);
      }
      assertThat(idle.closeReason().join()).isNull();
      assertThatExceptionOfType(WebSocketException.class)
          .isThrownBy(() -> idle.send("is nobody there"))
          .withCauseInstanceOf(WebSocketException.class);
    }
  }

  private static DefaultClientWebSocketSession open(HttpClient client, String url) {
    DefaultClientWebSocketSession session = client.webSocketSession(url);
    session.send("hello");
    assertThat(session.incoming().receive()).isEqualTo(new Frame.Text("hello"));
    return session;
  }

  private static CompletableFuture<End> receiving(
      DefaultClientWebSocketSession session, long start) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return new End(
                new AssertionError("received " + session.incoming().receive()),
                session.closeInfo().orElseThrow(),
                Duration.ZERO);
          } catch (WebSocketException e) {
            Duration after = Duration.ofNanos(System.nanoTime() - start);
            return new End(e, session.closeInfo().orElseThrow(), after);
          }
        },
        Thread::startVirtualThread);
  }
}
