// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/**
 * Looks names up. Any number of threads may ask at once; each has a platform thread of its own for
 * it, so it may block. Addresses are never asked for, only names.
 */
@FunctionalInterface
public interface NameResolver {
  /** What the platform does: its name servers, and its file of hosts. */
  NameResolver PLATFORM = name -> List.of(InetAddress.getAllByName(name));

  /**
   * Returns the addresses of a name, the preferred ones first.
   *
   * @param name in ASCII
   * @throws UnknownHostException if it has none; no address at all is taken for the same
   * @throws IOException if they cannot be found out
   */
  List<InetAddress> resolve(String name) throws IOException;
}
