// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import java.util.Objects;

/**
 * The status of an HTTP response (RFC 9110 §15).
 *
 * @param value the code, 100 to 999; 101 where the upgrade was granted
 * @param reason the text that the server gave with it, possibly empty
 */
public record HttpStatus(int value, String reason) {
  /** Validates the code. */
  public HttpStatus {
    Objects.requireNonNull(reason, "reason");
    if (value < 100 || value > 999) {
      throw new IllegalArgumentException("status " + value + ", expected 100 to 999");
    }
  }

  /** Returns code and text, as in {@code 404 Not Found}. */
  @Override
  public String toString() {
    return reason.isEmpty() ? Integer.toString(value) : value + " " + reason;
  }
}
