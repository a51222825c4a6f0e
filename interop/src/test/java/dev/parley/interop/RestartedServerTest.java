// SPDX-License-Identifier: Apache-2.0
package dev.parley.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.parley.client.DefaultClientWebSocketSession;
import dev.parley.client.HttpClient;
import dev.parley.client.Loss;
import dev.parley.client.ReconnectPolicy;
import dev.parley.client.ReconnectPolicy.Unsent;
import dev.parley.client.Reconnector;
import dev.parley.client.Transition;
import dev.parley.client.WebSocketSession;
import dev.parley.client.WebSockets;
import dev.parley.client.transport.TlsOptions;
import dev.parley.testkit.TestCertificates;
import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A server whose process is killed, and started again on the same ports. */
@Timeout(60)
final class RestartedServerTest {
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final ReconnectPolicy QUICK =
      ReconnectPolicy.DEFAULT.withDelays(Duration.ofMillis(50), Duration.ofMillis(200));

  private final HttpClient client =
      HttpClient.create(
          config ->
              config
                  .install(WebSockets.PLUGIN)
                  .tls(TlsOptions.DEFAULT.withContext(TestCertificates.clientContext())));
  private final BlockingQueue<Transition> transitions = new LinkedBlockingQueue<>();
  private NodeServer server = NodeServer.start();

  @AfterEach
  void end() {
    client.close();
    server.close();
  }

  private String url(boolean secure) {
    return server.uri(secure, "restarted", "echo").toString();
  }

  private static void assertWorks(WebSocketSession session) {
    session.send("hello");
    assertThat(session.incoming().receive()).isEqualTo(new Frame.Text("hello"));
  }

  /** Waits until an attempt has failed because nobody listens, and starts the server again. */
  private CompletableFuture<NodeServer> againOnceRefused() {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            while (!(await(Transition.Lost.class).loss() instanceof Loss.NotOpened)) {}
          } catch (InterruptedException e) {
            throw new AssertionError(e);
          }
          return server.again();
        },
        Thread::startVirtualThread);
  }

  private <T extends Transition> T await(Class<T> kind) throws InterruptedException {
    while (true) {
      Transition next = transitions.poll(SOON.toSeconds(), TimeUnit.SECONDS);
      assertThat(next).as(kind.getSimpleName()).isNotNull();
      if (kind.isInstance(next)) {
        return kind.cast(next);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void endsItsSessionAndOpensOthers(boolean secure) {
    String url = url(secure);
    DefaultClientWebSocketSession session = client.webSocketSession(url);
    assertWorks(session);

    server.kill();

    assertThatExceptionOfType(WebSocketException.class)
        .isThrownBy(() -> session.incoming().receive())
        .withCauseInstanceOf(IOException.class);
    assertThat(session.closeReason().join()).isNull();
    assertThat(session.closeInfo().orElseThrow().first()).isNull();
    server = server.again();
    try (WebSocketSession next = client.webSocketSession(url)) {
      assertWorks(next);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void isMetAgainByALoop(boolean secure) {
    String url = url(secure);
    ReconnectPolicy policy = QUICK.withListener(transitions::add);
    List<WebSocketException> losses = new ArrayList<>();
    CompletableFuture<NodeServer> again = CompletableFuture.completedFuture(server);
    int opened = 0;
    try (var sessions = client.sessions(request -> request.url(url), policy)) {
      for (var session : sessions) {
        server = again.join();
        assertWorks(session);
        if (++opened == 3) {
          session.close();
          continue; // and the loop ends
        }
        server.kill();
        again = againOnceRefused();
        losses.add(
            catchThrowableOfType(WebSocketException.class, () -> session.incoming().receive()));
      }
    }
    assertThat(opened).isEqualTo(3);
    assertThat(losses).hasSize(2).allMatch(loss -> loss.getCause() instanceof IOException);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void isMetAgainByAReconnectorWithWhatWasKept(boolean secure) throws Exception {
    String url = url(secure);
    BlockingQueue<String> echoes = new LinkedBlockingQueue<>();
    ReconnectPolicy policy =
        QUICK.withListener(transitions::add).withUnsent(new Unsent.Keep(10, 1 << 10));
    try (Reconnector reconnector =
        client.reconnecting(
            request -> request.url(url),
            policy,
            session -> {
              for (Frame frame : session.incoming()) {
                if (frame instanceof Frame.Text text) {
                  echoes.add(text.readText());
                }
              }
            })) {
      assertThat(await(Transition.Opened.class).session()).isEqualTo(1);
      reconnector.send(new Frame.Text("before"));
      assertThat(echoes.poll(SOON.toSeconds(), TimeUnit.SECONDS)).isEqualTo("before");

      server.kill();
      assertThat(await(Transition.Lost.class).loss()).isInstanceOf(Loss.Broken.class);
      reconnector.send(new Frame.Text("meanwhile"));
      assertThat(await(Transition.Lost.class).loss()).isInstanceOf(Loss.NotOpened.class);
      server = server.again();

      assertThat(await(Transition.Opened.class).session()).isEqualTo(2);
      assertThat(echoes.poll(SOON.toSeconds(), TimeUnit.SECONDS)).isEqualTo("meanwhile");
      assertThat(echoes).isEmpty();
    }
  }
}
