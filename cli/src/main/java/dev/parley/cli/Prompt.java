// SPDX-License-Identifier: Apache-2.0
package dev.parley.cli;

import dev.parley.client.WebSocketSession;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketClosedException;
import dev.parley.websocket.WebSocketException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.reader.impl.DefaultParser;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jline.utils.AttributedStringBuilder;
import org.jline.utils.AttributedStyle;
import org.jspecify.annotations.Nullable;

/**
 * A session with a person at a terminal. The caller's thread edits lines and sends them; another
 * one prints what arrives above the line that is being edited.
 */
final class Prompt {
  private static final int SHOWN_BYTES = 256;
  private static final AttributedStyle PLAIN = AttributedStyle.DEFAULT;

  private final WebSocketSession session;
  private final boolean binary;
  private final LineReader reader;
  private final boolean colours = System.getenv("NO_COLOR") == null;
  private final CompletableFuture<Ending> ending = new CompletableFuture<>();

  /**
   * Makes a prompt.
   *
   * @param binary whether lines are sent as binary messages
   * @param history where lines are kept between sessions; null: nowhere
   */
  Prompt(WebSocketSession session, boolean binary, Terminal terminal, @Nullable Path history) {
    this.session = session;
    this.binary = binary;
    DefaultParser lines = new DefaultParser();
    lines.setEscapeChars(null); // a message is what was typed: no quoting, no escapes
    lines.setQuoteChars(null);
    LineReaderBuilder builder =
        LineReaderBuilder.builder()
            .terminal(terminal)
            .appName("parley")
            .parser(lines)
            .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
            .option(LineReader.Option.HISTORY_IGNORE_SPACE, true);
    if (history != null) {
      builder.variable(LineReader.HISTORY_FILE, history);
    }
    reader = builder.build();
  }

  /** Reads, sends and prints at the terminal of the process until the session has ended. */
  static Ending run(WebSocketSession session, boolean binary) throws IOException {
    try (Terminal terminal =
        TerminalBuilder.builder().name("parley").encoding(StandardCharsets.UTF_8).build()) {
      return new Prompt(session, binary, terminal, historyFile()).run();
    }
  }

  /** Reads, sends and prints until the session has ended. */
  Ending run() {
    Thread typing = Thread.currentThread();
    Thread.startVirtualThread(
        () -> {
          ending.complete(printAll());
          typing.interrupt(); // it waits for a line that cannot be sent any more
        });
    try {
      boolean more = true;
      while (more && !ending.isDone()) {
        more = sendLine();
      }
      session.close(CloseReason.NORMAL);
    } catch (WebSocketException e) {
      // The session has ended; the other thread knows how.
    }
    Ending end = ending.join();
    Thread.interrupted(); // the interrupt of ours may have come after the last line
    return end;
  }

  /** Reads a line and sends it; false when no more will come. */
  private boolean sendLine() {
    try {
      String line = reader.readLine("> ");
      if (binary) {
        session.send(line.getBytes(StandardCharsets.UTF_8));
      } else {
        session.send(line);
      }
      return true;
    } catch (UserInterruptException e) {
      return !e.getPartialLine().isEmpty(); // Ctrl-C drops the line, or leaves where there is none
    } catch (EndOfFileException e) {
      return false;
    } catch (IllegalArgumentException e) {
      print("! ", "not sent: " + e.getMessage(), PLAIN.foreground(AttributedStyle.RED));
      return true;
    } catch (WebSocketClosedException e) {
      return false;
    }
  }

  private Ending printAll() {
    try {
      for (Frame frame : session.incoming()) {
        switch (frame) {
          case Frame.Text text -> printText(text.readText());
          case Frame.Binary bytes -> printBytes(bytes.data());
          case Frame.Close close -> {
            return Ending.of(close);
          }
          case Frame.Ping ping -> {}
          case Frame.Pong pong -> {}
        }
      }
      return new Ending(1, "the connection ended without a Close");
    } catch (WebSocketException e) {
      return Ending.of(e);
    }
  }

  private void printText(String text) {
    String lines =
        PrettyJson.indent(text)
            .map(json -> json.lines().map(Printable::line).collect(Collectors.joining("\n")))
            .orElseGet(() -> Printable.line(text));
    print("< ", lines, PLAIN);
  }

  private void printBytes(byte[] bytes) {
    String hex =
        HexFormat.ofDelimiter(" ")
            .formatHex(bytes.length <= SHOWN_BYTES ? bytes : Arrays.copyOf(bytes, SHOWN_BYTES));
    String line = hex + (bytes.length <= SHOWN_BYTES ? "" : " ...");
    print("< ", line + " (" + bytes.length + " bytes)", PLAIN.foreground(AttributedStyle.YELLOW));
  }

  private void print(String mark, String lines, AttributedStyle style) {
    reader.printAbove(
        new AttributedStringBuilder()
            .styled(colours ? PLAIN.foreground(AttributedStyle.CYAN) : PLAIN, mark)
            .styled(colours ? style : PLAIN, lines)
            .toAttributedString());
  }

  /** Returns where lines are kept between sessions, for their owner only; null: nowhere. */
  private static @Nullable Path historyFile() {
    String state = System.getenv("XDG_STATE_HOME");
    Path directory =
        state == null || state.isEmpty()
            ? Path.of(System.getProperty("user.home"), ".local", "state", "parley")
            : Path.of(state, "parley");
    try {
      Path file = Files.createDirectories(directory).resolve("history");
      if (!Files.exists(file)) {
        Files.createFile(file);
      }
      // Not by an attribute of the creation: not every file system knows one.
      if (!file.toFile().setReadable(false, false)
          || !file.toFile().setReadable(true, true)
          || !file.toFile().setWritable(false, false)
          || !file.toFile().setWritable(true, true)) {
        return null;
      }
      return file;
    } catch (IOException e) {
      return null; // a home that cannot be written to is no reason not to talk
    }
  }
}
