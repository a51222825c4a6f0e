// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.events;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import org.jspecify.annotations.Nullable;

/** An opening, hooks and all. */
@Name("dev.parley.Opening")
@Label("Opening")
@Category("Parley")
@Description("The opening of a session, from the call to its end")
@StackTrace(false)
public final class OpeningEvent extends Event {
  @Label("Place")
  @Nullable String place;

  @Label("Session")
  long session;

  @Label("Status")
  int status;

  @Label("Outcome")
  @Nullable String outcome;

  private static final OpeningEvent PROBE = new OpeningEvent();

  private OpeningEvent() {}

  /** Begins an opening; {@code null} where none is recorded. */
  public static @Nullable OpeningEvent begun() {
    if (!PROBE.isEnabled()) {
      return null;
    }
    OpeningEvent event = new OpeningEvent();
    event.begin();
    return event;
  }

  /**
   * Ends it with what came of it.
   *
   * @param place where to, without a query
   * @param session the number of the session, 0 where there is none
   * @param status the status of the response, 0 where there was none
   * @param outcome {@code open}, {@code refused}, or the class of what was thrown
   */
  public void over(String place, long session, int status, String outcome) {
    end();
    if (shouldCommit()) {
      this.place = place;
      this.session = session;
      this.status = status;
      this.outcome = outcome;
      commit();
    }
  }
}
