// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.handshake;

/** The characters that HTTP allows where (RFC 9110 §5.5, §5.6.2). */
final class HeaderGrammar {
  private static final String TOKEN_PUNCTUATION = "!#$%&'*+-.^_`|~";

  private HeaderGrammar() {}

  static boolean isTokenChar(int c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || TOKEN_PUNCTUATION.indexOf(c) >= 0;
  }

  static boolean isToken(CharSequence text) {
    return !text.isEmpty() && text.chars().allMatch(HeaderGrammar::isTokenChar);
  }

  /** Visible characters, space, tab, and the upper half of ISO 8859-1 (obs-text). */
  static boolean isFieldValueChar(int c) {
    return c == '\t' || (c >= ' ' && c <= '~') || (c >= 0x80 && c <= 0xff);
  }

  static String requireToken(String what, String text) {
    if (!isToken(text)) {
      throw new IllegalArgumentException(what + " is not a token (RFC 9110 §5.6.2): " + show(text));
    }
    return text;
  }

  /**
   * Returns the value without white space around it. The message names the field and never shows
   * its value.
   */
  static String requireFieldValue(String name, String value) {
    for (int i = 0; i < value.length(); i++) {
      if (!isFieldValueChar(value.charAt(i))) {
        throw new IllegalArgumentException(
            String.format(
                "value of header %s has the character U+%04X at index %d",
                name, (int) value.charAt(i), i));
      }
    }
    return value.strip();
  }

  private static String show(String text) {
    StringBuilder shown = new StringBuilder("\"");
    text.chars()
        .limit(40)
        .forEach(
            c ->
                shown.append(
                    c >= ' ' && c <= '~' ? String.valueOf((char) c) : String.format("\\u%04x", c)));
    return shown.append('"').toString();
  }
}
