// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks.clients;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Receives frames and makes something of each, which most raw sockets do not. */
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

  /**
   * Makes something of a frame that is longer than a quarter of the buffer.
   *
   * @param first its first byte
   * @param length of the payload, whose beginning is at the position of {@link #in}
   * @return the length of the message
   */
  int takeLong(byte first, int length) throws IOException {
    throw new IOException("a frame of " + length + " bytes, longer than a quarter of the buffer");
  }

  @Override
  public final int receive() throws IOException {
    int head;
    while ((head = RawFrames.headLength(in)) == 0) {
      fill();
    }
    int length = RawFrames.payloadLength(in);
    if (head + length > in.capacity() / 4) { // else a part of it would be moved within the buffer
      byte first = in.get(in.position());
      in.position(in.position() + head);
      return takeLong(first, length);
    }
    while (!isReady()) {
      fill();
    }
    int start = in.position();
    in.position(start + head + length);
    return take(in.get(start), start + head, length);
  }
}
