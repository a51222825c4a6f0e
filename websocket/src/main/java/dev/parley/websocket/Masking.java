// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Masks and unmasks a payload while it is copied (RFC 6455 §5.3): byte <i>i</i> is combined with
 * byte <i>i</i> mod 4 of the masking key by exclusive or, so that doing it twice gives the payload
 * back. Eight bytes go at a time.
 *
 * <p>A masking key is an {@code int} whose highest byte comes first on the wire.
 */
final class Masking {
  // Little-endian views whatever the machine and the buffer's own order: byte i of a lane is then
  // lane >>> 8 * i.
  private static final VarHandle ARRAY =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle BUFFER =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private Masking() {}

  /**
   * Copies {@code length} bytes from an array to a buffer's position, and advances it.
   *
   * @param at where in the payload the first of these bytes stands
   */
  static void copy(byte[] source, int from, ByteBuffer target, int length, int key, int at) {
    long lane = lane(key, at);
    int to = target.position();
    int i = 0;
    for (; i <= length - Long.BYTES; i += Long.BYTES) {
      BUFFER.set(target, to + i, (long) ARRAY.get(source, from + i) ^ lane);
    }
    for (; i < length; i++) {
      target.put(to + i, (byte) (source[from + i] ^ laneByte(lane, i)));
    }
    target.position(to + length);
  }

  /**
   * Copies {@code length} bytes from a buffer's position to an array, and advances the position.
   *
   * @param at where in the payload the first of these bytes stands
   */
  static void copy(ByteBuffer source, byte[] target, int to, int length, int key, int at) {
    long lane = lane(key, at);
    int from = source.position();
    int i = 0;
    for (; i <= length - Long.BYTES; i += Long.BYTES) {
      ARRAY.set(target, to + i, (long) BUFFER.get(source, from + i) ^ lane);
    }
    for (; i < length; i++) {
      target[to + i] = (byte) (source.get(from + i) ^ laneByte(lane, i));
    }
    source.position(from + length);
  }

  /** Returns the key twice over, turned so that it begins with the byte for {@code at}. */
  private static long lane(int key, int at) {
    long turned = Integer.reverseBytes(Integer.rotateLeft(key, 8 * (at & 3))) & 0xffff_ffffL;
    return turned << 32 | turned;
  }

  private static int laneByte(long lane, int i) {
    return (int) (lane >>> (8 * (i & 7)));
  }
}
