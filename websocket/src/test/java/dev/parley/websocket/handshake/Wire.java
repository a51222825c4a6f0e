// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.handshake;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** The ways in which the same bytes can reach a reader. */
enum Wire {
  WHOLE,
  BYTE_BY_BYTE,
  DIRECT;

  /** Returns the text block with the line ends of HTTP. */
  static String lines(String text) {
    return text.replace("\n", "\r\n");
  }

  /** Reads a head and returns it with what was left in the buffer. */
  <H> Result<H> read(HeadReader<H> reader, String text) {
    ByteBuffer bytes = buffer(text);
    H head = feed(reader, bytes);
    return new Result<>(
        requireNonNull(head), ISO_8859_1.decode(bytes.limit(text.length())).toString());
  }

  /** Reads until there is a head, a failure or no more text; returns the bytes consumed. */
  <H> int consume(HeadReader<H> reader, String text) {
    ByteBuffer bytes = buffer(text);
    try {
      feed(reader, bytes);
    } catch (HandshakeException e) {
      return bytes.position();
    }
    return bytes.position();
  }

  private ByteBuffer buffer(String text) {
    byte[] bytes = text.getBytes(ISO_8859_1);
    return this == DIRECT
        ? ByteBuffer.allocateDirect(bytes.length).put(bytes).flip()
        : ByteBuffer.wrap(bytes);
  }

  private <H> @Nullable H feed(HeadReader<H> reader, ByteBuffer bytes) {
    if (this != BYTE_BY_BYTE) {
      return reader.read(bytes);
    }
    int length = bytes.limit();
    H head = null;
    while (head == null && bytes.position() < length) {
      head = reader.read(bytes.limit(bytes.position() + 1));
    }
    return head;
  }

  /**
   * What reading gave.
   *
   * @param head the head
   * @param rest what was left in the buffer
   */
  record Result<H>(H head, String rest) {}
}
