// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import dev.parley.client.transport.ProxyException;
import dev.parley.websocket.handshake.Headers;
import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What a server said about when to come back (RFC 9110 §10.2.3). */
final class RetryAfter {
  private static final Pattern SECONDS = Pattern.compile("[0-9]{1,100}");

  private RetryAfter() {}

  /**
   * Returns how long to wait after a loss; zero where nobody said anything that can be understood.
   *
   * @param now the time of day, for a server that gives a date and does not say what its own is
   */
  static Duration after(Loss loss, Instant now) {
    return switch (loss) {
      case Loss.Refused refused -> in(refused.failure().response().headers(), now);
      case Loss.NotOpened(WebSocketOpeningException failure)
          when failure.getCause() instanceof ProxyException proxy ->
          proxy.response().map(response -> in(response.headers(), now)).orElse(Duration.ZERO);
      case Loss.NotOpened notOpened -> Duration.ZERO;
      case Loss.Closed closed -> Duration.ZERO;
      case Loss.Broken broken -> Duration.ZERO;
    };
  }

  private static Duration in(Headers headers, Instant now) {
    String value = headers.get("Retry-After");
    if (value == null) {
      return Duration.ZERO;
    }
    if (SECONDS.matcher(value.strip()).matches()) {
      BigInteger most = BigInteger.valueOf(Integer.MAX_VALUE);
      return Duration.ofSeconds(new BigInteger(value.strip()).min(most).longValue());
    }
    Instant until = date(value.strip(), now);
    if (until == null) {
      return Duration.ZERO;
    }
    String said = headers.get("Date");
    // By the server's own clock, where it tells: ours may be wrong.
    Instant from = said == null ? now : Objects.requireNonNullElse(date(said.strip(), now), now);
    return until.isAfter(from) ? Duration.between(from, until) : Duration.ZERO;
  }

  /** Reads a date in each of the three forms that a recipient must take (RFC 9110 §5.6.7). */
  private static @Nullable Instant date(String value, Instant now) {
    // A year of two digits is at most fifty years from now.
    LocalDate base = LocalDate.ofInstant(now, ZoneOffset.UTC).minusYears(49);
    DateTimeFormatter rfc850 =
        new DateTimeFormatterBuilder()
            .appendPattern("EEEE, dd-MMM-")
            .appendValueReduced(ChronoField.YEAR, 2, 2, base)
            .appendPattern(" HH:mm:ss 'GMT'")
            .toFormatter(Locale.US);
    DateTimeFormatter asctime = DateTimeFormatter.ofPattern("EEE MMM ppd HH:mm:ss uuuu", Locale.US);
    for (DateTimeFormatter form : List.of(DateTimeFormatter.RFC_1123_DATE_TIME, rfc850, asctime)) {
      try {
        return form.withZone(ZoneOffset.UTC).parse(value, Instant::from);
      } catch (DateTimeException e) {
        // Not this form. None of them is as good as no header.
      }
    }
    return null;
  }
}
