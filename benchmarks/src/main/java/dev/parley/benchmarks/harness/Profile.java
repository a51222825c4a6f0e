// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks.harness;

import java.io.IOException;
import java.lang.reflect.Modifier;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedMethod;
import jdk.jfr.consumer.RecordedStackTrace;
import jdk.jfr.consumer.RecordingFile;

/**
 * Tells where the CPU time of recorded workloads went: to whom the code belongs that ran. The
 * recordings are those of {@code benchmarks/run --profile}.
 */
final class Profile {
  /** To whom code belongs. */
  private enum Owner {
    SYSTEM("system calls"),
    ZLIB("zlib"),
    TLS("TLS and cryptography of the JDK"),
    CHANNELS("channels, buffers and selectors of the JDK"),
    JDK("threads, locks, strings, the rest of the JDK"),
    CORE("`parley-websocket`: frames, masking, UTF-8"),
    CLIENT("`parley-client`: sessions, paths, transports"),
    HARNESS("the harness");

    private final String title;

    Owner(String title) {
      this.title = title;
    }

    static Owner of(RecordedMethod method) {
      String type = method.getType().getName();
      boolean isNative = Modifier.isNative(method.getModifiers());
      if (type.startsWith("java.util.zip.")) {
        return ZLIB;
      } else if (type.startsWith("sun.nio.ch.") && isNative) {
        return SYSTEM;
      } else if (type.startsWith("sun.nio.") || type.startsWith("java.nio.")) {
        return CHANNELS;
      } else if (type.matches("(sun\\.security|com\\.sun\\.crypto|java\\.security|javax\\.).*")) {
        return TLS;
      } else if (type.startsWith("dev.parley.websocket.")) {
        return CORE;
      } else if (type.startsWith("dev.parley.client.")) {
        return CLIENT;
      }
      return type.startsWith("dev.parley.") ? HARNESS : JDK;
    }
  }

  private Profile() {}

  /**
   * Prints a table of Markdown.
   *
   * @param arguments the recordings; a column each
   */
  public static void main(String[] arguments) throws IOException {
    List<Map<Owner, Double>> columns = new ArrayList<>();
    StringBuilder table = new StringBuilder("| Percent of the CPU time |");
    for (String file : arguments) {
      table.append(' ').append(Path.of(file).getFileName().toString().replace(".jfr", " |"));
      columns.add(shares(Path.of(file)));
    }
    table.append("\n|---|").append("--:|".repeat(columns.size())).append('\n');
    for (Owner owner : Owner.values()) {
      table.append("| ").append(owner.title).append(" |");
      for (Map<Owner, Double> column : columns) {
        double share = column.getOrDefault(owner, 0.0);
        table.append(
            share < 1
                ? String.format(Locale.ROOT, " %.1f |", share)
                : " " + Math.round(share) + " |");
      }
      table.append('\n');
    }
    System.out.print(table);
  }

  /** Returns the shares of the second half of a recording, when all is warm. */
  private static Map<Owner, Double> shares(Path file) throws IOException {
    List<RecordedEvent> samples =
        RecordingFile.readAllEvents(file).stream()
            .filter(event -> event.getEventType().getName().equals("jdk.CPUTimeSample"))
            .filter(event -> event.getStackTrace() != null)
            .sorted(Comparator.comparing(RecordedEvent::getStartTime))
            .toList();
    if (samples.isEmpty()) {
      throw new IOException(file + " has no samples of CPU time");
    }
    List<RecordedEvent> warm = samples.subList(samples.size() / 2, samples.size());
    Map<Owner, Double> shares = new EnumMap<>(Owner.class);
    for (RecordedEvent sample : warm) {
      RecordedStackTrace trace = sample.getStackTrace();
      Owner owner = Owner.of(trace.getFrames().getFirst().getMethod());
      shares.merge(owner, 100.0 / warm.size(), Double::sum);
    }
    return shares;
  }
}
