// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class AttributesTest {
  private final AttributeKey<String> key = new AttributeKey<>("name");
  private final Attributes attributes = new Attributes();

  @Test
  void valueIsFoundByItsKey() {
    assertThat(attributes.get(key)).isNull();
    assertThat(attributes.put(key, "a").put(key, "b").get(key)).isEqualTo("b");
    assertThat(attributes.remove(key).get(key)).isNull();
  }

  @Test
  void keyOfTheSameNameIsAnother() {
    attributes.put(key, "a");
    assertThat(attributes.get(new AttributeKey<Integer>("name"))).isNull();
  }

  @Test
  void textShowsNoValue() {
    assertThat(attributes.put(key, "secret")).hasToString("[name]");
  }
}
