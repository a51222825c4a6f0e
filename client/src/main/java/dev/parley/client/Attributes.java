// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Values that the caller and plugins attach to a request, by typed key. They stay in this process
 * and go with the request to its {@link HttpClientCall}. Any thread may use them.
 */
public final class Attributes {
  /** Replaced with each change: a session keeps it, and most have none, or one. */
  private volatile Map<AttributeKey<?>, Object> values = Map.of();

  @SuppressWarnings("rawtypes") // a class has no type arguments
  private static final AtomicReferenceFieldUpdater<Attributes, Map> VALUES =
      AtomicReferenceFieldUpdater.newUpdater(Attributes.class, Map.class, "values");

  /** Makes an empty set. */
  public Attributes() {}

  /** Returns the value of a key, or {@code null} where it has none. */
  @SuppressWarnings("unchecked") // put takes a value of the key's own type, and keys are unique
  public <T> @Nullable T get(AttributeKey<T> key) {
    return (T) values.get(Objects.requireNonNull(key, "key"));
  }

  /** Gives a key a value, in place of the one it had. */
  public <T> Attributes put(AttributeKey<T> key, T value) {
    Objects.requireNonNull(value, "value");
    change(copy -> copy.put(key, value));
    return this;
  }

  /** Takes a key's value away, if it has one. */
  public Attributes remove(AttributeKey<?> key) {
    change(copy -> copy.remove(key));
    return this;
  }

  private void change(Consumer<Map<AttributeKey<?>, Object>> change) {
    Map<AttributeKey<?>, Object> before;
    Map<AttributeKey<?>, Object> copy;
    do {
      before = values;
      copy = new HashMap<>(before);
      change.accept(copy);
    } while (!VALUES.compareAndSet(this, before, Map.copyOf(copy)));
  }

  /** Shows the names only: a value may be a secret. */
  @Override
  public String toString() {
    return values.keySet().toString();
  }
}
