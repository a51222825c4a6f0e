// SPDX-License-Identifier: Apache-2.0
package dev.parley.compliance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.compliance.ours.ParleyClient;
import dev.parley.testkit.TestCertificates;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Parley obeys: every case of the catalogue, to the letter. */
@Timeout(600)
final class ParleyTest {
  /** Nobody waits so long but for a client that fails. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  @Test
  void everyCaseIsStrict() throws Exception {
    assertThat(notStrict(Catalogue.cases(), null, null)).isEmpty();
  }

  @Test
  void everyCaseIsStrictThroughTls() throws Exception {
    // What compression makes of its parameters cannot depend on TLS: of that many, one in ten.
    AtomicInteger count = new AtomicInteger();
    List<Case> cases =
        Catalogue.sections().stream()
            .flatMap(Section::cases)
            .filter(
                one -> !one.rule().startsWith("RFC 7692 §7.") || count.getAndIncrement() % 10 == 0)
            .toList();
    assertThat(notStrict(cases, TestCertificates.serverContext(), TestCertificates.clientContext()))
        .isEmpty();
  }

  private static List<String> notStrict(
      List<Case> cases, @Nullable SSLContext server, @Nullable SSLContext client)
      throws IOException, InterruptedException {
    try (FuzzingServer fuzzing = FuzzingServer.start(0, server, PATIENCE, cases);
        ParleyClient parley = new ParleyClient()) {
      if (client != null) {
        parley.trust(client);
      }
      return new Runner(fuzzing, PATIENCE)
          .run(parley, cases).stream()
              .filter(result -> result.finding().verdict() != Verdict.STRICT)
              .map(Result::toString)
              .toList();
    }
  }
}
