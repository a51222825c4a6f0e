// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import dev.parley.client.transport.Deadline;
import dev.parley.client.transport.Destination;
import dev.parley.websocket.WebSocketException;
import dev.parley.websocket.handshake.ClientHandshake;
import dev.parley.websocket.handshake.Headers;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a request asks for: where to, and with which headers; a plain one also with which method and
 * body. Each method checks what it is given, so that nothing wrong gets as far as a socket. To be
 * used by one thread at a time.
 *
 * <p>An opening and a plain request are built alike, and plugins see both; {@link #isWebSocket()}
 * tells them apart. {@code ws} and {@code http} are one scheme here, and so are {@code wss} and
 * {@code https}: a {@link DefaultRequest} serves both.
 *
 * <p>Path and query are percent-encoded by one rule: what is encoded already stays; letters, digits
 * and the punctuation that RFC 3986 allows there stay; everything else, spaces and text outside of
 * ASCII among it, is encoded as UTF-8; control characters are refused.
 */
public final class HttpRequestBuilder {
  private static final Pattern UNIX =
      Pattern.compile(
          "(?si)(?:ws|http)(?<s>s)?\\+unix:(?://(?=/))?(?<socket>(?!//)[^:?#]+)(?::(?<target>[/?].*)?)?");
  private static final int MAX_UNIX_PATH = 107;
  private static final Set<String> OURS =
      Set.of("connection", "upgrade", "content-length", "transfer-encoding");

  private final @Nullable Scheme required;
  private final @Nullable HttpClient plainOf; // null for an opening
  private final Headers.Builder headers = Headers.builder();
  private final Attributes attributes;
  private List<String> subprotocols = List.of();
  private HttpMethod method = HttpMethod.GET;
  private @Nullable Scheme scheme;
  private boolean schemeMissing;
  private @Nullable String host;
  private int port;
  private String path = "/";
  private @Nullable String query;
  private boolean trustsAnyone;
  private @Nullable Path unixSocket;
  private boolean unixSocketOfUrl;
  private @Nullable Duration timeout;
  private Deadline deadline = Deadline.NONE;
  private boolean leftOrigin;
  private int redirects;
  private byte[] body = HttpResponse.NO_BODY;
  private @Nullable String bodyType;

  /** Makes the builder of an opening. */
  HttpRequestBuilder(@Nullable Scheme required) {
    this(required, null, new Attributes());
  }

  private HttpRequestBuilder(
      @Nullable Scheme required, @Nullable HttpClient plainOf, Attributes attributes) {
    this.required = required;
    this.plainOf = plainOf;
    this.attributes = attributes;
  }

  /** Makes the builder of a plain request. */
  static HttpRequestBuilder plain(HttpClient client, HttpMethod method) {
    return new HttpRequestBuilder(null, client, new Attributes()).method(method);
  }

  /** Tells whether this request opens a WebSocket, rather than to be answered by a body. */
  public boolean isWebSocket() {
    return plainOf == null;
  }

  /**
   * Returns the request that a redirect leads to.
   *
   * @param withBody whether method and body go along; else it is a GET, or a HEAD as before
   * @param sameOrigin whether what belongs to the origin goes along
   * @param redirects how many led there, from the request that the caller made
   * @param kept tells which header fields go along
   */
  HttpRequestBuilder redirected(
      Url to, boolean withBody, boolean sameOrigin, int redirects, Predicate<Headers.Field> kept) {
    HttpRequestBuilder next = new HttpRequestBuilder(null, plainOf, attributes);
    headers().fields().stream().filter(kept).forEach(f -> next.headers.add(f.name(), f.value()));
    if (withBody) {
      next.method = method;
      next.body = body;
      next.bodyType = bodyType;
    } else {
      next.method = method == HttpMethod.HEAD ? method : HttpMethod.GET;
    }
    next.subprotocols = subprotocols;
    next.scheme = to.scheme();
    next.host = to.host();
    next.port = to.port();
    next.path = to.path();
    next.query = to.query();
    next.trustsAnyone = trustsAnyone && sameOrigin;
    next.unixSocket = sameOrigin ? unixSocket : null;
    next.deadline = deadline;
    next.leftOrigin = leftOrigin || !sameOrigin;
    next.redirects = redirects;
    return next;
  }

  /**
   * Sets scheme, host, port, path and query at once. {@code http} and {@code https} are taken for
   * {@code ws} and {@code wss}, and the other way round in a plain request. A string that begins
   * with a slash or a question mark has a path and a query only, and goes to the host of {@link
   * #host(String)} or of {@link DefaultRequest}. In {@code ws} and {@code wss} the scheme may be
   * left out.
   *
   * <p>{@code ws+unix:/run/app.sock:/chat?room=1}, {@code wss+unix:}, {@code http+unix:} and {@code
   * https+unix:} lead to a Unix-domain socket, {@link #unixSocket}: its path, percent-encoded where
   * it has a colon, and behind a colon the path and query of the request. The host is {@code
   * localhost} where none was set before.
   *
   * @throws IllegalArgumentException if this is no WebSocket URL: an unknown scheme, or another one
   *     than {@code ws} or {@code wss} was called for, no host or one that is none, user
   *     information, a fragment, a port outside of 1 to 65535, an IPv6 zone, a control character or
   *     a lone surrogate in path or query; or if {@link #unixSocket} refuses the path of a socket
   */
  public HttpRequestBuilder url(String url) {
    Matcher unix = url.indexOf('+') < 0 ? null : UNIX.matcher(url);
    if (unix != null && unix.matches()) {
      Url target = Url.parseTarget(Objects.requireNonNullElse(unix.group("target"), ""));
      path = target.path();
      query = target.query();
      host = host == null ? "localhost" : host;
      schemeMissing = false;
      unixSocket(Url.decodePath(unix.group("socket")));
      unixSocketOfUrl = true;
      return secure(unix.group("s") != null);
    }
    if (unixSocketOfUrl) { // of the URL before, whose place this one takes
      unixSocketOfUrl = false;
      unixSocket = null;
    }
    Url parsed = Url.parse(url);
    if (parsed.scheme() != null) {
      secure(parsed.scheme() == Scheme.WSS);
    }
    if (parsed.host() != null) {
      schemeMissing = parsed.scheme() == null;
      host = parsed.host();
      port = parsed.port();
    }
    path = parsed.path();
    query = parsed.query();
    return this;
  }

  /**
   * Sets the method. Default: {@link HttpMethod#GET}, or what the method of {@link HttpClient} is
   * called. An opening request is a GET; any other is refused when the request is sent.
   */
  public HttpRequestBuilder method(HttpMethod method) {
    this.method = Objects.requireNonNull(method, "method");
    return this;
  }

  /** Returns the method. */
  public HttpMethod method() {
    return method;
  }

  /**
   * Sets how long this request may take in all: to the session, or to the last byte of the body.
   * Redirects and what plugins send with it count. Default: {@link WebSockets.Config#openTimeout}
   * for an opening, {@link HttpClientConfig#requestTimeout} for a plain request. No hook can change
   * it.
   *
   * @throws IllegalArgumentException if it is not more than zero
   */
  public HttpRequestBuilder timeout(Duration timeout) {
    this.timeout = HttpClientConfig.requirePositive("timeout", timeout);
    return this;
  }

  /** Takes note that the request sets out now, and returns the moment by which it must be done. */
  Deadline start(Duration usual) {
    deadline = Deadline.after(timeout == null ? usual : timeout);
    return deadline;
  }

  /** Returns the moment by which the request must be done; none before it sets out. */
  Deadline deadline() {
    return deadline;
  }

  /**
   * Sets a body of text, in UTF-8. Its {@code Content-Type} is {@code text/plain; charset=utf-8},
   * unless the request has one by {@link #contentType} or {@link #header}.
   *
   * @throws IllegalArgumentException if the request opens a WebSocket, which has no body
   */
  public HttpRequestBuilder body(String text) {
    return body(text.getBytes(StandardCharsets.UTF_8), "text/plain; charset=utf-8");
  }

  /**
   * Sets a body, of which a copy is taken. It has no {@code Content-Type} unless the request has
   * one by {@link #contentType} or {@link #header}.
   *
   * @throws IllegalArgumentException if the request opens a WebSocket, which has no body
   */
  public HttpRequestBuilder body(byte[] bytes) {
    return body(bytes.clone(), null);
  }

  /**
   * Sets a body that the {@code contentConverter} of {@link WebSockets} makes of a value, now. Its
   * {@code Content-Type} is {@link WebsocketContentConverter#contentType()}, unless the request has
   * one by {@link #contentType} or {@link #header}.
   *
   * @throws IllegalArgumentException if the request opens a WebSocket, which has no body
   * @throws WebSocketException if there is no converter, or it could make no text of the value
   * @throws IllegalStateException if {@link WebSockets}, which has the converter, is not installed
   */
  public HttpRequestBuilder bodySerialized(Object value) {
    return bodySerialized(TypeInfo.of((Type) value.getClass()), value);
  }

  /** Sets a body of a generic type; see {@link #bodySerialized(Object)}. */
  public HttpRequestBuilder bodySerialized(TypeInfo<?> type, Object value) {
    Conversion conversion = Conversion.of(plain("body"));
    String text = conversion.serialize(type, value);
    return body(text.getBytes(StandardCharsets.UTF_8), conversion.contentType());
  }

  private HttpRequestBuilder body(byte[] bytes, @Nullable String type) {
    plain("body");
    body = bytes;
    bodyType = type;
    return this;
  }

  private HttpClient plain(String what) {
    if (plainOf == null) {
      throw new IllegalArgumentException(what + " in an opening request, expected a plain one");
    }
    return plainOf;
  }

  /** Returns a copy of the body; empty where there is none. For a plugin that signs requests. */
  public byte[] body() {
    return body.clone();
  }

  /**
   * Sets the {@code Content-Type}, as in {@code application/x-www-form-urlencoded}.
   *
   * @throws IllegalArgumentException if it is not allowed in a header
   */
  public HttpRequestBuilder contentType(String type) {
    return setHeader("Content-Type", type);
  }

  /**
   * Says whether to use TLS, {@code wss}, or not, {@code ws}. Default: as the URL says, and else
   * not.
   *
   * @throws IllegalArgumentException if {@code ws} or {@code wss} was called for the other
   */
  public HttpRequestBuilder secure(boolean secure) {
    Scheme wanted = secure ? Scheme.WSS : Scheme.WS;
    if (required != null && required != wanted) {
      throw new IllegalArgumentException("scheme " + wanted + ", expected " + required);
    }
    scheme = wanted;
    return this;
  }

  /**
   * Sets the host.
   *
   * @param host a name, of any script, an IPv4 address, or an IPv6 address with or without brackets
   * @throws IllegalArgumentException if it is none of these
   */
  public HttpRequestBuilder host(String host) {
    this.host = Url.parseHost(host);
    return this;
  }

  /**
   * Sets the Unix-domain socket by which to reach the server. Host and port are for its {@code
   * Host} header and its certificate only. No proxy is asked.
   *
   * @param path the path of the socket; not empty
   * @throws IllegalArgumentException if it is longer than the 107 bytes that an address holds,
   *     empty, or of another file system than the platform's
   */
  public HttpRequestBuilder unixSocket(Path path) {
    if (path.toString().isEmpty()) {
      throw new IllegalArgumentException("Unix-domain socket with an empty path");
    }
    if (!path.getFileSystem().equals(FileSystems.getDefault())) {
      throw new IllegalArgumentException(
          "Unix-domain socket in " + path.getFileSystem() + ", expected the platform's files");
    }
    int length = path.toString().getBytes(StandardCharsets.UTF_8).length;
    if (length > MAX_UNIX_PATH) {
      throw new IllegalArgumentException(
          "Unix-domain socket with a path of " + length + " bytes, at most " + MAX_UNIX_PATH);
    }
    unixSocket = path;
    unixSocketOfUrl = false;
    return this;
  }

  /** Sets of scheme and port what is not set yet. */
  void complete(@Nullable Boolean secure, int port) {
    if (scheme == null && secure != null) {
      secure(secure);
    }
    this.port = this.port == 0 ? port : this.port;
  }

  /** Returns the host, without brackets, or {@code null} where none is set yet. */
  public @Nullable String host() {
    return host;
  }

  /**
   * Sets the port. Default: 80, and 443 with TLS.
   *
   * @throws IllegalArgumentException if it is not in 1 to 65535
   */
  public HttpRequestBuilder port(int port) {
    this.port = Url.requirePort(port);
    return this;
  }

  /**
   * Sets the path. What follows a question mark is the query, which takes the place of the one
   * before.
   *
   * @throws IllegalArgumentException if it has a fragment or a control character
   */
  public HttpRequestBuilder path(String path) {
    Url parsed = Url.parseTarget(path);
    this.path = parsed.path();
    if (parsed.query() != null) {
      query = parsed.query();
    }
    return this;
  }

  /** Returns the path, percent-encoded, without the query. */
  public String path() {
    return path;
  }

  /**
   * Adds a parameter to the query. Name and value are percent-encoded, all but letters, digits and
   * {@code - . _ ~}.
   *
   * @throws IllegalArgumentException if either has a lone surrogate
   */
  public HttpRequestBuilder parameter(String name, String value) {
    String parameter = Url.encodeParameter(name) + "=" + Url.encodeParameter(value);
    query = query == null || query.isEmpty() ? parameter : query + "&" + parameter;
    return this;
  }

  /**
   * Adds a header field line, next to any of that name. A {@code Host} takes the place of the one
   * made of the URL, but not in a plain request, which refuses it when it is sent, and {@code
   * Expect} too.
   *
   * @throws IllegalArgumentException if the name or the value is not allowed in HTTP (CR, LF and
   *     NUL are not), if the field belongs to the opening handshake or frames a body ({@code
   *     Sec-WebSocket-*}, {@code Connection}, {@code Upgrade}, {@code Content-Length}, {@code
   *     Transfer-Encoding}), or if it is a second {@code Host}, or one that is no host
   */
  public HttpRequestBuilder header(String name, String value) {
    requireYours(name, value);
    if (name.equalsIgnoreCase("Host") && headers.contains("Host")) {
      throw new IllegalArgumentException("header Host is set already");
    }
    headers.add(name, value);
    return this;
  }

  /**
   * Sets a header field to one value, in place of those it had; see {@link #header}. This is what a
   * plugin needs that sends a request again.
   */
  public HttpRequestBuilder setHeader(String name, String value) {
    requireYours(name, value);
    headers.set(name, value);
    return this;
  }

  /** Takes a header field away that a plugin of ours had set. */
  HttpRequestBuilder removeHeader(String name) {
    headers.remove(name);
    return this;
  }

  /** Returns the header fields that were added so far. */
  public Headers headers() {
    return headers.build();
  }

  private static void requireYours(String name, String value) {
    String lower = name.toLowerCase(Locale.ROOT);
    if (lower.equals("host")) {
      Url.requireAuthority(value);
    }
    if (lower.startsWith("sec-websocket-") || OURS.contains(lower)) {
      throw new IllegalArgumentException(
          "header " + lower + " belongs to the opening handshake" + insteadOf(lower));
    }
  }

  private static String insteadOf(String name) {
    return switch (name) {
      case "sec-websocket-protocol" -> ", use subprotocols(...)";
      case "sec-websocket-extensions" -> ", use WebSockets.Config.extensions(...)";
      default -> "";
    };
  }

  /**
   * Adds subprotocols to offer, in order of preference (RFC 6455 §4.1). Default: none.
   *
   * @throws IllegalArgumentException if one is no token or is offered already; none is added; or if
   *     this is a plain request
   */
  public HttpRequestBuilder subprotocols(String... names) {
    if (!isWebSocket()) {
      throw new IllegalArgumentException("subprotocols in a plain request, expected an opening");
    }
    List<String> all = new ArrayList<>(subprotocols);
    all.addAll(List.of(names));
    new ClientHandshake(new byte[16], all, List.of()); // judges them, where the rule stands
    subprotocols = List.copyOf(all);
    return this;
  }

  /** Returns the subprotocols to offer. */
  public List<String> subprotocols() {
    return subprotocols;
  }

  /**
   * Has this connection, and no other of the client, accept every certificate of anybody for any
   * host. Whoever is on the way reads and changes all that is sent, in both directions, and no
   * pinned key keeps them from it. Only for experiments: to talk to a server of your own, trust its
   * authority, see {@link dev.parley.client.transport.TlsOptions}.
   */
  public HttpRequestBuilder insecurelyTrustingAnyone() {
    trustsAnyone = true;
    return this;
  }

  /** Returns the attributes of the request, to read and to change. */
  public Attributes attributes() {
    return attributes;
  }

  /**
   * Returns where the request goes as it stands now, its port never missing.
   *
   * @throws IllegalArgumentException if there is no host or scheme
   */
  Url target() {
    if (host == null) {
      throw new IllegalArgumentException("no host: give a URL with one, or install DefaultRequest");
    }
    if (schemeMissing && scheme == null && required == null) {
      throw new IllegalArgumentException(
          "URL has no scheme, expected "
              + (isWebSocket() ? "ws:// or wss://" : "http:// or https://"));
    }
    Scheme using = usedScheme();
    return new Url(using, host, port == 0 ? using.defaultPort() : port, path, query);
  }

  /** Makes the request, with no cookies but those of its own. */
  HttpRequest build(Headers handshake) {
    return build(handshake, List.of());
  }

  /**
   * Makes the request.
   *
   * @param handshake the header fields of the opening handshake; none for a plain request
   * @param cookies what a cookie handler adds to those of the request itself
   * @throws IllegalArgumentException if there is no host or scheme; if an opening has another
   *     method than GET; if a plain request has a header that the JDK sets by itself
   */
  HttpRequest build(Headers handshake, List<String> cookies) {
    if (isWebSocket() && method != HttpMethod.GET) {
      throw new IllegalArgumentException("method " + method + ", expected GET (RFC 6455 §4.1)");
    }
    Url url = target();
    String own = headers().get("Host");
    if (!isWebSocket() && (own != null || headers().contains("Expect"))) {
      throw new IllegalArgumentException(
          "header " + (own == null ? "expect" : "host") + " in a plain request, expected none");
    }
    Headers.Builder all = Headers.builder().add("Host", own == null ? url.authority() : own);
    Headers.Builder rest = headers().toBuilder().remove("Host");
    if (!cookies.isEmpty()) {
      List<String> pairs = new ArrayList<>(headers().getAll("Cookie"));
      pairs.addAll(cookies);
      rest.set("Cookie", String.join("; ", pairs)); // RFC 6265 §5.4: one field
    }
    if (bodyType != null && !rest.contains("Content-Type")) {
      rest.add("Content-Type", bodyType);
    }
    all.addAll(handshake).addAll(rest.build());
    Destination destination = url.destination();
    if (unixSocket != null) {
      destination = destination.by(unixSocket);
    }
    return new HttpRequest(
        isWebSocket(),
        method,
        url,
        all.build(),
        subprotocols(),
        attributes,
        trustsAnyone ? destination.insecurelyTrustingAnyone() : destination,
        body,
        leftOrigin,
        redirects);
  }

  /** Returns how many redirects led here. */
  int redirects() {
    return redirects;
  }

  /** Shows neither the query nor the value of a header: they may be secrets. */
  @Override
  public String toString() {
    return method + " " + place() + " " + headers();
  }

  /** Returns where to, as far as it is set, without a query: it may be a secret. */
  String place() {
    String place =
        new Url(usedScheme(), host == null ? "" : host, port, path, query).withoutQuery();
    return isWebSocket() ? place : Url.http(place);
  }

  private Scheme usedScheme() {
    return scheme != null ? scheme : required != null ? required : Scheme.WS;
  }
}
