// SPDX-License-Identifier: Apache-2.0
package dev.parley.compliance;

import java.util.HexFormat;

/** Bytes as text, abbreviated: what a trace shows. */
final class Hex {
  private static final HexFormat SPACED = HexFormat.ofDelimiter(" ");
  private static final int SHOWN = 24;

  private Hex() {}

  static String all(byte[] bytes) {
    return SPACED.formatHex(bytes);
  }

  static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex.replace(" ", ""));
  }

  static String brief(byte[] bytes) {
    if (bytes.length <= SHOWN + 4) {
      return all(bytes);
    }
    return SPACED.formatHex(bytes, 0, SHOWN)
        + " … "
        + SPACED.formatHex(bytes, bytes.length - 4, bytes.length);
  }
}
