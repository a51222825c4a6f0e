// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * Where a transport leads.
 *
 * @param local this end
 * @param remote the other end; the proxy if there is one
 * @param tls protocol, cipher suite and certificates, or {@code null} without TLS; those of an
 *     HTTPS proxy where only the way to it is encrypted. Its peer port is that of the URL, with
 *     more above its sixteen bits where many shook hands at once: a hint by which the JDK keeps
 *     sessions
 * @param proxy the proxy that the transport leads through, or {@code null}
 */
public record TransportInfo(
    SocketAddress local,
    SocketAddress remote,
    @Nullable SSLSession tls,
    @Nullable ProxyOptions proxy) {
  /** Says where a transport leads that goes through no proxy. */
  public TransportInfo(SocketAddress local, SocketAddress remote, @Nullable SSLSession tls) {
    this(local, remote, tls, null);
  }

  /**
   * Says how far it came, for messages: {@code connected to 127.0.0.1:443 over TLSv1.3}, or {@code
   * connected through the proxy http://proxy.example:3128 at 127.0.0.1:3128}. No credentials.
   */
  @Override
  public String toString() {
    return "connected "
        + (proxy == null ? "to " : "through the proxy " + proxy + " at ")
        + shown(remote)
        + (tls == null ? "" : " over " + tls.getProtocol());
  }

  /** Returns an address as in a URI, without the name that led to it. */
  static String shown(SocketAddress address) {
    if (!(address instanceof InetSocketAddress inet)) {
      return address.toString();
    }
    InetAddress ip = inet.getAddress();
    String host = ip == null ? inet.getHostString() : ip.getHostAddress();
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + inet.getPort();
  }
}
