// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Judges UTF-8 as it arrives (RFC 6455 §8.1, RFC 3629 §4): a text may be cut at any byte, and the
 * first byte that no valid text could have at its place is refused at once.
 *
 * <p>Between two bytes nothing more needs to be known than how many bytes of the character begun
 * are missing and in which range the next one must lie: that range is narrower after E0 and F0 (no
 * overlong forms), ED (no surrogates) and F4 (nothing over U+10FFFF).
 */
final class Utf8Validator {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long NOT_ASCII = 0x8080_8080_8080_8080L;

  private int missing;
  private int low;
  private int high;

  /** Tells whether the given bytes are a whole text. */
  static boolean isValid(byte[] bytes, int from, int to) {
    Utf8Validator validator = new Utf8Validator();
    return validator.accept(bytes, from, to) && validator.isComplete();
  }

  /**
   * Takes the next bytes of the text.
   *
   * @return whether the text can still become valid; after {@code false} it is of no more use
   */
  boolean accept(byte[] bytes, int from, int to) {
    int i = from;
    // in local variables, which the loop keeps in registers
    int missing = this.missing;
    int low = this.low;
    int high = this.high;
    while (i < to) {
      if (missing == 0) {
        i = skipAscii(bytes, i, to);
        if (i == to) {
          break;
        }
        int lead = bytes[i++] & 0xff;
        if (lead < 0xc2 || lead > 0xf4) {
          return false;
        }
        missing = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
        low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
        high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
      } else {
        int next = bytes[i++] & 0xff;
        if (next < low || next > high) {
          return false;
        }
        missing--;
        low = 0x80;
        high = 0xbf;
      }
    }
    this.missing = missing;
    this.low = low;
    this.high = high;
    return true;
  }

  /** Tells whether the text may end here, no character being cut. */
  boolean isComplete() {
    return missing == 0;
  }

  /** Returns what is known between two bytes, for {@link #restore}. */
  int state() {
    return missing << 16 | low << 8 | high;
  }

  /** Goes back to where {@link #state} was taken. */
  void restore(int state) {
    missing = state >>> 16;
    low = state >>> 8 & 0xff;
    high = state & 0xff;
  }

  private static int skipAscii(byte[] bytes, int from, int to) {
    int i = from;
    while (i <= to - Long.BYTES && ((long) LONGS.get(bytes, i) & NOT_ASCII) == 0) {
      i += Long.BYTES;
    }
    while (i < to && bytes[i] >= 0) {
      i++;
    }
    return i;
  }
}
