// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks.harness;

import dev.parley.benchmarks.Meter;
import dev.parley.benchmarks.Workload;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.DoubleBinaryOperator;
import java.util.function.Predicate;
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
   * @param met whether it is enough; empty if the run did not measure it
   */
  record Goal(String what, String target, String reached, Optional<Boolean> met) {}

  private Goals(JsonNode results) {
    this.results = results;
  }

  static List<Goal> of(JsonNode results) {
    Goals goals = new Goals(results);
    goals.roundTrips();
    goals.throughput();
    goals.costs();
    return goals.goals;
  }

  private void roundTrips() {
    String plain = "roundtrip-64";
    atMost("Round trip", 1.10, percentile(plain, 50), "raw", "raw socket, p50");
    atMost("Round trip", 1.00, percentile(plain, 50), peer -> true, "best peer, p50");
    atMost("Round trip", 1.00, percentile(plain, 99), peer -> true, "best peer, p99");
    Values late = percentile("roundtrip-64-late", 50);
    atMost("Round trip, answered late", 1.10, late, "raw", "raw socket, p50");
    atMost("Round trip, answered late", 1.00, late, peer -> true, "best peer, p50");
    Values virtual = percentile("roundtrip-64-virtual", 50);
    atMost("Round trip, virtual thread", 1.00, virtual, peer -> true, "best peer, p50");
    // Answered at once, a raw socket does not wait, and what that costs a virtual thread is not
    // seen.
    Values lateVirtual = percentile("roundtrip-64-late-virtual", 50);
    String waiting = "Round trip, virtual thread, answered late";
    atMost(waiting, 0.5, lateVirtual, "raw", "raw socket, p50");
    atMost(waiting, 1.00, lateVirtual, peer -> true, "best peer, p50");
    String tls = "roundtrip-64-tls";
    atMost("Round trip, TLS", 1.25, percentile(tls, 50), "raw", "raw TLS socket, p50");
    atMost(
        "Round trip, TLS",
        1 / 1.5,
        percentile(tls, 50),
        peer -> !nativeTls(peer),
        "best peer on the JDK's TLS, p50");
  }

  private void throughput() {
    for (String name : List.of("inflight-64", "sessions-100")) {
      atLeast(title(name), 1.00, value(name), peer -> true);
      atLeastOfRaw(title(name), 0.8, name);
    }
    atLeast(title("send-64"), 2.5, value("send-64"), peer -> true);
    atLeast(title("send-1k"), 2.0, value("send-1k"), peer -> true);
    atLeastOfRaw(title("send-64k"), 0.9, "send-64k");
    atLeast(title("send-64-now"), 1.0, value("send-64-now"), peer -> true);
    atLeast(title("receive-64"), 1.5, value("receive-64"), peer -> true);
    atLeast(title("receive-64-text"), 1.5, value("receive-64-text"), peer -> true);
    atLeast(title("receive-1k"), 1.3, value("receive-1k"), peer -> true);
    atLeastOfRaw(title("receive-64k"), 0.9, "receive-64k");
    atLeastOfRaw(title("receive-1m"), 0.9, "receive-1m");
    for (String verb : List.of("send", "receive")) {
      for (String kind : List.of("takeover", "fresh")) {
        String name = "deflate-" + verb + "-" + kind;
        atLeast(title(name), 1.0, value(name), peer -> true);
        ratio(title(name), "at least 0.90 of", value(name), "raw-zlib", "zlib alone", 0.9, false);
      }
    }
    atLeast(title("open"), 1.0, value("open"), peer -> true);
  }

  private void costs() {
    double received = figure("receive-64", OURS, "allocated") - 80; // an array of 64 bytes
    figure(
        "Allocation, receive 64 bytes",
        "at most 64 bytes beside the array",
        received,
        64,
        "%.0f bytes".formatted(received));
    double sent = figure("send-64-now", OURS, "allocated");
    figure("Allocation, send of byte[]", "nothing", sent, 1, "%.1f bytes".formatted(sent));
    idle("idle-10k", 2048);
    idle("idle-10k-tls", 24 * 1024);
    double threads = figure("idle-10k", OURS, "threads");
    figure("Idle sessions", "no thread each", threads, 16, "%.0f for all".formatted(threads));
    Worth least = best("idle-10k", value("idle-10k"), peer -> true, true);
    double ours = value("idle-10k").of(OURS);
    compared("Heap of an idle session", "least of all peers", ours, least, 1.0, true);
    double few = figure("sessions-100", OURS, "cpuMicros");
    double many = figure("sessions-10000", OURS, "cpuMicros");
    figure(
        "CPU time a message, 10,000 sessions",
        "at most 1.25 of 100 sessions",
        many / few,
        1.25,
        "%.2f".formatted(many / few));
  }

  private void idle(String name, int bytes) {
    double heap = figure(name, OURS, "value");
    figure(
        title(name),
        "at most %,d bytes of heap each".formatted(bytes),
        heap,
        bytes,
        "%,.0f bytes".formatted(heap));
  }

  // -- what was measured

  /** A value of each client. */
  private interface Values {
    double of(String client);
  }

  private record Worth(String client, double value) {}

  private double figure(String workload, String client, String member) {
    return results
        .path("workloads")
        .path(workload)
        .path("clients")
        .path(client)
        .path(member)
        .asDouble(Double.NaN);
  }

  private Values value(String workload) {
    return client -> figure(workload, client, "value");
  }

  private Values percentile(String workload, double percent) {
    return client ->
        results
            .path("workloads")
            .path(workload)
            .path("clients")
            .path(client)
            .path("percentiles")
            .path(Meter.PERCENTILES.indexOf(percent))
            .asDouble(Double.NaN);
  }

  private static String title(String workload) {
    return Workload.of(workload).title();
  }

  private boolean nativeTls(String client) {
    return results.path("clients").path(client).path("tls").asString("").equals("native");
  }

  private Worth best(String what, Values values, Predicate<String> which, boolean least) {
    Comparator<Worth> order = Comparator.comparingDouble(Worth::value);
    return results.path("clients").propertyNames().stream()
        .filter(client -> !client.equals(OURS) && !client.startsWith("raw"))
        .filter(which)
        .map(client -> new Worth(client, values.of(client)))
        .filter(worth -> !Double.isNaN(worth.value()))
        .min(least ? order : order.reversed())
        .orElse(new Worth(what, Double.NaN));
  }

  // -- what is asked

  private void atMost(String what, double most, Values values, String client, String beside) {
    ratio(what, "at most %.2f of".formatted(most), values, client, beside, most, true);
  }

  private void atMost(
      String what, double most, Values values, Predicate<String> which, String beside) {
    compared(
        what,
        "at most %.2f of the %s".formatted(most, beside),
        values.of(OURS),
        best(what, values, which, true),
        most,
        true);
  }

  private void atLeast(String what, double least, Values values, Predicate<String> which) {
    Worth peer = best(what, values, which, false);
    double bound = rounded(values.of("raw-messages") / peer.value());
    compared(
        what,
        "at least %.2f of the best peer".formatted(least)
            + (Double.isNaN(bound) ? "" : " (%s: %.2f)".formatted(name("raw-messages"), bound)),
        values.of(OURS),
        peer,
        least,
        false);
  }

  private void atLeastOfRaw(String what, double least, String workload) {
    Values values = value(workload);
    DoubleBinaryOperator more =
        (a, b) -> Double.isNaN(a) ? b : Double.isNaN(b) ? a : Math.max(a, b);
    double raw = more.applyAsDouble(values.of("raw"), values.of("raw-selector"));
    compared(
        what,
        "at least %.2f of raw".formatted(least),
        values.of(OURS),
        new Worth("raw", raw),
        least,
        false);
  }

  private void ratio(
      String what,
      String target,
      Values values,
      String client,
      String beside,
      double bound,
      boolean less) {
    compared(
        what,
        target + " " + beside,
        values.of(OURS),
        new Worth(client, values.of(client)),
        bound,
        less);
  }

  private void compared(
      String what, String target, double ours, Worth other, double bound, boolean less) {
    double ratio = rounded(ours / other.value());
    figure(
        what,
        target,
        less ? ratio : -ratio,
        less ? bound : -bound,
        String.format(Locale.ROOT, "%.2f of %s", ratio, name(other.client())));
  }

  private static double rounded(double ratio) {
    return Double.isFinite(ratio) ? Math.round(ratio * 100) / 100.0 : Double.NaN;
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
            known ? Optional.of(value <= most + 0.005) : Optional.empty()));
  }
}
