// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.events;

import java.time.Duration;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** A Ping and its Pong. */
@Name("dev.parley.Ping")
@Label("Ping")
@Category("Parley")
@Description("A Ping of ours that was answered")
@StackTrace(false)
public final class PingEvent extends Event {
  @Label("Session")
  long session;

  @Label("Round Trip")
  @Timespan(Timespan.NANOSECONDS)
  long roundTrip;

  @Label("Smoothed")
  @Timespan(Timespan.NANOSECONDS)
  long smoothed;

  private static final PingEvent PROBE = new PingEvent();

  private PingEvent() {}

  /** Takes note of an answer. */
  public static void answered(long session, Duration roundTrip, Duration smoothed) {
    if (PROBE.isEnabled()) {
      PingEvent event = new PingEvent();
      event.session = session;
      event.roundTrip = roundTrip.toNanos();
      event.smoothed = smoothed.toNanos();
      event.commit();
    }
  }
}
