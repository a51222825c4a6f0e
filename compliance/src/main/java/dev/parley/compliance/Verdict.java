// SPDX-License-Identifier: Apache-2.0
package dev.parley.compliance;

/** How well a client did in a case; from best to worst. */
public enum Verdict {
  /** As the specification says, to the letter and at once. */
  STRICT,
  /** Not what was asked for, but allowed, or harmless to the application. */
  TOLERATED,
  /** A rule was broken. */
  FAILED,
  /** The client cannot be asked: it does not offer what the case is about, and need not. */
  NOT_OFFERED
}
