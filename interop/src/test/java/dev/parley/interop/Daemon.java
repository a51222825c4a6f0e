// SPDX-License-Identifier: Apache-2.0
package dev.parley.interop;

import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A program that is installed on this machine, serving one port of the loopback interface, in a
 * process that ends with the test. Where it is not installed the test is skipped and says so;
 * {@code .ci/run} sees to it that it is.
 */
final class Daemon implements AutoCloseable {
  // As root alone has it on its path.
  private static final List<String> DIRECTORIES =
      List.of("/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin");
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Process process;
  private final Path log;
  private final int port;

  private Daemon(Process process, Path log, int port) {
    this.process = process;
    this.log = log;
    this.port = port;
  }

  /** Returns where a program is, or skips the test. */
  static String program(String name, String... otherPlaces) {
    List<Path> places = new ArrayList<>();
    for (String directory : DIRECTORIES) {
      places.add(Path.of(directory, name));
    }
    for (String other : otherPlaces) {
      places.add(Path.of(other));
    }
    return places.stream()
        .filter(Files::isExecutable)
        .map(Path::toString)
        .findFirst()
        .orElseGet(() -> abort(name + " is not installed: nothing to go through"));
  }

  static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 0, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Writes a file that the program may read, whoever it becomes. */
  static Path file(Path directory, String name, String content) {
    try {
      directory.toFile().setWritable(true, false);
      directory.toFile().setReadable(true, false);
      directory.toFile().setExecutable(true, false);
      Path file = Files.writeString(directory.resolve(name), content, StandardCharsets.UTF_8);
      file.toFile().setReadable(true, false);
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Starts a program and waits until it takes connections. */
  static Daemon start(Path directory, int port, String... command) {
    try {
      Path log = directory.resolve(Path.of(command[0]).getFileName() + ".log");
      Process process =
          new ProcessBuilder(command)
              .directory(directory.toFile())
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      Daemon daemon = new Daemon(process, log, port);
      try {
        daemon.awaitReady();
        return daemon;
      } catch (Throwable e) {
        daemon.close();
        throw e;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private void awaitReady() throws IOException, InterruptedException {
    long start = System.nanoTime();
    while (!takesConnections()) {
      if (process.waitFor(20, TimeUnit.MILLISECONDS)) {
        throw new AssertionError("exit status " + process.exitValue() + ": " + said());
      } else if (System.nanoTime() - start > PATIENCE.toNanos()) {
        throw new AssertionError("takes no connections: " + said());
      }
    }
  }

  private boolean takesConnections() {
    try {
      new Socket(InetAddress.getLoopbackAddress(), port).close();
      return true;
    } catch (IOException e) {
      return false; // not yet
    }
  }

  private String said() throws IOException {
    return Files.readString(log, StandardCharsets.ISO_8859_1);
  }

  int port() {
    return port;
  }

  /** Ends the program, and those that it has started. */
  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
    process.onExit().join();
  }
}
