// SPDX-License-Identifier: Apache-2.0
package dev.parley.compliance;

import java.util.Arrays;

/**
 * Finds how far back a stretch of DEFLATE reaches (RFC 1951). The JDK's {@link
 * java.util.zip.Inflater} cannot tell: its window is always the largest, so it takes distances that
 * were not agreed on.
 */
final class WindowMeter {
  private static final int[] EXTRA_LENGTH_BITS = {
    0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0
  };
  private static final int[] DISTANCES = {
    1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049,
    3073, 4097, 6145, 8193, 12289, 16385, 24577
  };
  private static final int[] ORDER = {
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15
  };

  private final byte[] data;
  private long position;
  private int furthest;

  private WindowMeter(byte[] data) {
    this.data = data;
  }

  /**
   * Returns the largest distance.
   *
   * @param data whole blocks, with the four bytes at the end that RFC 7692 takes away
   * @throws IllegalArgumentException if this is no DEFLATE
   */
  static int furthest(byte[] data) {
    WindowMeter meter = new WindowMeter(data);
    try {
      boolean last = false;
      while (!last && meter.position + 3 <= 8L * data.length) {
        last = meter.block();
      }
    } catch (ArrayIndexOutOfBoundsException e) {
      throw new IllegalArgumentException("compressed data that ends too early", e);
    }
    return meter.furthest;
  }

  private boolean block() {
    boolean last = bits(1) == 1;
    switch (bits(2)) {
      case 0 -> stored();
      case 1 -> symbols(fixedLengths(), filled(30, 5));
      case 2 -> dynamic();
      default -> throw new IllegalArgumentException("block of the reserved type");
    }
    return last;
  }

  private void stored() {
    position = (position + 7) & ~7L;
    int length = bits(16);
    bits(16);
    position += 8L * length;
  }

  private static int[] fixedLengths() {
    int[] lengths = filled(288, 8);
    Arrays.fill(lengths, 144, 256, 9);
    Arrays.fill(lengths, 256, 280, 7);
    return lengths;
  }

  private static int[] filled(int size, int value) {
    int[] all = new int[size];
    Arrays.fill(all, value);
    return all;
  }

  private void dynamic() {
    int literals = bits(5) + 257;
    int distances = bits(5) + 1;
    int[] metaLengths = new int[19];
    int count = bits(4) + 4;
    for (int i = 0; i < count; i++) {
      metaLengths[ORDER[i]] = bits(3);
    }
    Code meta = new Code(metaLengths);
    int[] lengths = new int[literals + distances];
    for (int i = 0; i < lengths.length; ) {
      int symbol = meta.next();
      int value = symbol < 16 ? symbol : symbol == 16 ? lengths[i - 1] : 0;
      int repeat =
          switch (symbol) {
            case 16 -> 3 + bits(2);
            case 17 -> 3 + bits(3);
            case 18 -> 11 + bits(7);
            default -> 1;
          };
      Arrays.fill(lengths, i, i + repeat, value);
      i += repeat;
    }
    symbols(
        Arrays.copyOf(lengths, literals), Arrays.copyOfRange(lengths, literals, lengths.length));
  }

  private void symbols(int[] literalLengths, int[] distanceLengths) {
    Code literals = new Code(literalLengths);
    Code distances = new Code(distanceLengths);
    for (int symbol = literals.next(); symbol != 256; symbol = literals.next()) {
      if (symbol > 256) {
        bits(EXTRA_LENGTH_BITS[symbol - 257]);
        int code = distances.next();
        furthest = Math.max(furthest, DISTANCES[code] + bits(code < 4 ? 0 : code / 2 - 1));
      }
    }
  }

  private int bits(int count) {
    int value = 0;
    for (int i = 0; i < count; i++) {
      value |= bit() << i;
    }
    return value;
  }

  private int bit() {
    int bit = (data[(int) (position >>> 3)] >>> (position & 7)) & 1;
    position++;
    return bit;
  }

  /** A Huffman code (RFC 1951 §3.2.2), read bit by bit. */
  private final class Code {
    private final int[] counts = new int[16];
    private final int[] symbols;

    Code(int[] lengths) {
      for (int length : lengths) {
        counts[length]++;
      }
      counts[0] = 0;
      int[] offsets = new int[17];
      for (int i = 1; i < 16; i++) {
        offsets[i + 1] = offsets[i] + counts[i];
      }
      symbols = new int[lengths.length];
      for (int i = 0; i < lengths.length; i++) {
        if (lengths[i] != 0) {
          symbols[offsets[lengths[i]]++] = i;
        }
      }
    }

    int next() {
      int code = 0;
      int first = 0;
      int index = 0;
      for (int length = 1; length < 16; length++) {
        code |= bit();
        if (code - first < counts[length]) {
          return symbols[index + code - first];
        }
        index += counts[length];
        first = (first + counts[length]) << 1;
        code <<= 1;
      }
      throw new IllegalArgumentException("bits that are no symbol");
    }
  }
}
