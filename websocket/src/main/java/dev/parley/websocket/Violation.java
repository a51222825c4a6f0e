// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

/**
 * Every rule of an open connection that a peer can break: the close code that answers it, the short
 * fixed text of our Close frame, and where the rule stands.
 */
public enum Violation {
  RESERVED_BIT(1002, "reserved bit set", "RFC 6455 §5.2"),
  RESERVED_OPCODE(1002, "reserved opcode", "RFC 6455 §5.2"),
  FRAME_NOT_MASKED(1002, "frame not masked", "RFC 6455 §5.1"),
  FRAME_MASKED(1002, "frame masked", "RFC 6455 §5.1"),
  LENGTH_NOT_MINIMAL(1002, "length not minimal", "RFC 6455 §5.2"),
  LENGTH_NEGATIVE(1002, "length over 63 bits", "RFC 6455 §5.2"),
  CONTROL_FRAME_FRAGMENTED(1002, "control frame fragmented", "RFC 6455 §5.5"),
  CONTROL_FRAME_TOO_LONG(1002, "control frame too long", "RFC 6455 §5.5"),
  CONTINUATION_OF_NOTHING(1002, "continuation of nothing", "RFC 6455 §5.4"),
  MESSAGE_INTERRUPTED(1002, "message interrupted", "RFC 6455 §5.4"),
  CLOSE_PAYLOAD_OF_ONE_BYTE(1002, "close payload of one byte", "RFC 6455 §5.5.1"),
  CLOSE_CODE_INVALID(1002, "close code invalid", "RFC 6455 §7.4"),
  CLOSE_MESSAGE_NOT_UTF8(1007, "close message not UTF-8", "RFC 6455 §5.5.1"),
  TEXT_NOT_UTF8(1007, "text not UTF-8", "RFC 6455 §8.1"),
  FRAME_TOO_BIG(1009, "frame too big", "RFC 6455 §10.4"),
  MESSAGE_TOO_BIG(1009, "message too big", "RFC 6455 §10.4"),
  MEMORY_BUDGET_USED_UP(1009, "memory budget used up", "RFC 6455 §10.4"),
  TOO_MANY_FRAGMENTS(1008, "too many fragments", "RFC 6455 §10.4"),
  COMPRESSED_DATA_INVALID(1007, "compressed data invalid", "RFC 7692 §7.2.2"),
  EXTENSION_FAILED(1011, "extension failed", "RFC 6455 §9");

  private final int closeCode;
  private final String message;
  private final String section;

  Violation(int closeCode, String message, String section) {
    this.closeCode = closeCode;
    this.message = message;
    this.section = section;
  }

  /** Returns the code and the text of the Close frame that answers this violation. */
  public CloseReason closeReason() {
    return new CloseReason(closeCode, message);
  }

  /** Returns where the rule stands. */
  public String section() {
    return section;
  }
}
