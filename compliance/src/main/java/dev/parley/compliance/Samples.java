// SPDX-License-Identifier: Apache-2.0
package dev.parley.compliance;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** Payloads, the same in every run. */
final class Samples {
  private Samples() {}

  /** Text of so many bytes, of characters of one to four bytes; the last ones are ASCII. */
  static byte[] text(int size) {
    byte[] all = new byte[size];
    int at = 0;
    for (int i = 0; ; i++) {
      byte[] line =
          ServerFrame.utf8(
              "{\"id\":%06d,\"who\":\"Zoë\",\"says\":\"grüß Gott, 世界 🌍\"}\n".formatted(i));
      if (at + line.length > size) {
        Arrays.fill(all, at, size, (byte) '*');
        return all;
      }
      System.arraycopy(line, 0, all, at, line.length);
      at += line.length;
    }
  }

  /** Bytes without any pattern. */
  static byte[] binary(int size) {
    byte[] all = new byte[size];
    new SplittableRandom(size).nextBytes(all);
    return all;
  }

  /** Bytes that repeat themselves at a distance, and at no shorter one. */
  static byte[] periodic(int size, int distance) {
    byte[] period = binary(distance);
    byte[] all = new byte[size];
    for (int at = 0; at < size; at += distance) {
      System.arraycopy(period, 0, all, at, Math.min(distance, size - at));
    }
    return all;
  }

  /** Cuts a message into frames of so many bytes. */
  static List<ServerFrame> fragments(int opcode, byte[] payload, int size) {
    List<ServerFrame> frames = new ArrayList<>();
    int at = 0;
    do {
      int to = Math.min(payload.length, at + size);
      ServerFrame frame =
          ServerFrame.of(
              at == 0 ? opcode : ServerFrame.CONTINUATION, Arrays.copyOfRange(payload, at, to));
      frames.add(to == payload.length ? frame : frame.unfinished());
      at = to;
    } while (at < payload.length);
    return frames;
  }

  /** Says a size as a person would. */
  static String size(int bytes) {
    if (bytes >= 1 << 20 && bytes % (1 << 20) == 0) {
      return (bytes >> 20) + " MiB";
    }
    if (bytes >= 1 << 17 && bytes % (1 << 10) == 0) {
      return (bytes >> 10) + " KiB";
    }
    return bytes == 1 ? "1 byte" : bytes + " bytes";
  }
}
