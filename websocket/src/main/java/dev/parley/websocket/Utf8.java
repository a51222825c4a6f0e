// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Strict UTF-8 of whole strings: what cannot be encoded is refused, never replaced. */
final class Utf8 {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long ONES = 0x0101_0101_0101_0101L;
  private static final long HIGH_BITS = 0x8080_8080_8080_8080L;
  private static final long QUESTION_MARKS = '?' * ONES;

  private Utf8() {}

  /**
   * Encodes a string.
   *
   * @throws IllegalArgumentException if the string has a lone surrogate, which UTF-8 cannot hold
   */
  static byte[] encode(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    // The encoder puts '?' in place of a lone surrogate: where there is none, nothing was replaced.
    return hasQuestionMark(bytes) && hasSurrogate(text) ? encodeStrictly(text) : bytes;
  }

  private static boolean hasQuestionMark(byte[] bytes) {
    int i = 0;
    for (; i <= bytes.length - Long.BYTES; i += Long.BYTES) {
      long others = (long) LONGS.get(bytes, i) ^ QUESTION_MARKS;
      if ((others - ONES & ~others & HIGH_BITS) != 0) { // one of the eight is zero
        return true;
      }
    }
    for (; i < bytes.length; i++) {
      if (bytes[i] == '?') {
        return true;
      }
    }
    return false;
  }

  private static boolean hasSurrogate(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        return true;
      }
    }
    return false;
  }

  private static byte[] encodeStrictly(String text) {
    try {
      ByteBuffer encoded = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
      byte[] bytes = new byte[encoded.remaining()];
      encoded.get(bytes);
      return bytes;
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("text has a lone surrogate, which UTF-8 cannot hold", e);
    }
  }
}
