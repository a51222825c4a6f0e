// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.handshake;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The header fields of a request or a response, in their order. Immutable. Names are compared
 * without regard to case (RFC 9110 §5.1); two headers are equal when their field lines are, letter
 * by letter and in the same order.
 *
 * @implNote A session keeps those of its opening for as long as it lives, so they are one array and
 *     not a list of fields, which weighs four times as much.
 */
public final class Headers {
  private static final String COLON = ": ";
  private static final String LINE_END = "\r\n";

  /** No fields. */
  public static final Headers EMPTY = builder().build();

  /** As they go over the wire, each line with its end (RFC 9112 §5). */
  private final byte[] bytes;

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

  private Headers(String lines) {
    this.bytes = lines.getBytes(StandardCharsets.ISO_8859_1); // of which all is
  }

  /** Returns the first value of a field, or {@code null} where there is none. */
  public @Nullable String get(String name) {
    int line = find(name, 0);
    return line < 0 ? null : value(line + name.length());
  }

  /** Returns every value of a field, one for each field line, in their order. */
  public List<String> getAll(String name) {
    int line = find(name, 0);
    if (line < 0) {
      return List.of();
    }
    List<String> values = new ArrayList<>(1);
    for (; line >= 0; line = find(name, end(line))) {
      values.add(value(line + name.length()));
    }
    return List.copyOf(values);
  }

  /** Tells whether there is a field of this name. */
  public boolean contains(String name) {
    return find(name, 0) >= 0;
  }

  /** Returns all field lines, in their order. */
  public List<Field> fields() {
    List<Field> fields = new ArrayList<>();
    for (int line = 0; line < bytes.length; line = end(line)) {
      int colon = indexOf(':', line);
      fields.add(new Field(text(line, colon), value(colon)));
    }
    return List.copyOf(fields);
  }

  /** Returns where the next line of this name begins, from a line on; -1 where there is none. */
  private int find(String name, int from) {
    if (name.indexOf(':') >= 0) {
      return -1; // no name has one, but a line does
    }
    for (int line = from; line < bytes.length; line = end(line)) {
      if (isNamed(name, line)) {
        return line;
      }
    }
    return -1;
  }

  private boolean isNamed(String name, int line) {
    int length = name.length();
    if (line + length >= bytes.length || bytes[line + length] != ':') {
      return false;
    }
    for (int i = 0; i < length; i++) {
      if (lowerCase(bytes[line + i]) != lowerCase(name.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  private static int lowerCase(int c) {
    return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
  }

  private String value(int colon) {
    return text(colon + COLON.length(), end(colon) - LINE_END.length());
  }

  /** Returns where a line ends and the next one begins. No line has an LF but at its end. */
  private int end(int line) {
    return indexOf('\n', line) + 1;
  }

  private int indexOf(char c, int from) {
    int index = from;
    while (bytes[index] != c) {
      index++;
    }
    return index;
  }

  private String text(int from, int to) {
    return new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
  }

  /** Returns the lines as they go over the wire, each with its end. */
  String lines() {
    return text(0, bytes.length);
  }

  /** Returns a builder that begins with these fields. */
  public Builder toBuilder() {
    return builder().addAll(this);
  }

  /** Returns an empty builder. */
  public static Builder builder() {
    return new Builder();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Headers headers && Arrays.equals(bytes, headers.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  /** Shows the names only: a value may be a secret. */
  @Override
  public String toString() {
    return fields().toString();
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
              HeaderGrammar.requireValue(name, value).strip()));
      return this;
    }

    /** Adds every field line of other headers. */
    public Builder addAll(Headers headers) {
      fields.addAll(headers.fields());
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
      StringBuilder lines = new StringBuilder();
      for (Field field : fields) {
        lines.append(field.name()).append(COLON).append(field.value()).append(LINE_END);
      }
      return new Headers(lines.toString());
    }
  }
}
