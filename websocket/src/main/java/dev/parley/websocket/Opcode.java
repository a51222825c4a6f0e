// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import org.jspecify.annotations.Nullable;

/** The frame opcodes that RFC 6455 §5.2 and §11.8 define. All others are reserved. */
public enum Opcode {
  CONTINUATION(0x0),
  TEXT(0x1),
  BINARY(0x2),
  CLOSE(0x8),
  PING(0x9),
  PONG(0xA);

  private static final @Nullable Opcode[] BY_CODE = new @Nullable Opcode[16];

  static {
    for (Opcode opcode : values()) {
      BY_CODE[opcode.code] = opcode;
    }
  }

  private final int code;

  Opcode(int code) {
    this.code = code;
  }

  /** Returns the four bits on the wire. */
  public int code() {
    return code;
  }

  /** Tells whether frames of this opcode are control frames (RFC 6455 §5.5). */
  public boolean isControl() {
    return code >= 0x8;
  }

  /**
   * Returns the opcode with the given code, or {@code null} where the code is reserved.
   *
   * @param code the four bits on the wire, 0 to 15
   */
  public static @Nullable Opcode of(int code) {
    return BY_CODE[code];
  }
}
