// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

/** A transport through the tunnel of a proxy, which tells whose it is. */
final class ProxiedTransport extends ForwardingTransport {
  private final ProxyOptions proxy;

  ProxiedTransport(Transport transport, ProxyOptions proxy) {
    super(transport);
    this.proxy = proxy;
  }

  @Override
  public TransportInfo info() {
    TransportInfo way = super.info();
    return new TransportInfo(way.local(), way.remote(), way.tls(), proxy);
  }
}
