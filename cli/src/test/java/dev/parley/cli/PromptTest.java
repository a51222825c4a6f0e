// SPDX-License-Identifier: Apache-2.0
package dev.parley.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.client.HttpClient;
import dev.parley.client.WebSocketSession;
import dev.parley.testkit.MockWebSocketServer;
import dev.parley.testkit.Scenario;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Frame;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import org.jline.terminal.Size;
import org.jline.terminal.Terminal;
import org.jline.terminal.impl.ExternalTerminal;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** With a terminal in memory. What it looks like is for eyes; what it must never do is here. */
@Timeout(60)
final class PromptTest {
  private static final String CTRL_D = "\u0004";

  @TempDir Path directory;

  private final MockWebSocketServer server = MockWebSocketServer.start();
  private final HttpClient client = HttpClient.create();
  private final ByteArrayOutputStream screen = new ByteArrayOutputStream();
  private final PipedOutputStream keys = new PipedOutputStream();
  private final Terminal terminal;

  PromptTest() throws IOException {
    terminal =
        new ExternalTerminal(
            "test", "xterm", new PipedInputStream(keys), screen, StandardCharsets.UTF_8);
    terminal.setSize(new Size(200, 50));
  }

  @AfterEach
  void close() throws IOException {
    terminal.close();
    client.close();
    server.close();
  }

  @Test
  void linesAreSentAsTheyWereTyped() throws IOException {
    server.enqueue(
        Scenario.accept()
            .expect("it's \"one\\two\" !! wörld")
            .expect("")
            .expectClose(CloseReason.NORMAL));

    assertThat(run(false, "it's \"one\\two\" !! wörld\r\r" + CTRL_D).status()).isZero();
  }

  @Test
  void linesAreSentAsBytesWhereThatIsWanted() throws IOException {
    server.enqueue(
        Scenario.accept()
            .expect(new Frame.Binary("hi".getBytes(StandardCharsets.US_ASCII)))
            .expectClose(CloseReason.NORMAL));

    assertThat(run(true, "hi\r" + CTRL_D).status()).isZero();
  }

  @Test
  void whatThePeerSendsCannotDriveTheTerminal() throws IOException {
    server.enqueue(
        Scenario.accept()
            .send("\u001b]0;owned\u0007\u009b2J\nforged")
            .send("{\"\u009b2J\":\"\\u001b]0;owned\\u0007\"}")
            .close(new CloseReason(1000, "\u001bc")));

    run(false, "");

    assertThat(screen())
        .contains("\\u001b]0;owned\\u0007\\u009b2J\\nforged", "\"\\u009b2J\": \"\\u001B]0;owned")
        .doesNotContain("\u001b]0;", "\u009b", "\u001bc");
  }

  @Test
  void jsonIsLaidOutAndBytesAreShownInPart() throws IOException {
    server.enqueue(
        Scenario.accept()
            .send("{\"a\":{\"b\":1.50}}")
            .send(new Frame.Binary(new byte[] {1, (byte) 0xab}))
            .send(new Frame.Binary(new byte[1000]))
            .close(CloseReason.NORMAL));

    run(false, "");

    assertThat(screen())
        .containsSubsequence("\"a\": {", "\"b\": 1.50", "01 ab (2 bytes)", "00 ... (1000 bytes)");
  }

  @Test
  void anEndOfTheSessionEndsTheLineThatIsBeingTyped() throws IOException {
    CountDownLatch typed = new CountDownLatch(1);
    server.enqueue(
        Scenario.accept().send("first").await(typed).close(new CloseReason(1011, "gone")));

    try (WebSocketSession session = client.webSocketSession(server.url())) {
      keys.write("half a line".getBytes(StandardCharsets.UTF_8));
      keys.flush();
      typed.countDown();

      assertThat(new Prompt(session, false, terminal, null).run())
          .isEqualTo(new Ending(1, "closed: 1011 gone"));
    }
  }

  @Test
  void linesAreKeptInAFile() throws IOException {
    Path history = directory.resolve("history");
    server.enqueue(Scenario.accept().expect("remembered").expectClose(CloseReason.NORMAL));

    try (WebSocketSession session = client.webSocketSession(server.url())) {
      type("remembered\r" + CTRL_D);
      new Prompt(session, false, terminal, history).run();
    }

    assertThat(Files.readString(history)).contains("remembered");
  }

  private Ending run(boolean binary, String typed) throws IOException {
    try (WebSocketSession session = client.webSocketSession(server.url())) {
      type(typed);
      return new Prompt(session, binary, terminal, null).run();
    }
  }

  private void type(String typed) throws IOException {
    keys.write(typed.getBytes(StandardCharsets.UTF_8));
    keys.flush();
  }

  private String screen() {
    terminal.flush();
    return screen.toString(StandardCharsets.UTF_8);
  }
}
