// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import dev.parley.client.transport.Destination;
import java.net.IDN;
import java.net.InetAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A WebSocket URL in parts (RFC 6455 §3, RFC 3986 §3), already in the form that goes on the wire:
 * one host for the name look-up, for TLS and for the Host header; path and query percent-encoded.
 *
 * <p>Messages never show the URL: its query may hold a secret.
 *
 * @param scheme the scheme, or {@code null} where none is given
 * @param host a name in ASCII, an IPv4 address, or an IPv6 address without brackets; {@code null}
 *     where none is given
 * @param port the port, or 0 where none is given
 * @param path the path, which begins with a slash
 * @param query the query without its question mark, or {@code null} where there is none
 */
record Url(
    @Nullable Scheme scheme, @Nullable String host, int port, String path, @Nullable String query) {

  private static final Pattern ABSOLUTE = Pattern.compile("(?s)[A-Za-z][A-Za-z0-9+.-]*:.*");
  private static final Pattern SCHEME_ALONE = Pattern.compile("(?si)(wss?|https?):.*");
  private static final Pattern IPV6 = Pattern.compile("[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*");
  private static final Pattern NUMBER_AT_END = Pattern.compile("(.*\\.)?(\\d+|0[xX]\\p{XDigit}*)");
  private static final int LONGEST_LABEL = 63;
  private static final int LONGEST_NAME = 253;

  /** RFC 3986 §3.3: pchar without the percent sign, and the slash. */
  private static final String PATH_PUNCTUATION = "-._~!$&'()*+,;=:@/";

  private static final String QUERY_PUNCTUATION = PATH_PUNCTUATION + "?";
  private static final String UNRESERVED_PUNCTUATION = "-._~";

  /**
   * Reads a URL. The scheme may be missing, as in {@code localhost:8080/chat}, and so may all
   * before the path.
   *
   * @throws IllegalArgumentException if it is no WebSocket URL
   */
  static Url parse(String url) {
    int colon = url.indexOf("://");
    Scheme scheme = null;
    String rest = url;
    if (isSchemeName(url, colon)) {
      scheme = Scheme.of(url.substring(0, colon));
      rest = url.substring(colon + "://".length());
    } else if (SCHEME_ALONE.matcher(url).matches()) {
      throw new IllegalArgumentException("URL has no // after its scheme");
    } else if (url.startsWith("//")) {
      throw new IllegalArgumentException("URL begins with // but has no scheme");
    }
    int end = 0;
    while (end < rest.length() && "/?#".indexOf(rest.charAt(end)) < 0) {
      end++;
    }
    Url target = parseTarget(rest.substring(end));
    if (scheme == null && end == 0 && !url.isEmpty()) {
      return target;
    }
    return target.withAuthority(scheme, rest.substring(0, end));
  }

  /** Tells whether the name of a scheme stands before an index (RFC 3986 §3.1). */
  private static boolean isSchemeName(String url, int end) {
    for (int i = 0; i < end; i++) {
      char c = url.charAt(i);
      if (!isAlphanumeric(c) && (i == 0 || "+.-".indexOf(c) < 0)) {
        return false;
      }
    }
    return end > 0 && !isDigit(url.charAt(0));
  }

  /** Reads a path and, after a question mark, a query. */
  static Url parseTarget(String target) {
    if (target.indexOf('#') >= 0) {
      throw new IllegalArgumentException("URL has a fragment, which RFC 6455 §3 forbids");
    }
    int mark = target.indexOf('?');
    String path = encode("path", mark < 0 ? target : target.substring(0, mark), PATH_PUNCTUATION);
    String query = mark < 0 ? null : encode("query", target.substring(mark + 1), QUERY_PUNCTUATION);
    return new Url(null, null, 0, path.startsWith("/") ? path : "/" + path, query);
  }

  /**
   * Reads a reference relative to this URL (RFC 3986 §5.2), as a {@code Location} has it. A
   * fragment is dropped: it is for whoever shows the page (RFC 9110 §10.2.2).
   *
   * @throws IllegalArgumentException if it leads to no WebSocket URL
   */
  Url resolve(String reference) {
    int fragment = reference.indexOf('#');
    String target = fragment < 0 ? reference : reference.substring(0, fragment);
    if (ABSOLUTE.matcher(target).matches()) {
      return parse(target).withPort();
    } else if (target.startsWith("//")) {
      return parse(scheme + ":" + target).withPort();
    } else if (target.isEmpty()) {
      return this;
    }
    Url relative = parseTarget(target);
    if (target.startsWith("?")) {
      return new Url(scheme, host, port, path, relative.query());
    }
    String whole =
        target.startsWith("/")
            ? relative.path()
            : path.substring(0, path.lastIndexOf('/')) + relative.path();
    return new Url(scheme, host, port, withoutDots(whole), relative.query());
  }

  /** Removes dot segments (RFC 3986 §5.2.4). */
  private static String withoutDots(String path) {
    Deque<String> kept = new ArrayDeque<>();
    List<String> segments = List.of(path.substring(1).split("/", -1));
    for (String segment : segments) {
      switch (segment) {
        case "." -> {}
        case ".." -> kept.pollLast();
        default -> kept.addLast(segment);
      }
    }
    boolean directory = segments.getLast().equals(".") || segments.getLast().equals("..");
    return "/" + String.join("/", kept) + (directory && !kept.isEmpty() ? "/" : "");
  }

  /**
   * Reads the origin of a URL.
   *
   * @throws IllegalArgumentException if it is no WebSocket URL, or has no scheme or host
   */
  static Url parseOrigin(String url) {
    Url parsed = parse(url);
    if (parsed.scheme() == null || parsed.host() == null) {
      throw new IllegalArgumentException("URL without scheme or host, expected an origin");
    }
    return new Url(parsed.scheme(), parsed.host(), parsed.port(), "/", null).withPort();
  }

  /** Returns the URL with its default port where none is given. */
  private Url withPort() {
    Scheme known = scheme;
    if (known == null) {
      throw new IllegalArgumentException("unknown scheme, expected ws or wss");
    }
    return port != 0 ? this : new Url(known, host, known.defaultPort(), path, query);
  }

  /** Tells whether another URL has the same origin (RFC 6454 §4); both with a port. */
  boolean hasOriginOf(Url other) {
    return scheme == other.scheme && port == other.port && Objects.equals(host, other.host);
  }

  private Url withAuthority(@Nullable Scheme scheme, String authority) {
    if (authority.indexOf('@') >= 0) {
      throw new IllegalArgumentException(
          "URL has user information; send credentials in an Authorization header");
    }
    int end = hostEnd(authority);
    // RFC 3986 §3.2.3: an empty port means the default one.
    return new Url(
        scheme,
        parseHost(authority.substring(0, end)),
        end + 1 < authority.length() ? parsePort(authority.substring(end + 1)) : 0,
        path,
        query);
  }

  /** Returns where the host ends; what follows it, if anything does, is a colon. */
  private static int hostEnd(String authority) {
    int bracket = authority.startsWith("[") ? authority.indexOf(']') : -1;
    boolean closed =
        bracket + 1 == authority.length()
            || (bracket > 0 && authority.charAt(bracket + 1) == ':'); // else it is no address
    int colon = authority.indexOf(':', closed ? bracket + 1 : 0);
    return colon < 0 ? authority.length() : colon;
  }

  /**
   * Judges what is to stand in a Host header (RFC 9110 §7.2).
   *
   * @throws IllegalArgumentException if it is no host, with or without a port
   */
  static void requireAuthority(String text) {
    int end = hostEnd(text);
    try {
      String unused = parseHost(text.substring(0, end));
      if (end < text.length()) {
        int unusedPort = parsePort(text.substring(end + 1));
      }
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("header Host: " + e.getMessage(), e);
    }
  }

  private static int parsePort(String digits) {
    if (!isNumber(digits) || digits.length() > 9) {
      throw new IllegalArgumentException("port is not a number from 1 to 65535");
    }
    return requirePort(Integer.parseInt(digits));
  }

  static int requirePort(int port) {
    if (port < 1 || port > 65_535) {
      throw new IllegalArgumentException("port " + port + ", expected 1 to 65535");
    }
    return port;
  }

  /**
   * Reads a host: a name, which is turned into ASCII (IDNA), an IPv4 address with four numbers, or
   * an IPv6 address. The dot at the end of a name is dropped, so that look-up, certificate and Host
   * header agree.
   */
  static String parseHost(String text) {
    if (text.isEmpty()) {
      throw new IllegalArgumentException("host is empty");
    }
    boolean bracketed = text.startsWith("[") && text.endsWith("]");
    if (bracketed || text.indexOf(':') >= 0) {
      return requireIpv6(bracketed ? text.substring(1, text.length() - 1) : text);
    }
    String name = text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
    if (!isName(name)) {
      name = toAscii(name);
    }
    boolean number = isDigit(name.charAt(name.lastIndexOf('.') + 1));
    if (number && !isIpv4(name) && NUMBER_AT_END.matcher(name).matches()) {
      throw new IllegalArgumentException("host is a number but no IPv4 address");
    }
    return name;
  }

  private static String toAscii(String name) {
    String mapped;
    try {
      mapped = IDN.toASCII(name, IDN.ALLOW_UNASSIGNED).toLowerCase(Locale.ROOT);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("host is no domain name", e);
    }
    // The characters are judged after IDNA has mapped them: it turns some into a slash or an at.
    if (!isName(mapped)) {
      throw new IllegalArgumentException(
          "host is no domain name, expected letters, digits, - and .");
    }
    return mapped;
  }

  /** Tells whether this is a name in ASCII and in lower case, which IDNA leaves as it is. */
  private static boolean isName(String text) {
    int label = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '.' && label > 0) {
        label = 0;
      } else if (label == LONGEST_LABEL
          || !((c >= 'a' && c <= 'z') || isDigit(c) || c == '-' || c == '_')) {
        return false;
      } else {
        label++;
      }
    }
    return label > 0 && text.length() <= LONGEST_NAME;
  }

  /** Tells whether this is four numbers up to 255, without zeros before them. */
  private static boolean isIpv4(String name) {
    String[] numbers = name.split("\\.", -1);
    for (String number : numbers) {
      boolean zero = number.startsWith("0") && number.length() > 1;
      if (!isNumber(number) || zero || number.length() > 3 || Integer.parseInt(number) > 255) {
        return false;
      }
    }
    return numbers.length == 4;
  }

  private static boolean isNumber(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (!isDigit(text.charAt(i))) {
        return false;
      }
    }
    return !text.isEmpty();
  }

  private static boolean isDigit(int c) {
    return c >= '0' && c <= '9';
  }

  private static String requireIpv6(String text) {
    if (text.indexOf('%') >= 0) {
      throw new IllegalArgumentException("IPv6 host has a zone, which has no meaning to a server");
    }
    try {
      if (IPV6.matcher(text).matches()) {
        InetAddress.getByName("[" + text + "]"); // in brackets it is judged and never looked up
        return text.toLowerCase(Locale.ROOT);
      }
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException("host is no IPv6 address", e);
    }
    throw new IllegalArgumentException("host is no IPv6 address");
  }

  /**
   * Reads the path of a file in a URL.
   *
   * @throws IllegalArgumentException if it is none
   */
  static Path decodePath(String encoded) {
    try {
      // A plus sign is one: the decoder is made for forms, where it is a space.
      return Path.of(URLDecoder.decode(encoded.replace("+", "%2B"), StandardCharsets.UTF_8));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("path of a Unix-domain socket that is none", e);
    }
  }

  /**
   * Encodes the name or the value of a query parameter: all but RFC 3986's unreserved characters.
   */
  static String encodeParameter(String text) {
    return encode("parameter", text, UNRESERVED_PUNCTUATION);
  }

  /**
   * Percent-encodes, as UTF-8, whatever is not allowed as it stands. In a path or a query, what is
   * encoded already stays, and control characters are refused: nobody means them.
   */
  private static String encode(String what, String text, String punctuation) {
    boolean raw = !punctuation.equals(UNRESERVED_PUNCTUATION);
    StringBuilder encoded = new StringBuilder(text.length() + 16);
    for (int i = 0; i < text.length(); ) {
      int c = text.codePointAt(i);
      if ((raw && Character.isISOControl(c)) || (c >= 0xd800 && c <= 0xdfff)) {
        throw new IllegalArgumentException(
            String.format("%s has the character U+%04X at index %d", what, c, i));
      }
      if (isAlphanumeric(c) || punctuation.indexOf(c) >= 0 || (raw && isEscape(text, i))) {
        encoded.append((char) c);
      } else {
        for (byte octet : Character.toString(c).getBytes(StandardCharsets.UTF_8)) {
          encoded.append(String.format("%%%02X", octet & 0xff));
        }
      }
      i += Character.charCount(c);
    }
    return encoded.toString();
  }

  private static boolean isAlphanumeric(int c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || isDigit(c);
  }

  private static boolean isEscape(String text, int i) {
    return text.charAt(i) == '%'
        && i + 2 < text.length()
        && isHexDigit(text.charAt(i + 1))
        && isHexDigit(text.charAt(i + 2));
  }

  private static boolean isHexDigit(char c) {
    return c < 0x80 && Character.digit(c, 16) >= 0;
  }

  /** Returns the host as it stands in a URL and in the Host header. */
  private String bracketedHost() {
    String name = Objects.requireNonNull(host, "host");
    return name.indexOf(':') < 0 ? name : "[" + name + "]";
  }

  /** Returns host and port for the Host header (RFC 9110 §7.2); the default port is left out. */
  String authority() {
    return scheme != null && port != 0 && port != scheme.defaultPort()
        ? bracketedHost() + ":" + port
        : bracketedHost();
  }

  Destination destination() {
    return new Destination(scheme == Scheme.WSS, Objects.requireNonNull(host, "host"), port);
  }

  /** Returns path and query for the request line. */
  String target() {
    return query == null ? path : path + "?" + query;
  }

  /** Returns the text of a WebSocket's URL with the scheme that a plain request has. */
  static String http(String text) {
    return "http" + text.substring("ws".length());
  }

  /** Tells whether the JDK's HTTP client takes the host: it is stricter than name servers are. */
  boolean isForTheJdk() {
    return URI.create(http(toString())).getHost() != null;
  }

  String withoutQuery() {
    return scheme + "://" + authority() + path;
  }

  @Override
  public String toString() {
    return scheme + "://" + authority() + target();
  }
}
