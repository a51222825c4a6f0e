// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import dev.parley.websocket.handshake.Headers;
import java.nio.charset.Charset;
import java.nio.charset.IllegalCharsetNameException;
import java.nio.charset.StandardCharsets;
import java.nio.charset.UnsupportedCharsetException;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The server's answer to the opening request. Immutable. */
public final class HttpResponse {
  private static final Pattern CHARSET =
      Pattern.compile(";\\s*charset\\s*=\\s*\"?([^\\s;\"]+)", Pattern.CASE_INSENSITIVE);

  private final HttpStatus status;
  private final Headers headers;
  private final byte[] body;

  HttpResponse(HttpStatus status, Headers headers, byte[] body) {
    this.status = Objects.requireNonNull(status, "status");
    this.headers = Objects.requireNonNull(headers, "headers");
    this.body = Objects.requireNonNull(body, "body");
  }

  /** Returns the status; 101 where the upgrade was granted. */
  public HttpStatus status() {
    return status;
  }

  /** Returns the header fields. */
  public Headers headers() {
    return headers;
  }

  /**
   * Returns the body of a refused upgrade as text, in the charset of its {@code Content-Type}, or
   * else in UTF-8. At most 64 KiB of the body are kept, as they were sent: a compressed body is not
   * inflated, so that a refusal cannot be a bomb. Empty where the upgrade was granted. Never
   * blocks.
   */
  public String bodyAsText() {
    return new String(body, charset());
  }

  /** Returns a copy of the bytes of {@link #bodyAsText()}. */
  public byte[] bodyAsBytes() {
    return body.clone();
  }

  private Charset charset() {
    String type = headers.get("Content-Type");
    Matcher named = CHARSET.matcher(type == null ? "" : type);
    try {
      return named.find() ? Charset.forName(named.group(1)) : StandardCharsets.UTF_8;
    } catch (IllegalCharsetNameException | UnsupportedCharsetException e) {
      // A server's odd charset must not turn its refusal into another error.
      return StandardCharsets.UTF_8;
    }
  }

  /** Shows the status and the names of the headers; no value, no body. */
  @Override
  public String toString() {
    return status + " " + headers;
  }
}
