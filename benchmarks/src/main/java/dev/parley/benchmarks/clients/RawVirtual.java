// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks.clients;

/** As {@link RawBlocking}, but each of many sessions is on a virtual thread. */
public final class RawVirtual extends RawBlocking {
  /** Makes one. */
  public RawVirtual() {}

  @Override
  public boolean prefersVirtualThreads() {
    return true;
  }
}
