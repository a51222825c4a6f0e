// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.handshake;

/**
 * The head of an HTTP/1.1 response (RFC 9112 §4).
 *
 * @param status the status code, 100 to 999
 * @param reason the reason phrase, possibly empty
 * @param headers the header fields
 */
public record ResponseHead(int status, String reason, Headers headers) {
  /**
   * Validates the status line.
   *
   * @throws IllegalArgumentException if the status code is out of range, or the reason phrase has a
   *     control character or a character outside of ISO 8859-1
   */
  public ResponseHead {
    if (status < 100 || status > 999) {
      throw new IllegalArgumentException("status code " + status + ", expected 100 to 999");
    }
    HeaderGrammar.requireText("reason phrase", reason);
  }
}
