// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks.clients;

import dev.parley.benchmarks.Settings;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * As {@link RawVirtual}, but a session ends as RFC 6455 §7.1.1 says: with a Close frame each way,
 * after which the server closes the connection, and the client only then.
 */
public final class RawClosing extends RawBlocking {
  /** Masked by zeros: 1000, and no reason. */
  private static final byte[] CLOSE = {(byte) 0x88, (byte) 0x82, 0, 0, 0, 0, 0x03, (byte) 0xe8};

  /** Makes one. */
  public RawClosing() {}

  @Override
  public boolean prefersVirtualThreads() {
    return true;
  }

  @Override
  RawSession session(Settings settings, RawWire wire, RawFrames frames, ByteBuffer in) {
    return new RawSession(wire, frames, in) {
      @Override
      public void close() throws IOException {
        wire.write(copied(CLOSE));
        int unused = receive();
        do {
          in.clear();
        } while (wire.read(in) >= 0);
        super.close();
      }
    };
  }
}
