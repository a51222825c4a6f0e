// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.handshake;

import java.nio.charset.StandardCharsets;

/**
 * Turns a head into the bytes of HTTP/1.1 (RFC 9112 §2.1). Heads are valid from the moment they are
 * made, so nothing is checked here.
 */
public final class HeadWriter {
  private HeadWriter() {}

  /** Returns the bytes of a request head, blank line included. */
  public static byte[] write(RequestHead request) {
    return write(request.method() + " " + request.target() + " HTTP/1.1", request.headers());
  }

  /** Returns the bytes of a response head, blank line included. */
  public static byte[] write(ResponseHead response) {
    return write("HTTP/1.1 " + response.status() + " " + response.reason(), response.headers());
  }

  private static byte[] write(String startLine, Headers headers) {
    return (startLine + "\r\n" + headers.lines() + "\r\n").getBytes(StandardCharsets.ISO_8859_1);
  }
}
