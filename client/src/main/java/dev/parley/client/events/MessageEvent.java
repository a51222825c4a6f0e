// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.events;

import jdk.jfr.DataAmount;
import jdk.jfr.Event;
import jdk.jfr.Label;
import org.jspecify.annotations.Nullable;

/** A message that takes its time, in one direction or the other. */
public abstract sealed class MessageEvent extends Event
    permits MessageReceivedEvent, MessageSentEvent {
  @Label("Session")
  long session;

  @Label("Opcode")
  @Nullable String opcode;

  @Label("Bytes")
  @DataAmount
  long bytes;

  /** Ends it with what the message was; does nothing where it was not begun. */
  public static void over(@Nullable MessageEvent event, long session, Enum<?> opcode, long bytes) {
    if (event == null) {
      return;
    }
    event.end();
    if (event.shouldCommit()) {
      event.session = session;
      event.opcode = opcode.name();
      event.bytes = bytes;
      event.commit();
    }
  }
}
