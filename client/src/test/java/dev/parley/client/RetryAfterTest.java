// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.websocket.CloseReason;
import dev.parley.websocket.ClosingHandshake;
import dev.parley.websocket.handshake.Headers;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class RetryAfterTest {
  private static final Instant NOW = Instant.parse("2026-11-24T12:00:00Z");

  private static Duration after(Headers headers) {
    HttpResponse response = FakeSession.response(503, headers);
    return RetryAfter.after(new Loss.Refused(new WebSocketUpgradeException(response)), NOW);
  }

  private static Duration after(String value) {
    return after(Headers.builder().add("Retry-After", value).build());
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "1, 1",
    "007, 7",
    "3600, 3600",
    "2147483648, 2147483647",
    "99999999999999999999999999, 2147483647",
  })
  void seconds(String value, long seconds) {
    assertThat(after(value)).isEqualTo(Duration.ofSeconds(seconds));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Tue, 24 Nov 2026 12:01:40 GMT",
        "Tuesday, 24-Nov-26 12:01:40 GMT",
        "Tue Nov 24 12:01:40 2026",
      })
  void dateInAnyOfThreeForms(String date) {
    assertThat(after(date)).isEqualTo(Duration.ofSeconds(100));
  }

  @Test
  void dateOfOneDigitInTheOldestForm() {
    assertThat(after("Tue Dec  1 12:00:00 2026")).isEqualTo(Duration.ofDays(7));
  }

  @Test
  void dateInThePastIsNow() {
    assertThat(after("Sun, 06 Nov 1994 08:49:37 GMT")).isEqualTo(Duration.ZERO);
    assertThat(after("Sunday, 06-Nov-94 08:49:37 GMT")).isEqualTo(Duration.ZERO);
  }

  @Test
  void dateCountsByTheClockOfTheServer() {
    assertThat(
            after(
                Headers.builder()
                    .add("Date", "Tue, 24 Nov 2026 18:00:00 GMT")
                    .add("Retry-After", "Tue, 24 Nov 2026 18:00:30 GMT")
                    .build()))
        .isEqualTo(Duration.ofSeconds(30));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "soon", "-1", "1.5", "1e9", "+5", "24 Nov 2026"})
  void nonsenseIsIgnored(String value) {
    assertThat(after(value)).isEqualTo(Duration.ZERO);
  }

  @Test
  void absentIsNow() {
    assertThat(after(Headers.EMPTY)).isEqualTo(Duration.ZERO);
    assertThat(
            RetryAfter.after(
                new Loss.Closed(ClosingHandshake.OPEN.withReceived(CloseReason.TRY_AGAIN_LATER)),
                NOW))
        .isEqualTo(Duration.ZERO);
  }
}
