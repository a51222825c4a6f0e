// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.events;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;
import org.jspecify.annotations.Nullable;

/** A step of a reconnection: opening, open, lost, waiting, stopped. */
@Name("dev.parley.Reconnect")
@Label("Reconnect")
@Category("Parley")
@Description("A step of those who open sessions again after a loss")
@StackTrace(false)
public final class ReconnectEvent extends Event {
  private static final ReconnectEvent PROBE = new ReconnectEvent();

  @Label("Number")
  @Description("Which of those who open again, as the log says it")
  long number;

  @Label("Step")
  @Nullable String step;

  @Label("Attempt")
  int attempt;

  @Label("Delay")
  @Timespan(Timespan.NANOSECONDS)
  long delay;

  private ReconnectEvent() {}

  /**
   * Takes note of a step.
   *
   * @param number who takes it
   * @param step the name of the transition
   * @param attempt which attempt it belongs to
   * @param delayNanos how long it waits, where it does
   */
  public static void happened(long number, String step, int attempt, long delayNanos) {
    if (PROBE.isEnabled()) {
      ReconnectEvent event = new ReconnectEvent();
      event.number = number;
      event.step = step;
      event.attempt = attempt;
      event.delay = delayNanos;
      event.commit();
    }
  }
}
