// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import dev.parley.client.transport.Destination;
import dev.parley.websocket.handshake.Headers;
import java.net.URI;
import java.util.List;
import java.util.Objects;

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
  private final int redirects;

  HttpRequest(
      boolean webSocket,
      HttpMethod method,
      Url url,
      Headers headers,
      List<String> subprotocols,
      Attributes attributes,
      Destination destination,
      byte[] body,
      boolean leftOrigin,
      int redirects) {
    this.webSocket = webSocket;
    this.method = method;
    this.url = url;
    this.headers = headers;
    this.subprotocols = List.copyOf(subprotocols);
    this.attributes = attributes;
    this.destination = destination;
    this.body = body;
    this.leftOrigin = leftOrigin;
    this.redirects = redirects;
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

  /** Where a request goes: what may be kept once for many. */
  record Place(Url url, Destination destination) {}

  Place whereTo() {
    return new Place(url, destination);
  }

  /**
   * Tells whether this goes to a place, component by component: what the JDK makes for {@code
   * equals} of a record keeps the class loader from being unloaded.
   */
  boolean goesTo(Place place) {
    Url other = place.url();
    Destination there = place.destination();
    return url.scheme() == other.scheme()
        && Objects.equals(url.host(), other.host())
        && url.port() == other.port()
        && url.path().equals(other.path())
        && Objects.equals(url.query(), other.query())
        && destination.secure() == there.secure()
        && destination.host().equals(there.host())
        && destination.port() == there.port()
        && destination.trustsAnyone() == there.trustsAnyone()
        && Objects.equals(destination.unixSocket(), there.unixSocket());
  }

  /** Returns this request, which goes to a place, with what that holds. */
  HttpRequest at(Place place) {
    return new HttpRequest(
        webSocket,
        method,
        place.url(),
        headers,
        subprotocols,
        attributes,
        place.destination(),
        body,
        leftOrigin,
        redirects);
  }

  /** Returns how many redirects led here. */
  int redirects() {
    return redirects;
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
