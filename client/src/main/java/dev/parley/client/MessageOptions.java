// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

/**
 * How one message is sent, where it is not sent as all others.
 *
 * @param compressed whether extensions may compress it, as they were negotiated; {@code false} for
 *     what is compressed already, a picture or a film, where trying again only costs time
 * @param fragmentSize into how many bytes a streamed message is cut; a message that is sent whole
 *     is never cut
 */
public record MessageOptions(boolean compressed, int fragmentSize) {
  /**
   * Compressed as negotiated, in fragments of 64 KiB: large enough that headers and system calls
   * cost nothing, small enough that Pings, Pongs and a Close get in between.
   */
  public static final MessageOptions DEFAULT = new MessageOptions(true, 64 << 10);

  /**
   * Checks the size.
   *
   * @throws IllegalArgumentException if it is not positive
   */
  public MessageOptions {
    if (fragmentSize < 1) {
      throw new IllegalArgumentException("fragmentSize of " + fragmentSize + ", at least 1");
    }
  }

  /** Returns these options with extensions let in, or kept out. */
  public MessageOptions withCompressed(boolean compressed) {
    return new MessageOptions(compressed, fragmentSize);
  }

  /** Returns these options with fragments of another size. */
  public MessageOptions withFragmentSize(int bytes) {
    return new MessageOptions(compressed, bytes);
  }
}
