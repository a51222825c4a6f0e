// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks.harness;

import dev.parley.benchmarks.Meter;
import dev.parley.benchmarks.Settings;
import dev.parley.benchmarks.Workload;
import dev.parley.benchmarks.harness.Charts.Drawing;
import dev.parley.benchmarks.harness.Goals.Goal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Shows results: one page that needs nothing else, and a picture for the README. */
final class Page {
  private static final String STYLE =
      """
      :root { --paper:#fdfcfa; --card:#fff; --ink:#1d2730; --soft:#68747f; --line:#e4e1da;
        --ours:#0e7c7b; --peer:#a9bccb; --raw:#e3d5b8; --good:#1a7f4b; --bad:#b3402b; }
      @media (prefers-color-scheme: dark) { :root { --paper:#14191e; --card:#1b2229; --ink:#e6eaee;
        --soft:#93a0ac; --line:#2d363f; --ours:#2fb5b2; --peer:#4b6072; --raw:#6b5f45;
        --good:#4cc38a; --bad:#ef8468; } }
      text { font: 12px system-ui, sans-serif; fill: var(--ink); }
      .end { text-anchor: end; } .middle { text-anchor: middle; }
      .more { fill: var(--soft); font-size: 10.5px; }
      .value { font-variant-numeric: tabular-nums; }
      .peer rect { fill: var(--peer); } .raw rect { fill: var(--raw); }
      .ours rect { fill: var(--ours); }
      .ours .label, .ours .value { font-weight: 650; } .raw .label { fill: var(--soft); }
      .spread { stroke: var(--ink); stroke-opacity: .55; fill: none; }
      .grid { stroke: var(--line); fill: none; }
      .curve { fill: none; stroke-width: 1.5; stroke: var(--peer); }
      .ours .curve { stroke: var(--ours); stroke-width: 3; }
      .raw .curve { stroke: var(--raw); stroke-width: 2; stroke-dasharray: 5 3; }
      .title { font-size: 14px; font-weight: 650; }
      """;

  private static final String PAGE_STYLE =
      """
      body { margin: 0 auto; max-width: 1360px; padding: 2.5rem 1.5rem 4rem; background: var(--paper);
        color: var(--ink); font: 15px/1.55 system-ui, sans-serif; }
      h1 { font-size: 2rem; margin: 0; letter-spacing: -.02em; } h2 { margin: 2.75rem 0 .75rem; }
      h3 { font-size: 1rem; margin: 0 0 .5rem; } p { max-width: 75ch; } .soft { color: var(--soft); }
      .cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 560px), 1fr));
        gap: 1rem; }
      .card { background: var(--card); border: 1px solid var(--line); border-radius: 10px;
        padding: 1rem 1.1rem; } svg { width: 100%; height: auto; display: block; }
      table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
      td, th { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line); }
      th { color: var(--soft); font-weight: 500; } .yes { color: var(--good); font-weight: 650; }
      .no { color: var(--bad); font-weight: 650; } summary { cursor: pointer; }
      .facts { display: flex; flex-wrap: wrap; gap: .2rem 2rem; margin: 1rem 0; padding: 0; }
      .facts div { font-size: .85rem; } .facts b { font-weight: 500; color: var(--soft); }
      .key span { display: inline-block; width: .8em; height: .8em; border-radius: 2px;
        margin: 0 .35em 0 1em; }
      """;

  private static final List<String> GROUPS =
      List.of("Round trips", "Many at once", "Compressed", "Sending", "Receiving", "Sessions");

  private final JsonNode results;
  private final Charts charts;
  private final StringBuilder html = new StringBuilder();

  private Page(JsonNode results) {
    this.results = results;
    this.charts = new Charts(results);
  }

  private static String group(Workload workload) {
    boolean compressed = workload.compression() != Settings.Compression.NONE;
    return switch (workload.kind()) {
      case ROUND_TRIP, LATE_ROUND_TRIP -> "Round trips";
      case IN_FLIGHT, SESSIONS, SEND_THREADS, STREAM -> "Many at once";
      case SEND, SEND_NOW -> compressed ? "Compressed" : "Sending";
      case RECEIVE -> compressed ? "Compressed" : "Receiving";
      case OPEN, IDLE -> "Sessions";
    };
  }

  /**
   * Draws the page and the picture of results again.
   *
   * @param arguments the JSON file; both are written beside it
   */
  public static void main(String[] arguments) throws IOException {
    Path file = Path.of(arguments[0]);
    write(JsonMapper.builder().build().readTree(Files.readString(file)), file.resolveSibling("."));
  }

  static void write(JsonNode results, Path directory) throws IOException {
    Files.writeString(directory.resolve("benchmarks.html"), new Page(results).page());
    Files.writeString(directory.resolve("performance.svg"), new Page(results).picture());
  }

  private String page() {
    html.append("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">");
    html.append("<meta name=\"viewport\" content=\"width=device-width\">");
    html.append("<title>WebSocket clients for Java, measured</title><style>");
    html.append(STYLE).append(PAGE_STYLE).append("</style>");
    html.append("<h1>WebSocket clients for Java, measured</h1>");
    head();
    goals();
    GROUPS.forEach(this::group);
    everything();
    method();
    return html.toString();
  }

  private void head() {
    html.append("<div class=\"facts\">");
    JsonNode machine = results.path("machine");
    for (String fact : machine.propertyNames()) {
      html.append("<div><b>%s</b> ".formatted(fact));
      html.append(Charts.escape(machine.get(fact).asString())).append("</div>");
    }
    html.append("</div><p class=\"key soft\">Bars are the medians of ");
    html.append(results.path("method").path("rounds").asInt());
    html.append(" interleaved rounds, whiskers the least and the most of them.");
    for (String[] each :
        new String[][] {{"ours", "Parley"}, {"peer", "others"}, {"raw", "raw: no client"}}) {
      html.append("<span style=\"background:var(--%s)\"></span>%s".formatted(each[0], each[1]));
    }
    html.append("</p>");
  }

  private void goals() {
    List<Goal> goals = Goals.of(results);
    long met = goals.stream().filter(goal -> goal.met().orElse(false)).count();
    long known = goals.stream().filter(goal -> goal.met().isPresent()).count();
    html.append("<h2>Goals: %d of %d met</h2><div class=\"card\"><table>".formatted(met, known));
    html.append("<tr><th>Workload<th>Goal<th>Reached<th>Round by round<th>");
    for (Goal goal : goals) {
      String verdict =
          goal.met()
              .map(yes -> yes ? "<td class=\"yes\">met" : "<td class=\"no\">not met")
              .orElse("<td class=\"soft\">–");
      html.append("<tr><td>").append(Charts.escape(goal.what()));
      html.append("<td>").append(Charts.escape(goal.target()));
      html.append("<td>").append(Charts.escape(goal.reached()));
      html.append("<td>").append(goal.spread()).append(verdict);
    }
    html.append("</table></div>");
  }

  private void group(String title) {
    List<Workload> measured =
        Workload.ALL.stream()
            .filter(workload -> group(workload).equals(title))
            .filter(workload -> results.path("workloads").has(workload.name()))
            .toList();
    if (measured.isEmpty()) {
      return;
    }
    html.append("<h2>%s</h2><div class=\"cards\">".formatted(title));
    for (Workload workload : measured) {
      JsonNode result = results.path("workloads").path(workload.name());
      html.append("<section class=\"card\" id=\"%s\"><h3>".formatted(workload.name()));
      html.append(Charts.escape(workload.title())).append("</h3>");
      svg(charts.bars(result, 40));
      svg(charts.curves(result));
      String failed =
          result.path("clients").propertyNames().stream()
              .filter(client -> result.path("clients").path(client).has("failed"))
              .map(charts::title)
              .collect(Collectors.joining(", "));
      if (!failed.isEmpty()) {
        html.append("<p class=\"soft\">Failed: ").append(Charts.escape(failed)).append("</p>");
      }
      html.append("</section>");
    }
    html.append("</div>");
  }

  private void svg(Drawing drawing) {
    if (drawing.height() > 0) {
      html.append(
          "<svg viewBox=\"0 -6 %d %d\" role=\"img\">"
              .formatted(Charts.WIDTH, drawing.height() + 10));
      html.append(drawing.svg()).append("</svg>");
    }
  }

  private void everything() {
    html.append("<h2>Everything</h2><details class=\"card\"><summary>all numbers</summary><table>");
    html.append("<tr><th>Workload<th>Client<th>Median<th>Least<th>Most<th>CPU each");
    html.append("<th>Allocated each<th>p99<th>p99.9<th>Server busy");
    JsonNode workloads = results.path("workloads");
    for (String name : workloads.propertyNames()) {
      JsonNode workload = workloads.get(name);
      for (String client : workload.path("clients").propertyNames()) {
        JsonNode result = workload.path("clients").path(client);
        html.append("<tr><td>").append(name).append("<td>");
        html.append(Charts.escape(charts.title(client)));
        if (!result.has("value")) {
          html.append("<td colspan=\"8\">")
              .append(Charts.escape(result.path("failed").asString("")));
          continue;
        }
        for (String member : List.of("value", "least", "most")) {
          html.append("<td>").append(Charts.value(workload, result.get(member).asDouble()));
        }
        html.append("<td>").append(Charts.micros(result.get("cpuMicros").asDouble()));
        html.append("<td>").append(Charts.bytes(result.get("allocated").asDouble()));
        JsonNode curve = result.path("percentiles");
        for (double percent : new double[] {99, 99.9}) {
          int index = Meter.PERCENTILES.indexOf(percent);
          html.append("<td>");
          html.append(curve.has(index) ? Charts.micros(curve.get(index).asDouble()) : "");
        }
        html.append("<td>");
        html.append(Math.round(100 * result.path("serverBusy").asDouble(0))).append(" %");
      }
    }
    html.append("</table></details>");
  }

  private void method() {
    JsonNode method = results.path("method");
    html.append(
        """
        <h2>How it was measured</h2>
        <p>The server is <code>benchmarks/server/server.c</code>: one thread in C on epoll, TLS by
        OpenSSL. How busy it was stands with each client under <i>all numbers</i>: where it was busy
        all the time, it is the server that was measured. Each client runs in a JVM of its own
        (<code>%s</code>), warms up for %s seconds and, while its compilers have much to do, for up to
        four times as long, and measures rounds of %s seconds when it is told to; the clients take
        turns, so that what drifts on the machine drifts for all. CPU time and allocation are those of
        the whole JVM.</p>
        <p>For round trips, client and server share core %s: what counts is the length of the way
        through both. The kernel mostly lets the server answer before the client's send returns.
        Those that are <i>answered when the client waits</i> have the server scheduled as SCHED_BATCH,
        so that it does not preempt the client and each round trip really waits, as over a network.
        For all else the server has core %s and the client core %s. A client that calls back sends the
        next message from the callback; one that blocks, from the thread that received. From a virtual
        thread, both wait for each answer on that thread, but where the callback is on one
        already.</p>
        <p><i>raw</i> is no client: it writes frames that were encoded before, looks at the heads of
        those it reads, and makes no message of them. <i>raw messages</i> does what no client can do
        without where messages go in and out, and nothing else: header, key, masking and copy; an
        array or a string for each that came. <i>zlib alone</i> makes the calls of zlib that each
        client has to make, without a socket. Idle sessions have echoed one message each, but those
        that would keep a window of it; their heap is what is left after collections, and what they
        hold outside of it is told by how much the process has grown.</p>
        """
            .formatted(
                method.path("jvmOptions").asString(),
                method.path("warmUp").asString(),
                method.path("seconds").asString(),
                method.path("latencyCore").asString(),
                method.path("serverCore").asString(),
                method.path("clientCore").asString()));
  }

  /** Six workloads that say most, the best few clients of each. */
  private String picture() {
    StringBuilder panels = new StringBuilder();
    int column = 0;
    int top = 40;
    int high = 0;
    for (String name :
        List.of(
            "roundtrip-64",
            "roundtrip-64-virtual",
            "send-64",
            "receive-64",
            "deflate-receive-takeover",
            "idle-10k")) {
      JsonNode workload = results.path("workloads").path(name);
      if (workload.isMissingNode()) {
        continue;
      }
      Drawing bars = charts.bars(workload, 9);
      panels.append("<g transform=\"translate(%d %d)\">".formatted(20 + column * 660, top));
      panels.append(Charts.text(0, -10, "title", workload.path("title").asString()));
      panels.append(bars.svg()).append("</g>");
      high = Math.max(high, bars.height());
      if (++column == 2) {
        column = 0;
        top += high + 50;
        high = 0;
      }
    }
    int height = top + high;
    JsonNode machine = results.path("machine");
    String foot =
        "%s, %s; medians, least and most of %d rounds; %s"
            .formatted(
                machine.path("processor").asString(""),
                machine.path("jdk").asString(""),
                results.path("method").path("rounds").asInt(),
                machine.path("date").asString("").toLowerCase(Locale.ROOT).replaceAll("t.*", ""));
    return """
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1320 %d" role="img">
    <title>WebSocket clients for Java, measured</title><style>%s</style>
    <rect width="1320" height="%d" style="fill:var(--card)"/>%s%s</svg>
    """
        .formatted(
            height + 30, STYLE, height + 30, panels, Charts.text(20, height + 14, "more", foot));
  }
}
