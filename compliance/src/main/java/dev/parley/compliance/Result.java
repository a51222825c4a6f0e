// SPDX-License-Identifier: Apache-2.0
package dev.parley.compliance;

import java.util.List;

/**
 * How a client did in a case.
 *
 * @param played the case
 * @param finding the verdict and its reason
 * @param trace what went over the wire
 * @param outcome what the application saw
 * @param millis how long it took
 */
record Result(Case played, Finding finding, List<Trace.Line> trace, Outcome outcome, int millis) {
  /** Returns this result or another one of the same case, whichever is better. */
  Result better(Result other) {
    return other.finding.verdict().compareTo(finding.verdict()) < 0 ? other : this;
  }

  /** Returns the result of a case in which nothing went over the wire. */
  static Result without(Case played, Verdict verdict, String reason) {
    return new Result(
        played,
        new Finding(verdict, reason),
        List.of(),
        new Outcome(List.of(), new Ending.Silent()),
        0);
  }
}
