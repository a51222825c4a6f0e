// SPDX-License-Identifier: Apache-2.0
package dev.parley.fuzz;

import dev.parley.websocket.Frame;
import dev.parley.websocket.Inbound.Delivery;
import dev.parley.websocket.Limits;
import dev.parley.websocket.Role;
import dev.parley.websocket.Violation;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The rules of receiving (RFC 6455 §5) once more, slow and obvious: it has the whole stream in one
 * array, copies as it likes, and asks the JDK what UTF-8 is. It knows no extensions.
 */
public final class ReferenceDecoder {
  private static final int CONTINUATION = 0;
  private static final int TEXT = 1;
  private static final int CLOSE = 8;
  private static final int PING = 9;
  private static final int PONG = 10;
  private static final int LARGEST_ARRAY = Integer.MAX_VALUE - 8;

  private final Role role;
  private final Limits limits;
  private final boolean everyFrame;
  private final byte[] stream;
  private final List<Heard> heard = new ArrayList<>();
  private int at;

  private int messageType = CONTINUATION;
  private int fragments;
  private ByteArrayOutputStream message = new ByteArrayOutputStream();

  /** Where a rule is broken, and which. */
  private static final class Broken extends Exception {
    private static final long serialVersionUID = 1;
    final Violation violation;

    Broken(Violation violation) {
      this.violation = violation;
    }
  }

  /** The stream ends within a frame. */
  private static final class Incomplete extends Exception {
    private static final long serialVersionUID = 1;
  }

  private ReferenceDecoder(Role role, Limits limits, Delivery delivery, byte[] stream) {
    this.role = role;
    this.limits = limits;
    this.everyFrame = delivery == Delivery.FRAMES;
    this.stream = stream;
  }

  static List<Heard> decode(Role role, Limits limits, Delivery delivery, byte[] stream) {
    ReferenceDecoder decoder = new ReferenceDecoder(role, limits, delivery, stream);
    try {
      while (decoder.frame()) {
        // each frame tells what it has to tell
      }
    } catch (Broken e) {
      decoder.say(new Heard.What.Failed(e.violation));
    } catch (Incomplete e) {
      decoder.at = stream.length;
      decoder.say(new Heard.What.Ended(false));
    }
    return decoder.heard;
  }

  private boolean frame() throws Broken, Incomplete {
    if (at == stream.length) {
      say(new Heard.What.Ended(false));
      return false;
    }
    int first = next();
    boolean fin = first >= 128;
    int opcode = first % 16;
    require(opcode <= 2 || (opcode >= 8 && opcode <= 10), Violation.RESERVED_OPCODE);
    require(first / 16 % 8 == 0, Violation.RESERVED_BIT);
    boolean control = opcode >= 8;
    if (control) {
      require(fin, Violation.CONTROL_FRAME_FRAGMENTED);
    } else if (opcode == CONTINUATION) {
      require(messageType != CONTINUATION, Violation.CONTINUATION_OF_NOTHING);
    } else {
      require(messageType == CONTINUATION, Violation.MESSAGE_INTERRUPTED);
      messageType = opcode;
    }
    if (!control && !everyFrame) {
      fragments++;
      require(fragments <= limits.maxFragments(), Violation.TOO_MANY_FRAGMENTS);
    }

    int second = next();
    boolean masked = second >= 128;
    require(!masked || role == Role.SERVER, Violation.FRAME_MASKED);
    require(masked || role == Role.CLIENT, Violation.FRAME_NOT_MASKED);
    int length = length(opcode, control, second % 128);

    byte[] key = masked ? next(4) : new byte[4];
    byte[] payload = new byte[Math.min(length, stream.length - at)];
    for (int i = 0; i < length; i++) {
      int octet = next();
      payload[i] = (byte) (octet ^ key[i % 4]);
      if (!control && messageType == TEXT) {
        require(
            mayBecomeText(join(message.toByteArray(), Arrays.copyOf(payload, i + 1))),
            Violation.TEXT_NOT_UTF8);
      }
    }
    if (control) {
      return control(opcode, payload);
    }
    data(payload, fin);
    return true;
  }

  private int length(int opcode, boolean control, int short7) throws Broken, Incomplete {
    require(!control || short7 <= 125, Violation.CONTROL_FRAME_TOO_LONG);
    BigInteger length = BigInteger.valueOf(short7);
    if (short7 >= 126) {
      length = new BigInteger(1, next(short7 == 126 ? 2 : 8));
      require(length.bitLength() <= 63, Violation.LENGTH_NEGATIVE);
      require(
          length.compareTo(BigInteger.valueOf(short7 == 126 ? 126 : 65_536)) >= 0,
          Violation.LENGTH_NOT_MINIMAL);
    }
    if (control) {
      require(opcode != CLOSE || short7 != 1, Violation.CLOSE_PAYLOAD_OF_ONE_BYTE);
      return short7;
    }
    require(
        length.compareTo(BigInteger.valueOf(limits.maxFrameSize())) <= 0, Violation.FRAME_TOO_BIG);
    BigInteger size = length.add(BigInteger.valueOf(everyFrame ? 0 : message.size()));
    require(
        size.compareTo(BigInteger.valueOf(Math.min(limits.maxMessageSize(), LARGEST_ARRAY))) <= 0,
        Violation.MESSAGE_TOO_BIG);
    return length.intValueExact();
  }

  private void data(byte[] payload, boolean fin) throws Broken {
    byte[] soFar = join(message.toByteArray(), payload);
    if (messageType == TEXT && fin) {
      require(isText(soFar), Violation.TEXT_NOT_UTF8);
    }
    message.writeBytes(payload);
    if (everyFrame) {
      say(new Heard.What.Received(frame(payload, fin)));
    } else if (fin) {
      say(new Heard.What.Received(frame(soFar, true)));
    }
    if (fin) {
      messageType = CONTINUATION;
      fragments = 0;
      message = new ByteArrayOutputStream();
    }
  }

  private Frame frame(byte[] payload, boolean fin) {
    return messageType == TEXT
        ? new Frame.Text(payload, fin, false, false, false)
        : new Frame.Binary(payload, fin, false, false, false);
  }

  /** Says what a control frame means, and tells whether frames may follow it. */
  private boolean control(int opcode, byte[] payload) throws Broken {
    switch (opcode) {
      case PING -> {
        say(new Heard.What.Received(new Frame.Ping(payload)));
        reply(new Frame.Pong(payload));
      }
      case PONG -> say(new Heard.What.Received(new Frame.Pong(payload)));
      default -> {
        if (payload.length > 0) {
          int code = ByteBuffer.wrap(payload).getChar();
          List<Integer> reserved = List.of(1004, 1005, 1006);
          require(
              (code >= 1000 && code <= 1014 && !reserved.contains(code))
                  || (code >= 3000 && code <= 4999),
              Violation.CLOSE_CODE_INVALID);
          require(
              isText(Arrays.copyOfRange(payload, 2, payload.length)),
              Violation.CLOSE_MESSAGE_NOT_UTF8);
        }
        say(new Heard.What.Received(new Frame.Close(payload)));
        reply(new Frame.Close(payload));
        say(new Heard.What.Ended(true));
      }
    }
    return opcode != CLOSE;
  }

  private void reply(Frame reply) {
    if (!everyFrame) {
      say(new Heard.What.ReplyDue(reply));
    }
  }

  private void say(Heard.What what) {
    heard.add(new Heard(at, what));
  }

  private int next() throws Incomplete {
    if (at == stream.length) {
      throw new Incomplete();
    }
    return stream[at++] & 0xff;
  }

  private byte[] next(int count) throws Incomplete {
    byte[] bytes = new byte[count];
    for (int i = 0; i < count; i++) {
      bytes[i] = (byte) next();
    }
    return bytes;
  }

  private static void require(boolean obeyed, Violation violation) throws Broken {
    if (!obeyed) {
      throw new Broken(violation);
    }
  }

  static byte[] join(byte[] one, byte[] other) {
    byte[] both = Arrays.copyOf(one, one.length + other.length);
    System.arraycopy(other, 0, both, one.length, other.length);
    return both;
  }

  public static boolean isText(byte[] bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).remaining() >= 0;
    } catch (CharacterCodingException e) {
      return false;
    }
  }

  /**
   * Tells whether some text begins with these bytes. A character that is cut lacks up to three
   * bytes; where any will do, all lowest or all highest ones will.
   */
  public static boolean mayBecomeText(byte[] bytes) {
    for (int missing = 0; missing <= 3; missing++) {
      for (int filler : new int[] {0x80, 0xbf}) {
        byte[] rest = new byte[missing];
        Arrays.fill(rest, (byte) filler);
        if (isText(join(bytes, rest))) {
          return true;
        }
      }
    }
    return false;
  }
}
