// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.handshake;

/**
 * How much of a head a peer can make us read and hold. Memory is taken as bytes arrive.
 *
 * @param maxStartLine the most bytes of the request line or status line, without its CRLF. Default
 *     8 KiB: RFC 9112 §3 recommends 8,000 bytes at least.
 * @param maxHeaderLine the most bytes of one header line, without its CRLF. Default 8 KiB: holds
 *     the largest cookies and tokens in use.
 * @param maxHeaderLines the most header lines. Default 128: real heads have a few dozen at most.
 * @param maxHeadSize the most bytes of the whole head with its blank line, interim responses
 *     included. Default 64 KiB: bounds the head in all.
 */
public record HeadLimits(int maxStartLine, int maxHeaderLine, int maxHeaderLines, int maxHeadSize) {
  /** 8 KiB a line, 128 header lines, 64 KiB in all. */
  public static final HeadLimits DEFAULT = new HeadLimits(8 << 10, 8 << 10, 128, 64 << 10);

  /** Validates that each limit is positive. */
  public HeadLimits {
    requirePositive("maxStartLine", maxStartLine);
    requirePositive("maxHeaderLine", maxHeaderLine);
    requirePositive("maxHeaderLines", maxHeaderLines);
    requirePositive("maxHeadSize", maxHeadSize);
  }

  private static void requirePositive(String name, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(name + " of " + value + ", expected at least 1");
    }
  }
}
