// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks.harness;

import dev.parley.benchmarks.Meter;
import dev.parley.benchmarks.Workload.Kind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The medians of all rounds, with the least and the most of the value that counts: microseconds of
 * the median round trip; bytes of heap for each session; and for all else, how many a second.
 *
 * @param unit {@code us}, {@code bytes} or {@code per second}
 */
record Summary(
    String unit,
    double value,
    double least,
    double most,
    double allocated,
    double cpuMicros,
    double serverBusy,
    List<Double> curve,
    JsonNode last) {

  static Summary of(Kind kind, ArrayNode rounds) {
    List<Double> curve = new ArrayList<>();
    if (kind.isRoundTrip()) {
      for (int i = 0; i < Meter.PERCENTILES.size(); i++) {
        int index = i;
        curve.add(median(rounds, round -> round.get("latencies").get(index).asDouble() / 1e3));
      }
    }
    ToDoubleFunction<JsonNode> value =
        switch (kind) {
          case ROUND_TRIP, LATE_ROUND_TRIP ->
              round -> round.get("latencies").get(Meter.PERCENTILES.indexOf(50.0)).asDouble() / 1e3;
          case IDLE -> round -> round.get("heap").asDouble();
          default -> round -> round.get("count").asDouble() * 1e9 / round.get("nanos").asDouble();
        };
    double[] all = sorted(rounds, value);
    return new Summary(
        kind.isRoundTrip() ? "us" : kind == Kind.IDLE ? "bytes" : "per second",
        median(all),
        all[0],
        all[all.length - 1],
        median(rounds, round -> round.get("allocated").asDouble() / round.get("count").asDouble()),
        median(rounds, round -> round.get("cpu").asDouble() / 1e3 / round.get("count").asDouble()),
        median(rounds, round -> round.path("serverBusy").asDouble(Double.NaN)),
        curve,
        rounds.get(rounds.size() - 1));
  }

  void into(ObjectNode result) {
    result.put("unit", unit);
    result.put("value", rounded(value));
    result.put("least", rounded(least));
    result.put("most", rounded(most));
    result.put("allocated", rounded(allocated));
    result.put("cpuMicros", rounded(cpuMicros));
    result.put("serverBusy", rounded(serverBusy));
    if (!curve.isEmpty()) {
      ArrayNode percentiles = result.putArray("percentiles");
      curve.forEach(percentiles::add);
    }
    for (String more : List.of("heap", "direct", "resident", "native", "threads", "peakHeap")) {
      if (last.has(more)) {
        result.set(more, last.get(more));
      }
    }
    if (unit.equals("bytes")) {
      result.put("sessions", last.get("count").asLong());
    }
  }

  /** Returns a line for who watches. */
  static String line(JsonNode result) {
    String unit = result.get("unit").asString();
    String value =
        String.format(
            Locale.ROOT,
            "%,14.1f %-10s (%,.1f to %,.1f)",
            result.get("value").asDouble(),
            unit,
            result.get("least").asDouble(),
            result.get("most").asDouble());
    if (unit.equals("bytes")) {
      return value + " resident " + result.get("resident") + " threads " + result.get("threads");
    }
    if (result.has("percentiles")) {
      JsonNode curve = result.get("percentiles");
      value +=
          String.format(
              Locale.ROOT,
              " p99 %.1f p99.9 %.1f",
              curve.get(Meter.PERCENTILES.indexOf(99.0)).asDouble(),
              curve.get(Meter.PERCENTILES.indexOf(99.9)).asDouble());
    }
    return value
        + String.format(
            Locale.ROOT,
            "  %,.1f bytes, %.3f us of CPU each",
            result.get("allocated").asDouble(),
            result.get("cpuMicros").asDouble());
  }

  private static double median(ArrayNode rounds, ToDoubleFunction<JsonNode> value) {
    return median(sorted(rounds, value));
  }

  private static double[] sorted(ArrayNode rounds, ToDoubleFunction<JsonNode> value) {
    double[] all = new double[rounds.size()];
    Arrays.setAll(all, i -> value.applyAsDouble(rounds.get(i)));
    Arrays.sort(all);
    return all;
  }

  private static double median(double[] sorted) {
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  private static double rounded(double value) {
    double scale = Math.abs(value) < 1000 ? 1000 : 1;
    return Math.round(value * scale) / scale;
  }
}
