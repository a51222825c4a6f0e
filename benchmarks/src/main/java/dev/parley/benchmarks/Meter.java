// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What a round costs beside time: CPU time and allocation of the whole JVM. */
public final class Meter {
  private static final OperatingSystemMXBean SYSTEM =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** The names of the compilers' threads, as the system keeps them. */
  private static final Pattern COMPILER = Pattern.compile("C[12] Compiler");

  /** The percentiles of the page's curves. */
  public static final List<Double> PERCENTILES =
      List.of(
          0.0, 10.0, 25.0, 50.0, 75.0, 90.0, 95.0, 97.5, 99.0, 99.5, 99.75, 99.9, 99.95, 99.99,
          100.0);

  private Meter() {}

  /** Measures one round and returns a line of JSON. */
  static String measured(Worker.Measure measure, long nanos) throws Exception {
    long collections = collections();
    long compiled = compilerNanos();
    long allocated = THREADS.getTotalThreadAllocatedBytes();
    long cpu = SYSTEM.getProcessCpuTime();
    Worker.Outcome outcome = measure.round(nanos);
    cpu = SYSTEM.getProcessCpuTime() - cpu;
    allocated = THREADS.getTotalThreadAllocatedBytes() - allocated;
    StringBuilder json = new StringBuilder();
    json.append("{\"count\":").append(outcome.count());
    json.append(",\"nanos\":").append(outcome.nanos());
    json.append(",\"cpu\":").append(cpu);
    json.append(",\"allocated\":").append(allocated);
    json.append(",\"compiledMillis\":").append((compilerNanos() - compiled) / 1_000_000);
    json.append(",\"collections\":").append(collections() - collections);
    String figures = outcome.figures().get();
    if (!figures.isEmpty()) {
      json.append(',').append(figures);
    }
    return json.append('}').toString();
  }

  /** Returns the percentiles of so many sorted latencies as a member of JSON. */
  static String latencies(long[] sorted, int count) {
    return PERCENTILES.stream()
        .map(percent -> Long.toString(percentile(sorted, count, percent)))
        .collect(Collectors.joining(",", "\"latencies\":[", "]"));
  }

  /** Returns the smallest value that so many percent of the sorted values do not exceed. */
  private static long percentile(long[] sorted, int count, double percent) {
    int rank = (int) Math.ceil(percent / 100 * count);
    return sorted[Math.max(0, Math.min(count, rank) - 1)];
  }

  /**
   * Returns the CPU time of the threads of the JIT compilers. What the JVM tells of them itself is
   * the time of what was compiled to its end, however long it waited or stood still meanwhile.
   */
  static long compilerNanos() throws IOException {
    long nanos = 0;
    try (DirectoryStream<Path> tasks = Files.newDirectoryStream(Path.of("/proc/self/task"))) {
      for (Path task : tasks) {
        try {
          if (COMPILER.matcher(Files.readString(task.resolve("comm"))).lookingAt()) {
            String running = Files.readString(task.resolve("schedstat"));
            nanos += Long.parseLong(running.substring(0, running.indexOf(' ')));
          }
        } catch (IOException e) {
          // the thread has ended meanwhile
        }
      }
    }
    return nanos;
  }

  private static long collections() {
    return ManagementFactory.getGarbageCollectorMXBeans().stream()
        .mapToLong(GarbageCollectorMXBean::getCollectionCount)
        .sum();
  }
}
