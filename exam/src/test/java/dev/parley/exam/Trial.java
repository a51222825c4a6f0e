// SPDX-License-Identifier: Apache-2.0
package dev.parley.exam;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.parley.client.DefaultClientWebSocketSession;
import dev.parley.client.HttpClient;
import dev.parley.client.WebSockets;
import dev.parley.client.transport.Connector;
import dev.parley.client.transport.SocketConnector;
import dev.parley.testkit.MockWebSocketServer;
import dev.parley.testkit.RawFrame;
import dev.parley.testkit.Scenario;
import dev.parley.websocket.Frame;
import dev.parley.websocket.Violation;
import dev.parley.websocket.WebSocketClosedException;
import dev.parley.websocket.WebSocketProtocolException;
import dev.parley.websocket.handshake.HandshakeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Clients against a scripted server, and what the exam asks of every one of their sessions. */
final class Trial implements AutoCloseable {
  /** Longer than anything takes that works. */
  static final Duration SOON = Duration.ofSeconds(30);

  private static final Frame BEFORE = new Frame.Text("before");

  final MockWebSocketServer server;
  private final Consumer<WebSockets.Config> settings;
  private final List<HttpClient> clients;

  private Trial(Consumer<WebSockets.Config> settings, Consumer<MockWebSocketServer.Config> server) {
    this.settings = settings;
    this.server = MockWebSocketServer.start(server);
    this.clients = List.of(client(whole -> whole), client(SlicedReads.ofOneByte()));
  }

  /** Prepares clients with their defaults. */
  static Trial begin() {
    return begin(ws -> {});
  }

  /** Prepares clients. */
  static Trial begin(Consumer<WebSockets.Config> settings) {
    return begin(settings, server -> {});
  }

  /** Prepares clients and a server. */
  static Trial begin(
      Consumer<WebSockets.Config> settings, Consumer<MockWebSocketServer.Config> server) {
    return new Trial(settings, server);
  }

  private HttpClient client(Function<SocketConnector, Connector> connector) {
    return HttpClient.create(
        config -> config.connector(connector).install(WebSockets.PLUGIN, settings));
  }

  /** Opens a session that plays a scenario, with a client that reads as much as there is. */
  DefaultClientWebSocketSession open(Scenario scenario) {
    server.enqueue(scenario);
    return clients.getFirst().webSocketSession(server.url());
  }

  /** Returns the client that reads as much as there is. */
  HttpClient client() {
    return clients.getFirst();
  }

  /** Returns two clients: one that reads as much as there is, one that reads byte by byte. */
  List<HttpClient> clients() {
    return clients;
  }

  /** Has each client play a scenario: one that reads whole, and one that reads byte by byte. */
  void each(Scenario scenario, Consumer<DefaultClientWebSocketSession> check) {
    for (HttpClient client : clients) {
      server.enqueue(scenario);
      check.accept(client.webSocketSession(server.url()));
      server.verify();
    }
  }

  /**
   * The rule for malformed input: what was complete before it is delivered, and a valid frame after
   * it is not; the server is told by a Close with the code and the text of the violation; the
   * application sees one end, the same for whoever asks; and the socket is closed.
   */
  void fails(Violation violation, byte[] malformed) {
    fails(violation, malformed, List.of(), session -> {});
  }

  /** Like {@link #fails(Violation, byte[])}, where the input begins with whole messages. */
  void fails(Violation violation, byte[] malformed, List<Frame> messages) {
    fails(violation, malformed, messages, session -> {});
  }

  /** Like {@link #fails(Violation, byte[])}, where a session is to be of a certain kind. */
  void fails(
      Violation violation, byte[] malformed, Consumer<DefaultClientWebSocketSession> opened) {
    fails(violation, malformed, List.of(), opened);
  }

  private void fails(
      Violation violation,
      byte[] malformed,
      List<Frame> messages,
      Consumer<DefaultClientWebSocketSession> opened) {
    List<Frame> expected = new ArrayList<>(List.of(BEFORE));
    expected.addAll(messages);
    Scenario scenario =
        Scenario.accept().send(BEFORE).sendBytes(malformed).send(RawFrame.text("after")).glued();
    each(
        thenFailed(scenario, violation),
        session -> {
          opened.accept(session);
          Delivered delivered = Delivered.by(session);
          assertThat(delivered.frames()).isEqualTo(expected);
          assertFailed(session, delivered, violation);
          server.takeConnection(SOON).awaitEnd(SOON);
        });
  }

  /** The opening fails for a reason that has a stable word, and the client closes the socket. */
  void failsToOpen(String word, Scenario scenario, String... subprotocols) {
    for (HttpClient client : clients) {
      server.enqueue(scenario);
      assertThatExceptionOfType(HandshakeException.class)
          .isThrownBy(
              () ->
                  client.webSocketSession(
                      server.url(), request -> request.subprotocols(subprotocols)))
          .satisfies(e -> assertThat(e.failure().word()).isEqualTo(word));
      server.takeConnection(SOON).awaitEnd(SOON);
      server.verify();
    }
  }

  /**
   * Has the server wait for the Close of a client that fails, which need not wait for an answer.
   */
  static Scenario thenFailed(Scenario scenario, Violation violation) {
    return scenario.expect(new Frame.Close(violation.closeReason())).endOfStream();
  }

  /** Asserts that a session has failed by a violation, once and for all. */
  static void assertFailed(
      DefaultClientWebSocketSession session, Delivered delivered, Violation violation) {
    assertThat(delivered.failure()).satisfies(breaks(violation));
    assertThat(session.closeReason()).succeedsWithin(SOON).isEqualTo(violation.closeReason());
    assertThatThrownBy(() -> session.incoming().receive()).satisfies(breaks(violation));
    assertThatThrownBy(() -> session.send("late"))
        .isInstanceOf(WebSocketClosedException.class)
        .cause()
        .satisfies(breaks(violation));
  }

  private static Consumer<@Nullable Throwable> breaks(Violation violation) {
    return failure ->
        assertThat(failure)
            .isInstanceOfSatisfying(
                WebSocketProtocolException.class,
                broken -> assertThat(broken.violation()).isEqualTo(violation));
  }

  @Override
  public void close() {
    try {
      server.close();
    } finally {
      clients.forEach(HttpClient::close);
    }
  }
}
