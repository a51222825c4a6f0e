// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

import dev.parley.websocket.handshake.Headers;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;

/**
 * The start of the body of a response that refused the upgrade: framed by {@code Content-Length},
 * by chunks or by the end of the stream (RFC 9112 §6, §7.1), bounded, and never inflated.
 */
final class RefusalBody {
  private static final int MAX_CHUNK_LINE = 256;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final int max;
  private final boolean chunked;

  /** Bytes still to come of the body, or of the current chunk. */
  private long left;

  private final StringBuilder line = new StringBuilder();
  private boolean inChunk;
  private boolean done;

  private RefusalBody(int max, boolean chunked, long left) {
    this.max = max;
    this.chunked = chunked;
    this.left = left;
  }

  static RefusalBody of(Headers headers, int max) {
    String coding = headers.get("Transfer-Encoding");
    if (coding != null) {
      return new RefusalBody(max, coding.strip().equalsIgnoreCase("chunked"), Long.MAX_VALUE);
    }
    String length = headers.get("Content-Length");
    if (length == null || !length.matches("\\d{1,18}")) {
      return new RefusalBody(max, false, Long.MAX_VALUE);
    }
    return new RefusalBody(max, false, Long.parseLong(length));
  }

  /** Takes bytes; true when the body is complete, as long as we keep it, or no body at all. */
  boolean read(ByteBuffer buffer) {
    while (!done && buffer.hasRemaining()) {
      if (chunked && !inChunk) {
        readChunkLine(buffer.get());
      } else {
        readData(buffer);
      }
      done |= bytes.size() == max;
    }
    return done || (!chunked && left == 0);
  }

  /** Returns what has come so far. */
  ByteBuffer start() {
    return ByteBuffer.wrap(bytes.toByteArray());
  }

  private void readData(ByteBuffer buffer) {
    int count = (int) Math.min(Math.min(buffer.remaining(), left), max - bytes.size());
    byte[] data = new byte[count];
    buffer.get(data);
    bytes.writeBytes(data);
    left -= count;
    if (left == 0) {
      done = !chunked;
      inChunk = false;
    }
  }

  /**
   * A chunk's size in hexadecimal, perhaps an extension, CR LF; before it, the CR LF of the chunk
   * before.
   */
  private void readChunkLine(byte next) {
    if (next != '\n') {
      done = line.length() == MAX_CHUNK_LINE;
      line.append((char) (next & 0xff));
      return;
    }
    String size = line.toString().split(";", 2)[0].strip();
    line.setLength(0);
    if (!size.isEmpty()) {
      done = !size.matches("[0-9A-Fa-f]{1,15}") || Long.parseLong(size, 16) == 0;
      left = done ? 0 : Long.parseLong(size, 16);
      inChunk = !done;
    }
  }
}
