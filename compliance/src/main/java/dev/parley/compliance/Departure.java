// SPDX-License-Identifier: Apache-2.0
package dev.parley.compliance;

/** Ends a case early: the client left the path that the case prescribes. */
final class Departure extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final transient Finding finding;

  Departure(Verdict verdict, String reason) {
    super(reason);
    this.finding = new Finding(verdict, reason);
  }

  static Departure failed(String reason) {
    return new Departure(Verdict.FAILED, reason);
  }

  Finding finding() {
    return finding;
  }
}
