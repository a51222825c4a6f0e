// SPDX-License-Identifier: Apache-2.0
package dev.parley.compliance;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.zip.Deflater;

/**
 * Compresses the messages of this server (RFC 7692 §7.2.1).
 *
 * <p>The JDK's {@link Deflater} knows no window but the largest. For smaller ones there is a
 * compressor of our own: it repeats as far back as the window reaches, to its last byte, so that a
 * client with too small a window is found out.
 */
final class Compressor implements AutoCloseable {
  private static final int LARGEST = 15;

  /** RFC 1951 §3.2.5: the shortest length of each length code, and its extra bits. */
  private static final int[] LENGTHS = {
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131,
    163, 195, 227, 258
  };

  /** RFC 1951 §3.2.5: the shortest distance of each distance code. */
  private static final int[] DISTANCES = {
    1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049,
    3073, 4097, 6145, 8193, 12289, 16385, 24577
  };

  private final boolean forgets;
  private final int window;
  private final Deflater deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, true);
  private byte[] history = {};

  // The bits of the block being written, the first one lowest.
  private ByteArrayOutputStream out = new ByteArrayOutputStream();
  private long bits;
  private int bitCount;

  Compressor(boolean forgets, int windowBits) {
    this.forgets = forgets;
    this.window = windowBits == 0 || windowBits == LARGEST ? 0 : 1 << windowBits;
  }

  /** Returns the payload of a message, without the four bytes that end a flush. */
  byte[] compress(byte[] message) {
    byte[] all = window == 0 ? deflate(message) : repeat(message);
    return Arrays.copyOf(all, all.length - 4);
  }

  private byte[] deflate(byte[] message) {
    if (forgets) {
      deflater.reset();
    }
    deflater.setInput(message);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    byte[] buffer = new byte[16 << 10];
    for (int count = -1; count != 0; ) {
      count = deflater.deflate(buffer, 0, buffer.length, Deflater.SYNC_FLUSH);
      bytes.write(buffer, 0, count);
    }
    if (message.length == 0) {
      // zlib writes nothing twice; RFC 7692 §7.2.3.6 has an empty message as an empty block.
      return new byte[] {0, 0, 0, (byte) 0xff, (byte) 0xff};
    }
    return bytes.toByteArray();
  }

  /** Writes one block with the fixed codes, and then the empty one of a flush. */
  private byte[] repeat(byte[] message) {
    out = new ByteArrayOutputStream();
    bits(0b010, 3);
    byte[] text = Arrays.copyOf(history, history.length + message.length);
    System.arraycopy(message, 0, text, history.length, message.length);
    int[] seen = new int[1 << 14];
    Arrays.fill(seen, -1);
    int from = 0;
    for (int at = history.length; at < text.length; ) {
      for (; from < at; from++) {
        remember(seen, text, from);
      }
      int length = match(seen, text, at);
      if (length < 3) {
        code(text[at] & 0xff);
        at++;
      } else {
        pair(length, at - seen[hash(text, at)]);
        at += length;
      }
    }
    code(256);
    bits(0, 3);
    bits(0, (8 - bitCount % 8) % 8);
    int kept = forgets ? 0 : Math.min(text.length, window);
    history = Arrays.copyOfRange(text, text.length - kept, text.length);
    out.writeBytes(new byte[] {0, 0, (byte) 0xff, (byte) 0xff});
    return out.toByteArray();
  }

  /** Returns data that repeats what was never there. */
  static byte[] tooFarBack() {
    try (Compressor one = new Compressor(false, LARGEST)) {
      one.bits(0b010, 3);
      one.code('a');
      one.pair(3, 32_768);
      one.code(256);
      one.bits(0, 3);
      one.bits(0, 8);
      return one.out.toByteArray();
    }
  }

  private static void remember(int[] seen, byte[] text, int at) {
    if (at + 2 < text.length) {
      seen[hash(text, at)] = at;
    }
  }

  private int match(int[] seen, byte[] text, int at) {
    if (at + 2 >= text.length) {
      return 0;
    }
    int earlier = seen[hash(text, at)];
    if (earlier < 0 || at - earlier > window) {
      return 0;
    }
    int length = 0;
    while (length < 258
        && at + length < text.length
        && text[earlier + length] == text[at + length]) {
      length++;
    }
    return length;
  }

  private static int hash(byte[] text, int at) {
    int three = (text[at] & 0xff) << 16 | (text[at + 1] & 0xff) << 8 | (text[at + 2] & 0xff);
    return (three * 0x9e3779b1) >>> 18;
  }

  /** RFC 1951 §3.2.6: a symbol in the fixed code, its highest bit first. */
  private void code(int symbol) {
    if (symbol < 144) {
      reversed(0x30 + symbol, 8);
    } else if (symbol < 256) {
      reversed(0x190 + symbol - 144, 9);
    } else if (symbol < 280) {
      reversed(symbol - 256, 7);
    } else {
      reversed(0xc0 + symbol - 280, 8);
    }
  }

  private void pair(int length, int distance) {
    int l = index(LENGTHS, length);
    code(257 + l);
    bits(length - LENGTHS[l], l < 8 || l == 28 ? 0 : l / 4 - 1);
    int d = index(DISTANCES, distance);
    reversed(d, 5);
    bits(distance - DISTANCES[d], d < 4 ? 0 : d / 2 - 1);
  }

  private static int index(int[] starts, int value) {
    int found = Arrays.binarySearch(starts, value);
    return found >= 0 ? found : -found - 2;
  }

  private void reversed(int code, int count) {
    bits(Integer.reverse(code) >>> (32 - count), count);
  }

  private void bits(int value, int count) {
    bits |= (long) value << bitCount;
    bitCount += count;
    for (; bitCount >= 8; bitCount -= 8) {
      out.write((int) bits);
      bits >>>= 8;
    }
  }

  @Override
  public void close() {
    deflater.end();
  }
}
