// SPDX-License-Identifier: Apache-2.0
package dev.parley.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.testkit.MockConnection;
import dev.parley.testkit.MockWebSocketServer;
import dev.parley.testkit.RawFrame;
import dev.parley.testkit.Scenario;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Frame;
import dev.parley.websocket.extension.WebSocketExtensions;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Against a fuzzing server of a few cases; the real one is run elsewhere. */
@Timeout(60)
final class AutobahnTest {
  private static final Duration SOON = Duration.ofSeconds(10);

  private static final Scenario THREE_CASES = Scenario.accept().send("3").close(CloseReason.NORMAL);
  private static final Scenario REPORTS = Scenario.accept().close(CloseReason.NORMAL);
  private static final Scenario SILENT_CASE = REPORTS;

  private static Scenario verdict(String behavior) {
    return Scenario.accept().send("{\"behavior\": \"" + behavior + "\"}").close(CloseReason.NORMAL);
  }

  @Test
  void everyCaseIsEchoedWithItsOwnType() {
    Frame text = new Frame.Text("wörld");
    Frame binary = new Frame.Binary(new byte[70_000]);
    try (MockWebSocketServer server = MockWebSocketServer.start()) {
      server.enqueue(THREE_CASES);
      server.enqueue(
          Scenario.accept()
              .send(text)
              .expect(text)
              .send(binary)
              .expect(binary)
              .close(CloseReason.NORMAL));
      server.enqueue(verdict("OK"));
      server.enqueue(
          Scenario.accept().sendFragmented(text, 1).expect(text).close(CloseReason.NORMAL));
      server.enqueue(verdict("OK"));
      server.enqueue(
          Scenario.accept().send(new Frame.Close()).expect(new Frame.Close()).endOfStream());
      server.enqueue(verdict("INFORMATIONAL"));
      server.enqueue(REPORTS);

      Command command = Command.run("", "autobahn", server.url());

      assertThat(command)
          .isEqualTo(
              new Command(
                  0,
                  """
                  case 1/3: OK, closed: 1000 Normal closure
                  case 2/3: OK, closed: 1000 Normal closure
                  case 3/3: INFORMATIONAL, closed: no code
                  """,
                  ""));
    }
  }

  @Test
  void aCaseThatWasNotRightIsRunOnceMore() {
    try (MockWebSocketServer server = MockWebSocketServer.start()) {
      server.enqueue(THREE_CASES);
      server.enqueue(SILENT_CASE);
      server.enqueue(verdict("NON-STRICT"));
      server.enqueue(SILENT_CASE);
      server.enqueue(verdict("OK"));
      server.enqueue(SILENT_CASE);
      server.enqueue(verdict("FAILED"));
      server.enqueue(SILENT_CASE);
      server.enqueue(verdict("FAILED"));
      server.enqueue(verdict("FAILED"));
      server.enqueue(SILENT_CASE);
      server.enqueue(verdict("UNCLEAN"));
      server.enqueue(SILENT_CASE);
      server.enqueue(verdict("UNCLEAN")); // the server does not know of the second run yet
      server.enqueue(verdict("OK"));
      server.enqueue(REPORTS);

      Command command = Command.run("", "autobahn", server.url());

      assertThat(command)
          .isEqualTo(
              new Command(
                  1,
                  """
                  case 1/3: OK, closed: 1000 Normal closure
                  case 2/3: FAILED, closed: 1000 Normal closure
                  case 3/3: OK, closed: 1000 Normal closure
                  """,
                  ""));
    }
  }

  @Test
  void aFailedCaseDoesNotEndTheRunNorDoesAServerThatTellsNoVerdict() {
    try (MockWebSocketServer server = MockWebSocketServer.start()) {
      server.enqueue(THREE_CASES);
      server.enqueue(
          Scenario.accept()
              .send(RawFrame.text("a").withRsv3(true))
              .expectClose(new CloseReason(1002, "reserved bit set")));
      server.enqueue(Scenario.reject(404));
      server.enqueue(Scenario.accept().reset());
      server.enqueue(Scenario.reject(500));
      server.enqueue(REPORTS);

      Command command = Command.run("", "autobahn", server.url());

      assertThat(command.status()).isZero();
      assertThat(command.out().lines())
          .satisfiesExactly(
              first -> assertThat(first).startsWith("case 1/3: ").contains("RFC 6455 §5.2"),
              second -> assertThat(second).startsWith("case 2/3: "),
              third -> assertThat(third).isEqualTo("case 3/3: refused: 500 Rejected"));
    }
  }

  @Test
  void onlyTheWantedCasesAreRunUnderTheGivenName() {
    try (MockWebSocketServer server =
        MockWebSocketServer.start(
            config ->
                config.extensions(all -> all.install(WebSocketExtensions.perMessageDeflate())))) {
      server.enqueue(THREE_CASES);
      server.enqueue(SILENT_CASE);
      server.enqueue(verdict("OK"));
      server.enqueue(SILENT_CASE);
      server.enqueue(verdict("OK"));
      server.enqueue(REPORTS);

      Command command =
          Command.run(
              "", "autobahn", server.url("/fuzz/"), "--cases", "3,1", "--agent", "par ley/1");

      assertThat(command.status()).isZero();
      assertThat(target(server)).isEqualTo("/fuzz/getCaseCount");
      assertThat(target(server)).isEqualTo("/fuzz/runCase?case=3&agent=par%20ley%2F1");
      assertThat(target(server)).isEqualTo("/fuzz/getCaseStatus?case=3&agent=par%20ley%2F1");
      MockConnection.Handshake handshake = server.takeHandshake(SOON);
      assertThat(handshake.request().target())
          .isEqualTo("/fuzz/runCase?case=1&agent=par%20ley%2F1");
      assertThat(handshake.request().headers().get("Sec-WebSocket-Extensions"))
          .isEqualTo("permessage-deflate; client_no_context_takeover; client_max_window_bits");
      assertThat(target(server)).isEqualTo("/fuzz/getCaseStatus?case=1&agent=par%20ley%2F1");
      assertThat(target(server)).isEqualTo("/fuzz/updateReports?agent=par%20ley%2F1");
    }
  }

  @Test
  void aServerThatIsNoFuzzingServerIsTold() {
    try (MockWebSocketServer server = MockWebSocketServer.start()) {
      server.enqueue(Scenario.accept().send("hello").expectClose());

      Command command = Command.run("", "autobahn", server.url());

      assertThat(command.status()).isEqualTo(1);
      assertThat(command.err()).startsWith("parley: what came is no number of cases");
    }
  }

  private static String target(MockWebSocketServer server) {
    return server.takeHandshake(SOON).request().target();
  }
}
