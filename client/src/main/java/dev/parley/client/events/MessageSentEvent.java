// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.events;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Threshold;
import org.jspecify.annotations.Nullable;

/** A send, from the call to its return. */
@Name("dev.parley.MessageSent")
@Label("Message Sent")
@Category("Parley")
@Description("How long a send held its caller")
@StackTrace(false)
@Threshold("20 ms")
public final class MessageSentEvent extends MessageEvent {
  private static final MessageSentEvent PROBE = new MessageSentEvent();

  private MessageSentEvent() {}

  /** Begins a message; {@code null} where none is recorded. */
  public static @Nullable MessageSentEvent begun() {
    if (!PROBE.isEnabled()) {
      return null;
    }
    MessageSentEvent event = new MessageSentEvent();
    event.begin();
    return event;
  }
}
