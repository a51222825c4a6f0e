// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks.clients;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Receives frames that fit the buffer, and makes something of each, which most raw sockets do not.
 */
abstract class RawTaking extends RawSession {
  RawTaking(RawWire wire, RawFrames frames, ByteBuffer in) {
    super(wire, frames, in);
  }

  /**
   * Makes something of a frame.
   *
   * @param first its first byte
   * @param from where its payload begins in {@link #in}
   * @return the length of the message
   */
  abstract int take(byte first, int from, int length) throws IOException;

  @Override
  public final int receive() throws IOException {
    while (!isReady()) {
      fill();
    }
    int start = in.position();
    int head = RawFrames.headLength(in);
    int length = RawFrames.payloadLength(in);
    in.position(start + head + length);
    return take(in.get(start), start + head, length);
  }
}
