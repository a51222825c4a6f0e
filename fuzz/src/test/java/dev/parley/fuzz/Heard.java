// SPDX-License-Identifier: Apache-2.0
package dev.parley.fuzz;

import dev.parley.websocket.Event;
import dev.parley.websocket.Frame;
import dev.parley.websocket.Inbound;
import dev.parley.websocket.Violation;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a receiving half has said, and how many bytes it had been given by then.
 *
 * @param at how many bytes
 * @param what an event, comparable by value
 */
record Heard(int at, What what) {

  /** An event as a value: a failure by its rule. */
  sealed interface What {
    record Received(Frame frame) implements What {}

    record ReplyDue(Frame reply) implements What {}

    record Failed(@Nullable Violation violation) implements What {}

    record Ended(boolean clean) implements What {}
  }

  static What of(Event event) {
    return switch (event) {
      case Event.Received(Frame frame) -> new What.Received(frame);
      case Event.ReplyDue(Frame reply) -> new What.ReplyDue(reply);
      case Event.Failed(var failure) ->
          new What.Failed(Objects.requireNonNull(failure.violation()));
      case Event.Ended(boolean clean) -> new What.Ended(clean);
    };
  }

  /**
   * Feeds bytes in pieces, then the end of the stream, and returns all that is said.
   *
   * @param pieces how long each is, to be used over and over; none to feed all at once
   * @param messagesFirst whether messages that are whole are asked for before anything else
   */
  static List<Heard> all(
      Inbound inbound, byte[] bytes, List<Integer> pieces, boolean messagesFirst) {
    List<Heard> heard = new ArrayList<>();
    int from = 0;
    int next = 0;
    while (from < bytes.length) {
      int length = bytes.length - from;
      if (!pieces.isEmpty()) {
        length = Math.min(length, pieces.get(next++ % pieces.size()));
      }
      ByteBuffer piece = ByteBuffer.wrap(bytes, from, length);
      from += length;
      Event event;
      do {
        if (messagesFirst) {
          for (Frame message : messages(inbound, piece)) {
            heard.add(new Heard(from, of(new Event.Received(message))));
          }
        }
        event = inbound.poll(piece);
        if (event != null) {
          heard.add(new Heard(from, of(event)));
        }
        if (event instanceof Event.Ended) {
          return heard;
        }
      } while (event != null);
      if (piece.hasRemaining()) {
        throw new AssertionError(piece.remaining() + " bytes left unread, and no event");
      }
    }
    if (!inbound.isEnded()) {
      heard.add(new Heard(from, of(inbound.endOfStream())));
    }
    return heard;
  }

  /** Reads messages the short way, one alone and then some together. */
  private static List<Frame> messages(Inbound inbound, ByteBuffer piece) {
    List<Frame> messages = new ArrayList<>();
    Frame first = inbound.pollMessage(piece);
    if (first != null) {
      messages.add(first);
    }
    @Nullable Frame[] others = new Frame[3];
    int count = inbound.pollMessages(piece, others, 0);
    for (int i = 0; i < count; i++) {
      messages.add(Objects.requireNonNull(others[i]));
    }
    return messages;
  }

  /** Returns what was said, without the places. */
  static List<What> said(List<Heard> heard) {
    return heard.stream().map(Heard::what).toList();
  }
}
