// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Takes the frames of a byte stream apart (RFC 6455 §5.2), resumable at any byte.
 *
 * <p>It knows no rule. After each part that can be judged by itself it stops, so that {@link
 * Inbound} can refuse a frame at the first byte that is wrong.
 */
final class FrameReader {
  /** The parts of a frame, in the order in which they become known. */
  enum Part {
    /** The final bit, the reserved bits and the opcode. */
    FIRST_BYTE,
    /** Whether the frame is masked, and which form its length has. */
    SECOND_BYTE,
    /** How long the payload will be. */
    LENGTH,
    /** The whole payload, unmasked. */
    PAYLOAD
  }

  private static final byte[] EMPTY = {};

  /** Up to here a claimed length is believed; a longer payload takes memory as it arrives. */
  private static final int BELIEVED_LENGTH = 8192;

  private Part next = Part.FIRST_BYTE;
  private int first;
  private int second;
  private long length;
  private byte[] payload = EMPTY;
  private int received;

  /** A number of several bytes on its way in: the extended length, then the masking key. */
  private long number;

  private int missingBytesOfNumber;

  /**
   * Reads on until one more part is known. After {@link Part#LENGTH} it may be called again only
   * where the length fits an array.
   *
   * @return the part, or {@code null} where the bytes ran out before its end
   */
  @Nullable Part read(ByteBuffer bytes) {
    return switch (next) {
      case FIRST_BYTE -> {
        if (!bytes.hasRemaining()) {
          yield null;
        }
        first = bytes.get() & 0xff;
        next = Part.SECOND_BYTE;
        yield Part.FIRST_BYTE;
      }
      case SECOND_BYTE -> {
        if (!bytes.hasRemaining()) {
          yield null;
        }
        second = bytes.get() & 0xff;
        expectNumber(shortLength() < 126 ? 0 : shortLength() == 126 ? 2 : 8);
        next = Part.LENGTH;
        yield Part.SECOND_BYTE;
      }
      case LENGTH -> {
        if (!readNumber(bytes)) {
          yield null;
        }
        length = shortLength() < 126 ? shortLength() : number;
        expectNumber(isMasked() ? 4 : 0);
        next = Part.PAYLOAD;
        yield Part.LENGTH;
      }
      case PAYLOAD -> {
        if (!readNumber(bytes) || !readPayload(bytes)) {
          yield null;
        }
        next = Part.FIRST_BYTE;
        yield Part.PAYLOAD;
      }
    };
  }

  boolean isFinal() {
    return (first & 0x80) != 0;
  }

  /** Returns the reserved bits at their places in the first byte: 0x40, 0x20 and 0x10. */
  int reservedBits() {
    return first & 0x70;
  }

  /** Returns the four bits of the opcode, which may be a reserved one. */
  int opcode() {
    return first & 0x0f;
  }

  boolean isMasked() {
    return (second & 0x80) != 0;
  }

  /** Returns the seven bits of the length: 126 and 127 mean that 16 or 64 bits follow. */
  int shortLength() {
    return second & 0x7f;
  }

  /** Returns the length of the payload, negative where the 64 bits begin with a one. */
  long length() {
    return length;
  }

  /** Returns the least length that the form of the length is meant for. */
  int leastLength() {
    return shortLength() < 126 ? 0 : shortLength() == 126 ? 126 : 1 << 16;
  }

  /** Returns what came of the payload; valid up to {@link #received}. */
  byte[] payload() {
    return payload;
  }

  /** Returns how many bytes of the payload have come. */
  int received() {
    return received;
  }

  /** Hands over the payload, which from here on belongs to the caller. */
  byte[] takePayload() {
    byte[] whole = payload;
    payload = EMPTY;
    received = 0;
    return whole;
  }

  private void expectNumber(int bytes) {
    number = 0;
    missingBytesOfNumber = bytes;
  }

  private boolean readNumber(ByteBuffer bytes) {
    while (missingBytesOfNumber > 0) {
      if (!bytes.hasRemaining()) {
        return false;
      }
      number = number << 8 | (bytes.get() & 0xff);
      missingBytesOfNumber--;
    }
    return true;
  }

  private boolean readPayload(ByteBuffer bytes) {
    int size = Math.toIntExact(length);
    int count = Math.min(bytes.remaining(), size - received);
    if (received + count > payload.length) {
      payload = Arrays.copyOf(payload, capacity(received + count, size));
    }
    if (isMasked()) {
      Masking.copy(bytes, payload, received, count, (int) number, received);
    } else {
      bytes.get(payload, received, count);
    }
    received += count;
    return received == size;
  }

  /** A payload that is all there gets its final array; another one doubles towards its length. */
  private int capacity(int needed, int size) {
    long growing = Math.max(BELIEVED_LENGTH, 2L * payload.length);
    return (int) Math.min(size, Math.max(needed, growing));
  }
}
