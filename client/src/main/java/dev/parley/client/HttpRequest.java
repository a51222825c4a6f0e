// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import dev.parley.client.transport.Destination;
import dev.parley.websocket.handshake.Headers;
import java.net.URI;
import java.util.List;

/** A request as it is sent, an opening or a plain one. Immutable, but for its attributes. */
public final class HttpRequest {
  private final boolean webSocket;
  private final HttpMethod method;
  private final Url url;
  private final Headers headers;
  private final List<String> subprotocols;
  private final Attributes attributes;
  private final Destination destination;
  private final byte[] body;
  private final boolean leftOrigin;

  HttpRequest(
      boolean webSocket,
      HttpMethod method,
      Url url,
      Headers headers,
      List<String> subprotocols,
      Attributes attributes,
      Destination destination,
      byte[] body,
      boolean leftOrigin) {
    this.webSocket = webSocket;
    this.method = method;
    this.url = url;
    this.headers = headers;
    this.subprotocols = List.copyOf(subprotocols);
    this.attributes = attributes;
    this.destination = destination;
    this.body = body;
    this.leftOrigin = leftOrigin;
  }

  /** Tells whether the request opens a WebSocket. */
  public boolean isWebSocket() {
    return webSocket;
  }

  /** Returns the method; {@link HttpMethod#GET} for an opening. */
  public HttpMethod method() {
    return method;
  }

  /**
   * Returns the URL with its query, percent-encoded; the scheme is {@code ws} or {@code wss} for an
   * opening, {@code http} or {@code https} for a plain request.
   */
  public URI url() {
    return URI.create(webSocket ? url.toString() : Url.http(url.toString()));
  }

  /**
   * Returns every header field that is sent, those of the opening handshake included; but for
   * {@code Content-Length}, and {@code User-Agent} where none is set, which the JDK adds to a plain
   * request.
   */
  public Headers headers() {
    return headers;
  }

  /** Returns the subprotocols that are offered, in order of preference. */
  public List<String> subprotocols() {
    return subprotocols;
  }

  /** Returns what the caller and plugins attached. */
  public Attributes attributes() {
    return attributes;
  }

  byte[] body() {
    return body;
  }

  Destination destination() {
    return destination;
  }

  /** Tells whether redirects led out of the origin that was asked for, even if back again. */
  boolean leftOrigin() {
    return leftOrigin;
  }

  /** Returns the URL in parts, its port never missing. */
  Url target() {
    return url;
  }

  /** Returns the URL for messages: without the query, which may be a secret. */
  String place() {
    return webSocket ? url.withoutQuery() : Url.http(url.withoutQuery());
  }

  /** Shows neither the query nor the value of a header: they may be secrets. */
  @Override
  public String toString() {
    return method + " " + place() + " " + headers;
  }
}
