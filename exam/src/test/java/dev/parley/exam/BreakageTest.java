// SPDX-License-Identifier: Apache-2.0
package dev.parley.exam;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.parley.client.DefaultClientWebSocketSession;
import dev.parley.client.HttpClient;
import dev.parley.client.WebSocketSession;
import dev.parley.client.WebSockets;
import dev.parley.testkit.MockWebSocketServer;
import dev.parley.testkit.Scenario;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What breaks on our own side: one session fails, and nothing else is harmed. */
final class BreakageTest {
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final String FUSE = "boom";
  private static final String MESSAGE = "as the test wants it";

  /** Runs out of memory over a certain message. */
  private static final FailingExtension BOMB =
      new FailingExtension(true, new Frame.Text(FUSE)::equals, () -> new OutOfMemoryError(MESSAGE));

  @AutoClose
  private final MockWebSocketServer server =
      MockWebSocketServer.start(config -> config.extensions(all -> all.install(BOMB)));

  private final CountingConnector connector = new CountingConnector();

  @AutoClose
  private final HttpClient client =
      HttpClient.create(
          config ->
              config
                  .connector(connector)
                  .install(
                      WebSockets.PLUGIN,
                      ws -> ws.extensions(all -> all.install(BOMB)).closeTimeout(SOON)));

  private static void assertWorks(WebSocketSession session) {
    session.send("hello");
    assertThat(session.incoming().receive()).isEqualTo(new Frame.Text("hello"));
  }

  private void assertNothingElseIsHarmed(WebSocketSession other) throws InterruptedException {
    assertWorks(other);
    other.close();
    try (WebSocketSession another = client.webSocketSession(server.url())) {
      assertWorks(another);
    }
    connector.assertNoneOpen(SOON);
  }

  @Nested
  @Row(90)
  class OutOfMemory {
    @Test
    void inTheThreadThatReceivesFailsItsSession() throws InterruptedException {
      WebSocketSession other = client.webSocketSession(server.url());
      WebSocketSession session = client.webSocketSession(server.url());
      FutureTask<Frame> receiving = new FutureTask<>(() -> session.incoming().receive());
      Thread receiver = Thread.ofPlatform().start(receiving);
      // Else a thread that reads on its behalf might come first.
      connector.await(() -> connector.isReading(receiver), SOON);
      session.send(FUSE);

      assertThat(receiving)
          .failsWithin(SOON)
          .withThrowableThat()
          .havingCause()
          .isInstanceOf(OutOfMemoryError.class)
          .withMessage(MESSAGE);

      assertFailedFromWithin(session);
      assertNothingElseIsHarmed(other);
    }

    @Test
    void whileNobodyReceivesFailsItsSession() throws Exception {
      WebSocketSession other = client.webSocketSession(server.url());
      DefaultClientWebSocketSession session = client.webSocketSession(server.url());
      session.send(FUSE);

      assertThat(session.closeReason().get(SOON.toMillis(), TimeUnit.MILLISECONDS)).isNull();

      assertFailedFromWithin(session);
      assertNothingElseIsHarmed(other);
    }

    private static void assertFailedFromWithin(WebSocketSession session) {
      assertThatExceptionOfType(WebSocketException.class)
          .isThrownBy(() -> session.incoming().receive())
          .withMessageContaining("failed from within")
          .withRootCauseInstanceOf(OutOfMemoryError.class);
      assertThatExceptionOfType(WebSocketException.class)
          .isThrownBy(() -> session.send("after the end"))
          .withRootCauseInstanceOf(OutOfMemoryError.class);
    }

    @Test
    void inTheBlockReachesItsCaller() throws InterruptedException {
      WebSocketSession other = client.webSocketSession(server.url());
      server.enqueue(Scenario.accept().expectClose(CloseReason.INTERNAL_ERROR));
      OutOfMemoryError error = new OutOfMemoryError(MESSAGE);

      assertThatExceptionOfType(OutOfMemoryError.class)
          .isThrownBy(
              () ->
                  client.webSocket(
                      server.url(),
                      session -> {
                        throw error;
                      }))
          .isSameAs(error);

      assertNothingElseIsHarmed(other);
    }
  }

  @Nested
  @Row(91)
  class Refusals {
    @ParameterizedTest
    @ValueSource(classes = {SecurityException.class, IllegalStateException.class})
    void connectorThatThrowsFailsTheOpening(Class<? extends RuntimeException> type)
        throws ReflectiveOperationException {
      RuntimeException refusal = type.getConstructor(String.class).newInstance("not allowed");
      try (HttpClient refused =
          HttpClient.create(
              config ->
                  config
                      .connector(
                          sockets ->
                              (destination, deadline) -> {
                                throw refusal;
                              })
                      .install(WebSockets.PLUGIN))) {
        assertThatExceptionOfType(WebSocketException.class)
            .isThrownBy(() -> refused.webSocketSession(server.url()))
            .withMessageContaining("cannot open ws://localhost")
            .withCause(refusal);
      }
    }

    /**
     * So a clock that jumps by a day moves no deadline. One line asks it, for a {@code Retry-After}
     * that is a date; what is left until then is capped, and waited for by the other clock.
     */
    @Test
    void noTimerKnowsTheTimeOfDay() throws IOException {
      Pattern clock = Pattern.compile("currentTimeMillis|\\.now\\(|Clock\\b|\\bDate\\(");
      Path root = Path.of(Objects.requireNonNull(System.getProperty("parley.root")));
      try (Stream<Path> websocket = Files.walk(root.resolve("websocket/src/main/java"));
          Stream<Path> client = Files.walk(root.resolve("client/src/main/java"))) {
        Stream<String> asks =
            Stream.of(websocket, client)
                .flatMap(files -> files)
                .filter(file -> file.toString().endsWith(".java"))
                .flatMap(file -> read(file).lines())
                .filter(line -> clock.matcher(line).find())
                .map(String::strip);
        // The second is the one who asks for the first.
        assertThat(asks)
            .containsExactlyInAnyOrder(
                "return Instant.now();",
                "Duration retryAfter = RetryAfter.after(loss, time.now());");
      }
    }

    private static String read(Path file) {
      try {
        return Files.readString(file);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
