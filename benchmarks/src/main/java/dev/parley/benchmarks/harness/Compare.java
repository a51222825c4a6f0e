// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks.harness;

import dev.parley.benchmarks.Meter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Tells what got slower from one run to another. Where both ran raw sockets (or zlib alone), what
 * is compared is the ratio to those, for machines differ, and so does one machine from day to day.
 */
final class Compare {
  private static final double TOLERATED = 1.1;

  /** Fewer bytes more than these are no array and no frame, but what the JVM does beside. */
  private static final double FEW_BYTES = 8;

  private final JsonNode before;
  private final JsonNode after;
  private final List<String> lines = new ArrayList<>();
  private final List<String> missing = new ArrayList<>();
  private int compared;
  private int worse;

  private Compare(JsonNode before, JsonNode after) {
    this.before = before;
    this.after = after;
  }

  /**
   * What was found.
   *
   * @param lines for who reads it
   * @param compared how many workloads of how many clients were in both
   * @param worse how many of those are slower, or hold more memory, by more than a tenth, or fail
   */
  record Found(List<String> lines, int compared, int worse) {}

  /**
   * Prints each workload that got slower by more than a tenth, and those whose 99th percentile, CPU
   * time or allocation did. The exit status is 1 if any got slower, 2 if there is nothing that both
   * files have.
   *
   * @param arguments two JSON files, the older first; then which client, {@code parley} if none is
   *     named, or {@code all}
   */
  public static void main(String[] arguments) throws IOException {
    JsonMapper mapper = JsonMapper.builder().build();
    Found found =
        between(
            mapper.readTree(Files.readString(Path.of(arguments[0]))),
            mapper.readTree(Files.readString(Path.of(arguments[1]))),
            arguments.length > 2 ? arguments[2] : "parley");
    found.lines().forEach(System.out::println);
    System.exit(found.compared() == 0 ? 2 : found.worse() > 0 ? 1 : 0);
  }

  static Found between(JsonNode before, JsonNode after, String which) {
    Compare compare = new Compare(before, after);
    compare.congestionControl();
    for (String workload : before.path("workloads").propertyNames()) {
      for (String client : compare.clients(workload, which)) {
        compare.workload(workload, client);
      }
    }
    compare.end();
    return new Found(List.copyOf(compare.lines), compare.compared, compare.worse);
  }

  /** Says if it differs: what paces changes the raw sockets too, but not as it does a client. */
  private void congestionControl() {
    String was = before.path("machine").path("congestion control").asString("unknown");
    String is = after.path("machine").path("congestion control").asString("unknown");
    if (!was.equals(is)) {
      lines.add(
          "TCP's congestion control was " + was + ", is " + is + ": streams may differ by it");
    }
  }

  private List<String> clients(String workload, String which) {
    return before.path("workloads").path(workload).path("clients").propertyNames().stream()
        .filter(client -> which.equals("all") ? !client.startsWith("raw") : client.equals(which))
        .toList();
  }

  private void workload(String workload, String client) {
    JsonNode old = of(before, workload, client);
    JsonNode now = of(after, workload, client);
    if (!old.has("value")) { // it failed already
      return;
    }
    if (now.isMissingNode()) {
      missing.add(workload + " of " + client);
      return;
    }
    compared++;
    if (now.has("failed")) {
      worse++;
      lines.add("%-28s %-20s fails".formatted(workload, client));
      return;
    }
    boolean more = now.path("unit").asString("").equals("per second");
    ToDoubleFunction<JsonNode> value = result -> result.path("value").asDouble(Double.NaN);
    if (tell(workload, client, now.path("unit").asString(""), value, more, spread(old, now))) {
      worse++;
    }
    int tail = Meter.PERCENTILES.indexOf(99.0);
    tell(
        workload,
        client,
        "us at p99",
        result -> result.path("percentiles").path(tail).asDouble(Double.NaN),
        false,
        "");
    tell(
        workload,
        client,
        "us of CPU",
        result -> result.path("cpuMicros").asDouble(Double.NaN),
        false,
        "");
    double allocated = old.path("allocated").asDouble(Double.NaN);
    double allocates = now.path("allocated").asDouble(Double.NaN);
    if (allocates > TOLERATED * allocated && allocates > allocated + FEW_BYTES) {
      lines.add(
          String.format(
              Locale.ROOT,
              "%-28s %-20s allocates %,.0f bytes, was %,.0f",
              workload,
              client,
              allocates,
              allocated));
    }
  }

  /** Says so, if it is worse by more than a tenth. */
  private boolean tell(
      String workload,
      String client,
      String unit,
      ToDoubleFunction<JsonNode> value,
      boolean more,
      String remark) {
    double rawBefore = value.applyAsDouble(raw(before, workload));
    double rawAfter = value.applyAsDouble(raw(after, workload));
    boolean both = rawBefore > 0 && rawAfter > 0;
    double old = value.applyAsDouble(of(before, workload, client));
    double now = value.applyAsDouble(of(after, workload, client));
    double change = now / old * (both ? rawBefore / rawAfter : 1);
    double worsened = more ? 1 / change : change;
    if (!(worsened > TOLERATED)) {
      return false;
    }
    lines.add(
        String.format(
            Locale.ROOT,
            "%-28s %-20s worse by %3.0f %%  (%,.2f, was %,.2f %s%s%s)",
            workload,
            client,
            (worsened - 1) * 100,
            now,
            old,
            unit,
            both ? "; beside raw sockets of the same run" : "",
            remark));
    return true;
  }

  /** Says whether the rounds of both runs overlap. */
  private static String spread(JsonNode old, JsonNode now) {
    boolean overlap =
        old.path("least").asDouble() <= now.path("most").asDouble()
            && now.path("least").asDouble() <= old.path("most").asDouble();
    return overlap ? "; the rounds of both overlap" : "";
  }

  private void end() {
    if (!missing.isEmpty()) {
      lines.add("not measured any more: " + String.join(", ", missing));
    }
    lines.add("%d of %d are worse by more than a tenth".formatted(worse, compared));
  }

  /** Idle sessions are compared by their bytes alone: those do not depend on the machine. */
  private static JsonNode raw(JsonNode results, String workload) {
    return workload.startsWith("idle")
        ? of(results, workload, "")
        : of(results, workload, workload.startsWith("deflate") ? "raw-zlib" : "raw");
  }

  private static JsonNode of(JsonNode results, String workload, String client) {
    return results.path("workloads").path(workload).path("clients").path(client);
  }
}
