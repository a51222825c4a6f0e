// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.function.IntSupplier;

/**
 * Masking keys that nobody can predict (RFC 6455 §5.3, §10.3), fetched from the secure source a few
 * at a time because each visit there costs more than the key. For one thread at a time.
 */
public final class MaskingKeys implements IntSupplier {
  private static final int KEYS_A_VISIT = 32;

  private final SecureRandom random;
  private final ByteBuffer keys = ByteBuffer.allocate(KEYS_A_VISIT * Integer.BYTES).limit(0);

  /** Makes a source of keys that draws from a secure one. */
  public MaskingKeys(SecureRandom random) {
    this.random = random;
  }

  @Override
  public int getAsInt() {
    if (!keys.hasRemaining()) {
      random.nextBytes(keys.array());
      keys.clear();
    }
    return keys.getInt();
  }
}
