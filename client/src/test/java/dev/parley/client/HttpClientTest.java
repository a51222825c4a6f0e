// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.parley.testkit.MockWebSocketServer;
import dev.parley.testkit.Scenario;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.WebSocketInterruptedException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

final class HttpClientTest {
  @Nested
  class Plugins {
    @Test
    void webSocketsIsInstalledByDefault() {
      try (HttpClient client = HttpClient.create()) {
        assertThat(client.plugin(WebSockets.PLUGIN)).isNotNull();
      }
    }

    @Test
    void missingPluginSaysHowToInstallIt() {
      try (HttpClient client = HttpClient.create(config -> {})) {
        assertThatIllegalStateException()
            .isThrownBy(() -> client.plugin(WebSockets.PLUGIN))
            .withMessage(
                "plugin WebSockets is not installed:"
                    + " HttpClient.create(config -> config.install(WebSockets.PLUGIN))");
      }
    }

    @Test
    void secondInstallationIsRefused() {
      assertThatIllegalArgumentException()
          .isThrownBy(
              () ->
                  HttpClient.create(
                      config -> config.install(WebSockets.PLUGIN).install(WebSockets.PLUGIN)))
          .withMessage("plugin WebSockets is installed already");
    }

    @Test
    void pluginIsPreparedThenInstalledInOrder() {
      List<String> log = new ArrayList<>();
      try (HttpClient client =
          HttpClient.create(
              config ->
                  config
                      .install(new Logging("a", log), text -> text.append("configured"))
                      .install(new Logging("b", log)))) {
        assertThat(log).containsExactly("a prepared", "a installed", "b prepared", "b installed");
        assertThat(client.plugin(new Logging("a", log))).isEqualTo("a configured");
      }
    }

    @Test
    void hooksAreClosedOnceTheClientIsMade() {
      try (HttpClient client = HttpClient.create()) {
        assertThatIllegalStateException().isThrownBy(() -> client.hooks().onRequest(request -> {}));
      }
    }
  }

  @Nested
  class Blocks {
    private final MockWebSocketServer server = MockWebSocketServer.start();
    private final HttpClient client = HttpClient.create();

    @AfterEach
    void end() {
      client.close();
      server.close();
    }

    @Test
    void sessionIsClosedWhenTheBlockReturns() {
      server.enqueue(Scenario.accept().expect("hello").expectClose(CloseReason.NORMAL));
      client.webSocket(server.url(), session -> session.send("hello"));
    }

    @Test
    void blockMayCloseByItself() {
      server.enqueue(Scenario.accept().expectClose(CloseReason.GOING_AWAY));
      client.webSocket(server.url(), session -> session.close(CloseReason.GOING_AWAY));
    }

    @Test
    void peerMayCloseFirst() {
      server.enqueue(Scenario.accept().send("bye").close(CloseReason.GOING_AWAY));
      client.webSocket(server.url(), session -> assertThat(session.incoming().stream()).hasSize(2));
    }

    @Test
    void whatTheBlockThrowsReachesTheCallerUnchanged() {
      for (Throwable thrown :
          List.of(new IOException("mine"), new IllegalStateException(), new StackOverflowError())) {
        server.enqueue(Scenario.accept().expectClose(CloseReason.INTERNAL_ERROR));
        assertThatThrownBy(
                () ->
                    client.webSocket(
                        server.url(),
                        session -> {
                          if (thrown instanceof Error error) {
                            throw error;
                          }
                          throw (Exception) thrown;
                        }))
            .isSameAs(thrown)
            .hasNoSuppressedExceptions();
      }
    }

    @Test
    void interruptedThreadDoesNotWaitForThePeer() {
      CountDownLatch returned = new CountDownLatch(1);
      server.enqueue(Scenario.accept().await(returned).expectClose(CloseReason.INTERNAL_ERROR));
      assertThatExceptionOfType(WebSocketInterruptedException.class)
          .isThrownBy(
              () ->
                  client.webSocket(
                      server.url(),
                      session -> {
                        Thread.currentThread().interrupt();
                        session.incoming().receive();
                      }));
      assertThat(Thread.interrupted()).isTrue();
      returned.countDown();
    }
  }

  private record Logging(AttributeKey<String> key, String name, List<String> log)
      implements HttpClientPlugin<StringBuilder, String> {
    private static final AttributeKey<String> A = new AttributeKey<>("a");
    private static final AttributeKey<String> B = new AttributeKey<>("b");

    Logging(String name, List<String> log) {
      this(name.equals("a") ? A : B, name, log);
    }

    @Override
    public String prepare(Consumer<StringBuilder> configure) {
      log.add(name + " prepared");
      StringBuilder config = new StringBuilder(name + " ");
      configure.accept(config);
      return config.toString();
    }

    @Override
    public void install(String plugin, HttpClient client) {
      log.add(name + " installed");
    }
  }
}
