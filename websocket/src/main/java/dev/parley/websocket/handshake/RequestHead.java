// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.handshake;

/**
 * The head of an HTTP/1.1 request (RFC 9112 §3).
 *
 * @param method the method, a token
 * @param target the request target, already encoded
 * @param headers the header fields
 */
public record RequestHead(String method, String target, Headers headers) {
  /**
   * Validates the request line.
   *
   * @throws IllegalArgumentException if the method is no token, or the target is empty or has a
   *     character that must be percent-encoded
   */
  public RequestHead {
    HeaderGrammar.requireToken("method", method);
    if (target.isEmpty() || !HeaderGrammar.isVisible(target)) {
      throw new IllegalArgumentException(
          "request target is empty or has a character that must be percent-encoded");
    }
  }

  /** Shows neither the query nor the values of the headers: they may be secrets. */
  @Override
  public String toString() {
    return method + " " + target.replaceFirst("\\?.*", "?...") + " " + headers;
  }
}
