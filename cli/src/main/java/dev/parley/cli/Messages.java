// SPDX-License-Identifier: Apache-2.0
package dev.parley.cli;

import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is to be sent, message by message. */
@FunctionalInterface
interface Messages {
  /** Returns the payload of the next message, or {@code null} at the end; waits for it. */
  byte @Nullable [] next() throws IOException;

  /** Returns the messages of a list. */
  static Messages of(List<byte[]> payloads) {
    Iterator<byte[]> iterator = payloads.iterator();
    return () -> iterator.hasNext() ? iterator.next() : null;
  }
}
