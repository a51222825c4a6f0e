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
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code parley autobahn}, in a process of its own, against this server's Autobahn-style side. */
@Timeout(600)
final class AutobahnTest {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  @Test
  void everyCaseIsOkForTheCommandLine() throws IOException, InterruptedException {
    // One after the other takes its time: nothing large, and of what compression has so many of,
    // one
    // in five.
    AtomicInteger count = new AtomicInteger();
    List<Case> cases =
        Catalogue.cases().stream()
            .filter(one -> !one.isLarge())
            .filter(
                one -> !one.rule().startsWith("RFC 7692 §7.") || count.getAndIncrement() % 5 == 0)
            .toList();
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
