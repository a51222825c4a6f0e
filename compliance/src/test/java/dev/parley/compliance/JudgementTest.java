// SPDX-License-Identifier: Apache-2.0
package dev.parley.compliance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The suite finds out who does not obey: scripted clients, each with its verdict. */
@Timeout(60)
final class JudgementTest {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  // Frames of a client, masked with zeros.
  private static final String CLOSE_1000 = "88 82 00 00 00 00 03 e8";
  private static final String CLOSE_1002 = "88 82 00 00 00 00 03 ea";
  private static final String BEFORE = "81 86 00 00 00 00 62 65 66 6f 72 65";
  private static final String PONG_1 = "8a 81 00 00 00 00 01";
  private static final String PONG_9 = "8a 81 00 00 00 00 09";
  private static final String PING = "89 80 00 00 00 00";

  @Nested
  final class AfterClose {
    private static final Outcome CLOSED = new Outcome(List.of(), new Ending.Closed(1000, ""));

    @Test
    void whoIgnoresAPingBehindACloseIsStrict() throws Exception {
      assertThat(play(CLOSED, CLOSE_1000).verdict()).isEqualTo(Verdict.STRICT);
    }

    @Test
    void whoAnswersItAfterItsCloseFails() throws Exception {
      assertThat(play(CLOSED, CLOSE_1000, PONG_1))
          .isEqualTo(
              new Finding(Verdict.FAILED, "the client wrote a Ping or a Pong after its Close"));
    }

    @Test
    void whoSendsAPingAfterItsCloseFails() throws Exception {
      assertThat(play(CLOSED, CLOSE_1000, PING))
          .isEqualTo(
              new Finding(Verdict.FAILED, "the client wrote a Ping or a Pong after its Close"));
    }

    @Test
    void whoAnswersItBeforeItsCloseIsTolerated() throws Exception {
      assertThat(play(CLOSED, PONG_1, CLOSE_1000))
          .isEqualTo(new Finding(Verdict.TOLERATED, "a Pong that answers no Ping: #01"));
    }

    private static Finding play(Outcome outcome, String... frames) throws Exception {
      return JudgementTest.play("Close 1000, then Ping", outcome, frames);
    }
  }

  @Nested
  final class BehindMessage {
    private static final Outcome FAILED =
        new Outcome(List.of(Message.text("before")), new Ending.Broken("reserved opcode"));

    @Test
    void whoSendsTheMessageBackAndFailsIsStrict() throws Exception {
      assertThat(play(FAILED, BEFORE, CLOSE_1002).verdict()).isEqualTo(Verdict.STRICT);
    }

    @Test
    void whoOnlyFailsIsTolerated() throws Exception {
      assertThat(play(FAILED, CLOSE_1002))
          .isEqualTo(
              new Finding(
                  Verdict.TOLERATED,
                  "the client failed, and did not send back what had come before"));
    }

    @Test
    void whoAnswersThePingBehindTheFaultFails() throws Exception {
      assertThat(play(FAILED, BEFORE, PONG_9, CLOSE_1002))
          .isEqualTo(
              new Finding(Verdict.FAILED, "the client answered a Ping behind a broken rule"));
      assertThat(play(FAILED, BEFORE, CLOSE_1002, PONG_9))
          .isEqualTo(
              new Finding(Verdict.FAILED, "the client wrote a Ping or a Pong after its Close"));
    }

    private static Finding play(Outcome outcome, String... frames) throws Exception {
      return JudgementTest.play("text, and right behind it opcode 3, empty", outcome, frames);
    }
  }

  private static Finding play(String title, Outcome outcome, String... frames) throws Exception {
    Case one =
        Catalogue.cases().stream()
            .filter(each -> each.title().equals(title))
            .findFirst()
            .orElseThrow();
    try (FuzzingServer server = FuzzingServer.start(0, null, PATIENCE, List.of(one))) {
      return new Runner(server, PATIENCE).run(new Scripted(outcome, frames), one).finding();
    }
  }

  /** Writes the same, whatever comes. */
  private record Scripted(Outcome outcome, List<String> frames) implements ClientUnderTest {
    Scripted(Outcome outcome, String... frames) {
      this(outcome, List.of(frames));
    }

    @Override
    public String name() {
      return "scripted";
    }

    @Override
    public String title() {
      return "Scripted";
    }

    @Override
    public Outcome run(URI uri, Settings settings, Duration patience) throws IOException {
      try (Socket socket = new Socket(uri.getHost(), uri.getPort())) {
        OutputStream out = socket.getOutputStream();
        out.write(
            """
            GET %s HTTP/1.1
            Host: localhost
            Upgrade: websocket
            Connection: Upgrade
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
            Sec-WebSocket-Version: 13

            """
                .formatted(uri.getPath())
                .replace("\n", "\r\n")
                .getBytes(StandardCharsets.US_ASCII));
        out.write(Hex.bytes(String.join(" ", frames)));
        socket.shutdownOutput();
        long unused = socket.getInputStream().transferTo(OutputStream.nullOutputStream());
      }
      return outcome;
    }
  }
}
