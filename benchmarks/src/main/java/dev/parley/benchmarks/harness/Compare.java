// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks.harness;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Tells what got slower from one run to another. Where both ran raw sockets (or zlib alone), what
 * is compared is the ratio to those, for machines differ, and so does one machine from day to day.
 */
final class Compare {
  private static final double TOLERATED = 1.1;

  private Compare() {}

  /**
   * Prints each workload that got slower by more than a tenth; then the exit status is 1.
   *
   * @param arguments two JSON files, the older first; then which client, {@code parley} if none is
   *     named, or {@code all}
   */
  public static void main(String[] arguments) throws IOException {
    JsonMapper mapper = JsonMapper.builder().build();
    JsonNode before = mapper.readTree(Files.readString(Path.of(arguments[0])));
    JsonNode after = mapper.readTree(Files.readString(Path.of(arguments[1])));
    String which = arguments.length > 2 ? arguments[2] : "parley";
    int slower = 0;
    int compared = 0;
    for (String workload : after.path("workloads").propertyNames()) {
      for (String client : clients(after, workload, which)) {
        double change = change(before, after, workload, client);
        if (of(after, workload, client).has("failed")
            && !of(before, workload, client).has("failed")) {
          compared++;
          slower++;
          System.out.println("%-28s %-20s fails".formatted(workload, client));
        } else if (!Double.isNaN(change)) {
          compared++;
          if (change > TOLERATED) {
            slower++;
            System.out.println(line(before, after, workload, client, change));
          }
        }
      }
    }
    System.out.println("%d of %d are worse by more than a tenth".formatted(slower, compared));
    System.exit(slower > 0 ? 1 : 0);
  }

  private static List<String> clients(JsonNode results, String workload, String which) {
    return which.equals("all")
        ? results.path("workloads").path(workload).path("clients").propertyNames().stream()
            .filter(client -> !client.startsWith("raw"))
            .toList()
        : List.of(which);
  }

  /** Returns how many times as bad it is: 1.2 for a fifth more time, memory, or fewer a second. */
  private static double change(JsonNode before, JsonNode after, String workload, String client) {
    boolean both = !Double.isNaN(raw(before, workload)) && !Double.isNaN(raw(after, workload));
    double old = value(before, workload, client) / (both ? raw(before, workload) : 1);
    double now = value(after, workload, client) / (both ? raw(after, workload) : 1);
    return unit(after, workload, client).equals("per second") ? old / now : now / old;
  }

  private static String line(
      JsonNode before, JsonNode after, String workload, String client, double change) {
    boolean both = !Double.isNaN(raw(before, workload)) && !Double.isNaN(raw(after, workload));
    return String.format(
        Locale.ROOT,
        "%-28s %-20s worse by %3.0f %%  (%,.2f, was %,.2f %s%s)",
        workload,
        client,
        (change - 1) * 100,
        value(after, workload, client),
        value(before, workload, client),
        unit(after, workload, client),
        both ? "; beside raw sockets of the same run" : "");
  }

  /** Idle sessions are compared by their bytes alone: those do not depend on the machine. */
  private static double raw(JsonNode results, String workload) {
    if (workload.startsWith("idle")) {
      return Double.NaN;
    }
    return value(results, workload, workload.startsWith("deflate") ? "raw-zlib" : "raw");
  }

  private static double value(JsonNode results, String workload, String client) {
    return of(results, workload, client).path("value").asDouble(Double.NaN);
  }

  private static String unit(JsonNode results, String workload, String client) {
    return of(results, workload, client).path("unit").asString("");
  }

  private static JsonNode of(JsonNode results, String workload, String client) {
    return results.path("workloads").path(workload).path("clients").path(client);
  }
}
