// SPDX-License-Identifier: Apache-2.0
package dev.parley.compliance;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** What a run found, as JSON for programs and as one page of HTML for people. */
final class Report {
  /** How many lines of a trace the page shows; the JSON has as many as {@link Trace} keeps. */
  private static final int FIRST = 14;

  private static final int LAST = 6;

  private final List<Section> sections;
  private final List<ClientUnderTest> clients = new ArrayList<>();
  private final List<Map<String, Result>> results = new ArrayList<>();

  Report(List<Section> sections) {
    this.sections = sections;
  }

  /** Adds a column. */
  void add(ClientUnderTest client, List<Result> found) {
    Map<String, Result> byId = new LinkedHashMap<>();
    found.forEach(result -> byId.put(result.played().id(), result));
    clients.add(client);
    results.add(byId);
  }

  /** Writes {@code compliance.json} and {@code compliance.html} into a directory. */
  void write(Path directory) throws IOException {
    Files.createDirectories(directory);
    ObjectMapper json =
        JsonMapper.builder().configure(SerializationFeature.INDENT_OUTPUT, false).build();
    Files.writeString(directory.resolve("compliance.json"), json.writeValueAsString(complete()));
    try (InputStream template = Report.class.getResourceAsStream("page.html")) {
      String page =
          new String(
              Objects.requireNonNull(template, "page.html").readAllBytes(), StandardCharsets.UTF_8);
      String data = packed(json.writeValueAsBytes(new Page().data()));
      Files.writeString(directory.resolve("compliance.html"), page.replace("{DATA}", data));
    }
  }

  /** Returns what the page unpacks: a fifth of the size, for a file that others are to keep. */
  private static String packed(byte[] data) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    Deflater smallest = new Deflater(9);
    try (OutputStream out = new DeflaterOutputStream(packed, smallest)) {
      out.write(data);
    } finally {
      smallest.end();
    }
    return Base64.getEncoder().encodeToString(packed.toByteArray());
  }

  private Map<String, Object> complete() {
    Map<String, Object> all = new LinkedHashMap<>(about());
    all.put("clients", clients.stream().map(Report::about).toList());
    List<Object> cases = new ArrayList<>();
    for (Section section : sections) {
      section.cases().filter(this::wasRun).forEach(one -> cases.add(complete(section, one)));
    }
    all.put("cases", cases);
    return all;
  }

  private static Map<String, Object> about() {
    return Map.of(
        "date",
        LocalDate.now(Clock.systemUTC()).toString(),
        "java",
        System.getProperty("java.version"));
  }

  private static Map<String, Object> about(ClientUnderTest client) {
    String title = client.title();
    int space = title.lastIndexOf(' ');
    return Map.of(
        "name",
        client.name(),
        "title",
        title,
        "short",
        space < 0 ? title : title.substring(0, space),
        "version",
        space < 0 ? "" : title.substring(space + 1));
  }

  private boolean wasRun(Case one) {
    return results.stream().allMatch(column -> column.containsKey(one.id()));
  }

  private Map<String, Object> complete(Section section, Case one) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("id", one.id());
    all.put("section", section.title());
    all.put("title", one.title());
    all.put("expects", one.expects());
    all.put("rule", one.rule());
    Map<String, Object> byClient = new LinkedHashMap<>();
    for (int i = 0; i < clients.size(); i++) {
      Result result = result(i, one);
      Map<String, Object> cell = new LinkedHashMap<>();
      cell.put("verdict", result.finding().verdict());
      cell.put("reason", result.finding().reason());
      cell.put("told", told(result));
      cell.put("millis", result.millis());
      cell.put("trace", result.trace());
      byClient.put(clients.get(i).name(), cell);
    }
    all.put("results", byClient);
    return all;
  }

  private Result result(int column, Case one) {
    return Objects.requireNonNull(results.get(column).get(one.id()));
  }

  /** Says what the application saw. */
  private static String told(Result result) {
    if (result.trace().isEmpty()) {
      return "";
    }
    int messages = result.outcome().delivered().size();
    String got = messages == 1 ? "got 1 message, " : "got " + messages + " messages, ";
    return got
        + switch (result.outcome().ending()) {
          case Ending.Closed(int code, String reason) ->
              "was told: closed, " + (code + " " + reason).strip();
          case Ending.Broken(String error) -> "was told: " + error;
          case Ending.Refused(String error) -> "was told that nothing opened: " + error;
          case Ending.Silent silent -> "was told nothing of an end";
        };
  }

  /** The page's data: whatever stands there more than once is written once. */
  private final class Page {
    private final Index<String> texts = new Index<>();
    private final Index<String> lines = new Index<>();
    private final Index<List<Integer>> traces = new Index<>();

    Page() {
      texts.of("");
    }

    Map<String, Object> data() {
      List<Object> tree = new ArrayList<>();
      for (Section section : sections) {
        List<Object> groups = new ArrayList<>();
        for (Section.Group group : section.groups()) {
          List<Object> cases = new ArrayList<>();
          group.cases().stream().filter(Report.this::wasRun).forEach(one -> cases.add(row(one)));
          if (!cases.isEmpty()) {
            groups.add(List.of(group.id(), group.title(), cases));
          }
        }
        if (!groups.isEmpty()) {
          tree.add(List.of(section.number(), section.title(), groups));
        }
      }
      Map<String, Object> all = new LinkedHashMap<>(about());
      all.put("clients", clients.stream().map(Report::about).toList());
      all.put("sections", tree);
      all.put("texts", texts.all());
      all.put("lines", lines.all());
      all.put("traces", traces.all());
      return all;
    }

    private List<Object> row(Case one) {
      List<Object> cells = new ArrayList<>();
      for (int i = 0; i < clients.size(); i++) {
        Result result = result(i, one);
        List<Trace.Line> trace = brief(result.trace());
        List<Integer> shown = new ArrayList<>();
        List<Integer> times = new ArrayList<>();
        for (Trace.Line line : trace) {
          shown.add(lines.of(line.side().name().charAt(0) + line.text().strip()));
          times.add(line.millis());
        }
        cells.add(
            List.of(
                number(result.finding().verdict()),
                texts.of(result.finding().reason()),
                texts.of(told(result)),
                traces.of(shown),
                times));
      }
      return List.of(one.id(), one.title(), texts.of(one.expects()), cells, texts.of(one.rule()));
    }

    private static int number(Verdict verdict) {
      return switch (verdict) {
        case STRICT -> 0;
        case TOLERATED -> 1;
        case FAILED -> 2;
        case NOT_OFFERED -> 3;
      };
    }

    private List<Trace.Line> brief(List<Trace.Line> all) {
      if (all.size() <= FIRST + LAST + 1) {
        return all;
      }
      List<Trace.Line> brief = new ArrayList<>(all.subList(0, FIRST));
      brief.add(new Trace.Line(all.get(FIRST).millis(), Trace.Side.REMARK, "…"));
      brief.addAll(all.subList(all.size() - LAST, all.size()));
      return brief;
    }
  }

  /** Values and their places, in the order in which they were first asked for. */
  private static final class Index<T> {
    private final Map<T, Integer> places = new LinkedHashMap<>();

    int of(T value) {
      Integer next = places.size();
      Integer known = places.putIfAbsent(value, next);
      return known == null ? next : known;
    }

    List<T> all() {
      return List.copyOf(places.keySet());
    }
  }
}
