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

  /** {@code null} where a text has it as a string. */
  private final byte @Nullable [] data;

  private final boolean fin;
  private final boolean rsv1;
  private final boolean rsv2;
  private final boolean rsv3;

  private Frame(byte[] data, boolean fin, boolean rsv1, boolean rsv2, boolean rsv3) {
    this.data = Objects.requireNonNull(data, "data");
    this.fin = fin;
    this.rsv1 = rsv1;
    this.rsv2 = rsv2;
    this.rsv3 = rsv3;
  }

  /** A whole message that has its payload as a string. */
  private Frame() {
    this.data = null;
    this.fin = true;
    this.rsv1 = false;
    this.rsv2 = false;
    this.rsv3 = false;
  }

  /** A control frame: never split, no reserved bits, a short payload (RFC 6455 §5.5). */
  private Frame(byte[] data) {
    this(data, true, false, false, false);
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
    byte[] bytes = data;
    return bytes == null ? ((Text) this).encoded() : bytes;
  }

  /** Returns how many bytes the payload has. */
  public final int length() {
    byte[] bytes = data;
    return bytes == null ? ((Text) this).text().length() : bytes.length;
  }

  /** Tells whether this frame ends its message. Always so for control frames. */
  public final boolean fin() {
    return fin;
  }

  /** Returns the first reserved bit, which extensions use. */
  public final boolean rsv1() {
    return rsv1;
  }

  /** Returns the second reserved bit. */
  public final boolean rsv2() {
    return rsv2;
  }

  /** Returns the third reserved bit. */
  public final boolean rsv3() {
    return rsv3;
  }

  /** Returns a copy of the payload. */
  public final byte[] copy() {
    return data().clone();
  }

  @Override
  public final boolean equals(@Nullable Object other) {
    return other instanceof Frame that
        && opcode() == that.opcode()
        && fin == that.fin
        && rsv1 == that.rsv1
        && rsv2 == that.rsv2
        && rsv3 == that.rsv3
        && length() == that.length()
        && Arrays.equals(data(), that.data());
  }

  @Override
  public final int hashCode() {
    return Objects.hash(opcode(), fin, rsv1, rsv2, rsv3, Arrays.hashCode(data()));
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(48);
    text.append(getClass().getSimpleName()).append('[').append(length()).append(" bytes");
    text.append(fin ? "" : ", not final");
    text.append(rsv1 ? ", rsv1" : "").append(rsv2 ? ", rsv2" : "").append(rsv3 ? ", rsv3" : "");
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

    private final boolean knownValid;
    private final boolean ascii;

    /** What came, where that was short: most who get it want nothing else. */
    private final @Nullable String text;

    /** The bytes of {@link #text}, once somebody has asked for them. */
    private volatile byte @Nullable [] encoded;

    /**
     * Makes a whole message of a string.
     *
     * @throws IllegalArgumentException if the string has a lone surrogate
     */
    public Text(String text) {
      this(Utf8.encode(text), true);
    }

    /** Makes a whole message of UTF-8 bytes, which are judged when the frame is sent. */
    public Text(byte[] data) {
      this(data, true, false, false, false);
    }

    /** Makes a frame of a message that may be split. */
    public Text(byte[] data, boolean fin, boolean rsv1, boolean rsv2, boolean rsv3) {
      super(data, fin, rsv1, rsv2, rsv3);
      this.knownValid = false;
      this.ascii = false;
      this.text = null;
    }

    /** Makes a whole message, {@code knownValid} where its UTF-8 need not be judged again. */
    Text(byte[] data, boolean knownValid) {
      this(data, knownValid, false);
    }

    /** Makes a whole message, {@code ascii} where each byte is known to be a character. */
    Text(byte[] data, boolean knownValid, boolean ascii) {
      super(data, true, false, false, false);
      this.knownValid = knownValid;
      this.ascii = ascii;
      this.text = null;
    }

    private Text(String text, boolean ascii) {
      this.knownValid = true;
      this.ascii = ascii;
      this.text = text;
    }

    private Text(byte[] data, String text) {
      super(data, true, false, false, false);
      this.knownValid = true;
      this.ascii = false;
      this.text = text;
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
      return new Text(text, true);
    }

    /**
     * Makes a whole message of a copy of a few bytes, where they are UTF-8. Judges them by decoding
     * them, which whoever reads the text then need not do again. Of what is not ASCII it keeps both
     * bytes and string, three times as much as came at most: not for long texts.
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
      return text.length() == length
          ? ofAscii(text)
          : new Text(Arrays.copyOfRange(bytes, from, to), text);
    }

    private String text() {
      return Objects.requireNonNull(text);
    }

    private byte[] encoded() {
      if (encoded == null) {
        boolean unused =
            ENCODED.compareAndSet(this, null, text().getBytes(StandardCharsets.ISO_8859_1));
      }
      return Objects.requireNonNull(encoded); // the same for all who ask
    }

    /** Tells whether the payload is valid UTF-8 by its making. */
    boolean isKnownValid() {
      return knownValid;
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
      String came = text;
      if (came != null) {
        return came;
      }
      // Of what is ASCII the two make the same, and the first need not look for anything else.
      return new String(data(), ascii ? StandardCharsets.ISO_8859_1 : StandardCharsets.UTF_8);
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
