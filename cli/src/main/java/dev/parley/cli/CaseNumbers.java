// SPDX-License-Identifier: Apache-2.0
package dev.parley.cli;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Which cases to run, as in {@code 1-16,20}.
 *
 * @param text the numbers and ranges, as the user wrote them
 */
record CaseNumbers(String text) {
  /**
   * Validates the text.
   *
   * @throws IllegalArgumentException if it is no list of numbers and ranges
   */
  CaseNumbers {
    if (!text.matches("\\d{1,9}(-\\d{1,9})?(,\\d{1,9}(-\\d{1,9})?)*")) {
      throw new IllegalArgumentException(
          "cases '" + text + "', expected numbers and ranges as in 1-16,20");
    }
  }

  /** Returns the numbers in the order in which they were given, those beyond the count left out. */
  IntStream upTo(int count) {
    return Arrays.stream(text.split(","))
        .map(range -> range.split("-"))
        .flatMapToInt(
            range ->
                IntStream.rangeClosed(
                    Math.max(1, Integer.parseInt(range[0])),
                    Math.min(count, Integer.parseInt(range[range.length - 1]))));
  }
}
