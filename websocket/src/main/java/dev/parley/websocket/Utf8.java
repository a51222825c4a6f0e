// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Strict UTF-8 of whole strings: what cannot be encoded is refused, never replaced. */
final class Utf8 {
  private Utf8() {}

  /**
   * Encodes a string.
   *
   * @throws IllegalArgumentException if the string has a lone surrogate, which UTF-8 cannot hold
   */
  static byte[] encode(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    // The encoder puts '?' in place of a lone surrogate; only a text that has a surrogate can hold
    // one.
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        return encodeStrictly(text);
      }
    }
    return bytes;
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
