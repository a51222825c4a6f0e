// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.handshake;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The header fields of a request or a response, in their order. Immutable. Names are compared
 * without regard to case (RFC 9110 §5.1); two headers are equal when their field lines are, letter
 * by letter and in the same order.
 */
public final class Headers {
  /** No fields. */
  public static final Headers EMPTY = builder().build();

  private final List<Field> fields;

  /**
   * One field line.
   *
   * @param name the field's name, as it was written
   * @param value its value, without white space around it
   */
  public record Field(String name, String value) {
    /** Shows the name only: the value may be a secret. */
    @Override
    public String toString() {
      return name;
    }
  }

  private Headers(List<Field> fields) {
    this.fields = List.copyOf(fields);
  }

  /** Returns the first value of a field, or {@code null} where there is none. */
  public @Nullable String get(String name) {
    for (Field field : fields) {
      if (field.name().equalsIgnoreCase(name)) {
        return field.value();
      }
    }
    return null;
  }

  /** Returns every value of a field, one for each field line, in their order. */
  public List<String> getAll(String name) {
    return fields.stream()
        .filter(field -> field.name().equalsIgnoreCase(name))
        .map(Field::value)
        .toList();
  }

  /** Tells whether there is a field of this name. */
  public boolean contains(String name) {
    return get(name) != null;
  }

  /** Returns all field lines, in their order. */
  public List<Field> fields() {
    return fields;
  }

  /** Returns a builder that begins with these fields. */
  public Builder toBuilder() {
    Builder builder = builder();
    builder.fields.addAll(fields);
    return builder;
  }

  /** Returns an empty builder. */
  public static Builder builder() {
    return new Builder();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Headers headers && fields.equals(headers.fields);
  }

  @Override
  public int hashCode() {
    return fields.hashCode();
  }

  /** Shows the names only: a value may be a secret. */
  @Override
  public String toString() {
    return fields.stream().map(Field::name).toList().toString();
  }

  /** Collects header fields and refuses what would break the head of a request apart. */
  public static final class Builder {
    private final List<Field> fields = new ArrayList<>();

    private Builder() {}

    /**
     * Adds a field line.
     *
     * @throws IllegalArgumentException if the name is no token (RFC 9110 §5.6.2), or the value has
     *     a control character or a character outside of ISO 8859-1
     */
    public Builder add(String name, String value) {
      fields.add(
          new Field(
              HeaderGrammar.requireToken("header name", name),
              HeaderGrammar.requireText("value of header " + name, value).strip()));
      return this;
    }

    /** Adds every field line of other headers. */
    public Builder addAll(Headers headers) {
      fields.addAll(headers.fields);
      return this;
    }

    /**
     * Sets a field to one value, in place of those it had; see {@link #add}, which if it refuses
     * the field leaves all as it was.
     */
    public Builder set(String name, String value) {
      Builder alone = new Builder().add(name, value);
      remove(name);
      fields.addAll(alone.fields);
      return this;
    }

    /** Removes every field line of this name. */
    public Builder remove(String name) {
      fields.removeIf(field -> field.name().equalsIgnoreCase(name));
      return this;
    }

    /** Tells whether there is a field of this name. */
    public boolean contains(String name) {
      return fields.stream().anyMatch(field -> field.name().equalsIgnoreCase(name));
    }

    /** Returns the headers as they stand now. */
    public Headers build() {
      return new Headers(fields);
    }
  }
}
