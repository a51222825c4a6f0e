// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.handshake;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/**
 * The key with which a client makes the server prove that it speaks WebSocket (RFC 6455 §1.3).
 *
 * @param value the value of {@code Sec-WebSocket-Key}: 16 bytes in base64
 */
public record HandshakeKey(String value) {
  private static final int NONCE_LENGTH = 16;
  private static final int VALUE_LENGTH = 24; // with its padding, which the decoder can do without
  private static final String GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

  /**
   * Validates the value.
   *
   * @throws IllegalArgumentException if it is not the base64 of 16 bytes
   */
  public HandshakeKey {
    if (!isNonce(value)) {
      throw new IllegalArgumentException(
          "Sec-WebSocket-Key: " + HeaderGrammar.show(value) + ", expected the base64 of 16 bytes");
    }
  }

  private static boolean isNonce(String value) {
    try {
      return value.length() == VALUE_LENGTH
          && Base64.getDecoder().decode(value).length == NONCE_LENGTH;
    } catch (IllegalArgumentException e) {
      return false; // no base64 at all
    }
  }

  /**
   * Makes the key from a nonce, which must be new and random for each connection.
   *
   * @throws IllegalArgumentException if the nonce does not have 16 bytes
   */
  public static HandshakeKey of(byte[] nonce) {
    if (nonce.length != NONCE_LENGTH) {
      throw new IllegalArgumentException("nonce of " + nonce.length + " bytes, expected 16");
    }
    return new HandshakeKey(Base64.getEncoder().encodeToString(nonce));
  }

  /** Returns the {@code Sec-WebSocket-Accept} that answers this key (RFC 6455 §4.2.2). */
  public String accept() {
    byte[] answer = (value + GUID).getBytes(StandardCharsets.US_ASCII);
    try {
      return Base64.getEncoder().encodeToString(MessageDigest.getInstance("SHA-1").digest(answer));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-1", e);
    }
  }
}
