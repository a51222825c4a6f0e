// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks;

/** A session whose messages are waited for, on the caller's thread. */
public interface PullSession extends Session {
  /**
   * Waits for the next message and gets it in the form in which the client hands it to a user: a
   * String if it is text, an array or a buffer if it is binary.
   *
   * @return its length, in bytes if it was binary, in chars if it was text
   */
  int receive() throws Exception;

  /**
   * Tells whether {@link #receive} would return at once, so that what is held back may be flushed
   * later, when it would not.
   */
  default boolean isReady() throws Exception {
    return false;
  }
}
