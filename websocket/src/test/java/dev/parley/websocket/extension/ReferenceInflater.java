// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.extension;

import java.util.Arrays;

/**
 * A small, slow and obvious inflater (RFC 1951), which refuses what reaches back further than the
 * window, or further than what there was, and remembers the longest distance.
 */
final class ReferenceInflater {
  private static final int[] LENGTH_BASE = {
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131,
    163, 195, 227, 258
  };
  private static final int[] LENGTH_EXTRA = {
    0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0
  };
  private static final int[] CODE_LENGTH_ORDER = {
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15
  };

  private final int window;
  private byte[] in = {};
  private int bit;
  private byte[] out = new byte[1 << 16];
  private int size;
  private int longestDistance;

  ReferenceInflater(int window) {
    this.window = window;
  }

  int longestDistance() {
    return longestDistance;
  }

  /** Inflates a message, to which it adds the tail, in the context of those before. */
  byte[] inflate(byte[] payload) {
    in = Arrays.copyOf(payload, payload.length + 4);
    in[in.length - 2] = in[in.length - 1] = -1;
    bit = 0;
    int from = size;
    while (bit < in.length * 8) {
      bits(1); // BFINAL ends nothing here
      switch (bits(2)) {
        case 0 -> stored();
        case 1 -> compressed(fixedLengths(), equalLengths(30, 5));
        case 2 -> dynamic();
        default -> throw new IllegalStateException("block of type 3");
      }
    }
    return Arrays.copyOfRange(out, from, size);
  }

  private int bits(int count) {
    int value = 0;
    for (int i = 0; i < count; i++, bit++) {
      value |= (in[bit >> 3] >> (bit & 7) & 1) << i;
    }
    return value;
  }

  private void emit(int value) {
    if (size == out.length) {
      out = Arrays.copyOf(out, size * 2);
    }
    out[size++] = (byte) value;
  }

  private void stored() {
    bit = (bit + 7) & ~7;
    int length = bits(16);
    if (bits(16) != (~length & 0xffff)) {
      throw new IllegalStateException("NLEN is not the complement of LEN");
    }
    for (int i = 0; i < length; i++) {
      emit(bits(8));
    }
  }

  private void dynamic() {
    int literals = bits(5) + 257;
    int distances = bits(5) + 1;
    int codes = bits(4) + 4;
    int[] codeLengths = new int[19];
    for (int i = 0; i < codes; i++) {
      codeLengths[CODE_LENGTH_ORDER[i]] = bits(3);
    }
    int[] lengths = new int[literals + distances];
    for (int i = 0; i < lengths.length; ) {
      int symbol = symbol(codeLengths);
      int value = symbol == 16 ? lengths[i - 1] : symbol < 16 ? symbol : 0;
      int times =
          switch (symbol) {
            case 16 -> 3 + bits(2);
            case 17 -> 3 + bits(3);
            case 18 -> 11 + bits(7);
            default -> 1;
          };
      Arrays.fill(lengths, i, i + times, value);
      i += times;
    }
    compressed(
        Arrays.copyOf(lengths, literals), Arrays.copyOfRange(lengths, literals, lengths.length));
  }

  private void compressed(int[] literals, int[] distances) {
    for (int symbol = symbol(literals); symbol != 256; symbol = symbol(literals)) {
      if (symbol < 256) {
        emit(symbol);
        continue;
      }
      int length = LENGTH_BASE[symbol - 257] + bits(LENGTH_EXTRA[symbol - 257]);
      int code = symbol(distances);
      int extra = Math.max(0, code / 2 - 1);
      int distance = 1 + (code < 4 ? code : (2 + (code & 1)) << extra) + bits(extra);
      if (distance > Math.min(window, size)) {
        throw new IllegalStateException(
            "distance of " + distance + " after " + size + " bytes, in a window of " + window);
      }
      longestDistance = Math.max(longestDistance, distance);
      for (int i = 0; i < length; i++) {
        emit(out[size - distance]);
      }
    }
  }

  /** Reads a symbol of the canonical code with these lengths, bit by bit. */
  private int symbol(int[] lengths) {
    int code = 0;
    int first = 0;
    for (int length = 1; length <= 15; length++) {
      code = code << 1 | bits(1);
      first <<= 1;
      for (int symbol = 0; symbol < lengths.length; symbol++) {
        if (lengths[symbol] == length) {
          if (code == first) {
            return symbol;
          }
          first++;
        }
      }
    }
    throw new IllegalStateException("no such code");
  }

  private static int[] fixedLengths() {
    int[] lengths = equalLengths(288, 8);
    Arrays.fill(lengths, 144, 256, 9);
    Arrays.fill(lengths, 256, 280, 7);
    return lengths;
  }

  private static int[] equalLengths(int count, int length) {
    int[] lengths = new int[count];
    Arrays.fill(lengths, length);
    return lengths;
  }
}
