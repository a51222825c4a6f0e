// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.events;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Threshold;
import org.jspecify.annotations.Nullable;

/** A message, from its first bytes to its last. */
@Name("dev.parley.MessageReceived")
@Label("Message Received")
@Category("Parley")
@Description("How long a message took to arrive, from its first bytes to its last")
@StackTrace(false)
@Threshold("20 ms")
public final class MessageReceivedEvent extends MessageEvent {
  private static final MessageReceivedEvent PROBE = new MessageReceivedEvent();

  private MessageReceivedEvent() {}

  /**
   * Tells whether even messages that take no time are recorded, which is not so with the threshold
   * that comes with this event. Where it is not, nobody need look at the clock for them.
   */
  public static boolean isForAll() {
    MessageReceivedEvent event = begun();
    if (event == null) {
      return false;
    }
    event.end();
    return event.shouldCommit();
  }

  /** Begins a message; {@code null} where none is recorded. */
  public static @Nullable MessageReceivedEvent begun() {
    if (!PROBE.isEnabled()) {
      return null;
    }
    MessageReceivedEvent event = new MessageReceivedEvent();
    event.begin();
    return event;
  }
}
