// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

/**
 * What a peer may make us hold. Memory is taken as bytes arrive, never because a length was
 * claimed.
 *
 * @param maxFrameSize the most payload bytes of one frame on the wire. Default: no limit, as
 *     maxMessageSize bounds the memory already: a data frame counts towards its message. Control
 *     frames are short by rule and pass.
 * @param maxMessageSize the most bytes of a whole message in memory, after defragmentation and
 *     decompression. Default 64 MiB: larger than nearly every message in use, small enough to
 *     survive.
 * @param maxFragments the most frames of one message. Default 131,072: 4 MiB in 64-byte fragments
 *     pass, and endless empty fragments end.
 */
public record Limits(long maxFrameSize, long maxMessageSize, int maxFragments) {
  /** No limit of a frame, 64 MiB a message, 131,072 fragments. */
  public static final Limits DEFAULT = new Limits(Long.MAX_VALUE, 64L << 20, 128 << 10);

  /**
   * The largest message that a Java array can hold; a larger {@link #maxMessageSize()} means this.
   */
  static final int MAX_ARRAY = Integer.MAX_VALUE - 8;

  /** Validates that each limit is positive. */
  public Limits {
    requirePositive("maxFrameSize", maxFrameSize);
    requirePositive("maxMessageSize", maxMessageSize);
    requirePositive("maxFragments", maxFragments);
  }

  private static void requirePositive(String name, long value) {
    if (value < 1) {
      throw new IllegalArgumentException(name + " of " + value + ", expected at least 1");
    }
  }

  /** Returns these limits with another {@link #maxFrameSize()}. */
  public Limits withMaxFrameSize(long maxFrameSize) {
    return new Limits(maxFrameSize, maxMessageSize, maxFragments);
  }

  /** Returns these limits with another {@link #maxMessageSize()}. */
  public Limits withMaxMessageSize(long maxMessageSize) {
    return new Limits(maxFrameSize, maxMessageSize, maxFragments);
  }

  /** Returns these limits with another {@link #maxFragments()}. */
  public Limits withMaxFragments(int maxFragments) {
    return new Limits(maxFrameSize, maxMessageSize, maxFragments);
  }
}
