// SPDX-License-Identifier: Apache-2.0
package dev.parley.compliance;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Payloads that are all different, the same in every run, and repeat stretches of themselves and of
 * those before: what a compressor with a window lives on.
 */
final class Medley {
  private static final String[] LETTERS =
      "a b c d e f g h i j k l m n o p r s t u v w z ä ö ü ß é λ ж я 世 界 🌍".split(" ", -1);

  private final SplittableRandom random;
  private final List<byte[]> words = new ArrayList<>();
  private byte[] before = {};

  Medley(long seed) {
    random = new SplittableRandom(seed);
    for (int i = 0; i < 300; i++) {
      StringBuilder word = new StringBuilder();
      for (int letters = random.nextInt(1, 12); letters > 0; letters--) {
        word.append(LETTERS[random.nextInt(LETTERS.length)]);
      }
      words.add(ServerFrame.utf8(word.append(' ').toString()));
    }
  }

  /** Returns a number from 1 to the most. */
  int upTo(int most) {
    return random.nextInt(1, most + 1);
  }

  /** Returns the size for a payload, from 16 bytes to 128 KiB, each power of two as often. */
  int size() {
    int least = 16 << random.nextInt(13);
    return least + random.nextInt(least + 1);
  }

  /** Returns words, of which some are far more frequent than others. */
  byte[] text(int size) {
    ByteArrayOutputStream all = new ByteArrayOutputStream(size);
    for (; ; ) {
      byte[] word = words.get(random.nextInt(random.nextInt(1, words.size() + 1)));
      if (all.size() + word.length > size) {
        all.writeBytes(ServerFrame.utf8("*".repeat(size - all.size())));
        before = all.toByteArray();
        return before;
      }
      all.writeBytes(word);
    }
  }

  /** Returns noise, one byte again and again, and stretches of itself and of the one before. */
  byte[] binary(int size) {
    byte[] all = new byte[size];
    for (int at = 0; at < size; ) {
      int length = Math.min(size - at, upTo(2000));
      int kind = random.nextInt(4);
      byte[] source = kind == 3 ? before : all;
      int there = kind == 3 ? before.length : at;
      if (kind == 0) {
        Arrays.fill(all, at, at + length, (byte) random.nextInt());
      } else if (kind == 1 || there == 0) {
        byte[] noise = new byte[length];
        random.nextBytes(noise);
        System.arraycopy(noise, 0, all, at, length);
      } else {
        int from = random.nextInt(there);
        length = Math.min(length, there - from);
        System.arraycopy(source, from, all, at, length);
      }
      at += length;
    }
    before = all;
    return all;
  }
}
