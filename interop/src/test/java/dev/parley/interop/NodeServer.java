// SPDX-License-Identifier: Apache-2.0
package dev.parley.interop;

import static org.junit.jupiter.api.Assumptions.abort;

import dev.parley.testkit.TestCertificates;
import dev.parley.websocket.CloseReason;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The ws package on Node, in a process of its own that ends with ours. */
final class NodeServer implements EchoServer {
  private static final Path SOURCE = Path.of("src", "test", "node");
  private static final Path HOME = Path.of("target", "node").toAbsolutePath();

  private final Closes closes = new Closes();
  private final String host;
  private final Process process;
  private final int plain;
  private final int secure;

  private NodeServer(String host, Process process) throws IOException {
    this.host = host;
    this.process = process;
    BufferedReader lines = process.inputReader(StandardCharsets.UTF_8);
    plain = port(lines);
    secure = port(lines);
    Thread.ofVirtual().start(() -> lines.lines().forEach(this::report));
  }

  /** Installs ws, if that has not been done yet, and starts the server. */
  static NodeServer start() {
    return start(List.of(), "127.0.0.1", 0, 0);
  }

  /**
   * Starts the server where it is wanted.
   *
   * @param prefix a command that runs the one behind it, in the same process
   * @param host the address to listen on
   * @param plain the plain port, or 0 for a free one
   * @param secure the port of TLS, or 0 for a free one
   */
  static NodeServer start(List<String> prefix, String host, int plain, int secure) {
    try {
      Path home = Files.createDirectories(HOME);
      if (!runs(home, "node", "--version") || !runs(home, "npm", "--version")) {
        abort("node and npm are not on the path: nothing to talk to");
      }
      install(home);
      TestCertificates.Issued issued = TestCertificates.issue(TestCertificates.Subject.SERVER);
      List<String> command = new ArrayList<>(prefix);
      command.addAll(
          List.of(
              "node",
              "server.js",
              issued.certificateFile().toString(),
              issued.keyFile().toString(),
              host,
              Integer.toString(plain),
              Integer.toString(secure)));
      ProcessBuilder server =
          new ProcessBuilder(command)
              .directory(home.toFile())
              .redirectError(ProcessBuilder.Redirect.INHERIT);
      return new NodeServer(host, server.start());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Kills the process, as an operating system does that has no memory left. */
  void kill() {
    process.destroyForcibly();
    process.onExit().join();
  }

  /** Returns the place of a file to which the server writes. */
  static Path file(String name) {
    return HOME.resolve(name);
  }

  /** Has the process close its sessions with 1012, and end. */
  void shutDown() {
    process.destroy();
    process.onExit().join();
  }

  /** Starts another one on the ports of this one, which is gone. */
  NodeServer again() {
    return start(List.of(), host, plain, secure);
  }

  /** Lets the process stand still, or go on. Its system still answers for it, and takes a while. */
  void signal(String name) throws IOException, InterruptedException {
    Process kill =
        new ProcessBuilder("kill", "-s", name, Long.toString(process.pid())).inheritIO().start();
    if (kill.waitFor() != 0) {
      throw new IOException("kill -s " + name + ": exit status " + kill.exitValue());
    }
  }

  @Override
  public int port(boolean secure) {
    return secure ? this.secure : plain;
  }

  @Override
  public Closes closes() {
    return closes;
  }

  @Override
  public void close() {
    kill(); // the only signal that a process hears which stands still
  }

  private static int port(BufferedReader lines) throws IOException {
    String port = lines.readLine();
    if (port == null) {
      throw new IOException("server.js ended before it had its ports");
    }
    return Integer.parseInt(port);
  }

  private void report(String line) {
    String[] words = line.split(" ", 3);
    closes.report(words[0], new CloseReason(Integer.parseInt(words[1]), words[2]));
  }

  private static void install(Path home) throws IOException {
    Path lock = home.resolve("package-lock.json");
    boolean installed =
        Files.exists(home.resolve("node_modules"))
            && Files.exists(lock)
            && Files.mismatch(lock, SOURCE.resolve("package-lock.json")) < 0;
    for (String file : List.of("package.json", "package-lock.json", "server.js")) {
      Files.copy(SOURCE.resolve(file), home.resolve(file), StandardCopyOption.REPLACE_EXISTING);
    }
    if (!installed && !runs(home, "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts")) {
      throw new IOException("npm ci failed: " + Files.readString(home.resolve("npm.log")));
    }
  }

  private static boolean runs(Path home, String... command) throws IOException {
    Process process;
    try {
      process =
          new ProcessBuilder(command)
              .directory(home.toFile())
              .redirectErrorStream(true)
              .redirectOutput(home.resolve(command[0] + ".log").toFile())
              .start();
    } catch (IOException missing) {
      return false;
    }
    try {
      return process.waitFor(2, TimeUnit.MINUTES) && process.exitValue() == 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted in " + command[0], e);
    } finally {
      process.destroyForcibly();
    }
  }
}
