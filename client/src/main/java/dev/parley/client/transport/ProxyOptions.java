// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The proxy to go through. Immutable.
 *
 * <p>Every connection has a tunnel of its own, for {@code ws} and {@code wss} alike, and the
 * destination's name is looked up by the proxy. TLS with the destination is the same as without a
 * proxy: its {@link TlsOptions} are the client's, and the proxy sees only what is encrypted.
 *
 * <p>Credentials are sent to the proxy, at once and not only when it asks for them, and never
 * through the tunnel. Only {@link Kind#HTTPS} encrypts them; {@link HttpAuthentication#digest} does
 * not send the password.
 */
public final class ProxyOptions {
  /** How to talk to a proxy. */
  public enum Kind {
    /** {@code CONNECT} (RFC 9110 §9.3.6), with Basic, Digest or an authentication of your own. */
    HTTP("http"),
    /** As {@link #HTTP}, over TLS with the proxy. */
    HTTPS("https"),
    /** SOCKS 4a; it knows a user, but no password. */
    SOCKS4A("socks4a"),
    /** SOCKS 5 (RFC 1928), with user and password where they are set (RFC 1929). */
    SOCKS5("socks5");

    private final String scheme;

    Kind(String scheme) {
      this.scheme = scheme;
    }

    private static Kind of(String scheme) {
      return switch (scheme.toLowerCase(Locale.ROOT)) {
        case "http" -> HTTP;
        case "https" -> HTTPS;
        case "socks4a" -> SOCKS4A;
        case "socks5", "socks5h" -> SOCKS5;
        default ->
            throw new IllegalArgumentException(
                "scheme " + scheme + " of a proxy, expected http, https, socks5 or socks4a");
      };
    }
  }

  private static final int DEFAULT_PORT = 1080;
  private static final int DEFAULT_SECURE_PORT = 443;
  private static final int LONGEST_CREDENTIAL = 255; // RFC 1929 §2 counts them in one byte

  private static final Pattern URL =
      Pattern.compile(
          "(?:(?<scheme>[A-Za-z][A-Za-z0-9+.-]*)://)?(?:(?<credentials>[^/?#]*)@)?"
              + "(?<host>\\[[0-9A-Fa-f:.]+]|[^]\\[:/?#@\\s\\p{Cntrl}]+)(?::(?<port>\\d{1,5}))?/?");

  private final Kind kind;
  private final Destination destination;
  private final @Nullable String user;
  private final String password;
  private final @Nullable HttpAuthentication authentication;
  private final TlsOptions tls;

  private ProxyOptions(
      Kind kind,
      Destination destination,
      @Nullable String user,
      String password,
      @Nullable HttpAuthentication authentication,
      TlsOptions tls) {
    this.kind = kind;
    this.destination = destination;
    this.user = user;
    this.password = password;
    this.authentication = authentication;
    this.tls = tls;
  }

  /**
   * Returns the options of a proxy without credentials.
   *
   * @param host a name, an IPv4 address, or an IPv6 address without brackets
   * @throws IllegalArgumentException if the host or the port cannot be
   */
  public static ProxyOptions of(Kind kind, String host, int port) {
    Destination destination = new Destination(kind == Kind.HTTPS, host, port);
    return new ProxyOptions(kind, destination, null, "", null, TlsOptions.DEFAULT);
  }

  /**
   * Reads the URL of a proxy as curl does: {@code scheme://user:password@host:port}, of which only
   * the host must be there. The scheme is {@code http}, {@code https}, {@code socks5}, {@code
   * socks5h} or {@code socks4a}, and {@code http} where it is missing; the port is 1080 where it is
   * missing, and 443 for {@code https}. In user and password, what means something else in a URL is
   * percent-encoded.
   *
   * <p>Deviation: {@code socks5} is {@code socks5h}. Names are always looked up by the proxy.
   *
   * @throws IllegalArgumentException if it is no URL of a proxy; the message does not show it
   */
  public static ProxyOptions parse(String url) {
    Matcher parts = URL.matcher(url);
    if (!parts.matches()) {
      throw new IllegalArgumentException(
          "URL of a proxy, expected scheme://user:password@host:port");
    }
    Kind kind = parts.group("scheme") == null ? Kind.HTTP : Kind.of(parts.group("scheme"));
    String host = parts.group("host");
    int port = kind == Kind.HTTPS ? DEFAULT_SECURE_PORT : DEFAULT_PORT;
    if (parts.group("port") != null) {
      port = Integer.parseInt(parts.group("port"));
    }
    ProxyOptions options =
        of(kind, host.startsWith("[") ? host.substring(1, host.length() - 1) : host, port);
    String credentials = parts.group("credentials");
    if (credentials == null) {
      return options;
    }
    int colon = credentials.indexOf(':');
    return colon < 0
        ? options.withCredentials(decode(credentials), "")
        : options.withCredentials(
            decode(credentials.substring(0, colon)), decode(credentials.substring(colon + 1)));
  }

  private static String decode(String encoded) {
    try {
      // A plus sign is one: the decoder is made for forms, where it is a space.
      return URLDecoder.decode(encoded.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      // No cause: its message shows a part of what may be the password.
      throw new IllegalArgumentException("credentials of a proxy with a % that encodes nothing");
    }
  }

  /**
   * Returns options with credentials, in place of any before. An HTTP proxy is sent them at once
   * (Basic); one that asks for Digest instead is answered once more. {@link #withAuthentication}
   * with {@link HttpAuthentication#digest} never sends the password itself.
   *
   * @throws IllegalArgumentException if the kind of proxy cannot be told them
   */
  public ProxyOptions withCredentials(String user, String password) {
    switch (kind) {
      case HTTP, HTTPS -> {
        require(user.indexOf(':') < 0, "a user without a colon (RFC 7617)");
        return new ProxyOptions(
            kind,
            destination,
            user,
            password,
            HttpAuthentication.basicOrDigest(user, password),
            tls);
      }
      case SOCKS4A ->
          require(
              password.isEmpty() && user.indexOf('\0') < 0,
              "a user without a NUL and no password: SOCKS4a has none");
      case SOCKS5 ->
          require(
              isCountable(user) && isCountable(password),
              "1 to 255 bytes for user and for password (RFC 1929)");
    }
    return new ProxyOptions(kind, destination, user, password, null, tls);
  }

  /**
   * Returns options that answer the challenges of an HTTP proxy, in place of any credentials: for
   * Digest alone, or for a scheme of your own.
   *
   * @throws IllegalArgumentException if the proxy is none of HTTP
   */
  public ProxyOptions withAuthentication(HttpAuthentication authentication) {
    if (kind != Kind.HTTP && kind != Kind.HTTPS) {
      throw new IllegalArgumentException(
          "authentication of HTTP for a proxy of kind " + kind.scheme + ", expected http or https");
    }
    return new ProxyOptions(
        kind, destination, null, "", Objects.requireNonNull(authentication, "authentication"), tls);
  }

  private static boolean isCountable(String credential) {
    int length = credential.getBytes(StandardCharsets.UTF_8).length;
    return length > 0 && length <= LONGEST_CREDENTIAL;
  }

  private static void require(boolean met, String expected) {
    if (!met) {
      throw new IllegalArgumentException("credentials of a proxy, expected " + expected);
    }
  }

  /**
   * Returns options that say whom to trust, and who we are, over TLS with an {@link Kind#HTTPS}
   * proxy. Default: {@link TlsOptions#DEFAULT}, whatever holds for the destination.
   */
  public ProxyOptions withTls(TlsOptions tls) {
    return new ProxyOptions(
        kind, destination, user, password, authentication, Objects.requireNonNull(tls, "tls"));
  }

  /** Returns how to talk to the proxy. */
  public Kind kind() {
    return kind;
  }

  /** Returns the proxy's name or address. */
  public String host() {
    return destination.host();
  }

  /** Returns the proxy's port. */
  public int port() {
    return destination.port();
  }

  Destination destination() {
    return destination;
  }

  @Nullable String user() {
    return user;
  }

  String password() {
    return password;
  }

  @Nullable HttpAuthentication authentication() {
    return authentication;
  }

  TlsOptions tls() {
    return tls;
  }

  /** Shows kind, host and port; no credentials. */
  @Override
  public String toString() {
    return kind.scheme + "://" + destination;
  }
}
