// SPDX-License-Identifier: Apache-2.0
package dev.parley.exam;

import dev.parley.testkit.MockWebSocketServer;
import dev.parley.websocket.extension.WebSocketExtensions;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** An echo server in a process of its own, so that what is measured in ours is the client's. */
final class EchoProgram implements AutoCloseable {
  private final Process process;
  private final String url;

  EchoProgram() throws IOException {
    process = java("-Xmx1g", EchoProgram.class.getName());
    var lines = process.inputReader(StandardCharsets.UTF_8);
    url = Objects.requireNonNull(lines.readLine(), "the URL");
  }

  /** Starts another JVM with our class path. */
  static Process java(String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }

  String url() {
    return url;
  }

  /** Serves until its input ends. */
  public static void main(String[] arguments) throws IOException {
    try (MockWebSocketServer server =
        MockWebSocketServer.start(
            config ->
                config
                    .extensions(all -> all.install(WebSocketExtensions.perMessageDeflate()))
                    .recordedFrames(1))) {
      PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
      out.println(server.url());
      while (System.in.read() >= 0) {}
    }
  }

  @Override
  public void close() {
    try {
      process.getOutputStream().close();
      int unused = process.waitFor();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
