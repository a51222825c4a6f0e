// SPDX-License-Identifier: Apache-2.0
package dev.parley.compliance;

/**
 * A verdict and why.
 *
 * @param verdict the verdict
 * @param reason what was expected and what was got; empty where there is nothing to say
 */
public record Finding(Verdict verdict, String reason) {
  static final Finding STRICT = new Finding(Verdict.STRICT, "");
}
