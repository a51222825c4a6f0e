// SPDX-License-Identifier: Apache-2.0
package dev.parley.cli;

/**
 * Text from the network, made safe to print: it stays on its line and cannot drive the terminal.
 * Whoever prints a message, a header or a close reason sends it through here.
 */
final class Printable {
  private Printable() {}

  /**
   * Returns the text with each character that ends a line, controls a terminal or changes the order
   * of what is shown written as JSON would: {@code \\n}, {@code \\r}, {@code \\u001b}. The tab and
   * the backslash stay as they are: most text with a backslash is meant to have just one.
   */
  static String line(String text) {
    int first = 0;
    while (first < text.length() && !isHarmful(text.charAt(first))) {
      first++;
    }
    if (first == text.length()) {
      return text;
    }
    StringBuilder line = new StringBuilder(text.length() + 16).append(text, 0, first);
    for (int i = first; i < text.length(); i++) {
      char c = text.charAt(i);
      if (!isHarmful(c)) {
        line.append(c);
      } else if (c == '\n') {
        line.append("\\n");
      } else if (c == '\r') {
        line.append("\\r");
      } else {
        line.append("\\u%04x".formatted((int) c));
      }
    }
    return line.toString();
  }

  /** All of them are in the first plane, so looking at single chars is enough. */
  private static boolean isHarmful(char c) {
    if (c < 0x7f) {
      return c < ' ' && c != '\t';
    }
    return c <= 0x9f // among the C1 controls is a one-character form of ESC [
        || c == '\u2028' // line and paragraph separator
        || c == '\u2029'
        || (c >= '\u202a' && c <= '\u202e') // what reorders text: a line could show another one
        || (c >= '\u2066' && c <= '\u2069');
  }
}
