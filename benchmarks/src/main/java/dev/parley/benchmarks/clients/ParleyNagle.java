// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks.clients;

import dev.parley.client.transport.SocketOptions;
import dev.parley.client.transport.TlsOptions;
import java.net.StandardSocketOptions;

/**
 * Ours with Nagle's algorithm (see {@link RawNagle}), for the sake of comparison with the clients
 * that leave it on.
 */
public final class ParleyNagle extends ParleyClient {
  /** Makes one. */
  public ParleyNagle() {
    super(SocketOptions.DEFAULT.with(StandardSocketOptions.TCP_NODELAY, false), TlsOptions.DEFAULT);
  }
}
