// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.parley.client.transport.ProxyOptions;
import dev.parley.client.transport.TlsOptions;
import dev.parley.testkit.MockProxy;
import dev.parley.testkit.MockWebSocketServer;
import dev.parley.testkit.Scenario;
import dev.parley.testkit.TestCertificates;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketClosedException;
import dev.parley.websocket.WebSocketException;
import dev.parley.websocket.handshake.Headers;
import dev.parley.websocket.handshake.ResponseHead;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a flight recorder sees, and what it must not see. */
@Isolated("records what the whole process does")
final class RecordingTest {
  private static final String SECRET = "s3cr3t";

  /** More messages than the queue of a session holds. */
  private static final int MANY = 40;

  @TempDir private Path directory;

  @SuppressWarnings("NullAway.Init")
  RecordingTest() {}

  /** Returns what is recorded of a client, however short it is, up to the end of its closing. */
  private List<RecordedEvent> recorded(HttpClient client, Consumer<HttpClient> what)
      throws IOException {
    return recorded(Duration.ZERO, client, what);
  }

  private List<RecordedEvent> recorded(
      Duration ofReceived, HttpClient client, Consumer<HttpClient> what) throws IOException {
    try (Recording recording = new Recording()) {
      for (String event :
          List.of(
              "Opening", "OpeningPhase", "MessageSent", "Ping", "Stall", "Close", "Reconnect")) {
        recording.enable("dev.parley." + event).withoutThreshold();
      }
      recording.enable("dev.parley.MessageReceived").withThreshold(ofReceived);
      recording.start();
      try (client) {
        what.accept(client);
      }
      recording.stop();
      Path file = directory.resolve("recording.jfr");
      recording.dump(file);
      // A file has them as the buffers of the threads were written.
      return RecordingFile.readAllEvents(file).stream()
          .sorted(Comparator.comparing(RecordedEvent::getEndTime))
          .toList();
    }
  }

  private static RecordedEvent only(List<RecordedEvent> events, String name) {
    List<RecordedEvent> found = all(events, name);
    assertThat(found).as(name).hasSize(1);
    return found.getFirst();
  }

  private static List<RecordedEvent> all(List<RecordedEvent> events, String name) {
    return events.stream().filter(e -> e.getEventType().getName().equals(name)).toList();
  }

  @Test
  void aSessionFromItsOpeningToItsClose() throws Exception {
    List<RecordedEvent> events;
    try (MockWebSocketServer server = MockWebSocketServer.start()) {
      server.enqueue(
          Scenario.accept()
              .expect(SECRET)
              .send(new Frame.Binary(new byte[300_000]))
              .close(new CloseReason(4001, SECRET)));
      events =
          recorded(
              HttpClient.create(),
              client -> {
                client.webSocket(
                    request ->
                        request
                            .url(server.url("/chat?token=" + SECRET))
                            .header("Authorization", SECRET),
                    session -> {
                      session.ping();
                      session.send(SECRET);
                      assertThat(session.incoming()).hasSize(2);
                    });
              });
      assertThat(only(events, "dev.parley.Opening"))
          .satisfies(
              opening -> {
                assertThat(opening.getString("place")).isEqualTo(server.url("/chat"));
                assertThat(opening.getString("outcome")).isEqualTo("open");
                assertThat(opening.getInt("status")).isEqualTo(101);
                assertThat(opening.getLong("session")).isPositive();
              });
    }
    long session = only(events, "dev.parley.Opening").getLong("session");
    assertThat(all(events, "dev.parley.OpeningPhase"))
        .allMatch(event -> event.getBoolean("succeeded"))
        .extracting(event -> event.getString("phase"))
        .contains("CONNECT", "REQUEST", "RESPONSE");
    RecordedEvent sent = only(events, "dev.parley.MessageSent");
    assertThat(sent.getLong("bytes")).isEqualTo(SECRET.length());
    assertThat(sent.getString("opcode")).isEqualTo("TEXT");
    RecordedEvent received = only(events, "dev.parley.MessageReceived");
    assertThat(received.getLong("bytes")).isEqualTo(300_000);
    assertThat(received.getLong("session")).isEqualTo(session);
    RecordedEvent ping = only(events, "dev.parley.Ping");
    assertThat(ping.getDuration("roundTrip")).isBetween(Duration.ZERO, Duration.ofSeconds(10));
    RecordedEvent close = only(events, "dev.parley.Close");
    assertThat(close.getLong("session")).isEqualTo(session);
    assertThat(close.getInt("peerCode")).isEqualTo(4001);
    assertThat(close.getInt("ourCode")).isEqualTo(4001);
    assertThat(close.getString("first")).isEqualTo("PEER");
    assertThat(close.getLong("messagesSent")).isEqualTo(1);
    assertThat(close.getLong("messagesReceived")).isEqualTo(1);
    assertThat(events).noneMatch(event -> event.toString().contains(SECRET));
  }

  /** Where each of the many is not recorded, they are read as fast as without a recording. */
  @ParameterizedTest
  @CsvSource({"0, 42", "20, 1"})
  void messagesThatTakeLongEnough(long thresholdMillis, int recorded) throws Exception {
    List<RecordedEvent> events;
    try (MockWebSocketServer server = MockWebSocketServer.start()) {
      server.enqueue(
          someAtOnce(MANY)
              .glued()
              .sendBytes(new byte[] {(byte) 0x81, 4, 's'})
              .pause(Duration.ofMillis(100))
              .sendBytes("low".getBytes(StandardCharsets.US_ASCII))
              .send("soon")
              .close(CloseReason.NORMAL));
      events =
          recorded(
              Duration.ofMillis(thresholdMillis),
              HttpClient.create(),
              client ->
                  client.webSocket(
                      server.url(), session -> assertThat(session.incoming()).hasSize(MANY + 3)));
    }
    assertThat(all(events, "dev.parley.MessageReceived"))
        .hasSize(recorded)
        .filteredOn(event -> event.getDuration().toMillis() >= 20)
        .singleElement()
        .satisfies(event -> assertThat(event.getLong("bytes")).isEqualTo(4));
    assertThat(only(events, "dev.parley.Close").getLong("messagesReceived")).isEqualTo(MANY + 2);
  }

  @Test
  void phasesOfAnOpening() throws Exception {
    List<RecordedEvent> events;
    try (MockWebSocketServer server =
            MockWebSocketServer.start(config -> config.tls(TestCertificates.serverContext()));
        MockProxy proxy = MockProxy.start()) {
      events =
          recorded(
              HttpClient.create(
                  config ->
                      config
                          .install(WebSockets.PLUGIN)
                          .tls(TlsOptions.DEFAULT.withContext(TestCertificates.clientContext()))
                          .proxy(ProxyOptions.parse(proxy.url()))),
              client -> {
                client.webSocket(server.url(), session -> {});
                proxy.enqueue(new ResponseHead(403, "Forbidden", Headers.EMPTY));
                assertThatExceptionOfType(WebSocketOpeningException.class)
                    .isThrownBy(() -> client.webSocketSession(server.url()));
              });
      String there = "localhost:" + server.port() + " ";
      String through = "localhost:" + proxy.port() + " ";
      assertThat(
              all(events, "dev.parley.OpeningPhase").stream()
                  .filter(e -> !e.getString("phase").matches("REQUEST|RESPONSE"))
                  .map(
                      e ->
                          e.getString("phase")
                              + " "
                              + e.getString("destination")
                              + " "
                              + e.getBoolean("succeeded")))
          .containsExactly(
              "LOOK_UP " + through + true,
              "CONNECT " + through + true,
              "PROXY " + through + true,
              "TLS " + there + true,
              "LOOK_UP " + through + true,
              "CONNECT " + through + true,
              "PROXY " + through + false);
    }
  }

  @Test
  void stepsOfAReconnection() throws Exception {
    List<RecordedEvent> events;
    try (MockWebSocketServer server = MockWebSocketServer.start()) {
      server.enqueue(Scenario.accept().close(CloseReason.GOING_AWAY));
      server.enqueue(Scenario.accept().close(CloseReason.NORMAL));
      events =
          recorded(
              HttpClient.create(),
              client -> {
                ReconnectPolicy soon =
                    ReconnectPolicy.DEFAULT.withDelays(Duration.ofMillis(1), Duration.ofMillis(1));
                try (var sessions = client.sessions(request -> request.url(server.url()), soon)) {
                  for (var session : sessions) {
                    assertThat(session.incoming()).hasSize(1);
                  }
                }
              });
    }
    assertThat(all(events, "dev.parley.Reconnect"))
        .extracting(event -> event.getString("step"))
        .containsExactly(
            "Opening", "Opened", "Lost", "Waiting", "Opening", "Opened", "Lost", "Stopped");
    assertThat(
            all(events, "dev.parley.Reconnect").stream()
                .map(event -> event.getLong("number"))
                .distinct())
        .singleElement()
        .satisfies(number -> assertThat(number).isPositive());
  }

  private static Scenario moreThanTheQueueHolds() {
    return someAtOnce(MANY).stall();
  }

  private static Scenario someAtOnce(int count) {
    Scenario many = Scenario.accept();
    for (int i = 0; i < count; i++) {
      many = many.send("m" + i);
    }
    return many;
  }

  @Test
  void stallsThatLastToTheEnd() throws Exception {
    Duration timeout = Duration.ofMillis(300);
    List<RecordedEvent> events;
    try (MockWebSocketServer server = MockWebSocketServer.start()) {
      server.enqueue(Scenario.accept().stall());
      server.enqueue(moreThanTheQueueHolds());
      events =
          recorded(
              HttpClient.create(
                  config -> config.install(WebSockets.PLUGIN, ws -> ws.writeTimeout(timeout))),
              client -> {
                var sender = client.webSocketSession(server.url());
                assertThatExceptionOfType(WebSocketClosedException.class)
                    .isThrownBy(() -> sender.send(new byte[32 << 20]));
                var receiver = client.webSocketSession(server.url());
                assertThatExceptionOfType(WebSocketException.class)
                    .isThrownBy(() -> receiver.ping(timeout))
                    .withMessageContaining("queue is full");
                receiver.terminate();
              });
    }
    assertThat(all(events, "dev.parley.Stall"))
        .filteredOn(event -> event.getString("cause").startsWith("the peer takes nothing"))
        .extracting(RecordedEvent::getDuration)
        .anyMatch(duration -> duration.compareTo(timeout) >= 0);
    assertThat(all(events, "dev.parley.Stall"))
        .extracting(event -> event.getString("cause"))
        .containsOnlyOnce("nobody receives what has arrived");
  }

  @Test
  void stallOfASessionThatFindsNoMemory() throws Exception {
    String why = "the memory budget is used up";
    List<RecordedEvent> events;
    try (MockWebSocketServer server = MockWebSocketServer.start()) {
      server.enqueue(Scenario.accept().stall());
      events =
          recorded(
              HttpClient.create(
                  config -> config.install(WebSockets.PLUGIN, ws -> ws.memoryBudget(1))),
              client -> {
                var session = client.webSocketSession(server.url());
                assertThatExceptionOfType(WebSocketException.class)
                    .isThrownBy(() -> session.ping(Duration.ofMillis(100)))
                    .withMessageContaining(why);
                session.terminate();
              });
    }
    assertThat(all(events, "dev.parley.Stall"))
        .extracting(event -> event.getString("cause"))
        .containsOnlyOnce(why);
  }

  @Test
  void whatFailsAndWhoHoldsUpWhom() throws Exception {
    List<RecordedEvent> events;
    try (MockWebSocketServer server = MockWebSocketServer.start()) {
      server.enqueue(Scenario.reject(503));
      server.enqueue(moreThanTheQueueHolds());
      events =
          recorded(
              HttpClient.create(),
              client -> {
                assertThatExceptionOfType(WebSocketUpgradeException.class)
                    .isThrownBy(() -> client.webSocketSession(server.url("/?token=" + SECRET)));
                var session = client.webSocketSession(server.url());
                // Longer than it takes to notice that nobody receives.
                assertThatExceptionOfType(WebSocketException.class)
                    .isThrownBy(() -> session.ping(Duration.ofMillis(300)))
                    .withMessageContaining("queue is full");
                for (int i = 0; i < MANY; i++) {
                  session.incoming().receive();
                }
                session.terminate();
              });
    }
    Set<String> outcomes =
        all(events, "dev.parley.Opening").stream()
            .map(event -> event.getString("outcome") + " " + event.getInt("status"))
            .collect(Collectors.toSet());
    assertThat(outcomes).containsExactlyInAnyOrder("refused 503", "open 101");
    RecordedEvent close = only(events, "dev.parley.Close");
    assertThat(close.getInt("peerCode")).isZero();
    assertThat(close.getString("cause")).isEqualTo("dev.parley.websocket.WebSocketException");
    assertThat(all(events, "dev.parley.Stall"))
        .extracting(event -> event.getString("cause"))
        .contains("nobody receives what has arrived");
    assertThat(events).noneMatch(event -> event.toString().contains(SECRET));
  }
}
