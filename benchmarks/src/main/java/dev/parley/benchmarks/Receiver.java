// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks;

/** Is told what a session that calls back receives. */
public interface Receiver {
  /**
   * Is told of a whole message, after the client handed it out in the form in which users get it: a
   * String if it was text; an array, a buffer or what the client has if it was binary. Returns
   * soon; may call {@link Session#answer}.
   *
   * @param length in bytes if it was binary, in chars if it was text (all text here is ASCII)
   */
  void message(int length);

  /** Is told that the session failed, or ended unasked. */
  void failed(Throwable failure);
}
