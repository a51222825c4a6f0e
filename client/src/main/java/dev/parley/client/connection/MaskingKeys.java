// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.function.IntSupplier;

/**
 * Masking keys for one connection, each used once (RFC 6455 §5.3): drawn from the client's stream
 * some at a time, because each visit there takes a lock; few at first, because most sessions send
 * little. For one thread at a time.
 */
public final class MaskingKeys implements IntSupplier {
  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  private static final byte[] NONE = {};

  private final KeyStream stream;

  /** Made with the first key, as a session that only receives has none; doubled up to a draw. */
  private byte[] keys = NONE;

  private int next;

  /** Makes a source of keys that draws from a stream. */
  public MaskingKeys(KeyStream stream) {
    this.stream = stream;
  }

  @Override
  public int getAsInt() {
    if (next == keys.length) {
      draw();
    }
    int key = (int) INTS.get(keys, next);
    next += Integer.BYTES;
    return key;
  }

  private void draw() {
    boolean full = keys.length == KeyStream.DRAW;
    byte[] drawn = full ? keys : new byte[Math.max(KeyStream.BLOCK, 2 * keys.length)];
    stream.draw(drawn); // where it throws there are no keys, and not ones of zero
    keys = drawn;
    next = 0;
  }
}
