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
  // Little-endian whatever the machine: byte i of a lane is then lane >>> 8 * i. On the side of the
  // buffer, getLong and putLong in that order run several times faster than a view of it.
  private static final VarHandle ARRAY =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private Masking() {}

  /**
   * Copies {@code length} bytes from an array to a buffer's position, and advances it.
   *
   * @param at where in the payload the first of these bytes stands
   */
  static void copy(byte[] source, int from, ByteBuffer target, int length, int key, int at) {
    long lane = lane(key, at);
    int to = target.position();
    ByteOrder order = target.order();
    target.order(ByteOrder.LITTLE_ENDIAN);
    int i = 0;
    for (; i <= length - Long.BYTES; i += Long.BYTES) {
      target.putLong(to + i, (long) ARRAY.get(source, from + i) ^ lane);
    }
    for (; i < length; i++) {
      target.put(to + i, (byte) (source[from + i] ^ laneByte(lane, i)));
    }
    target.order(order).position(to + length);
  }

  /**
   * Copies {@code length} bytes from a buffer's position to an array, and advances the position.
   *
   * @param at where in the payload the first of these bytes stands
   */
  static void copy(ByteBuffer source, byte[] target, int to, int length, int key, int at) {
    long lane = lane(key, at);
    int from = source.position();
    ByteOrder order = source.order();
    source.order(ByteOrder.LITTLE_ENDIAN);
    int i = 0;
    for (; i <= length - Long.BYTES; i += Long.BYTES) {
      ARRAY.set(target, to + i, source.getLong(from + i) ^ lane);
    }
    for (; i < length; i++) {
      target[to + i] = (byte) (source.get(from + i) ^ laneByte(lane, i));
    }
    source.order(order).position(from + length);
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
