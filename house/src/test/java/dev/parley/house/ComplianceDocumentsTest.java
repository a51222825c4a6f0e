// SPDX-License-Identifier: Apache-2.0
package dev.parley.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.InflaterInputStream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What the documents say of compliance is what the page of the last run has. */
final class ComplianceDocumentsTest {
  private static final Path PAGE = Repository.ROOT.resolve("docs/compliance.html");
  private static final Path DOCUMENT = Repository.ROOT.resolve("docs/compliance.md");
  private static final Path README = Repository.ROOT.resolve("README.md");

  private static final Pattern DATA = Pattern.compile("<script id=\"data\"[^>]*>([^<]+)</script>");
  private static final Pattern DOCUMENT_ROW =
      Pattern.compile(
          "(?m)^\\| (\\S[^|]*?) \\| ([\\d,]+ \\| [\\d,]+ \\| [\\d,]+ \\| [\\d,]+) \\|$");
  private static final Pattern README_ROW =
      Pattern.compile(
          "(?m)^\\| \\[cases]\\(docs/compliance\\.md\\)[^|]* of ([\\d,]+)[^|]* \\|(.*)\\|$");
  private static final Pattern README_HEAD = Pattern.compile("(?m)^\\| \\| Parley \\|(.*)\\|$");
  private static final Pattern README_CELL =
      Pattern.compile("([\\d,]+ / [\\d,]+)(?: \\((\\w+)\\))?");
  private static final Pattern DATE = Pattern.compile("page is one run of (\\d+ \\w+ \\d+)");
  private static final Pattern NUMBER_OF_CASES = Pattern.compile("(\\d+,\\d{3})\\s+cases");

  /**
   * How a client did.
   *
   * @param name without its version
   * @param title with it
   */
  private record Column(String name, String title, int strict, int tolerated, int failed, int not) {
    int cases() {
      return strict + tolerated + failed + not;
    }
  }

  @Test
  void tableOfTheDocumentHasTheNumbersOfThePage() throws IOException {
    assertThat(
            DOCUMENT_ROW
                .matcher(Repository.read(DOCUMENT))
                .results()
                .map(row -> row.group(1) + " | " + row.group(2)))
        .containsExactlyElementsOf(
            columns().stream()
                .map(
                    column ->
                        String.join(
                            " | ",
                            column.title(),
                            print(column.strict()),
                            print(column.tolerated()),
                            print(column.failed()),
                            print(column.not())))
                .toList());
  }

  @Test
  void rowOfTheReadmeHasTheNumbersOfThePage() throws IOException {
    String readme = Repository.read(README);
    List<Column> columns = columns();
    MatchResult row = only(README_ROW, readme);
    List<String> heads = cells(only(README_HEAD, readme).group(1), "Parley");
    List<String> cells = cells(row.group(2));
    Map<String, String> said = new TreeMap<>();
    for (int i = 0; i < heads.size(); i++) {
      Matcher cell = README_CELL.matcher(cells.get(i));
      assertThat(cell.matches()).as("a cell of numbers: %s", cells.get(i)).isTrue();
      // a column of two clients says whose numbers these are
      said.put(cell.group(2) == null ? heads.get(i) : cell.group(2), cell.group(1));
    }
    Map<String, String> found = new TreeMap<>();
    for (Column column : columns) {
      String head =
          said.keySet().stream()
              .filter(name -> (name + " ").startsWith(column.name() + " "))
              .findFirst()
              .orElse(column.name());
      found.put(head, print(column.strict()) + " / " + print(column.failed()));
    }

    assertThat(said).isEqualTo(found);
    assertThat(row.group(1)).isEqualTo(print(columns.get(0).cases()));
  }

  @Test
  void numberOfCasesIsThatOfThePage() throws IOException {
    String cases = print(columns().get(0).cases());
    for (Path document : List.of(README, DOCUMENT)) {
      assertThat(
              NUMBER_OF_CASES
                  .matcher(Repository.read(document))
                  .results()
                  .map(number -> number.group(1)))
          .as("numbers of cases in %s", document.getFileName())
          .isNotEmpty()
          .containsOnly(cases);
    }
  }

  @Test
  void everyCaseOfOursIsStrictOnThePage() throws IOException {
    Column ours = columns().get(0);
    assertThat(ours.name()).isEqualTo("Parley");
    assertThat(ours.strict()).isPositive().isEqualTo(ours.cases());
  }

  @Test
  void dateOfTheRunIsThatOfThePage() throws IOException {
    String date = only(DATE, Repository.read(DOCUMENT)).group(1);
    assertThat(LocalDate.parse(date, DateTimeFormatter.ofPattern("d MMMM uuuu", Locale.ENGLISH)))
        .isEqualTo(LocalDate.parse(data().path("date").stringValue()));
  }

  private static JsonNode data() throws IOException {
    String packed = only(DATA, Repository.read(PAGE)).group(1);
    try (InputStream json =
        new InflaterInputStream(new ByteArrayInputStream(Base64.getDecoder().decode(packed)))) {
      return new JsonMapper().readTree(json);
    }
  }

  private static List<Column> columns() throws IOException {
    JsonNode data = data();
    int clients = data.path("clients").size();
    int[][] counts = new int[clients][4];
    for (JsonNode section : data.path("sections")) {
      for (JsonNode group : section.path(2)) {
        for (JsonNode one : group.path(2)) {
          for (int i = 0; i < clients; i++) {
            counts[i][one.path(3).path(i).path(0).intValue()]++;
          }
        }
      }
    }
    List<Column> columns = new ArrayList<>();
    for (int i = 0; i < clients; i++) {
      JsonNode client = data.path("clients").path(i);
      int[] count = counts[i];
      columns.add(
          new Column(
              client.path("short").stringValue(),
              client.path("title").stringValue(),
              count[0],
              count[1],
              count[2],
              count[3]));
    }
    return columns;
  }

  private static MatchResult only(Pattern pattern, String text) {
    List<MatchResult> found = pattern.matcher(text).results().toList();
    assertThat(found).as("places of %s", pattern).hasSize(1);
    return found.get(0);
  }

  private static List<String> cells(String row, String... before) {
    List<String> cells = new ArrayList<>(Arrays.asList(before));
    Arrays.stream(row.split("\\|", -1)).map(String::strip).forEach(cells::add);
    return cells;
  }

  private static String print(int number) {
    return String.format(Locale.ROOT, "%,d", number);
  }
}
