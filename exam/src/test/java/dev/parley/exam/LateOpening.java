// SPDX-License-Identifier: Apache-2.0
package dev.parley.exam;

import static dev.parley.exam.TimeBound.assertTook;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.parley.client.HttpClient;
import dev.parley.client.WebSocketOpeningException;
import dev.parley.client.transport.OpeningPhase;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.function.Function;

/** An opening that somebody holds up in one phase, until its time is over. */
final class LateOpening {
  private LateOpening() {}

  /**
   * Asserts that an opening ends at its time, in the phase in which it is held up, and returns how.
   * Where the machine is so slow that it does not come to that phase, it gets more time.
   *
   * @param phase the last phase that it can come to
   * @param timeout how long it may take, if it comes so far
   * @param clients makes a client whose openings may take so long
   */
  static WebSocketOpeningException failure(
      OpeningPhase phase, Duration timeout, Function<Duration, HttpClient> clients, String url) {
    WebSocketOpeningException failure = failure(timeout, clients, url);
    for (Duration more = timeout.multipliedBy(4);
        failure.phase().compareTo(phase) < 0 && more.compareTo(Trial.SOON) < 0;
        more = more.multipliedBy(4)) {
      failure = failure(more, clients, url);
    }
    assertThat(failure.phase()).as(failure.getMessage()).isEqualTo(phase);
    return failure;
  }

  private static WebSocketOpeningException failure(
      Duration timeout, Function<Duration, HttpClient> clients, String url) {
    try (HttpClient client = clients.apply(timeout)) {
      long start = TimeBound.now();
      WebSocketOpeningException failure =
          catchThrowableOfType(WebSocketOpeningException.class, () -> client.webSocketSession(url));
      assertTook(start, timeout, timeout);
      assertThat(failure).hasCauseInstanceOf(SocketTimeoutException.class);
      assertThat(failure.reason()).isEqualTo("timeout");
      return failure;
    }
  }
}
