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
 * overlong forms), ED (no surrogates) and F4 (nothing over U+10FFFF). All that is one number, which
 * whoever has the text keeps from one part of it to the next.
 */
final class Utf8Validator {
  /** What is known where no character is cut: at the beginning, and wherever a text may end. */
  static final int COMPLETE = 0;

  /** No text goes on like that. */
  static final int INVALID = -1;

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long NOT_ASCII = 0x8080_8080_8080_8080L;

  private Utf8Validator() {}

  /** Tells whether the given bytes are a whole text. */
  static boolean isValid(byte[] bytes, int from, int to) {
    return judge(COMPLETE, bytes, from, to) == COMPLETE;
  }

  /** Returns how many bytes of a text are ASCII before the first that is not. */
  static int ascii(byte[] text) {
    return skipAscii(text, 0, text.length);
  }

  /** Tells whether the given bytes are ASCII. */
  static boolean isAscii(byte[] bytes, int from, int to) {
    return skipAscii(bytes, from, to) == to;
  }

  /**
   * Judges the next bytes of a text.
   *
   * @param known what is known of the bytes before: {@link #COMPLETE}, or what this returned
   * @return what is known after them, or {@link #INVALID}
   */
  static int judge(int known, byte[] bytes, int from, int to) {
    int i = from;
    int missing = known >>> 16;
    int low = known >>> 8 & 0xff;
    int high = known & 0xff;
    while (i < to) {
      if (missing == 0) {
        i = skipAscii(bytes, i, to);
        if (i == to) {
          break;
        }
        int lead = bytes[i++] & 0xff;
        if (lead < 0xc2 || lead > 0xf4) {
          return INVALID;
        }
        missing = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
        low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
        high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
      } else {
        int next = bytes[i++] & 0xff;
        if (next < low || next > high) {
          return INVALID;
        }
        missing--;
        low = 0x80;
        high = 0xbf;
      }
    }
    return missing == 0 ? COMPLETE : missing << 16 | low << 8 | high;
  }

  private static int skipAscii(byte[] bytes, int from, int to) {
    int i = from;
    while (i <= to - 4 * Long.BYTES && (fourLongs(bytes, i) & NOT_ASCII) == 0) {
      i += 4 * Long.BYTES;
    }
    while (i <= to - Long.BYTES && ((long) LONGS.get(bytes, i) & NOT_ASCII) == 0) {
      i += Long.BYTES;
    }
    while (i < to && bytes[i] >= 0) {
      i++;
    }
    return i;
  }

  /** Returns what any of 32 bytes has set, folded into eight. */
  private static long fourLongs(byte[] bytes, int i) {
    return (long) LONGS.get(bytes, i)
        | (long) LONGS.get(bytes, i + Long.BYTES)
        | (long) LONGS.get(bytes, i + 2 * Long.BYTES)
        | (long) LONGS.get(bytes, i + 3 * Long.BYTES);
  }
}
