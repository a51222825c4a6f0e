// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.events;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import org.jspecify.annotations.Nullable;

/** The end of a session. */
@Name("dev.parley.Close")
@Label("Close")
@Category("Parley")
@Description("The end of a session, with all that had passed")
@StackTrace(false)
public final class CloseEvent extends Event {
  @Label("Session")
  long session;

  @Label("Our Code")
  int ourCode;

  @Label("Peer Code")
  int peerCode;

  @Label("First")
  @Nullable String first;

  @Label("Cause")
  @Nullable String cause;

  @Label("Messages Accepted")
  long messagesAccepted;

  @Label("Messages Sent")
  long messagesSent;

  @Label("Messages Received")
  long messagesReceived;

  @Label("Bytes Sent")
  @DataAmount
  long bytesSent;

  @Label("Bytes Received")
  @DataAmount
  long bytesReceived;

  /** Makes an event; {@link #commit()} does nothing where none is recorded. */
  public CloseEvent() {}

  /**
   * Says how it ended.
   *
   * @param ours the code of our Close frame, 0 where we sent none
   * @param peers the code of the peer's, 0 where it sent none
   * @param first who closed first
   * @param cause the class of what lies at the bottom of a failure
   */
  public CloseEvent how(
      long session, int ours, int peers, @Nullable Enum<?> first, @Nullable Class<?> cause) {
    this.session = session;
    this.ourCode = ours;
    this.peerCode = peers;
    this.first = first == null ? null : first.name();
    this.cause = cause == null ? null : cause.getName();
    return this;
  }

  /** Says how many messages had passed. */
  public CloseEvent messages(long accepted, long sent, long received) {
    this.messagesAccepted = accepted;
    this.messagesSent = sent;
    this.messagesReceived = received;
    return this;
  }

  /** Says how many bytes of frames had passed. */
  public CloseEvent bytes(long sent, long received) {
    this.bytesSent = sent;
    this.bytesReceived = received;
    return this;
  }
}
