// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import java.nio.file.Path;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Whom to connect to, and what holds for this connection alone.
 *
 * @param secure whether TLS is due ({@code wss})
 * @param host a name, an IPv4 address, or an IPv6 address without brackets
 * @param port 1 to 65535
 * @param trustsAnyone whether TLS is to accept any certificate, see {@link
 *     #insecurelyTrustingAnyone()}
 * @param unixSocket the Unix-domain socket by which to reach it, whatever its host and port; or
 *     {@code null}
 */
public record Destination(
    boolean secure, String host, int port, boolean trustsAnyone, @Nullable Path unixSocket) {
  // The last label of a name is never all digits.
  private static final Pattern IPV4 = Pattern.compile("[0-9.]+");

  /** Validates host and port. */
  public Destination {
    if (host.isEmpty() || host.startsWith("[")) {
      throw new IllegalArgumentException(
          "host '" + host + "', expected a name or an address without brackets");
    }
    if (port < 1 || port > 0xFFFF) {
      throw new IllegalArgumentException("port " + port + ", expected 1 to 65535");
    }
  }

  /** Makes a destination whose server has to prove who it is. */
  public Destination(boolean secure, String host, int port) {
    this(secure, host, port, false, null);
  }

  /**
   * Returns the destination for a connection that accepts every certificate of anybody for any
   * host, pinned keys or not. Whoever is on the way reads and changes all that is sent. Only for
   * experiments.
   */
  public Destination insecurelyTrustingAnyone() {
    return new Destination(secure, host, port, true, unixSocket);
  }

  /** Returns the destination to be reached by a Unix-domain socket, and by no proxy. */
  public Destination by(Path unixSocket) {
    return new Destination(secure, host, port, trustsAnyone, unixSocket);
  }

  /** Tells whether the host is an address rather than a name. */
  boolean isAddress() {
    return host.indexOf(':') >= 0 || IPV4.matcher(host).matches();
  }

  /** Returns host and port as in a URI; or the Unix-domain socket. */
  @Override
  public String toString() {
    if (unixSocket != null) {
      return unixSocket.toString();
    }
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }
}
