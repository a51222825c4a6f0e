// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks.harness;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.node.ObjectNode;

/** Where and when it was measured. */
final class Machine {
  private Machine() {}

  static ObjectNode describe(ObjectNode machine, Path directory) throws IOException {
    machine.put("date", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    machine.put("commit", output(directory, "git", "describe", "--always", "--dirty"));
    machine.put("processor", find(Path.of("/proc/cpuinfo"), "model name\\s*:\\s*(.*)"));
    machine.put("processors", Runtime.getRuntime().availableProcessors());
    machine.put("memory", find(Path.of("/proc/meminfo"), "MemTotal:\\s*(.*)"));
    machine.put("system", System.getProperty("os.name") + " " + System.getProperty("os.version"));
    machine.put(
        "congestion control", find(Path.of("/proc/sys/net/ipv4/tcp_congestion_control"), "(.*)"));
    machine.put(
        "jdk", System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"));
    machine.put("compiler", output(directory, "gcc", "--version"));
    return machine;
  }

  private static String find(Path file, String pattern) throws IOException {
    if (!Files.isReadable(file)) {
      return "unknown";
    }
    Matcher matcher = Pattern.compile(pattern).matcher(Files.readString(file));
    return matcher.find() ? matcher.group(1) : "unknown";
  }

  /** Returns the first line that a command prints. */
  private static String output(Path directory, String... command) {
    try {
      Process process = new ProcessBuilder(command).directory(directory.toFile()).start();
      String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return out.lines().findFirst().orElse("unknown");
    } catch (IOException e) {
      return "unknown";
    }
  }
}
