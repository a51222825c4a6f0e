// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import java.util.Objects;

/**
 * Names one attribute and its type. Two keys are never equal, even of the same name: keep the key
 * in a constant.
 *
 * @param <T> the type of the value
 */
@SuppressWarnings("UnusedTypeParameter") // the compiler ties values to their key by it
public final class AttributeKey<T> {
  private final String name;

  /** Makes a key; the name is for messages only. */
  public AttributeKey(String name) {
    this.name = Objects.requireNonNull(name, "name");
  }

  /** Returns the name, for messages. */
  public String name() {
    return name;
  }

  @Override
  public String toString() {
    return name;
  }
}
