// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

import java.nio.ByteBuffer;
import java.util.function.IntSupplier;

/**
 * Masking keys for one connection, each used once (RFC 6455 §5.3): drawn from the client's stream
 * some at a time, because each visit there takes a lock. For one thread at a time.
 */
public final class MaskingKeys implements IntSupplier {
  private final KeyStream stream;
  private final ByteBuffer keys = ByteBuffer.allocate(KeyStream.DRAW).limit(0);

  /** Makes a source of keys that draws from a stream. */
  public MaskingKeys(KeyStream stream) {
    this.stream = stream;
  }

  @Override
  public int getAsInt() {
    if (!keys.hasRemaining()) {
      stream.draw(keys.array());
      keys.clear();
    }
    return keys.getInt();
  }
}
