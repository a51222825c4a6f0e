// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks.harness;

import dev.parley.benchmarks.Meter;
import dev.parley.benchmarks.Workload;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** What this client is to reach, each a ratio within one run, and whether it does. */
final class Goals {
  private static final String OURS = "parley";

  private final JsonNode results;
  private final List<Goal> goals = new ArrayList<>();

  /**
   * One of them.
   *
   * @param what the workload
   * @param target what is to be reached
   * @param reached what is, and beside what
   * @param spread from where to where it went, round by round; empty where there is one round, or
   *     no other client
   * @param met whether it is enough; empty if the run did not measure it
   */
  record Goal(String what, String target, String reached, String spread, Optional<Boolean> met) {}

  private Goals(JsonNode results) {
    this.results = results;
  }

  static List<Goal> of(JsonNode results) {
    Goals goals = new Goals(results);
    goals.roundTrips();
    goals.throughput();
    goals.allocation();
    goals.idle();
    goals.scale();
    return goals.goals;
  }

  private void roundTrips() {
    String plain = "roundtrip-64";
    Values p50 = percentile(plain, 50);
    atMost("Round trip", 1.10, p50, "raw", "raw socket, p50");
    atMost("Round trip", 1.00, p50, peer -> true, "best peer, p50");
    atMost("Round trip", 1.00, percentile(plain, 99), peer -> true, "best peer, p99");
    String answeredLate = "Round trip, answered late";
    Values late = percentile("roundtrip-64-late", 50);
    atMost(answeredLate, 1.10, late, "raw", "raw socket, p50");
    atMost(answeredLate, 1.00, late, peer -> true, "best peer, p50");
    Values lateTail = percentile("roundtrip-64-late", 99);
    atMost(answeredLate, 1.00, lateTail, peer -> true, "best peer, p99");
    Values virtual = percentile("roundtrip-64-virtual", 50);
    ahead("Round trip, virtual thread", virtual, peer -> true, "best peer, p50");
    // Answered at once, a raw socket does not wait, and what that costs a virtual thread is not
    // seen.
    Values lateVirtual = percentile("roundtrip-64-late-virtual", 50);
    String waiting = "Round trip, virtual thread, answered late";
    atMost(waiting, 0.5, lateVirtual, "raw", "raw socket, p50");
    ahead(waiting, lateVirtual, peer -> true, "best peer, p50");
    Values tls = percentile("roundtrip-64-tls", 50);
    String secure = "Round trip, TLS";
    atMost(secure, 1.25, tls, "raw", "raw TLS socket, p50");
    atMost(secure, 1 / 1.5, tls, peer -> !nativeTls(peer), "best peer on the JDK's TLS, p50");
  }

  private void throughput() {
    for (String name : List.of("inflight-64", "sessions-100")) {
      ahead(name, peer -> true);
      atLeastOfRaw(0.8, name);
    }
    atLeast(2.5, "send-64");
    atLeast(2.0, "send-1k");
    atLeastOfRaw(0.9, "send-64k");
    ahead("send-64-now", this::tellsWritten);
    aheadAs("parley-nagle", "send-64-now", "Nagle's algorithm on", this::tellsWritten);
    atLeast(1.5, "receive-64");
    atLeast(1.5, "receive-64-text");
    atLeast(1.3, "receive-1k");
    atLeast(1.3, "receive-1k-text");
    atLeastOfRaw(0.9, "receive-64k");
    atLeastOfRaw(0.9, "receive-1m");
    for (String verb : List.of("send", "receive")) {
      for (String kind : List.of("takeover", "fresh")) {
        String name = "deflate-" + verb + "-" + kind;
        ahead(name, peer -> true);
        compared(
            title(name),
            "at least 0.90 of zlib alone" + bound(value(name), "raw-zlib"),
            value(name),
            OURS,
            "raw-zlib",
            0.9,
            Kind.AT_LEAST);
      }
    }
    ahead("open", peer -> true);
    ahead("open-tls", peer -> !nativeTls(peer));
    aheadAs(OURS, "open-tls", "TLS 1.3", peer -> tls(peer).equals("jdk"));
    aheadAs("parley-tls12", "open-tls", "TLS 1.2", peer -> tls(peer).equals("jdk-1.2"));
  }

  private void allocation() {
    allocated("receive-64", "at most 64 bytes beside the array", array(64), 64);
    allocated("receive-64-text", "at most 64 bytes beside the string", 24 + array(64), 64);
    allocated("receive-1k", "at most 64 bytes beside the array", array(1 << 10), 64);
    allocated("receive-64k", "at most 64 bytes beside the array", array(64 << 10), 64);
    allocated("send-64-now", "nothing", 0, 0.5);
    allocated("send-64", "nothing beside the frame that the caller makes", 24, 0.5);
    allocated("send-64k", "nothing beside the frame that the caller makes", 24, 0.5);
  }

  /** Returns the bytes of an array of bytes. */
  private static int array(int length) {
    return 16 + length;
  }

  private void allocated(String workload, String target, int handedOut, double most) {
    double more = figure(workload, OURS, "allocated") - handedOut;
    figure("Allocation: " + title(workload), target, more, most, "%.1f bytes".formatted(more));
  }

  private void idle() {
    for (String name : List.of("idle-10k", "idle-10k-tls", "idle-10k-deflate")) {
      if (!name.equals("idle-10k-deflate")) {
        int most = name.equals("idle-10k") ? 2048 : 24 * 1024;
        double heap = figure(name, OURS, "value");
        String target = "at most %,d bytes of heap each".formatted(most);
        figure(title(name), target, heap, most, "%,.0f bytes".formatted(heap));
      }
      Values heap = value(name);
      // Of a native TLS nothing is on the heap, and more beside it.
      ahead(title(name), heap, peer -> !nativeTls(peer), "best peer, heap");
      double threads = figure(name, OURS, "threads");
      figure(title(name), "no thread each", threads, 16, "%.0f for all".formatted(threads));
    }
    String used = "idle-10k-deflate-fresh";
    double more = figure(used, OURS, "native") - figure("idle-10k", OURS, "native");
    String target = "no zlib state: at most 2,048 bytes outside the heap more than without";
    figure(title(used), target, more, 2048, "%,.0f bytes".formatted(more));
  }

  private void scale() {
    Values one = cost("sessions-1");
    for (int few : new int[] {1, 100}) {
      grown(
          "CPU time a message, 10,000 sessions",
          few == 1 ? "one session" : few + " sessions",
          cost("sessions-10000"),
          few == 1 ? one : cost("sessions-" + few));
    }
    for (String verb : List.of("Send", "Receive")) {
      String name = verb.toLowerCase(Locale.ROOT);
      Values small = costOfByte(name + "-64k", 64 << 10);
      Values large = costOfByte(name + "-1m", 1 << 20);
      grown("CPU time a byte, " + verb.toLowerCase(Locale.ROOT) + " 1 MiB", "64 KiB", large, small);
    }
  }

  // -- what was measured

  /** A value of each client, {@code NaN} where there is none. */
  private interface Values {
    double of(String client);

    /** The same of one round. */
    double of(String client, int round);
  }

  private record Worth(String client, double value) {}

  private JsonNode result(String workload, String client) {
    return results.path("workloads").path(workload).path("clients").path(client);
  }

  private double figure(String workload, String client, String member) {
    return result(workload, client).path(member).asDouble(Double.NaN);
  }

  private Values values(
      String workload, ToDoubleFunction<JsonNode> all, ToDoubleFunction<JsonNode> round) {
    return new Values() {
      @Override
      public double of(String client) {
        return all.applyAsDouble(result(workload, client));
      }

      @Override
      public double of(String client, int number) {
        JsonNode one = result(workload, client).path("rounds").path(number);
        return one.isMissingNode() ? Double.NaN : round.applyAsDouble(one);
      }
    };
  }

  private Values value(String workload) {
    return values(
        workload,
        all -> all.path("value").asDouble(Double.NaN),
        round ->
            round.path("count").asDouble(Double.NaN) / round.path("nanos").asDouble(Double.NaN));
  }

  private Values percentile(String workload, double percent) {
    int index = Meter.PERCENTILES.indexOf(percent);
    return values(
        workload,
        all -> all.path("percentiles").path(index).asDouble(Double.NaN),
        round -> round.path("latencies").path(index).asDouble(Double.NaN));
  }

  private Values cost(String workload) {
    return costOfByte(workload, 1);
  }

  private Values costOfByte(String workload, int bytes) {
    return values(
        workload,
        all -> all.path("cpuMicros").asDouble(Double.NaN) / bytes,
        round ->
            round.path("cpu").asDouble(Double.NaN)
                / round.path("count").asDouble(Double.NaN)
                / bytes);
  }

  private static String title(String workload) {
    return Workload.of(workload).title();
  }

  private boolean nativeTls(String client) {
    return tls(client).equals("native");
  }

  private String tls(String client) {
    return results.path("clients").path(client).path("tls").asString("");
  }

  private boolean tellsWritten(String client) {
    return results.path("clients").path(client).path("tellsWritten").asBoolean(true);
  }

  private Worth best(Values values, Predicate<String> which, boolean least) {
    Comparator<Worth> order = Comparator.comparingDouble(Worth::value);
    return results.path("clients").propertyNames().stream()
        .filter(client -> !client.startsWith(OURS) && !client.startsWith("raw"))
        .filter(which)
        .map(client -> new Worth(client, values.of(client)))
        .filter(worth -> !Double.isNaN(worth.value()))
        .min(least ? order : order.reversed())
        .orElse(new Worth("", Double.NaN));
  }

  // -- what is asked

  private enum Kind {
    AT_MOST,
    LESS,
    AT_LEAST,
    MORE;

    boolean holds(double ratio, double bound) {
      return switch (this) {
        case AT_MOST -> ratio <= bound;
        case LESS -> ratio < bound;
        case AT_LEAST -> ratio >= bound;
        case MORE -> ratio > bound;
      };
    }
  }

  private void atMost(String what, double most, Values values, String client, String beside) {
    String target = String.format(Locale.ROOT, "at most %.2f of %s", most, beside);
    compared(what, target, values, OURS, client, most, Kind.AT_MOST);
  }

  private void atMost(
      String what, double most, Values values, Predicate<String> which, String beside) {
    String target = String.format(Locale.ROOT, "at most %.2f of the %s", most, beside);
    compared(what, target, values, OURS, best(values, which, true).client(), most, Kind.AT_MOST);
  }

  /** Less than any other client, where less is better. */
  private void ahead(String what, Values values, Predicate<String> which, String beside) {
    String best = best(values, which, true).client();
    compared(what, "less than the " + beside, values, OURS, best, 1, Kind.LESS);
  }

  /** More a second than any other client. */
  private void ahead(String workload, Predicate<String> which) {
    Values values = value(workload);
    String best = best(values, which, false).client();
    String target = "more than the best peer" + bound(values, best);
    compared(title(workload), target, values, OURS, best, 1, Kind.MORE);
  }

  /** More a second than any client that does it in the same way. */
  private void aheadAs(String client, String workload, String how, Predicate<String> which) {
    Values values = value(workload);
    String best = best(values, which, false).client();
    String what = title(workload) + ", " + how;
    compared(what, "more than the best peer", values, client, best, 1, Kind.MORE);
  }

  private void atLeast(double least, String workload) {
    Values values = value(workload);
    String best = best(values, peer -> true, false).client();
    String target =
        String.format(Locale.ROOT, "at least %.2f of the best peer", least) + bound(values, best);
    compared(title(workload), target, values, OURS, best, least, Kind.AT_LEAST);
  }

  /** Says what those reach beside another that do only what no client can do without. */
  private String bound(Values values, String other) {
    return Stream.of(
            "raw-inflate-whole",
            "raw-taken",
            "raw-closing",
            "raw-signalled",
            "raw-virtual",
            "raw-messages",
            "raw")
        .filter(raw -> !Double.isNaN(values.of(raw)))
        .findFirst()
        .map(
            raw ->
                String.format(
                    Locale.ROOT, " (%s: %.2f)", name(raw), values.of(raw) / values.of(other)))
        .orElse("");
  }

  private void atLeastOfRaw(double least, String workload) {
    Values values = value(workload);
    boolean selector = values.of("raw-selector") > values.of("raw");
    String raw = selector ? "raw-selector" : "raw";
    String target = String.format(Locale.ROOT, "at least %.2f of raw", least);
    target += Double.isNaN(values.of("raw-messages")) ? "" : bound(values, raw);
    compared(title(workload), target, values, OURS, raw, least, Kind.AT_LEAST);
  }

  /** Has what something costs not grow. */
  private void grown(String what, String beside, Values more, Values less) {
    double raw = more.of("raw-selector") / less.of("raw-selector");
    String target =
        "at most 1.10 of "
            + beside
            + (Double.isFinite(raw)
                ? String.format(Locale.ROOT, " (%s: %.2f)", name("raw-selector"), raw)
                : "");
    double ratio = more.of(OURS) / less.of(OURS);
    figure(what, target, ratio, 1.10, String.format(Locale.ROOT, "%.2f", ratio));
  }

  private void compared(
      String what,
      String target,
      Values values,
      String ours,
      String other,
      double bound,
      Kind kind) {
    double ratio = values.of(ours) / values.of(other);
    if (!Double.isFinite(ratio)) {
      goals.add(new Goal(what, target, "not measured", "", Optional.empty()));
      return;
    }
    goals.add(
        new Goal(
            what,
            target,
            shown(ratio, bound) + " of " + name(other),
            spread(values, ours, other),
            Optional.of(kind.holds(ratio, bound))));
  }

  /** Shows as many places as it takes to tell a ratio from its bound. */
  private static String shown(double ratio, double bound) {
    boolean close = Math.abs(ratio - bound) < 0.005;
    return String.format(Locale.ROOT, close ? "%.3f" : "%.2f", ratio);
  }

  /** The rounds of two clients follow each other, so that what drifts meets both. */
  private static String spread(Values values, String ours, String other) {
    double[] ratios =
        IntStream.iterate(0, round -> Double.isFinite(values.of(ours, round)), round -> round + 1)
            .mapToDouble(round -> values.of(ours, round) / values.of(other, round))
            .filter(Double::isFinite)
            .sorted()
            .toArray();
    return ratios.length < 2
        ? ""
        : String.format(Locale.ROOT, "%.2f–%.2f", ratios[0], ratios[ratios.length - 1]);
  }

  private String name(String client) {
    return results.path("clients").path(client).path("title").asString(client);
  }

  private void figure(String what, String target, double value, double most, String reached) {
    boolean known = Double.isFinite(value);
    goals.add(
        new Goal(
            what,
            target,
            known ? reached : "not measured",
            "",
            known ? Optional.of(value <= most) : Optional.empty()));
  }
}
