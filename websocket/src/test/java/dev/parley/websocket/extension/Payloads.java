// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.extension;

import java.util.HexFormat;
import java.util.Random;
import java.util.random.RandomGenerator;

/** Payloads to compress, the same in every run. */
final class Payloads {
  private Payloads() {}

  static byte[] hex(String spaced) {
    return HexFormat.of().parseHex(spaced.replace(" ", ""));
  }

  /** Bytes that do not compress. */
  static byte[] noise(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }

  /** Noise that repeats itself after a period. */
  static byte[] periodic(int size, int period) {
    byte[] noise = noise(period);
    byte[] bytes = new byte[size];
    for (int i = 0; i < size; i++) {
      bytes[i] = noise[i % period];
    }
    return bytes;
  }

  /** Letters, some far more frequent than others, in words that return. */
  static byte[] prose(int size) {
    RandomGenerator random = new Random(size);
    byte[] bytes = new byte[size];
    for (int i = 0; i < size; i++) {
      int back = 1 + random.nextInt(40_000);
      if (back < i && i % 7 != 0) {
        int length = Math.min(3 + random.nextInt(12), size - i);
        for (int end = i + length; i < end; i++) {
          bytes[i] = bytes[i - back];
        }
        i--;
      } else {
        bytes[i] = (byte) ('a' + Math.abs((int) (random.nextGaussian() * 4)));
      }
    }
    return bytes;
  }
}
