// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import java.nio.charset.StandardCharsets;
import java.util.Objects;

/**
 * A close code and the text that goes with it (RFC 6455 §7.1.5, §7.1.6, §7.4).
 *
 * <p>Any code can be held, because some codes exist only to be reported: 1005 says that a Close
 * frame carried no code, 1006 that there was no Close frame. What cannot go on the wire is refused
 * by the call that would send it, see {@link #requireSendable()}.
 *
 * @param code the close code
 * @param message the text; at most 123 bytes of UTF-8 where it is to be sent
 */
public record CloseReason(int code, String message) {
  /** The purpose of the connection is fulfilled. */
  public static final CloseReason NORMAL = new CloseReason(1000, "Normal closure");

  /** An endpoint goes away: a server shuts down, a page is left. */
  public static final CloseReason GOING_AWAY = new CloseReason(1001, "Going away");

  /** The peer broke the protocol. */
  public static final CloseReason PROTOCOL_ERROR = new CloseReason(1002, "Protocol error");

  /** The kind of data cannot be accepted. */
  public static final CloseReason CANNOT_ACCEPT = new CloseReason(1003, "Cannot accept");

  /** The data is not what its type says, as in text that is not UTF-8. */
  public static final CloseReason NOT_CONSISTENT = new CloseReason(1007, "Not consistent");

  /** A policy was violated. */
  public static final CloseReason VIOLATED_POLICY = new CloseReason(1008, "Violated policy");

  /** A message was too big. */
  public static final CloseReason TOO_BIG = new CloseReason(1009, "Too big");

  /** The server did not negotiate an extension that the client needs. */
  public static final CloseReason NO_EXTENSION = new CloseReason(1010, "No extension");

  /** An unexpected condition, ours and not the peer's fault. */
  public static final CloseReason INTERNAL_ERROR = new CloseReason(1011, "Internal error");

  /** The service restarts. */
  public static final CloseReason SERVICE_RESTART = new CloseReason(1012, "Service restart");

  /** The service is overloaded; try again later. */
  public static final CloseReason TRY_AGAIN_LATER = new CloseReason(1013, "Try again later");

  /** The TLS handshake failed. Reported only; never sent. */
  public static final CloseReason TLS_HANDSHAKE_FAILED =
      new CloseReason(1015, "TLS handshake failed");

  /** What a Close frame without a payload means (RFC 6455 §7.1.5). Reported only; never sent. */
  public static final CloseReason NO_STATUS = new CloseReason(1005, "");

  /**
   * The most bytes of UTF-8 that a message may take in a Close frame: 125 less two for the code.
   */
  public static final int MAX_MESSAGE_BYTES = 123;

  /** Validates that the message is not null. */
  public CloseReason {
    Objects.requireNonNull(message, "message");
  }

  /**
   * Tells whether a close code may stand in a Close frame.
   *
   * <p>RFC 6455 §7.4.1 and §7.4.2, with the registry of §11.7: 1000 to 1003, 1007 to 1014, and 3000
   * to 4999. The codes 1004, 1005, 1006 and 1015 are reserved and never sent.
   *
   * @param code the code to judge
   */
  public static boolean isSendable(int code) {
    return (code >= 1000 && code <= 1003)
        || (code >= 1007 && code <= 1014)
        || (code >= 3000 && code <= 4999);
  }

  /**
   * Returns this reason, or refuses it where it cannot go on the wire.
   *
   * @return this reason
   * @throws IllegalArgumentException if the code may not be sent, the message has a lone surrogate,
   *     or it takes more than {@value #MAX_MESSAGE_BYTES} bytes of UTF-8
   */
  public CloseReason requireSendable() {
    encode();
    return this;
  }

  /** Returns the payload of a Close frame with this reason; see {@link #requireSendable()}. */
  byte[] encode() {
    requireSendable(code);
    byte[] text = Utf8.encode(message);
    if (text.length > MAX_MESSAGE_BYTES) {
      throw new IllegalArgumentException(
          "close message of " + text.length + " bytes of UTF-8, at most " + MAX_MESSAGE_BYTES);
    }
    byte[] payload = new byte[2 + text.length];
    payload[0] = (byte) (code >>> 8);
    payload[1] = (byte) code;
    System.arraycopy(text, 0, payload, 2, text.length);
    return payload;
  }

  /** Refuses a close code that cannot go on the wire. */
  static void requireSendable(int code) {
    if (!isSendable(code)) {
      throw new IllegalArgumentException(
          "close code " + code + " must not be sent, expected 1000-1003, 1007-1014 or 3000-4999");
    }
  }

  /** Reads the payload of a Close frame that has been judged valid and has at least two bytes. */
  static CloseReason decode(byte[] payload) {
    return new CloseReason(
        codeOf(payload), new String(payload, 2, payload.length - 2, StandardCharsets.UTF_8));
  }

  /** Reads the code from the payload of a Close frame that has at least two bytes. */
  static int codeOf(byte[] payload) {
    return (payload[0] & 0xff) << 8 | (payload[1] & 0xff);
  }
}
