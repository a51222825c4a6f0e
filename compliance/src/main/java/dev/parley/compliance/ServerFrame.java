// SPDX-License-Identifier: Apache-2.0
package dev.parley.compliance;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** A frame as this server writes it, right or wrong: every bit of its header can be set. */
final class ServerFrame {
  static final int CONTINUATION = 0;
  static final int TEXT = 1;
  static final int BINARY = 2;
  static final int CLOSE = 8;
  static final int PING = 9;
  static final int PONG = 10;

  private static final String[] NAMES = {
    "continuation",
    "text",
    "binary",
    "opcode 3",
    "opcode 4",
    "opcode 5",
    "opcode 6",
    "opcode 7",
    "Close",
    "Ping",
    "Pong",
    "opcode 11",
    "opcode 12",
    "opcode 13",
    "opcode 14",
    "opcode 15"
  };

  /** The three forms of a length (RFC 6455 §5.2). */
  enum Form {
    SEVEN_BITS,
    SIXTEEN_BITS,
    SIXTY_FOUR_BITS
  }

  private final int opcode;
  private final byte[] payload;
  private final boolean fin;
  private final int rsv;
  private final long length;
  private final @Nullable Form form;
  private final byte @Nullable [] key;

  private ServerFrame(
      int opcode,
      byte[] payload,
      boolean fin,
      int rsv,
      long length,
      @Nullable Form form,
      byte @Nullable [] key) {
    this.opcode = opcode;
    this.payload = payload;
    this.fin = fin;
    this.rsv = rsv;
    this.length = length;
    this.form = form;
    this.key = key;
  }

  static ServerFrame of(int opcode, byte... payload) {
    return new ServerFrame(opcode, payload, true, 0, payload.length, null, null);
  }

  static ServerFrame text(String text) {
    return of(TEXT, utf8(text));
  }

  static ServerFrame continuation(String text) {
    return of(CONTINUATION, utf8(text));
  }

  static ServerFrame binary(byte... payload) {
    return of(BINARY, payload);
  }

  static ServerFrame ping(byte... payload) {
    return of(PING, payload);
  }

  static ServerFrame pong(byte... payload) {
    return of(PONG, payload);
  }

  static ServerFrame close(int code, String reason) {
    return close(code, utf8(reason));
  }

  static ServerFrame close(int code, byte[] reason) {
    ByteArrayOutputStream payload = new ByteArrayOutputStream();
    payload.write(code >>> 8);
    payload.write(code);
    payload.writeBytes(reason);
    return of(CLOSE, payload.toByteArray());
  }

  /** Returns this frame as a fragment that is not the last. */
  ServerFrame unfinished() {
    return new ServerFrame(opcode, payload, false, rsv, length, form, key);
  }

  /** Returns this frame with reserved bits: 4 for RSV1, 2 for RSV2, 1 for RSV3. */
  ServerFrame rsv(int bits) {
    return new ServerFrame(opcode, payload, fin, bits, length, form, key);
  }

  /** Returns this frame with another length in its header than its payload has. */
  ServerFrame claiming(long length) {
    return new ServerFrame(opcode, payload, fin, rsv, length, form, key);
  }

  /** Returns this frame with its length in a form that may be too long for it. */
  ServerFrame form(Form form) {
    return new ServerFrame(opcode, payload, fin, rsv, length, form, key);
  }

  /** Returns this frame masked, as no server may. */
  ServerFrame masked(byte... key) {
    return new ServerFrame(opcode, payload, fin, rsv, length, form, key);
  }

  int opcode() {
    return opcode;
  }

  byte[] payload() {
    return payload;
  }

  byte[] header() {
    ByteArrayOutputStream out = new ByteArrayOutputStream(14);
    out.write((fin ? 0x80 : 0) | (rsv << 4) | opcode);
    int mask = key == null ? 0 : 0x80;
    switch (form == null ? shortest(length) : form) {
      case SEVEN_BITS -> out.write(mask | (int) length);
      case SIXTEEN_BITS -> {
        out.write(mask | 126);
        number(out, length, 2);
      }
      case SIXTY_FOUR_BITS -> {
        out.write(mask | 127);
        number(out, length, 8);
      }
    }
    if (key != null) {
      out.writeBytes(key);
    }
    return out.toByteArray();
  }

  byte[] body() {
    if (key == null) {
      return payload;
    }
    byte[] masked = payload.clone();
    for (int i = 0; i < masked.length; i++) {
      masked[i] ^= key[i & 3];
    }
    return masked;
  }

  static Form shortest(long length) {
    if (length >= 0 && length < 126) {
      return Form.SEVEN_BITS;
    }
    return length >= 0 && length < 65536 ? Form.SIXTEEN_BITS : Form.SIXTY_FOUR_BITS;
  }

  private static void number(ByteArrayOutputStream out, long number, int bytes) {
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
      out.write((int) (number >>> shift));
    }
  }

  static String name(int opcode) {
    return NAMES[opcode];
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public String toString() {
    return describe(opcode, fin, rsv, length);
  }

  /** Says what a header says: {@code text, not final, RSV1, 5 bytes}. */
  static String describe(int opcode, boolean fin, int rsv, long length) {
    StringBuilder text = new StringBuilder(NAMES[opcode]);
    text.append(fin ? "" : ", not final");
    for (int bit = 1; bit <= 3; bit++) {
      text.append((rsv & (8 >> bit)) == 0 ? "" : ", RSV" + bit);
    }
    return text.append(", ").append(Long.toUnsignedString(length)).append(" bytes").toString();
  }
}
