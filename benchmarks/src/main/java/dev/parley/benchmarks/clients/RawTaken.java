// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks.clients;

/**
 * As {@link RawMessages}, but each message is an object that says what it is, and any thread might
 * take the next: one atomic operation for each.
 */
public final class RawTaken extends RawMessages {
  /** Makes one. */
  public RawTaken() {
    super(true);
  }
}
