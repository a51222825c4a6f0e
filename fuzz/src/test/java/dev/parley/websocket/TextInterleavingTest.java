// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import static dev.parley.fuzz.Interleavings.check;
import static dev.parley.fuzz.Interleavings.sideBySide;
import static dev.parley.fuzz.Laws.require;

import org.junit.jupiter.api.Test;

/** A text that has no bytes yet has one array for all who ask for them. */
final class TextInterleavingTest {
  @Test
  @SuppressWarnings("ReferenceEquality") // that is the law
  void hasTheSameBytesForAll() {
    check(
        () -> {
          Frame.Text text = Frame.Text.ofAscii("ab");
          byte[][] seen = new byte[2][];
          sideBySide(() -> seen[0] = text.data(), () -> seen[1] = text.data());
          require(seen[0] == seen[1] && seen[0] == text.data(), "an array for each");
          require(seen[0].length == 2 && seen[0][1] == 'b', "other bytes");
        });
  }
}
