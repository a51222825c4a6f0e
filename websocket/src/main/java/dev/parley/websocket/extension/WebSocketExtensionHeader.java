// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.extension;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One element of {@code Sec-WebSocket-Extensions}: a name and its parameters (RFC 6455 §9.1).
 *
 * @param name the extension's name, a token
 * @param parameters the parameters as they stand, repetitions included
 */
public record WebSocketExtensionHeader(String name, List<Parameter> parameters) {
  private static final String HEADER = "Sec-WebSocket-Extensions";

  /**
   * One parameter.
   *
   * @param name the parameter's name, a token
   * @param value its value, unquoted and a token, or {@code null} where it has none
   */
  public record Parameter(String name, @Nullable String value) {
    /**
     * Validates the parameter.
     *
     * @throws IllegalArgumentException if the name or the value is no token
     */
    public Parameter {
      requireToken("parameter name", name);
      if (value != null) {
        requireToken("parameter value", value);
      }
    }

    @Override
    public String toString() {
      return value == null ? name : name + "=" + value;
    }
  }

  /**
   * Validates the name and copies the parameters.
   *
   * @throws IllegalArgumentException if the name is no token
   */
  public WebSocketExtensionHeader {
    requireToken("extension name", name);
    parameters = List.copyOf(parameters);
  }

  /**
   * Parses the whole header.
   *
   * @param fieldValues the value of each field line
   * @return the elements of all lines, in order
   * @throws IllegalArgumentException if a line breaks the grammar, or there are lines but no
   *     element
   */
  public static List<WebSocketExtensionHeader> parse(List<String> fieldValues) {
    List<WebSocketExtensionHeader> elements = new ArrayList<>();
    for (String value : fieldValues) {
      new Parser(HEADER, value).parseInto(elements);
    }
    if (elements.isEmpty() && !fieldValues.isEmpty()) {
      throw new IllegalArgumentException(HEADER + ": expected an extension, got none");
    }
    return List.copyOf(elements);
  }

  /** Returns the elements as they stand in one field line. */
  public static String print(List<WebSocketExtensionHeader> elements) {
    return elements.stream()
        .map(WebSocketExtensionHeader::toString)
        .collect(Collectors.joining(", "));
  }

  /** Returns the element as it stands in the header. */
  @Override
  public String toString() {
    return name
        + parameters.stream().map(parameter -> "; " + parameter).collect(Collectors.joining());
  }

  private static void requireToken(String what, String text) {
    Parser parser = new Parser(what, text);
    parser.token();
    if (!parser.atEnd()) {
      throw parser.expected("a token");
    }
  }

  /** Walks once through one field line. */
  private static final class Parser {
    private static final String TOKEN_PUNCTUATION = "!#$%&'*+-.^_`|~";
    private static final char END = 0;

    private final String what;
    private final String text;
    private int index;

    Parser(String what, String text) {
      this.what = what;
      this.text = text;
    }

    void parseInto(List<WebSocketExtensionHeader> elements) {
      do {
        skipSpace();
        // RFC 9110 §5.6.1.2: empty elements of a list are ignored.
        if (!atEnd() && peek() != ',') {
          elements.add(element());
        }
      } while (skip(','));
      if (!atEnd()) {
        throw expected("a comma or a semicolon");
      }
    }

    private WebSocketExtensionHeader element() {
      String name = token();
      List<Parameter> parameters = new ArrayList<>();
      skipSpace();
      while (skip(';')) {
        skipSpace();
        parameters.add(parameter());
        skipSpace();
      }
      return new WebSocketExtensionHeader(name, parameters);
    }

    private Parameter parameter() {
      String name = token();
      skipSpace();
      if (!skip('=')) {
        return new Parameter(name, null);
      }
      skipSpace();
      return new Parameter(name, skip('"') ? quotedToken() : token());
    }

    String token() {
      int start = index;
      while (isTokenChar(peek())) {
        index++;
      }
      if (index == start) {
        throw expected("a token");
      }
      return text.substring(start, index);
    }

    /** RFC 6455 §9.1: once unquoted, the value must still be a token. */
    private String quotedToken() {
      StringBuilder value = new StringBuilder();
      while (value.isEmpty() || !skip('"')) {
        skip('\\');
        if (!isTokenChar(peek())) {
          throw expected("a token in quotes");
        }
        value.append(text.charAt(index++));
      }
      return value.toString();
    }

    private void skipSpace() {
      while (peek() == ' ' || peek() == '\t') {
        index++;
      }
    }

    private boolean skip(char c) {
      boolean there = peek() == c;
      if (there) {
        index++;
      }
      return there;
    }

    private char peek() {
      return atEnd() ? END : text.charAt(index);
    }

    boolean atEnd() {
      return index == text.length();
    }

    IllegalArgumentException expected(String expected) {
      return new IllegalArgumentException(
          what
              + ": expected "
              + expected
              + " at index "
              + index
              + ", got "
              + (atEnd() ? "the end" : String.format("U+%04X", (int) peek())));
    }

    private static boolean isTokenChar(char c) {
      return (c >= 'a' && c <= 'z')
          || (c >= 'A' && c <= 'Z')
          || (c >= '0' && c <= '9')
          || TOKEN_PUNCTUATION.indexOf(c) >= 0;
    }
  }
}
