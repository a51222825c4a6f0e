// SPDX-License-Identifier: Apache-2.0
package dev.parley.house;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.client.transport.OpeningPhase;
import dev.parley.client.transport.ProxyException;
import dev.parley.client.transport.TlsHandshakeException;
import dev.parley.websocket.Violation;
import dev.parley.websocket.handshake.HandshakeFailure;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The page of the errors lists all that there is, each once, and says of it what the code says. */
final class ErrorsDocumentTest {
  private static final Path ERRORS = Repository.ROOT.resolve("docs/reference/errors.md");
  private static final Pattern SECTION = Pattern.compile("(?m)^##+ (.*)$");
  private static final Pattern EXCEPTION =
      Pattern.compile("(?m)^dev\\.parley\\.(client|websocket)\\.(?:\\w+\\.)?(\\w+Exception):");
  private static final Pattern WORD = Pattern.compile("-> \"([a-z-]+)\";");
  private static final Pattern REDIRECT = Pattern.compile("\"(redirect-[a-z]+)\"");

  /** But for a Ping that is not answered, which ends no session by itself. */
  private static final Pattern END =
      Pattern.compile("new WebSocketException\\(\\s*\"(?!no Pong )([^\"]+?) ?\"");

  private static final Pattern END_OF_SILENCE =
      Pattern.compile("[?:(]\\s*\"((?:no|the) [^\"]+?) ?\"");
  private static final Pattern MESSAGE = Pattern.compile("`([^`…]+?) ?(?:…[^`]*)?`");

  @Test
  void violationsAreListed() {
    assertThat(rows("Rules of an open connection: `Violation`", 3))
        .containsExactlyElementsOf(
            Arrays.stream(Violation.values())
                .map(v -> row(v, v.closeReason().code() + "", v.section()))
                .toList());
  }

  @Test
  void handshakeFailuresAreListed() {
    assertThat(rows("The server's answer: `HandshakeFailure`", 3))
        .containsExactlyElementsOf(
            Arrays.stream(HandshakeFailure.values())
                .map(f -> row(f, "`" + f.word() + "`", f.section()))
                .toList());
  }

  @Test
  void reasonsOfTlsAreListed() {
    assertThat(rows("TLS: `TlsHandshakeException.Reason`", 2))
        .containsExactlyElementsOf(
            Arrays.stream(TlsHandshakeException.Reason.values())
                .map(r -> row(r, "`" + r.word() + "`"))
                .toList());
  }

  @Test
  void reasonsOfProxiesAreListed() {
    assertThat(rows("Proxies: `ProxyException.Reason`", 2))
        .containsExactlyElementsOf(
            Arrays.stream(ProxyException.Reason.values())
                .map(r -> row(r, "`" + r.word() + "`"))
                .toList());
  }

  @Test
  void phasesAreListed() {
    assertThat(rows("Phases of an opening: `OpeningPhase`", 1))
        .containsExactlyElementsOf(
            Arrays.stream(OpeningPhase.values()).map(phase -> row(phase)).toList());
  }

  @Test
  void wordsOfOpeningsAreListed() {
    assertThat(rows("Reasons of an opening that failed", 1))
        .containsExactlyElementsOf(found(WORD, "WebSocketOpeningException.java"));
  }

  @Test
  void wordsOfPlainRequestsAreListed() {
    assertThat(rows("Reasons of a plain request that failed", 1))
        .containsExactlyElementsOf(found(WORD, "HttpRequestException.java"));
  }

  @Test
  void wordsOfRedirectsAreListed() {
    assertThat(rows("Redirects", 1))
        .containsExactlyInAnyOrderElementsOf(new TreeSet<>(found(REDIRECT, "Redirects.java")));
  }

  /** Of what is put together, the part that never changes; what is left out in the page is "…". */
  @Test
  void endsOfSessionsAreListed() {
    TreeSet<String> ends = new TreeSet<>(found(END, "connection/WebSocketConnection.java"));
    ends.addAll(found(END_OF_SILENCE, "connection/Keepalive.java"));
    List<String> listed = new ArrayList<>();
    for (String cell : rows("How a session ends", 1)) {
      MESSAGE.matcher(cell).results().forEach(message -> listed.add("`" + message.group(1) + "`"));
    }
    assertThat(listed).containsExactlyInAnyOrderElementsOf(ends);
  }

  /** A name without a meaning, or a failure without a remedy, helps nobody. */
  @Test
  void noCellIsEmpty() {
    List<String> empty = new ArrayList<>();
    int rows = 0;
    for (String line : Repository.read(ERRORS).lines().toList()) {
      if (line.startsWith("|") && !line.startsWith("| ---")) {
        rows++;
        String[] cells = line.substring(1, line.lastIndexOf('|')).split("(?<!\\\\)\\|", -1);
        if (Arrays.stream(cells).anyMatch(String::isBlank)) {
          empty.add(line);
        }
      }
    }
    assertThat(empty).isEmpty();
    assertThat(rows).isGreaterThan(Violation.values().length + HandshakeFailure.values().length);
  }

  /** What is meant for whoever reads the page stands in the last two columns of these tables. */
  @Test
  void everyReasonHasItsMeaningAndItsRemedy() {
    List<String> tables = new ArrayList<>();
    for (String line : Repository.read(ERRORS).lines().toList()) {
      if (line.startsWith("| reason |")
          || line.startsWith("| failure |")
          || line.startsWith("| violation |")
          || line.startsWith("| message |")) {
        tables.add(line);
      }
    }
    assertThat(tables)
        .hasSize(8)
        .allSatisfy(head -> assertThat(head).endsWith("| meaning | remedy |"));
  }

  @Test
  void exceptionsAreListed() {
    TreeSet<String> exceptions = new TreeSet<>();
    for (String module : List.of("websocket", "client")) {
      Path face = Repository.ROOT.resolve("house/src/test/api/" + module + ".txt");
      EXCEPTION
          .matcher(Repository.read(face))
          .results()
          .forEach(type -> exceptions.add("`" + type.group(2) + "`"));
    }
    assertThat(rows("Exceptions", 1)).containsExactlyInAnyOrderElementsOf(exceptions);
  }

  /** Returns what a pattern finds in a source file of the client, as the page would have it. */
  private static List<String> found(Pattern pattern, String file) {
    Path source = Repository.ROOT.resolve("client/src/main/java/dev/parley/client").resolve(file);
    List<String> found =
        pattern
            .matcher(Repository.read(source))
            .results()
            .map(result -> "`" + result.group(1) + "`")
            .toList();
    assertThat(found).as("what is found in " + file).isNotEmpty();
    return found;
  }

  private static String row(Enum<?> constant, String... cells) {
    List<String> all = new ArrayList<>(List.of("`" + constant.name() + "`"));
    all.addAll(List.of(cells));
    return String.join(" | ", all);
  }

  /** Returns the first cells of each row of the table in a section. */
  private static List<String> rows(String section, int cells) {
    String page = Repository.read(ERRORS);
    Matcher headings = SECTION.matcher(page);
    while (headings.find()) {
      if (headings.group(1).equals(section)) {
        int start = headings.end();
        int end = headings.find() ? headings.start() : page.length();
        return page.substring(start, end)
            .lines()
            .filter(line -> line.startsWith("| `"))
            .map(line -> Arrays.asList(line.substring(2).split(" \\| ")))
            .map(row -> String.join(" | ", row.subList(0, cells)))
            .toList();
      }
    }
    throw new AssertionError("no section " + section);
  }
}
