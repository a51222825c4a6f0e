// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import dev.parley.client.transport.ProxyOptions.Kind;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** The routes of a {@link ProxySelector}. */
final class SelectedRoutes implements ProxyRoutes {
  private final ProxySelector selector;

  SelectedRoutes(ProxySelector selector) {
    this.selector = Objects.requireNonNull(selector, "selector");
  }

  @Override
  public List<Optional<ProxyOptions>> to(Destination destination) {
    List<Optional<ProxyOptions>> routes = new ArrayList<>();
    for (Proxy proxy : selector.select(uri(destination))) {
      routes.add(
          switch (proxy.type()) {
            case DIRECT -> Optional.empty();
            case HTTP -> Optional.of(options(Kind.HTTP, proxy));
            case SOCKS -> Optional.of(options(Kind.SOCKS5, proxy));
          });
    }
    return routes.isEmpty() ? List.of(Optional.empty()) : routes;
  }

  /** Tells the selector of a proxy that could not be connected to, and of nothing else. */
  @Override
  public void failed(Destination destination, Optional<ProxyOptions> route, IOException cause) {
    if (!SocketConnector.isOutOfReach(cause)) {
      return; // of what the proxy said, or the destination behind it, connectFailed is not to hear
    }
    route.ifPresent(
        proxy ->
            selector.connectFailed(
                uri(destination),
                InetSocketAddress.createUnresolved(proxy.host(), proxy.port()),
                cause));
  }

  private static ProxyOptions options(Kind kind, Proxy proxy) {
    if (proxy.address() instanceof InetSocketAddress address) {
      return ProxyOptions.of(kind, address.getHostString(), address.getPort());
    }
    throw new IllegalArgumentException("proxy of a selector with an address that is none of TCP");
  }

  private static URI uri(Destination destination) {
    return URI.create((destination.secure() ? "https://" : "http://") + destination + "/");
  }
}
