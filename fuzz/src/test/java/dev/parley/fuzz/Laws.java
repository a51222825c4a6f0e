// SPDX-License-Identifier: Apache-2.0
package dev.parley.fuzz;

/**
 * What interleavings and races must keep to. No assertion library: it would take its time within a
 * race, and Lincheck would have to go through all of it.
 */
public final class Laws {
  private Laws() {}

  /**
   * Fails the test unless a law was kept.
   *
   * @param got what tells how it was broken
   */
  public static void require(boolean met, Object got) {
    if (!met) {
      throw new AssertionError(got);
    }
  }
}
