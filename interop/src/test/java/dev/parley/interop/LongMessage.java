// SPDX-License-Identifier: Apache-2.0
package dev.parley.interop;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Random;

/**
 * Bytes of a message of any length: a million of them at random, and again. The period is no
 * multiple of any buffer's size, so that a piece at the wrong place is another piece.
 */
final class LongMessage {
  /** How many bytes are there from every place of the period on, to be had at once. */
  static final int PIECE = 64 << 10;

  private static final int PERIOD = 1_000_003;

  private LongMessage() {}

  /** Returns the bytes of a period, and of the piece behind it. */
  static byte[] bytes() {
    byte[] bytes = new byte[PERIOD + PIECE];
    new Random(6455).nextBytes(bytes);
    System.arraycopy(bytes, 0, bytes, PERIOD, PIECE);
    return bytes;
  }

  /** Returns where in {@link #bytes()} those stand that are at a place of the message. */
  static int offset(long place) {
    return (int) (place % PERIOD);
  }

  static MessageDigest digest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every platform has it", e);
    }
  }
}
