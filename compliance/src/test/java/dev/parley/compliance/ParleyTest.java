// SPDX-License-Identifier: Apache-2.0
package dev.parley.compliance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.compliance.ours.ParleyClient;
import dev.parley.testkit.TestCertificates;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Parley obeys: every case of the catalogue, to the letter.
 *
 * <p>An echo that is due before the connection fails is lost where nothing but the machine holds
 * the echoing thread up for 5 ms: then the session reads on by itself. So of the cases about that,
 * and of no others, what was not strict is run once more; who always loses the echo fails twice.
 */
@Timeout(600)
final class ParleyTest {
  /** Nobody waits so long but for a client that fails. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  @Test
  void everyCaseIsStrict() throws Exception {
    assertThat(notStrict(null, null)).isEmpty();
  }

  @Test
  void everyCaseIsStrictThroughTls() throws Exception {
    assertThat(notStrict(TestCertificates.serverContext(), TestCertificates.clientContext()))
        .isEmpty();
  }

  private static List<String> notStrict(@Nullable SSLContext server, @Nullable SSLContext client)
      throws IOException, InterruptedException {
    List<Case> cases = Catalogue.cases();
    try (FuzzingServer fuzzing = FuzzingServer.start(0, server, PATIENCE, cases);
        ParleyClient parley = new ParleyClient()) {
      if (client != null) {
        assertThat(parley.trust(client)).isTrue();
      }
      Runner runner = new Runner(fuzzing, PATIENCE);
      List<Result> results = runner.run(parley, cases);
      return runner.again(parley, results, Case::alone).stream()
          .filter(result -> result.finding().verdict() != Verdict.STRICT)
          .map(Result::toString)
          .toList();
    }
  }
}
