// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import java.nio.ByteBuffer;

/**
 * Puts a frame on the wire (RFC 6455 §5.2), header and payload straight into the buffer that goes
 * out, resumable at any byte. It knows no rule.
 */
final class FrameWriter {
  private static final byte[] EMPTY = {};
  private static final int LONGEST_HEADER = 14;

  private final boolean masked;
  private final ByteBuffer header = ByteBuffer.allocate(LONGEST_HEADER).limit(0);
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
    header.clear().put((byte) firstByte);
    // RFC 6455 §5.2: the shortest form that holds the length
    if (payload.length < 126) {
      header.put((byte) (maskBit | payload.length));
    } else if (payload.length < 1 << 16) {
      header.put((byte) (maskBit | 126)).putShort((short) payload.length);
    } else {
      header.put((byte) (maskBit | 127)).putLong(payload.length);
    }
    if (masked) {
      header.putInt(key);
    }
    header.flip();
    this.payload = payload;
    this.key = key;
  }

  /** Writes as much as fits, and tells whether nothing is left. */
  boolean write(ByteBuffer target) {
    while (header.hasRemaining() && target.hasRemaining()) {
      target.put(header.get());
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

  /** Returns how many bytes of the frame are left to write. */
  long remaining() {
    return header.remaining() + (long) payload.length - written;
  }

  /** Tells whether the last frame has been written to its end. */
  boolean isIdle() {
    return !header.hasRemaining() && written == payload.length;
  }
}
