// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import dev.parley.websocket.WebSocketException;
import dev.parley.websocket.handshake.Headers;
import java.nio.charset.Charset;
import java.nio.charset.IllegalCharsetNameException;
import java.nio.charset.StandardCharsets;
import java.nio.charset.UnsupportedCharsetException;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The server's answer to a request, an opening or a plain one. Immutable. */
public final class HttpResponse {
  private static final Pattern CHARSET =
      Pattern.compile(";\\s*charset\\s*=\\s*\"?([^\\s;\"]+)", Pattern.CASE_INSENSITIVE);

  /** The body of most of what a session keeps, once for all. */
  static final byte[] NO_BODY = {};

  private final HttpClient client;
  private final HttpStatus status;
  private final Headers headers;
  private final byte[] body;
  private final String reached;

  HttpResponse(HttpClient client, HttpStatus status, Headers headers, byte[] body) {
    this(client, status, headers, body, "");
  }

  /**
   * Makes a response.
   *
   * @param reached where it came from, to stand at the end of a message
   */
  HttpResponse(HttpClient client, HttpStatus status, Headers headers, byte[] body, String reached) {
    this.client = Objects.requireNonNull(client, "client");
    this.status = Objects.requireNonNull(status, "status");
    this.headers = Objects.requireNonNull(headers, "headers");
    this.body = Objects.requireNonNull(body, "body");
    this.reached = Objects.requireNonNull(reached, "reached");
  }

  /**
   * Returns the status; 101 where the upgrade was granted. That of a plain request has no reason.
   */
  public HttpStatus status() {
    return status;
  }

  /** Returns the header fields. */
  public Headers headers() {
    return headers;
  }

  /**
   * Returns the body as text, in the charset of its {@code Content-Type}, or else in UTF-8. A plain
   * request has the whole body, see {@link HttpClientConfig#maxBodySize}; of a refused upgrade at
   * most 64 KiB are kept. Bodies are as they were sent: a compressed one is not inflated, so that
   * none can be a bomb. Empty where the upgrade was granted. Never blocks.
   */
  public String bodyAsText() {
    return new String(body, charset());
  }

  /** Returns a copy of the bytes of {@link #bodyAsText()}. */
  public byte[] bodyAsBytes() {
    return body.clone();
  }

  /**
   * Returns the body as an object, read by the {@code contentConverter} of {@link WebSockets},
   * whatever the status and the {@code Content-Type} are. Never blocks.
   *
   * @throws WebSocketException if there is no converter, or it could make no such object of the
   *     body
   * @throws IllegalStateException if {@link WebSockets}, which has the converter, is not installed
   */
  public <T> T body(Class<T> type) {
    return body(TypeInfo.of(type));
  }

  /** Returns the body as an object of a generic type; see {@link #body(Class)}. */
  public <T> T body(TypeInfo<T> type) {
    return Conversion.of(client).read(charset(), bodyAsText(), type);
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

  /**
   * Returns where it came from, to stand at the end of a message; empty where that is not known.
   */
  String reached() {
    return reached;
  }

  /** Shows the status and the names of the headers; no value, no body. */
  @Override
  public String toString() {
    return status + " " + headers;
  }
}
