// SPDX-License-Identifier: Apache-2.0
package dev.parley.compliance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code parley autobahn}, in a process of its own, against this server's Autobahn-style side. */
@Timeout(600)
final class AutobahnTest {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final List<String> LARGEST =
      List.of("text of 16 MiB", "binary of 16 MiB", "binary of 16 MiB in fragments of 1 MiB");

  private static final Pattern WINDOWS =
      Pattern.compile("server window of (\\d+) bits, client window of (\\d+) bits");

  /**
   * One after the other takes its time. So of what is large there is the largest of each kind, and
   * of compression, of which there is so much, one case in five, and each size of a window in each
   * direction.
   */
  private static List<Case> chosen() {
    AtomicInteger count = new AtomicInteger();
    return Catalogue.cases().stream()
        .filter(one -> !one.isLarge() || LARGEST.contains(one.title()))
        .filter(
            one ->
                !one.rule().startsWith("RFC 7692 §7.")
                    || count.getAndIncrement() % 5 == 0
                    || isOfEachWindow(one))
        .toList();
  }

  private static boolean isOfEachWindow(Case one) {
    Matcher windows = WINDOWS.matcher(one.title());
    return windows.matches()
        && Integer.parseInt(windows.group(1)) + Integer.parseInt(windows.group(2)) == 8 + 15;
  }

  @Test
  void everySmallCaseAndASampleOfTheOthersAreOkForTheCommandLine()
      throws IOException, InterruptedException {
    List<Case> cases = chosen();
    List<String> titles = cases.stream().map(Case::title).toList();
    assertThat(titles).containsAll(LARGEST);
    for (int bits = 8; bits <= 15; bits++) {
      assertThat(titles)
          .anyMatch(Pattern.compile("server window of " + bits + " bits, .*").asMatchPredicate())
          .anyMatch(Pattern.compile(".*, client window of " + bits + " bits").asMatchPredicate());
    }
    try (FuzzingServer server = FuzzingServer.start(0, null, PATIENCE, cases)) {
      Process parley =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-XX:TieredStopAtLevel=1",
                  "-cp",
                  System.getProperty("java.class.path"),
                  "dev.parley.cli.Parley",
                  "autobahn",
                  server.uri().toString(),
                  "--agent",
                  "parley")
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      try {
        assertThat(parley.waitFor(9, TimeUnit.MINUTES)).isTrue();
      } finally {
        parley.destroyForcibly();
      }

      assertThat(parley.exitValue()).isZero();
      Map<Integer, Finding> findings = server.findings("parley");
      assertThat(findings).hasSameSizeAs(server.numbered());
      assertThat(
              findings.entrySet().stream()
                  .filter(one -> one.getValue().verdict() != Verdict.STRICT)
                  .collect(
                      Collectors.toMap(
                          one -> server.numbered().get(one.getKey() - 1).id(),
                          Map.Entry::getValue)))
          .isEmpty();
    }
  }
}
