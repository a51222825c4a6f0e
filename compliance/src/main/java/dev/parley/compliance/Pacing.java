// SPDX-License-Identifier: Apache-2.0
package dev.parley.compliance;

/**
 * How the server cuts what it writes.
 *
 * @param glued whether the first frames go in one write with the response head
 * @param piece how many bytes a write has; {@code 0} for all that there is
 * @param split after how many bytes of the connection to make a pause; {@code 0} for none
 */
record Pacing(boolean glued, int piece, int split) {
  static final Pacing WHOLE = new Pacing(false, 0, 0);
  static final Pacing GLUED = new Pacing(true, 0, 0);
  static final Pacing BYTES = new Pacing(false, 1, 0);
  static final Pacing GLUED_BYTES = new Pacing(true, 1, 0);

  static Pacing pieces(int size) {
    return new Pacing(false, size, 0);
  }

  static Pacing splitAt(int offset) {
    return new Pacing(true, 0, offset);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    if (split > 0) {
      text.append("head and frames cut after byte ").append(split);
    } else if (glued) {
      text.append("glued to the response head");
    }
    if (piece > 0) {
      text.append(text.isEmpty() ? "" : ", ");
      text.append(piece == 1 ? "byte by byte" : "in pieces of " + piece + " bytes");
    }
    return text.toString();
  }
}
