// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Frames as hex text, and what a half of the core makes of them, however the bytes are cut. */
final class Wire {
  /** The masking key of the examples in RFC 6455 §5.7. */
  static final int KEY = 0x37fa213d;

  /** A valid frame that must not be delivered after a violation: the text "no". */
  static final String NEVER_DELIVERED = "81 02 6e 6f";

  private Wire() {}

  /** Reads bytes from hex text with spaces. */
  static byte[] hex(String text) {
    return HexFormat.of().parseHex(text.replace(" ", ""));
  }

  /** Writes bytes as hex text with spaces. */
  static String hex(byte[] bytes) {
    return HexFormat.ofDelimiter(" ").formatHex(bytes);
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Returns a frame as a server sends it: the header in hex, then the payload. */
  static String frame(String header, byte[] payload) {
    return header + " " + hex(payload);
  }

  /**
   * Joins frames, each as a server sends it in hex and perhaps cut short. For a receiving server
   * each is masked.
   */
  static byte[] to(Role receiver, String... frames) {
    ByteArrayOutputStream wire = new ByteArrayOutputStream();
    for (String frame : frames) {
      byte[] bytes = hex(frame);
      wire.writeBytes(receiver == Role.CLIENT ? bytes : masked(bytes));
    }
    return wire.toByteArray();
  }

  private static byte[] masked(byte[] frame) {
    if (frame.length < 2) {
      return frame;
    }
    int form = frame[1] & 0x7f;
    int header = 2 + (form < 126 ? 0 : form == 126 ? 2 : 8);
    ByteBuffer masked = ByteBuffer.allocate(frame.length + 4);
    masked.put(frame, 0, Math.min(header, frame.length));
    masked.put(1, (byte) (frame[1] | 0x80));
    if (frame.length >= header) {
      masked.putInt(KEY);
      for (int i = header; i < frame.length; i++) {
        masked.put((byte) (frame[i] ^ (KEY >>> (24 - 8 * ((i - header) & 3)))));
      }
    }
    byte[] bytes = new byte[masked.flip().remaining()];
    masked.get(bytes);
    return bytes;
  }

  /**
   * Feeds the bytes to fresh halves, whole, byte by byte, through a direct buffer in pieces of
   * seven, and whole with messages asked for first, some at once or not; asserts that the events
   * are the same and returns them. A failure is shown by its violation.
   */
  static List<Object> events(Supplier<Inbound> halves, byte[] wire) {
    List<Object> whole = events(halves.get(), wire, wire.length, false);
    assertThat(events(halves.get(), wire, 1, false)).as("byte by byte").isEqualTo(whole);
    assertThat(events(halves.get(), wire, 7, true)).as("by seven, direct").isEqualTo(whole);
    for (int room = 0; room < 4; room += 3) {
      assertThat(pollMessages(halves.get(), ByteBuffer.wrap(wire), room))
          .as("messages first, %d behind one", room)
          .isEqualTo(whole);
    }
    return whole;
  }

  private static List<Object> pollMessages(Inbound inbound, ByteBuffer bytes, int room) {
    List<Object> events = new ArrayList<>();
    Event event;
    do {
      Frame message = inbound.pollMessage(bytes);
      if (message != null) {
        events.add(shown(new Event.Received(message)));
      }
      Frame[] more = new Frame[room];
      int count = inbound.pollMessages(bytes, more, 0);
      for (int i = 0; i < count; i++) {
        events.add(shown(new Event.Received(more[i])));
      }
      event = inbound.poll(bytes);
      if (event != null && !(event instanceof Event.Ended)) {
        events.add(shown(event));
      }
    } while (event != null && !(event instanceof Event.Ended));
    return events;
  }

  /** Feeds the bytes in pieces and returns the events. */
  static List<Object> events(Inbound inbound, byte[] wire, int piece, boolean direct) {
    List<Object> events = new ArrayList<>();
    for (int at = 0; at < wire.length; at += piece) {
      int length = Math.min(piece, wire.length - at);
      ByteBuffer bytes = direct ? ByteBuffer.allocateDirect(length) : ByteBuffer.allocate(length);
      events.addAll(poll(inbound, bytes.put(wire, at, length).flip()));
    }
    return events;
  }

  /** Polls until all bytes are read and nothing is left to tell. */
  static List<Object> poll(Inbound inbound, ByteBuffer bytes) {
    List<Object> events = new ArrayList<>();
    Event event;
    while ((event = inbound.poll(bytes)) != null && !(event instanceof Event.Ended)) {
      events.add(shown(event));
    }
    assertThat(bytes.hasRemaining()).as("bytes left unread").isFalse();
    return events;
  }

  /** Returns what a failure says, where the event is one. */
  static WebSocketProtocolException failure(@Nullable Event event) {
    if (event instanceof Event.Failed failed) {
      return failed.failure();
    }
    throw new AssertionError("expected a failure, got " + event);
  }

  private static Object shown(Event event) {
    return event instanceof Event.Failed failed ? violation(failed.failure()) : event;
  }

  private static Object violation(WebSocketProtocolException failure) {
    @Nullable Violation violation = failure.violation();
    return violation == null ? failure : violation;
  }

  /** Begins a frame and returns all its bytes as hex text. */
  static String write(Outbound outbound, Frame frame) {
    outbound.begin(frame);
    ByteBuffer target = ByteBuffer.allocate(frame.data().length + 64);
    assertThat(outbound.write(target)).as("written to its end").isTrue();
    byte[] bytes = new byte[target.flip().remaining()];
    target.get(bytes);
    return hex(bytes);
  }

  static Event received(Frame frame) {
    return new Event.Received(frame);
  }

  static Event replyDue(Frame frame) {
    return new Event.ReplyDue(frame);
  }
}
