// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks.harness;

import dev.parley.benchmarks.Meter;
import dev.parley.benchmarks.harness.Goals.Goal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Results as tables of Markdown. In a document they stand between {@code <!-- table NAME -->} and
 * {@code <!-- end -->}.
 */
final class Tables {
  private static final Pattern PLACE =
      Pattern.compile("(<!-- table ([a-z0-9-]+) -->\n).*?(<!-- end -->)", Pattern.DOTALL);

  private final JsonNode results;
  private final Charts charts;

  private Tables(JsonNode results) {
    this.results = results;
    this.charts = new Charts(results);
  }

  /**
   * Puts the tables of a run in a document, in place of those that are there.
   *
   * @param arguments the JSON file, and the document
   */
  public static void main(String[] arguments) throws IOException {
    JsonNode results =
        JsonMapper.builder().build().readTree(Files.readString(Path.of(arguments[0])));
    Path document = Path.of(arguments[1]);
    Files.writeString(document, in(Files.readString(document), results));
  }

  static String in(String document, JsonNode results) {
    Tables tables = new Tables(results);
    return PLACE
        .matcher(document)
        .replaceAll(
            place ->
                Matcher.quoteReplacement(
                    place.group(1) + tables.table(place.group(2)) + place.group(3)));
  }

  private String table(String name) {
    return switch (name) {
      case "goals" -> goals();
      case "round-trips" -> percentiles(50);
      case "round-trips-p99" -> percentiles(99);
      case "round-trips-cpu" ->
          table(
              trips(),
              result -> String.format(Locale.ROOT, "%.1f", result.path("cpuMicros").asDouble()));
      case "at-once" ->
          rates(
              1e6,
              columns(
                  "inflight-64", "64 in flight",
                  "sessions-1", "1 session",
                  "sessions-100", "100",
                  "sessions-1000", "1,000",
                  "sessions-10000", "10,000",
                  "stream-1g", "1 GB there and back"));
      case "sent" ->
          rates(
              1e6,
              columns(
                  "send-64", "64 B",
                  "send-64-now", "64 B, written",
                  "send-1k", "1 KiB",
                  "send-64k", "64 KiB",
                  "send-1m", "1 MiB"));
      case "sent-otherwise" ->
          rates(
              1e6,
              columns(
                  "send-64-text", "64 B of text",
                  "send-64k-text", "64 KiB of text",
                  "send-64-tls", "64 B, TLS",
                  "send-64k-tls", "64 KiB, TLS",
                  "threads-8", "64 B by 8 threads"));
      case "received" ->
          rates(
              1e6,
              columns(
                  "receive-64", "64 B",
                  "receive-1k", "1 KiB",
                  "receive-64k", "64 KiB",
                  "receive-1m", "1 MiB"));
      case "received-otherwise" ->
          rates(
              1e6,
              columns(
                  "receive-64-text", "64 B of text",
                  "receive-1k-text", "1 KiB of text",
                  "receive-64k-text", "64 KiB of text",
                  "receive-64-tls", "64 B, TLS",
                  "receive-64k-tls", "64 KiB, TLS"));
      case "compressed" ->
          rates(
              1e3,
              columns(
                  "deflate-send-takeover", "sent, with takeover",
                  "deflate-send-fresh", "without",
                  "deflate-receive-takeover", "received, with takeover",
                  "deflate-receive-fresh", "without"));
      case "opened" -> rates(1, columns("open", "plain", "open-tls", "TLS"));
      case "idle" ->
          table(
              columns(
                  "idle-10k", "plain",
                  "idle-10k-tls", "TLS",
                  "idle-10k-deflate", "compressed",
                  "idle-10k-deflate-fresh", "compressed, used, no takeover"),
              result ->
                  String.format(
                      Locale.ROOT,
                      "%,.0f + %,d, %,d threads",
                      result.path("value").asDouble(),
                      result.path("native").asLong(),
                      result.path("threads").asLong()));
      default -> throw new IllegalArgumentException("no table " + name);
    };
  }

  private String goals() {
    StringBuilder table = new StringBuilder("| Workload | Goal | Reached | Round by round | |\n");
    table.append("|---|---|---|---|---|\n");
    for (Goal goal : Goals.of(results)) {
      String verdict = goal.met().map(yes -> yes ? "met" : "**not met**").orElse("–");
      table.append(
          "| %s | %s | %s | %s | %s |\n"
              .formatted(goal.what(), goal.target(), goal.reached(), goal.spread(), verdict));
    }
    return table.toString();
  }

  private static List<Map.Entry<String, String>> trips() {
    return columns(
        "roundtrip-64", "plain",
        "roundtrip-64-late", "answered late",
        "roundtrip-64-virtual", "virtual thread",
        "roundtrip-64-late-virtual", "virtual, late",
        "roundtrip-64-tls", "TLS",
        "roundtrip-64-tls-virtual", "TLS, virtual");
  }

  private String percentiles(double percent) {
    int index = Meter.PERCENTILES.indexOf(percent);
    return table(
        trips(),
        result -> {
          double least = Double.MAX_VALUE;
          double most = 0;
          for (JsonNode round : result.path("rounds")) {
            double value = round.path("latencies").path(index).asDouble() / 1e3;
            least = Math.min(least, value);
            most = Math.max(most, value);
          }
          double median = result.path("percentiles").path(index).asDouble();
          return String.format(Locale.ROOT, "%.1f (%.1f–%.1f)", median, least, most);
        });
  }

  private String rates(double unit, List<Map.Entry<String, String>> columns) {
    return table(
        columns,
        result ->
            "%s (%s–%s)"
                .formatted(
                    digits(result.path("value").asDouble() / unit),
                    digits(result.path("least").asDouble() / unit),
                    digits(result.path("most").asDouble() / unit)));
  }

  /** Three digits that say something. */
  private static String digits(double value) {
    int places = value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : value >= 0.1 ? 3 : 4;
    return String.format(Locale.ROOT, "%,." + places + "f", value);
  }

  private static List<Map.Entry<String, String>> columns(String... workloadsAndTitles) {
    List<Map.Entry<String, String>> columns = new ArrayList<>();
    for (int i = 0; i < workloadsAndTitles.length; i += 2) {
      columns.add(Map.entry(workloadsAndTitles[i], workloadsAndTitles[i + 1]));
    }
    return columns;
  }

  /** A row for each client that has a value for any of the columns, ours first, then raw. */
  private String table(List<Map.Entry<String, String>> columns, Function<JsonNode, String> cell) {
    StringBuilder table = new StringBuilder("| |");
    columns.forEach(column -> table.append(' ').append(column.getValue()).append(" |"));
    table.append("\n|---|").append("--:|".repeat(columns.size())).append('\n');
    for (String client : results.path("clients").propertyNames()) {
      StringBuilder row = new StringBuilder();
      boolean any = false;
      for (Map.Entry<String, String> column : columns) {
        JsonNode result =
            results.path("workloads").path(column.getKey()).path("clients").path(client);
        any |= result.has("value");
        row.append(' ').append(result.has("value") ? cell.apply(result) : "–").append(" |");
      }
      if (any) {
        String title = charts.title(client);
        table.append(client.equals("parley") ? "| **%s** |".formatted(title) : "| " + title + " |");
        table.append(row).append('\n');
      }
    }
    return table.toString();
  }
}
