// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Takes the frames of a byte stream apart (RFC 6455 §5.2), resumable at any byte.
 *
 * <p>It knows no rule. It is asked part by part, so that {@link Inbound} can refuse a frame at the
 * first byte that is wrong.
 */
final class FrameReader {
  /** The parts of a frame, in their order on the wire. */
  enum Part {
    /** The final bit, the reserved bits and the opcode. */
    FIRST_BYTE,
    /** Whether the frame is masked, and its length or the form of its length. */
    SECOND_BYTE,
    /** The length, where it has one of the long forms. */
    LENGTH,
    /** The masking key, where there is one, and the payload. */
    PAYLOAD
  }

  private static final byte[] EMPTY = {};

  /** One that has read nothing, and never will: for whoever needs none yet. */
  static final FrameReader UNUSED = new FrameReader();

  /** Up to here a claimed length is believed; a longer payload takes memory as it arrives. */
  private static final int BELIEVED_LENGTH = 8192;

  /** Up to here a claimed length is believed where one as long has come whole before. */
  private static final int MOST_PROVEN = 64 << 10;

  private Part next = Part.FIRST_BYTE;
  private int first;
  private int second;
  private long length;
  private byte[] payload = EMPTY;
  private int received;

  /** Up to here a length is believed now. */
  private int believed = BELIEVED_LENGTH;

  /** How many bytes of the payload were handed over as pieces, modulo the size of a masking key. */
  private int phase;

  /** A number of several bytes on its way in: the extended length, then the masking key. */
  private long number;

  private int missingBytesOfNumber;

  /** Returns the part that is to be read next, perhaps begun already. */
  Part next() {
    return next;
  }

  /** Reads the first byte, which is there. */
  void readFirstByte(ByteBuffer bytes) {
    first = bytes.get() & 0xff;
    next = Part.SECOND_BYTE;
  }

  /** Reads the second byte, and tells whether it is there. */
  boolean readSecondByte(ByteBuffer bytes) {
    if (!bytes.hasRemaining()) {
      return false;
    }
    second = bytes.get() & 0xff;
    if (hasLongLength()) {
      expectNumber(shortLength() == 126 ? 2 : 8);
      next = Part.LENGTH;
    } else {
      expectPayload(shortLength());
    }
    return true;
  }

  /** Reads a long form of the length, and tells whether it is all there. */
  boolean readLength(ByteBuffer bytes) {
    if (!readNumber(bytes)) {
      return false;
    }
    expectPayload(number);
    return true;
  }

  /**
   * Reads the masking key, where there is one, and the payload, whose length must fit an array.
   *
   * @return whether the payload is all there
   */
  boolean readPayload(ByteBuffer bytes) {
    if (isMasked() && !readNumber(bytes)) {
      return false;
    }
    int size = (int) length;
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

  int firstByte() {
    return first;
  }

  /**
   * Reads the masking key, where there is one, and what is there of the payload, as one piece.
   *
   * @param most how many bytes to read at most
   * @return whether the piece is the last of its frame
   */
  boolean readPiece(ByteBuffer bytes, int most) {
    if (isMasked() && !readNumber(bytes)) {
      return false;
    }
    int count = (int) Math.min(length, Math.min(bytes.remaining(), most));
    payload = count == 0 ? EMPTY : new byte[count];
    if (isMasked()) {
      Masking.copy(bytes, payload, 0, count, (int) number, phase);
    } else {
      bytes.get(payload, 0, count);
    }
    phase = phase + count & 3;
    length -= count;
    return length == 0;
  }

  /** Hands over the piece, which from here on is the caller's. The rest of the payload follows. */
  byte[] takePiece() {
    byte[] piece = payload;
    payload = EMPTY;
    return piece;
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

  /** Tells whether the length is not in the second byte, but in 16 or 64 bits that follow. */
  boolean hasLongLength() {
    return shortLength() > 125;
  }

  /** Returns the length of the payload, negative where the 64 bits begin with a one. */
  long length() {
    return length;
  }

  /** Returns the least length that the form of the length is meant for. */
  int leastLength() {
    return hasLongLength() ? (shortLength() == 126 ? 126 : 1 << 16) : 0;
  }

  /** Returns what came of the payload; valid up to {@link #received}. */
  byte[] payload() {
    return payload;
  }

  /** Returns how many bytes of the payload have come. */
  int received() {
    return received;
  }

  /** Returns how much memory the payload takes. */
  int held() {
    return payload.length;
  }

  /**
   * Returns how much more memory may be taken while so many bytes are read: for the rest of this
   * payload, or for others that follow.
   */
  long growth(int bytes) {
    long most = Math.max(4L * bytes, (long) bytes + believed);
    if (next == Part.PAYLOAD) {
      int needed = (int) Math.min(length, received + (long) bytes);
      if (needed > payload.length) {
        most = Math.max(most, capacity(needed, (int) length) - payload.length);
      }
    }
    return most;
  }

  /** Hands over the payload, which from here on is the caller's. The next frame follows. */
  byte[] takePayload() {
    next = Part.FIRST_BYTE;
    byte[] whole = payload;
    believed = Math.max(believed, Math.min(received, MOST_PROVEN));
    payload = EMPTY;
    received = 0;
    return whole;
  }

  private void expectPayload(long length) {
    this.length = length;
    phase = 0;
    expectNumber(4); // the masking key, where there is one
    next = Part.PAYLOAD;
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

  /**
   * Memory follows what has arrived: room for four times as much, or what a frame before it took,
   * up to {@link #MOST_PROVEN}, as whoever sends many of a length mostly tells the truth. Where
   * four times are more than half of the payload, it is the whole one, but in the first step, which
   * may be that of a frame that {@link #growth} did not know of. Until then no more than an eighth
   * is taken, as it will be moved: of a payload of 1 MiB 128 KiB are, once.
   */
  private int capacity(int needed, int size) {
    long room = Math.max(BELIEVED_LENGTH, 4L * needed);
    if (size <= believed || room >= size || (payload.length > 0 && room > size / 2)) {
      return size;
    }
    return (int) Math.max(needed, Math.min(room, Math.max(BELIEVED_LENGTH, size / 8)));
  }
}
