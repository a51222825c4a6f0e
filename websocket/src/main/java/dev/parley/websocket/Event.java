// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

/** What {@link Inbound} has to say about the bytes it was given. */
public sealed interface Event {
  /**
   * A frame arrived and is valid. With {@link Inbound.Delivery#MESSAGES} a data frame is a whole
   * message, defragmented and decoded by the extensions; with {@link Inbound.Delivery#FRAMES} it is
   * the frame as it came, decoded; with {@link Inbound.Delivery#FRAGMENTS} it is what there was of
   * a message. Control frames are reported in each.
   *
   * @param frame the frame
   */
  record Received(Frame frame) implements Event {}

  /**
   * The peer is owed an answer: a Pong for its Ping, or a Close for its Close. {@link
   * Outbound#begin} takes it; a Close is to be left out where one has been sent already.
   *
   * @param reply the frame to send
   */
  record ReplyDue(Frame reply) implements Event {}

  /**
   * The peer broke a rule: fail the connection (RFC 6455 §7.1.7). Nothing more will be read.
   *
   * @param failure the violation, its close code and what was found
   */
  record Failed(WebSocketProtocolException failure) implements Event {}

  /**
   * Nothing more will come: after a Close frame, whatever follows is ignored (RFC 6455 §5.5.1), and
   * after the end of the stream there is nothing.
   *
   * @param clean whether a Close frame was received
   */
  record Ended(boolean clean) implements Event {}
}
