// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks.clients;

/**
 * As {@link RawInflate}, and finds out whether each message is whole: by as few empty blocks as
 * prove it, or by one final block where nothing of the stream is needed any more.
 */
public final class RawInflateWhole extends RawInflate {
  /** Makes one. */
  public RawInflateWhole() {
    super(true);
  }
}
