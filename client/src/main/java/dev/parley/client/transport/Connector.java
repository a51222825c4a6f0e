// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import java.io.IOException;

/** Makes transports. Any number of threads may connect at once. */
@FunctionalInterface
public interface Connector {
  /**
   * Connects, TLS included where the destination is secure. Blocks.
   *
   * @throws java.net.SocketTimeoutException if the deadline came first; an {@link
   *     OpeningTimeoutException} says in which phase
   * @throws java.net.UnknownHostException if the name has no address
   * @throws javax.net.ssl.SSLException if TLS failed; a {@link TlsHandshakeException} says why
   * @throws ProxyException if there is no tunnel through the proxy
   * @throws IOException if no address could be connected to; the message lists all that were tried
   * @throws InterruptedException if the thread was interrupted
   */
  Transport connect(Destination destination, Deadline deadline)
      throws IOException, InterruptedException;
}
