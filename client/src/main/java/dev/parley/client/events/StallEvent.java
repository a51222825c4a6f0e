// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.events;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Threshold;
import org.jspecify.annotations.Nullable;

/** A side that holds up the other. */
@Name("dev.parley.Stall")
@Label("Stall")
@Category("Parley")
@Description("For how long one side held up the other")
@StackTrace(false)
@Threshold("20 ms")
public final class StallEvent extends Event {
  @Label("Session")
  long session;

  @Label("Cause")
  @Nullable String cause;

  private static final StallEvent PROBE = new StallEvent();

  private StallEvent() {}

  /** Begins a stall; {@code null} where none is recorded. */
  public static @Nullable StallEvent begun() {
    if (!PROBE.isEnabled()) {
      return null;
    }
    StallEvent event = new StallEvent();
    event.begin();
    return event;
  }

  /**
   * Ends it; does nothing where it was not begun.
   *
   * @param cause who holds up whom
   */
  public static void over(@Nullable StallEvent event, long session, String cause) {
    if (event == null) {
      return;
    }
    event.end();
    if (event.shouldCommit()) {
      event.session = session;
      event.cause = cause;
      event.commit();
    }
  }
}
