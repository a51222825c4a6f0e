// SPDX-License-Identifier: Apache-2.0
package dev.parley.compliance;

import java.util.List;

/**
 * What the application saw of a session.
 *
 * @param delivered the messages, in the order they were delivered
 * @param ending how it ended
 */
public record Outcome(List<Message> delivered, Ending ending) {
  /** Copies the messages. */
  public Outcome {
    delivered = List.copyOf(delivered);
  }
}
