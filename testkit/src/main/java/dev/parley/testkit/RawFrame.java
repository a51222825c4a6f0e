// SPDX-License-Identifier: Apache-2.0
package dev.parley.testkit;

import dev.parley.websocket.Opcode;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * A frame as it stands on the wire (RFC 6455 §5.2), with every bit of its header free and no rule
 * judged: what a connection recorded, or what a test sends to see it refused.
 *
 * <p>Immutable: each {@code with…} returns another frame.
 *
 * @param firstByte FIN, RSV1 to RSV3 and the opcode
 * @param maskingKey the masking key, or {@code null} where the mask bit is not set
 * @param lengthBits how the length is written: in 7, 16 or 64 bits
 * @param length the length that the header claims
 * @param payload the payload, unmasked; a test may give more or fewer bytes than the header claims
 */
public record RawFrame(
    int firstByte, @Nullable Integer maskingKey, int lengthBits, long length, ByteBuffer payload) {
  private static final int FIN = 0x80;
  private static final int RSV1 = 0x40;
  private static final int RSV2 = 0x20;
  private static final int RSV3 = 0x10;
  private static final int MASK = 0x80;
  private static final int LENGTH_16 = 126;
  private static final int LENGTH_64 = 127;
  private static final int SHOWN_BYTES = 32;

  /** Copies the payload, and validates that the header can be written. */
  public RawFrame {
    long most =
        switch (lengthBits) {
          case 7 -> 125;
          case 16 -> 0xffff;
          case 64 -> -1;
          default ->
              throw new IllegalArgumentException(
                  "length of " + lengthBits + " bits, expected 7, 16 or 64");
        };
    if (Long.compareUnsigned(length, most) > 0) {
      throw new IllegalArgumentException("length " + length + " in " + lengthBits + " bits");
    }
    if (firstByte < 0 || firstByte > 0xff) {
      throw new IllegalArgumentException("first byte " + firstByte + ", expected 0 to 255");
    }
    byte[] copy = new byte[payload.remaining()];
    payload.duplicate().get(copy);
    payload = ByteBuffer.wrap(copy).asReadOnlyBuffer();
  }

  /**
   * Makes an unmasked, final frame whose header tells the truth.
   *
   * @param opcode the four bits, reserved ones included
   */
  public static RawFrame of(int opcode, byte[] payload) {
    if (opcode < 0 || opcode > 0xf) {
      throw new IllegalArgumentException("opcode " + opcode + ", expected 0 to 15");
    }
    int length = payload.length;
    return new RawFrame(FIN | opcode, null, minimalBits(length), length, ByteBuffer.wrap(payload));
  }

  /** Makes an unmasked, final frame whose header tells the truth. */
  public static RawFrame of(Opcode opcode, byte[] payload) {
    return of(opcode.code(), payload);
  }

  /** Makes a whole text message. */
  public static RawFrame text(String text) {
    return of(Opcode.TEXT, text.getBytes(StandardCharsets.UTF_8));
  }

  /** Returns this frame with another FIN bit. */
  public RawFrame withFin(boolean fin) {
    return withBit(FIN, fin);
  }

  /** Returns this frame with another RSV1 bit. */
  public RawFrame withRsv1(boolean rsv1) {
    return withBit(RSV1, rsv1);
  }

  /** Returns this frame with another RSV2 bit. */
  public RawFrame withRsv2(boolean rsv2) {
    return withBit(RSV2, rsv2);
  }

  /** Returns this frame with another RSV3 bit. */
  public RawFrame withRsv3(boolean rsv3) {
    return withBit(RSV3, rsv3);
  }

  /** Returns this frame, masked with a key. */
  public RawFrame withMaskingKey(int key) {
    return new RawFrame(firstByte, key, lengthBits, length, payload);
  }

  /** Returns this frame with its length written in 7, 16 or 64 bits, minimal or not. */
  public RawFrame withLengthBits(int bits) {
    return new RawFrame(firstByte, maskingKey, bits, length, payload);
  }

  /** Returns this frame with a header that claims another length, up to 64 bits unsigned. */
  public RawFrame withLength(long claimed) {
    return new RawFrame(firstByte, maskingKey, minimalBits(claimed), claimed, payload);
  }

  private RawFrame withBit(int bit, boolean set) {
    int changed = set ? firstByte | bit : firstByte & ~bit;
    return new RawFrame(changed, maskingKey, lengthBits, length, payload);
  }

  private static int minimalBits(long length) {
    if (length < 0 || length > 0xffff) {
      return 64;
    }
    return length < LENGTH_16 ? 7 : 16;
  }

  /** Returns the four bits of the opcode. */
  public int opcode() {
    return firstByte & 0xf;
  }

  /** Tells whether FIN is set. */
  public boolean fin() {
    return (firstByte & FIN) != 0;
  }

  /** Tells whether RSV1 is set. */
  public boolean rsv1() {
    return (firstByte & RSV1) != 0;
  }

  /** Tells whether RSV2 is set. */
  public boolean rsv2() {
    return (firstByte & RSV2) != 0;
  }

  /** Tells whether RSV3 is set. */
  public boolean rsv3() {
    return (firstByte & RSV3) != 0;
  }

  /** Tells whether the payload is masked on the wire. */
  public boolean masked() {
    return maskingKey != null;
  }

  /** Returns the payload, unmasked, read-only; its position is the caller's own. */
  @Override
  public ByteBuffer payload() {
    return payload.duplicate();
  }

  /** Returns the payload as text. */
  public String payloadAsText() {
    return StandardCharsets.UTF_8.decode(payload()).toString();
  }

  /** Returns the bytes on the wire: the header as it is, then the payload, masked if it is. */
  public byte[] toBytes() {
    ByteBuffer bytes = ByteBuffer.allocate(2 + 8 + 4 + payload.remaining());
    int mask = maskingKey == null ? 0 : MASK;
    bytes.put((byte) firstByte);
    switch (lengthBits) {
      case 7 -> bytes.put((byte) (mask | length));
      case 16 -> bytes.put((byte) (mask | LENGTH_16)).putShort((short) length);
      default -> bytes.put((byte) (mask | LENGTH_64)).putLong(length);
    }
    byte[] data = new byte[payload.remaining()];
    payload().get(data);
    if (maskingKey != null) {
      bytes.putInt(maskingKey);
      mask(data, maskingKey);
    }
    byte[] written = new byte[bytes.put(data).flip().remaining()];
    bytes.get(written);
    return written;
  }

  /**
   * Reads one frame, whatever its header says. Blocks until it is whole.
   *
   * @return the frame, or {@code null} where the stream ends before it begins
   * @throws EOFException if the stream ends within the frame
   * @throws IOException if reading fails, or the header claims more than an array can hold
   */
  public static @Nullable RawFrame read(InputStream in) throws IOException {
    int firstByte = in.read();
    if (firstByte < 0) {
      return null;
    }
    int second = (int) number(in, 1);
    int lengthBits =
        switch (second & ~MASK) {
          case LENGTH_16 -> 16;
          case LENGTH_64 -> 64;
          default -> 7;
        };
    long length = lengthBits == 7 ? second & ~MASK : number(in, lengthBits / 8);
    Integer maskingKey = (second & MASK) == 0 ? null : (Integer) (int) number(in, 4);
    if (length < 0 || length > Integer.MAX_VALUE - 8) {
      throw new IOException("frame that claims " + Long.toUnsignedString(length) + " bytes");
    }
    byte[] payload = in.readNBytes((int) length);
    if (payload.length < length) {
      throw new EOFException(
          "stream ended after " + payload.length + " bytes of a payload of " + length);
    }
    if (maskingKey != null) {
      mask(payload, maskingKey);
    }
    return new RawFrame(firstByte, maskingKey, lengthBits, length, ByteBuffer.wrap(payload));
  }

  private static long number(InputStream in, int bytes) throws IOException {
    long number = 0;
    for (int i = 0; i < bytes; i++) {
      int next = in.read();
      if (next < 0) {
        throw new EOFException("stream ended within the header of a frame");
      }
      number = number << 8 | next;
    }
    return number;
  }

  /** RFC 6455 §5.3: byte i of the payload is combined with byte i modulo 4 of the key. */
  private static void mask(byte[] payload, int key) {
    for (int i = 0; i < payload.length; i++) {
      payload[i] ^= (byte) (key >>> (24 - 8 * (i & 3)));
    }
  }

  /** Shows the bytes on the wire in hex, the first ones at least. */
  @Override
  public String toString() {
    byte[] bytes = toBytes();
    String hex =
        HexFormat.ofDelimiter(" ").formatHex(bytes, 0, Math.min(bytes.length, SHOWN_BYTES));
    return bytes.length <= SHOWN_BYTES ? hex : hex + " … (" + bytes.length + " bytes)";
  }
}
