// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.events;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import org.jspecify.annotations.Nullable;

/** A part of an opening. */
@Name("dev.parley.OpeningPhase")
@Label("Opening Phase")
@Category("Parley")
@Description("A part of an opening, on the thread of the opening")
@StackTrace(false)
public final class OpeningPhaseEvent extends Event {
  @Label("Phase")
  @Nullable String phase;

  @Label("Destination")
  @Nullable String destination;

  @Label("Succeeded")
  boolean succeeded;

  private static final OpeningPhaseEvent PROBE = new OpeningPhaseEvent();

  private OpeningPhaseEvent() {}

  /** Begins a phase; {@code null} where none is recorded. */
  public static @Nullable OpeningPhaseEvent begun() {
    if (!PROBE.isEnabled()) {
      return null;
    }
    OpeningPhaseEvent event = new OpeningPhaseEvent();
    event.begin();
    return event;
  }

  /** Ends it; does nothing where it was not begun. */
  public static void over(
      @Nullable OpeningPhaseEvent event, Enum<?> phase, Object destination, boolean succeeded) {
    if (event == null) {
      return;
    }
    event.end();
    if (event.shouldCommit()) {
      event.phase = phase.name();
      event.destination = destination.toString();
      event.succeeded = succeeded;
      event.commit();
    }
  }
}
