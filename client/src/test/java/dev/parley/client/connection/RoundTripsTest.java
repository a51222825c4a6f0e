// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.websocket.Frame;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class RoundTripsTest {
  private final RoundTrips roundTrips = new RoundTrips();

  private static Frame.Pong pongTo(RoundTrips.Ping ping) {
    return new Frame.Pong(ping.frame().data());
  }

  private RoundTrips.Ping written() {
    RoundTrips.Ping ping = roundTrips.next();
    roundTrips.begun(ping.frame());
    return ping;
  }

  @Test
  void nothingIsKnownAtFirst() {
    assertThat(roundTrips.last()).isNull();
    assertThat(roundTrips.smoothed()).isNull();
    assertThat(roundTrips.answered(new Frame.Pong(new byte[8]))).isFalse();
  }

  @Test
  void pongAnswersItsPingAndThoseBeforeIt() {
    RoundTrips.Ping one = written();
    RoundTrips.Ping two = written();
    RoundTrips.Ping three = written();
    assertThat(roundTrips.answered(pongTo(two))).isTrue();
    assertThat(one.isAnswered()).isTrue();
    assertThat(two.isAnswered()).isTrue();
    assertThat(three.isAnswered()).isFalse();
    assertThat(roundTrips.last()).isEqualTo(two.roundTrip());
    assertThat(roundTrips.answered(pongTo(one))).as("comes too late").isFalse();
    assertThat(roundTrips.answered(pongTo(three))).isTrue();
  }

  @Test
  void pongAnswersThoseThatWereWrittenBeforeIt() {
    RoundTrips.Ping one = roundTrips.next();
    RoundTrips.Ping two = roundTrips.next();
    RoundTrips.Ping three = roundTrips.next();
    roundTrips.begun(three.frame());
    roundTrips.begun(one.frame());
    assertThat(roundTrips.answered(pongTo(two))).as("to what was not written").isFalse();
    assertThat(roundTrips.answered(pongTo(one))).isTrue();
    assertThat(three.isAnswered()).as("before one").isTrue();
    assertThat(two.isAnswered()).isFalse();
    roundTrips.begun(two.frame());
    assertThat(roundTrips.answered(pongTo(two))).isTrue();
  }

  @Test
  void otherPongsAnswerNothing() {
    RoundTrips.Ping ping = written();
    assertThat(roundTrips.answered(new Frame.Pong(new byte[0]))).isFalse();
    assertThat(roundTrips.answered(new Frame.Pong(new byte[8]))).isFalse();
    roundTrips.begun(new Frame.Ping(new byte[3]));
    roundTrips.forget(ping);
    assertThat(roundTrips.answered(pongTo(ping))).isFalse();
    assertThat(ping.roundTrip()).isNull();
    assertThat(roundTrips.last()).isNull();
  }

  @Test
  void measuresFromWritingAndSmooths() {
    RoundTrips.Ping one = roundTrips.next();
    Duration beforeWriting = Duration.ofNanos(System.nanoTime());
    roundTrips.begun(one.frame());
    assertThat(roundTrips.answered(pongTo(one))).isTrue();
    Duration first = roundTrips.last();
    assertThat(first)
        .isBetween(Duration.ZERO, Duration.ofNanos(System.nanoTime()).minus(beforeWriting));
    assertThat(roundTrips.smoothed()).isEqualTo(first);
    RoundTrips.Ping two = written();
    assertThat(roundTrips.answered(pongTo(two))).isTrue();
    long former = nanos(first);
    long expected = former + (nanos(roundTrips.last()) - former) / 8;
    assertThat(roundTrips.smoothed()).isEqualTo(Duration.ofNanos(expected));
  }

  private static long nanos(@Nullable Duration duration) {
    return duration == null ? -1 : duration.toNanos();
  }
}
