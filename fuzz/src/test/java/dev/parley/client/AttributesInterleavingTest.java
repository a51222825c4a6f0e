// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import static dev.parley.fuzz.Interleavings.check;
import static dev.parley.fuzz.Interleavings.sideBySide;
import static dev.parley.fuzz.Laws.require;

import org.junit.jupiter.api.Test;

/**
 * The law of {@link Attributes}: a change of one key takes back no change of another that is made
 * at the same time, and whoever looks finds a value that the key had.
 */
final class AttributesInterleavingTest {
  private static final AttributeKey<String> ONE = new AttributeKey<>("one");
  private static final AttributeKey<String> OTHER = new AttributeKey<>("other");

  @Test
  void twoPutsAtOnceAreBothThere() {
    check(
        () -> {
          Attributes attributes = new Attributes();
          sideBySide(() -> attributes.put(ONE, "a"), () -> attributes.put(OTHER, "b"));
          require("a".equals(attributes.get(ONE)) && "b".equals(attributes.get(OTHER)), attributes);
        });
  }

  @Test
  void removalOfOneKeyTakesBackNoPutOfAnother() {
    check(
        () -> {
          Attributes attributes = new Attributes().put(ONE, "a");
          sideBySide(() -> attributes.remove(ONE), () -> attributes.put(OTHER, "b"));
          require(attributes.get(ONE) == null && "b".equals(attributes.get(OTHER)), attributes);
        });
  }

  @Test
  void whoeverLooksFindsTheValueBeforeOrAfter() {
    check(
        () -> {
          Attributes attributes = new Attributes().put(ONE, "a");
          sideBySide(
              () -> attributes.put(ONE, "b").put(OTHER, "c"),
              () -> {
                boolean late = attributes.get(OTHER) != null;
                String seen = attributes.get(ONE);
                require("b".equals(seen) || (!late && "a".equals(seen)), attributes);
              });
        });
  }
}
