// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import java.io.IOException;
import java.net.ProxySelector;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the way to each destination: through which proxy, or straight. Any number of threads may
 * ask at once.
 */
@FunctionalInterface
public interface ProxyRoutes {
  /**
   * Returns the ways to a destination, in the order in which to try them: the next one is tried
   * where a proxy, or straight away the destination, is out of reach: where its name has no address
   * or nobody takes the connection, be it for lack of an answer. For that each way but the last has
   * an equal share of the time that is left.
   *
   * @return at least one; empty stands for the straight way
   */
  List<Optional<ProxyOptions>> to(Destination destination);

  /**
   * Hears that a way could not be gone. Does nothing.
   *
   * @param route the way; empty for the straight one
   */
  default void failed(Destination destination, Optional<ProxyOptions> route, IOException cause) {}

  /** Returns the straight way to everywhere. */
  static ProxyRoutes direct() {
    return through(null);
  }

  /**
   * Returns the way through one proxy to everywhere.
   *
   * @param proxy the proxy; {@code null} for the straight way
   */
  static ProxyRoutes through(@Nullable ProxyOptions proxy) {
    List<Optional<ProxyOptions>> always = List.of(Optional.ofNullable(proxy));
    return destination -> always;
  }

  /**
   * Returns what a selector of the JDK chooses, {@link ProxySelector#getDefault()} for one, which
   * goes by the system properties {@code https.proxyHost} and its like. It is asked for {@code
   * http} and {@code https} URLs, which is what selectors know; SOCKS proxies are taken for version
   * 5. It is told of a proxy that could not be connected to, which it may remember; not of one that
   * refused a tunnel, nor of a destination that failed behind it.
   */
  static ProxyRoutes of(ProxySelector selector) {
    return new SelectedRoutes(selector);
  }

  /**
   * Returns what the environment says: {@code https_proxy} for {@code wss}, {@code http_proxy} for
   * {@code ws}, then {@code all_proxy}, as URLs that {@link ProxyOptions#parse} reads; and {@code
   * no_proxy}, with the hosts to which the way is straight. The names may be in capitals too, but
   * for {@code HTTP_PROXY}, which a web server may have set for a request of somebody else's.
   *
   * <p>{@code no_proxy} has names and addresses between commas or spaces: {@code example.com}
   * stands for itself and all below it, with or without a dot before it; {@code 10.0.0.0/8} for a
   * range of addresses, {@code host:8443} for one port, and {@code *} for everything.
   *
   * @throws IllegalArgumentException if a variable has no URL of a proxy
   */
  static ProxyRoutes ofEnvironment() {
    return ofEnvironment(System.getenv());
  }

  /**
   * Returns what an environment says; see {@link #ofEnvironment()}.
   *
   * @throws IllegalArgumentException if a variable has no URL of a proxy
   */
  static ProxyRoutes ofEnvironment(Map<String, String> environment) {
    return new EnvironmentRoutes(environment);
  }
}
