// SPDX-License-Identifier: Apache-2.0
package dev.parley.compliance;

import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/**
 * A message, by its type, its length and a checksum: enough to compare two of them, and small
 * however large the message was.
 *
 * @param text whether it is text
 * @param length how many bytes it has
 * @param checksum the CRC-32C of its bytes
 */
public record Message(boolean text, int length, long checksum) {
  /** Returns what identifies a text message, as an application got it. */
  public static Message text(String text) {
    return of(true, text.getBytes(StandardCharsets.UTF_8));
  }

  /** Returns what identifies a binary message. */
  public static Message binary(byte[] bytes) {
    return of(false, bytes);
  }

  static Message of(boolean text, byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return new Message(text, bytes.length, crc.getValue());
  }

  @Override
  public String toString() {
    return (text ? "text" : "binary") + " of " + length + " bytes";
  }
}
