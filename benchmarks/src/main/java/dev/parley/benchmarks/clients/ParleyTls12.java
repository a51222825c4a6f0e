// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks.clients;

import dev.parley.client.transport.SocketOptions;
import dev.parley.client.transport.TlsOptions;

/**
 * Ours without TLS 1.3, for the sake of comparison with a client that does not speak it. A session
 * of TLS 1.2 is resumed without a new agreement on keys, which is most of what opening one costs,
 * and without the forward secrecy that this gives.
 */
public final class ParleyTls12 extends ParleyClient {
  /** Makes one. */
  public ParleyTls12() {
    super(SocketOptions.DEFAULT, TlsOptions.DEFAULT.withProtocols("TLSv1.2"));
  }
}
