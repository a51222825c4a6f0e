// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks.clients;

/**
 * The raw socket with Nagle's algorithm (RFC 896), as a socket comes: while the receiver has not
 * acknowledged what was sent, small segments are put together in the kernel. What some clients gain
 * by it where they send many small messages, and others have turned off, because a lone message may
 * wait for that acknowledgement.
 */
public final class RawNagle extends RawBlocking {
  /** Makes one. */
  public RawNagle() {
    super(false);
  }
}
