// SPDX-License-Identifier: Apache-2.0
package dev.parley.compliance;

/**
 * One thing that a server may do to a client, and what has to come of it.
 *
 * @param id where it stands in the catalogue: section, group, number
 * @param title what the server sends
 * @param expects what a strict client does
 * @param rule where that is written
 * @param settings how the client has to be set up
 * @param pacing how the server cuts what it writes
 * @param alone whether it is about what the client does in time, so that no other is to hold it up
 * @param script the server's part
 */
record Case(
    String id,
    String title,
    String expects,
    String rule,
    Settings settings,
    Pacing pacing,
    boolean alone,
    Script script) {
  /** The server's part of a case. */
  @FunctionalInterface
  interface Script {
    /**
     * Plays the case, from the response on.
     *
     * @throws Departure where the client does otherwise than expected
     */
    void play(Exchange client) throws InterruptedException;
  }

  /** Tells whether this case moves so many bytes that few of its kind should run at once. */
  boolean isLarge() {
    return title.contains("MiB");
  }
}
