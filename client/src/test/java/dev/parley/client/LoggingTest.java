// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.parley.client.Transition.Ending;
import dev.parley.testkit.MockWebSocketServer;
import dev.parley.testkit.Scenario;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.WebSocketException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Isolated;

/** What the logs say, at which level, and what they must not say. */
@Isolated("reads what the whole process logs")
@Timeout(60)
final class LoggingTest {
  private static final String SECRET = "s3cr3t";
  private static final Duration SOON = Duration.ofSeconds(10);
  private static final ReconnectPolicy QUICK =
      ReconnectPolicy.DEFAULT.withDelays(Duration.ofMillis(1), Duration.ofMillis(2));

  private final Logger logger = Logger.getLogger("dev.parley");
  private final Queue<LogRecord> records = new ConcurrentLinkedQueue<>();
  private final Handler handler =
      new Handler() {
        @Override
        public void publish(LogRecord record) {
          records.add(record);
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };
  private final MockWebSocketServer server = MockWebSocketServer.start();

  @BeforeEach
  void listen() {
    logger.setLevel(Level.ALL);
    logger.setUseParentHandlers(false);
    logger.addHandler(handler);
  }

  @AfterEach
  void end() {
    logger.removeHandler(handler);
    logger.setUseParentHandlers(true);
    logger.setLevel(null);
    server.close();
  }

  private static String shown(LogRecord record) {
    StringWriter text = new StringWriter();
    PrintWriter writer = new PrintWriter(text);
    writer.println(new SimpleFormatter().formatMessage(record));
    writer.println(Arrays.toString(record.getParameters()));
    if (record.getThrown() != null) {
      record.getThrown().printStackTrace(writer);
    }
    writer.flush();
    return text.toString();
  }

  private List<String> messages(Level level) {
    return records.stream()
        .filter(record -> record.getLevel().equals(level))
        .map(new SimpleFormatter()::formatMessage)
        .toList();
  }

  private void assertNoSecret() {
    assertThat(records).isNotEmpty().extracting(LoggingTest::shown).noneMatch(LoggingTest::tells);
  }

  private static boolean tells(String text) {
    return text.contains(SECRET);
  }

  private void request(HttpRequestBuilder request) {
    request.url(server.url("/chat?token=" + SECRET)).header("X-Key", SECRET);
  }

  @Test
  void openingsAndEndsAreNotLoggedAboveDebugAndTellNoSecret() {
    server.enqueue(
        Scenario.accept().expect(SECRET).send(SECRET).close(new CloseReason(4001, SECRET)));
    server.enqueue(Scenario.reject(403));
    server.enqueue(Scenario.accept().reset());
    try (HttpClient client = HttpClient.create()) {
      client.webSocket(
          this::request,
          session -> {
            session.send(SECRET);
            assertThat(session.incoming()).as("the message and the Close").hasSize(2);
          });
      assertThatExceptionOfType(WebSocketException.class)
          .isThrownBy(() -> client.webSocketSession(this::request));
      try (ClientWebSocketSession session = client.webSocketSession(this::request)) {
        assertThatExceptionOfType(WebSocketException.class)
            .isThrownBy(() -> session.incoming().receive());
      }
    }
    assertThat(records).allMatch(record -> record.getLevel().equals(Level.FINE));
    assertThat(messages(Level.FINE))
        .anyMatch(line -> line.matches("session \\d+ at ws://.*/chat: open, status 101"))
        .anyMatch(line -> line.matches("session \\(none\\) at ws://.*/chat: .*, status 403"))
        .anyMatch(
            line -> line.matches("session \\d+ ended: Close of ours 4001, of the peer 4001.*"))
        .anyMatch(
            line -> line.matches("session \\d+ ended: Close of ours none, of the peer none.*"));
    assertNoSecret();
  }

  @Test
  void stepsOfAReconnectionAreInfoAndThatItGaveUpIsAWarning() {
    server.enqueue(Scenario.accept().expect(SECRET).close(CloseReason.GOING_AWAY));
    server.enqueue(Scenario.reject(503));
    server.enqueue(
        Scenario.accept().expect(SECRET).close(new CloseReason(4001, "no\nERROR forged")));
    try (HttpClient client = HttpClient.create();
        Reconnector reconnector =
            client.reconnecting(
                this::request,
                QUICK,
                session -> {
                  session.send(SECRET);
                  session.incoming().forEach(frame -> {});
                })) {
      assertThat(reconnector.awaitEnd(SOON)).get().isInstanceOf(Ending.GaveUp.class);
    }
    assertThat(messages(Level.INFO))
        .allMatch(line -> line.startsWith("reconnecting "))
        .anyMatch(line -> line.contains("open, session 1 to ws://"))
        .anyMatch(line -> line.contains("closed: the peer sent 1001"))
        .anyMatch(line -> line.contains("not opened: "))
        .anyMatch(line -> line.contains("waiting for "));
    assertThat(messages(Level.WARNING))
        .singleElement()
        .asString()
        .contains("stopped: gave up after attempt", "no?ERROR forged");
    assertThat(records).noneMatch(record -> record.getLevel().equals(Level.SEVERE));
    assertNoSecret();
  }

  @Test
  void whatTheApplicationThrowsIsToldByItsClass() {
    try (HttpClient client =
            HttpClient.create(
                config -> {
                  config.install(WebSockets.PLUGIN);
                  config.install(
                      Auth.PLUGIN,
                      auth ->
                          auth.bearer(
                                  () -> {
                                    throw new IllegalStateException(SECRET);
                                  })
                              .forEveryOrigin());
                });
        Reconnector tokens =
            client.reconnecting(this::request, QUICK, session -> session.incoming().receive())) {
      assertThat(tokens.awaitEnd(SOON)).get().isInstanceOf(Ending.GaveUp.class);
    }
    try (HttpClient client = HttpClient.create();
        Reconnector requests =
            client.reconnecting(
                request -> {
                  throw new IllegalStateException(SECRET);
                },
                QUICK,
                session -> session.incoming().receive())) {
      assertThat(requests.awaitEnd(SOON)).isPresent();
    }
    server.enqueue(Scenario.accept().expectClose());
    try (HttpClient client = HttpClient.create();
        Reconnector handlers =
            client.reconnecting(
                this::request,
                QUICK.withListener(
                    transition -> {
                      if (transition instanceof Transition.Stopped) {
                        throw new IllegalStateException(SECRET);
                      }
                    }),
                session -> {
                  throw new IllegalStateException(SECRET);
                })) {
      assertThat(handlers.awaitEnd(SOON)).get().isInstanceOf(Ending.Failed.class);
    }
    assertThat(messages(Level.WARNING))
        .hasSize(3)
        .allMatch(line -> line.contains("java.lang.IllegalStateException"));
    assertThat(messages(Level.SEVERE))
        .singleElement()
        .asString()
        .endsWith("a listener threw when it was told of the end: java.lang.IllegalStateException");
    assertNoSecret();
  }
}
