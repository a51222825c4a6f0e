// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.handshake;

import java.util.ArrayList;
import java.util.List;

/** The characters that HTTP allows where, and its comma lists (RFC 9110 §5.5, §5.6). */
final class HeaderGrammar {
  private static final String TOKEN_PUNCTUATION = "!#$%&'*+-.^_`|~";
  private static final int SHOWN = 40;

  private HeaderGrammar() {}

  static boolean isTokenChar(int c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || TOKEN_PUNCTUATION.indexOf(c) >= 0;
  }

  /** Visible characters, space, tab, and the upper half of ISO 8859-1 (obs-text). */
  static boolean isTextChar(int c) {
    return c == '\t' || (c >= ' ' && c <= '~') || (c >= 0x80 && c <= 0xff);
  }

  static boolean isVisible(int c) {
    return c > ' ' && c <= '~';
  }

  static boolean isVisible(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (!isVisible(text.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  /** Returns the token. The message never shows the text, which may be a secret gone astray. */
  static String requireToken(String what, String text) {
    if (text.isEmpty()) {
      throw new IllegalArgumentException(what + " is empty, expected a token");
    }
    for (int i = 0; i < text.length(); i++) {
      if (!isTokenChar(text.charAt(i))) {
        throw new IllegalArgumentException(
            misplaced(what, text, i) + ", which no token has (RFC 9110 §5.6.2)");
      }
    }
    return text;
  }

  /** Returns the text. The message names what it is and never shows it. */
  static String requireText(String what, String text) {
    int odd = firstOdd(text);
    if (odd >= 0) {
      throw notText(what, text, odd);
    }
    return text;
  }

  /** Returns the value of a header, likewise. */
  static String requireValue(String name, String value) {
    int odd = firstOdd(value);
    if (odd >= 0) {
      throw notText("value of header " + name, value, odd);
    }
    return value;
  }

  private static IllegalArgumentException notText(String what, String text, int index) {
    return new IllegalArgumentException(misplaced(what, text, index) + " (RFC 9110 §5.5)");
  }

  private static int firstOdd(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (!isTextChar(text.charAt(i))) {
        return i;
      }
    }
    return -1;
  }

  private static String misplaced(String what, String text, int index) {
    return String.format(
        "%s has the character U+%04X at index %d", what, (int) text.charAt(index), index);
  }

  /**
   * Returns the elements of a comma list that may go over several field lines. Empty elements are
   * left out (RFC 9110 §5.6.1.2).
   */
  static List<String> elements(List<String> fieldValues) {
    List<String> elements = new ArrayList<>();
    for (String value : fieldValues) {
      for (String element : value.split(",", -1)) {
        if (!element.isBlank()) {
          elements.add(element.strip());
        }
      }
    }
    return elements;
  }

  /** Quotes what a peer sent, made harmless and short enough for a message. */
  static String show(String text) {
    StringBuilder shown = new StringBuilder("\"");
    text.chars()
        .limit(SHOWN)
        .forEach(
            c -> {
              if (c >= ' ' && c <= '~') {
                shown.append((char) c);
              } else {
                shown.append(String.format("\\u%04x", c));
              }
            });
    return shown.append(text.length() > SHOWN ? "...\"" : "\"").toString();
  }
}
