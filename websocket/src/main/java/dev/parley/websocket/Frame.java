// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One frame (RFC 6455 §5), as an application sends and receives it.
 *
 * <p>There are five kinds and no more, so a {@code switch} over a frame is exhaustive without a
 * {@code default}. A default session delivers whole messages as {@link Text} and {@link Binary}
 * frames with {@link #fin()} set. Where a message is split, each of its frames has the type of the
 * message and the last one has {@code fin}; the opcode of a continuation is an affair of the wire.
 *
 * <p>A frame does not copy the array it is made of, nor the one it hands out: do not change either
 * afterwards. {@link #copy()} gives an array of your own. Two frames are equal when their type,
 * bits and payload are. {@code toString} never shows the payload.
 */
public abstract sealed class Frame {
  private static final byte[] EMPTY = {};

  /** RFC 6455 §5.5: what a control frame may carry. */
  static final int MAX_CONTROL_PAYLOAD = 125;

  private static final int FIN = 0x80;
  private static final int RSV1 = 0x40;
  private static final int RSV2 = 0x20;
  private static final int RSV3 = 0x10;

  /** An array of bytes; of a text that came, perhaps the string. */
  private final Object payload;

  /** The upper half of the first byte on the wire; the lower half is for the kinds of frames. */
  private final byte bits;

  private Frame(byte[] data, boolean fin, boolean rsv1, boolean rsv2, boolean rsv3) {
    this(
        Objects.requireNonNull(data, "data"),
        (fin ? FIN : 0) | (rsv1 ? RSV1 : 0) | (rsv2 ? RSV2 : 0) | (rsv3 ? RSV3 : 0));
  }

  private Frame(Object payload, int bits) {
    this.payload = payload;
    this.bits = (byte) bits;
  }

  /** A control frame: never split, no reserved bits, a short payload (RFC 6455 §5.5). */
  private Frame(byte[] data) {
    this(Objects.requireNonNull(data, "data"), FIN);
    if (data.length > MAX_CONTROL_PAYLOAD) {
      throw new IllegalArgumentException(
          "payload of "
              + data.length
              + " bytes in a "
              + opcode()
              + " frame, at most "
              + MAX_CONTROL_PAYLOAD);
    }
  }

  /** Returns the opcode of this kind of frame. */
  public abstract Opcode opcode();

  /** Returns the payload, not a copy. */
  public final byte[] data() {
    return payload instanceof byte[] bytes ? bytes : ((Text) this).encoded();
  }

  /** Returns how many bytes the payload has. */
  public final int length() {
    return payload instanceof String ascii && has(Text.ASCII) ? ascii.length() : data().length;
  }

  /** Tells whether this frame ends its message. Always so for control frames. */
  public final boolean fin() {
    return has(FIN);
  }

  /** Returns the first reserved bit, which extensions use. */
  public final boolean rsv1() {
    return has(RSV1);
  }

  /** Returns the second reserved bit. */
  public final boolean rsv2() {
    return has(RSV2);
  }

  /** Returns the third reserved bit. */
  public final boolean rsv3() {
    return has(RSV3);
  }

  /** Returns a copy of the payload. */
  public final byte[] copy() {
    return data().clone();
  }

  @Override
  public final boolean equals(@Nullable Object other) {
    return other instanceof Frame that
        && opcode() == that.opcode()
        && wireBits() == that.wireBits()
        && length() == that.length()
        && Arrays.equals(data(), that.data());
  }

  @Override
  public final int hashCode() {
    return Objects.hash(opcode(), wireBits(), Arrays.hashCode(data()));
  }

  private boolean has(int bit) {
    return (bits & bit) != 0;
  }

  private int wireBits() {
    return bits & 0xf0;
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(48);
    text.append(getClass().getSimpleName()).append('[').append(length()).append(" bytes");
    text.append(fin() ? "" : ", not final");
    text.append(rsv1() ? ", rsv1" : "")
        .append(rsv2() ? ", rsv2" : "")
        .append(rsv3() ? ", rsv3" : "");
    return text.append(']').toString();
  }

  /** Text, in UTF-8 (RFC 6455 §5.6). */
  public static final class Text extends Frame {
    /** What the JDK's decoder makes of bytes that are no UTF-8. */
    private static final char REPLACEMENT = '\uFFFD';

    private static final VarHandle ENCODED;

    static {
      try {
        ENCODED = MethodHandles.lookup().findVarHandle(Text.class, "encoded", byte[].class);
      } catch (ReflectiveOperationException e) {
        throw new ExceptionInInitializerError(e);
      }
    }

    /** Its UTF-8 need not be judged again. */
    private static final int KNOWN_VALID = 1;

    /** Each byte is a character. */
    private static final int ASCII = 2;

    /** The bytes of what is kept as a string, once somebody has asked for them. */
    private volatile byte @Nullable [] encoded;

    /**
     * Makes a whole message of a string.
     *
     * @throws IllegalArgumentException if the string has a lone surrogate
     */
    public Text(String text) {
      this(Utf8.encode(text), KNOWN_VALID);
    }

    /** Makes a whole message of UTF-8 bytes, which are judged when the frame is sent. */
    public Text(byte[] data) {
      this(data, true, false, false, false);
    }

    /** Makes a frame of a message that may be split. */
    public Text(byte[] data, boolean fin, boolean rsv1, boolean rsv2, boolean rsv3) {
      super(data, fin, rsv1, rsv2, rsv3);
    }

    private Text(Object payload, int known) {
      super(payload, FIN | known);
    }

    /** Makes a whole message of bytes that are known to be UTF-8, or even ASCII. */
    static Text ofValid(byte[] data, boolean ascii) {
      return new Text(data, ascii ? KNOWN_VALID | ASCII : KNOWN_VALID);
    }

    /**
     * Makes a whole message of a copy of some UTF-8 bytes, which are judged when the frame is sent.
     * It costs less than to copy them and to make a frame of the copy, where they are ASCII and
     * {@link #readText()} is all that the frame is asked for.
     *
     * @param from the index of the first byte
     * @param to the index after the last byte
     * @throws IndexOutOfBoundsException if the array has no such range
     */
    public static Text copyOf(byte[] bytes, int from, int to) {
      Objects.checkFromToIndex(from, to, bytes.length);
      return Utf8Validator.isAscii(bytes, from, to)
          ? ofAscii(new String(bytes, from, to - from, StandardCharsets.ISO_8859_1))
          : new Text(Arrays.copyOfRange(bytes, from, to));
    }

    /** Makes a whole message of a text in which each character is a byte. */
    static Text ofAscii(String text) {
      return new Text(text, KNOWN_VALID | ASCII);
    }

    /**
     * Makes a whole message of a copy of a few bytes, where they are UTF-8. Judges them by decoding
     * them, which whoever reads the text then need not do again. Of what is not ASCII it keeps the
     * string, and the bytes too once they are asked for, three times as much as came at most: not
     * for long texts.
     *
     * @return {@code null} where they are no UTF-8, or have a character that looks so
     */
    static @Nullable Text decoded(byte[] bytes, int from, int to) {
      int length = to - from;
      String text = new String(bytes, from, length, StandardCharsets.UTF_8);
      if (text.indexOf(REPLACEMENT) >= 0) {
        return null;
      }
      // Any other character than those of ASCII has more bytes than a string has chars for it.
      return text.length() == length ? ofAscii(text) : new Text(text, KNOWN_VALID);
    }

    private byte[] encoded() {
      if (encoded == null) {
        boolean unused =
            ENCODED.compareAndSet(
                this, null, ((String) super.payload).getBytes(StandardCharsets.UTF_8));
      }
      return Objects.requireNonNull(encoded); // the same for all who ask
    }

    /** Tells whether the payload is valid UTF-8 by its making. */
    boolean isKnownValid() {
      return super.has(KNOWN_VALID);
    }

    @Override
    public Opcode opcode() {
      return Opcode.TEXT;
    }

    /**
     * Returns the payload as text. Where a raw session delivers fragments, a character may be split
     * over two of them; join the bytes before reading them as text.
     */
    public String readText() {
      if (super.payload instanceof String came) {
        return came;
      }
      // Of what is ASCII the two make the same, and the first need not look for anything else.
      return new String(
          data(), super.has(ASCII) ? StandardCharsets.ISO_8859_1 : StandardCharsets.UTF_8);
    }
  }

  /** Bytes, whatever they mean (RFC 6455 §5.6). */
  public static final class Binary extends Frame {
    /** Makes a whole message. */
    public Binary(byte[] data) {
      this(data, true, false, false, false);
    }

    /** Makes a frame of a message that may be split. */
    public Binary(byte[] data, boolean fin, boolean rsv1, boolean rsv2, boolean rsv3) {
      super(data, fin, rsv1, rsv2, rsv3);
    }

    @Override
    public Opcode opcode() {
      return Opcode.BINARY;
    }

    /** Returns a copy of the payload; {@link #data()} gives it uncopied. */
    public byte[] readBytes() {
      return copy();
    }
  }

  /** The beginning or the answer of the closing handshake (RFC 6455 §5.5.1). */
  public static final class Close extends Frame {
    /** Makes a Close frame that gives no reason. */
    public Close() {
      this(EMPTY);
    }

    /**
     * Makes a Close frame with a reason.
     *
     * @throws IllegalArgumentException if the reason cannot go on the wire, see {@link
     *     CloseReason#requireSendable()}
     */
    public Close(CloseReason reason) {
      this(reason.encode());
    }

    /** Makes a Close frame of its payload, which is judged when the frame is sent. */
    public Close(byte[] data) {
      super(data);
    }

    @Override
    public Opcode opcode() {
      return Opcode.CLOSE;
    }

    /** Returns the reason, or {@code null} where the payload is too short to hold one. */
    public @Nullable CloseReason readReason() {
      return data().length < 2 ? null : CloseReason.decode(data());
    }

    @Override
    public String toString() {
      CloseReason reason = readReason();
      return "Close[" + (reason == null ? "no code" : reason.code()) + "]";
    }
  }

  /** A question whether the peer is there (RFC 6455 §5.5.2). */
  public static final class Ping extends Frame {
    /**
     * Makes a Ping.
     *
     * @param data at most 125 bytes, which come back in the Pong
     * @throws IllegalArgumentException if the payload is longer
     */
    public Ping(byte[] data) {
      super(data);
    }

    @Override
    public Opcode opcode() {
      return Opcode.PING;
    }
  }

  /** The answer to a Ping, or an unasked sign of life (RFC 6455 §5.5.3). */
  public static final class Pong extends Frame {
    /**
     * Makes a Pong.
     *
     * @param data at most 125 bytes
     * @throws IllegalArgumentException if the payload is longer
     */
    public Pong(byte[] data) {
      super(data);
    }

    @Override
    public Opcode opcode() {
      return Opcode.PONG;
    }
  }
}
