// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Puts a frame on the wire (RFC 6455 §5.2), header and payload straight into the buffer that goes
 * out, resumable at any byte. It knows no rule.
 */
final class FrameWriter {
  private static final byte[] EMPTY = {};

  /** How far a value is shifted whose highest byte comes first in a header, or in its tail. */
  private static final int FIRST = 56;

  private final boolean masked;

  /** The first eight bytes of the header, the highest first; in most frames these are all. */
  private long head;

  private byte headerLength;
  private byte headerWritten;
  private byte[] payload = EMPTY;
  private int written;
  private int key;

  /** Makes a writer for a side that masks, or does not mask, all that it sends. */
  FrameWriter(boolean masked) {
    this.masked = masked;
  }

  /**
   * Takes the next frame. The one before must have been written.
   *
   * @param firstByte the final bit, the reserved bits and the opcode
   * @param key the masking key; ignored by a side that does not mask
   */
  void begin(int firstByte, byte[] payload, int key) {
    int maskBit = masked ? 0x80 : 0;
    int keyLength = masked ? Integer.BYTES : 0;
    long keyBits = masked ? key & 0xffff_ffffL : 0;
    long length = payload.length;
    long first = (firstByte & 0xffL) << FIRST;
    // RFC 6455 §5.2: the shortest form that holds the length
    if (length < 126) {
      head = first | (maskBit | length) << 48 | keyBits << 16;
      headerLength = (byte) (2 + keyLength);
    } else if (length < 1 << 16) {
      head = first | (maskBit | 126L) << 48 | length << 32 | keyBits;
      headerLength = (byte) (4 + keyLength);
    } else {
      head = first | (maskBit | 127L) << 48 | length >>> 16;
      headerLength = (byte) (10 + keyLength);
    }
    headerWritten = 0;
    this.payload = payload;
    this.key = key;
  }

  /** Writes as much as fits, and tells whether nothing is left. */
  boolean write(ByteBuffer target) {
    if (headerWritten < headerLength) {
      writeHeader(target);
    }
    int count = Math.min(target.remaining(), payload.length - written);
    if (masked) {
      Masking.copy(payload, written, target, count, key, written);
    } else {
      target.put(payload, written, count);
    }
    written += count;
    if (!isIdle()) {
      return false;
    }
    payload = EMPTY; // an idle connection holds no payload
    written = 0;
    return true;
  }

  private void writeHeader(ByteBuffer target) {
    if (headerWritten == 0 && headerLength <= Long.BYTES && target.remaining() >= Long.BYTES) {
      // In one go; what it writes behind the header is free, and the payload's place.
      int at = target.position();
      ByteOrder order = target.order();
      target.order(ByteOrder.BIG_ENDIAN).putLong(at, head).order(order);
      target.position(at + headerLength);
      headerWritten = headerLength;
      return;
    }
    while (headerWritten < headerLength && target.hasRemaining()) {
      long bytes = headerWritten < Long.BYTES ? head : tail();
      target.put((byte) (bytes >>> (FIRST - 8 * (headerWritten % Long.BYTES))));
      headerWritten++;
    }
  }

  /** Returns what the longest headers have after eight bytes: the length's end, and the key. */
  private long tail() {
    long keyBits = masked ? key & 0xffff_ffffL : 0;
    return (long) payload.length << 48 | keyBits << 16;
  }

  /** Returns how many bytes of the frame are left to write. */
  long remaining() {
    return headerLength - headerWritten + (long) payload.length - written;
  }

  /** Tells whether the last frame has been written to its end. */
  boolean isIdle() {
    return headerWritten == headerLength && written == payload.length;
  }
}
