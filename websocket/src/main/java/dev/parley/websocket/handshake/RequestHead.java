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
  /** Validates the request line. */
  public RequestHead {
    HeaderGrammar.requireToken("method", method);
    if (target.isEmpty() || !target.chars().allMatch(c -> c > ' ' && c <= '~')) {
      throw new IllegalArgumentException(
          "request target is empty or has a character that must be percent-encoded");
    }
  }
}
