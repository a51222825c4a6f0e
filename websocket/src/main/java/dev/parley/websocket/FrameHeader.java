// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import org.jspecify.annotations.Nullable;

/**
 * What the first bytes of a frame say (RFC 6455 §5.2), without its payload. For looking back at
 * what passed, as {@link Inbound#lastFrames()} and {@link Outbound#lastFrames()} do.
 *
 * @param firstByte the final bit (0x80), the reserved bits (0x40, 0x20, 0x10) and the opcode
 * @param length how many bytes of payload the frame has, or claims to have, on the wire; 2^56 - 1
 *     stands for all that are as long or longer
 */
public record FrameHeader(int firstByte, long length) {
  /** Tells whether the frame ends its message. */
  public boolean fin() {
    return (firstByte & 0x80) != 0;
  }

  /** Returns the opcode, or {@code null} where it is one that RFC 6455 reserves. */
  public @Nullable Opcode opcode() {
    return Opcode.of(firstByte & 0x0f);
  }

  /** Returns it as a log has it: {@code TEXT fin rsv1, 42 bytes}. */
  @Override
  public String toString() {
    Opcode opcode = opcode();
    StringBuilder text = new StringBuilder();
    text.append(opcode == null ? "opcode " + (firstByte & 0x0f) : opcode);
    String[] names = {" fin", " rsv1", " rsv2", " rsv3"};
    for (int i = 0; i < names.length; i++) {
      if ((firstByte & 0x80 >> i) != 0) {
        text.append(names[i]);
      }
    }
    return text.append(", ").append(Long.toUnsignedString(length)).append(" bytes").toString();
  }
}
