// SPDX-License-Identifier: Apache-2.0
package dev.parley.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Standard input as lines of bytes. A line ends with LF or CRLF, or where the input ends; the
 * ending is no part of it. Bytes, because text must be judged as UTF-8, and -b takes anything.
 */
final class InputLines implements Messages {
  private final InputStream in;
  private final byte[] buffer = new byte[1 << 16];
  private int position;
  private int limit;

  InputLines(InputStream in) {
    this.in = in;
  }

  @Override
  public byte @Nullable [] next() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    while (true) {
      for (int i = position; i < limit; i++) {
        if (buffer[i] == '\n') {
          line.write(buffer, position, i - position);
          position = i + 1;
          return withoutReturn(line.toByteArray());
        }
      }
      line.write(buffer, position, limit - position);
      position = 0;
      limit = Math.max(0, in.read(buffer));
      if (limit == 0) {
        return line.size() == 0 ? null : withoutReturn(line.toByteArray());
      }
    }
  }

  private static byte[] withoutReturn(byte[] line) {
    int length = line.length;
    return length > 0 && line[length - 1] == '\r' ? Arrays.copyOf(line, length - 1) : line;
  }
}
