// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.ProviderException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import javax.crypto.Cipher;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;

final class KeyStreamTest {
  /** Gives numbers that a test can foretell, and counts how often it is asked. */
  private static class CountingRandom extends SecureRandom {
    private static final long serialVersionUID = 1;
    private final AtomicInteger keys = new AtomicInteger();

    @Override
    public void nextBytes(byte[] bytes) {
      Arrays.fill(bytes, (byte) keys.incrementAndGet());
    }
  }

  @Test
  void countsInBlocksUnderAKeyOfTheSource() throws Exception {
    Cipher decipher = Cipher.getInstance("AES/ECB/NoPadding");
    byte[] key = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    decipher.init(Cipher.DECRYPT_MODE, new SecretKeySpec(key, "AES"));
    KeyStream stream = new KeyStream(new CountingRandom());
    for (int draw = 0; draw < 3; draw++) {
      ByteBuffer blocks = ByteBuffer.wrap(decipher.doFinal(draw(stream)));
      blocks.order(ByteOrder.LITTLE_ENDIAN);
      for (int block = 0; block < 8; block++) {
        assertThat(blocks.getLong()).isEqualTo(8 * draw + block);
        assertThat(blocks.getLong()).isZero();
      }
    }
  }

  @Test
  void sourceThatFailsGivesNoMaskingKey() {
    CountingRandom random =
        new CountingRandom() {
          private static final long serialVersionUID = 1;

          @Override
          public void nextBytes(byte[] bytes) {
            super.nextBytes(bytes);
            if (bytes[0] == 1) {
              throw new ProviderException("the first time");
            }
          }
        };
    MaskingKeys keys = new MaskingKeys(new KeyStream(random));
    assertThatThrownBy(keys::getAsInt).isInstanceOf(ProviderException.class);
    assertThat(keys.getAsInt()).isNotZero();
  }

  @Test
  void takesANewKeyBeforeTheOldOneIsWornOut() {
    CountingRandom random = new CountingRandom();
    KeyStream stream = new KeyStream(random);
    byte[] target = new byte[KeyStream.DRAW];
    for (int draw = 0; draw < KeyStream.DRAWS_A_KEY; draw++) {
      stream.draw(target);
    }
    assertThat(random.keys).hasValue(1);
    stream.draw(target);
    assertThat(random.keys).hasValue(2);
  }

  @Test
  void givesNoTwoConnectionsTheSameKeys() throws Exception {
    KeyStream stream = new KeyStream(new SecureRandom());
    Set<ByteBuffer> drawn = ConcurrentHashMap.newKeySet();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      threads.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    for (int draw = 0; draw < 1000; draw++) {
                      drawn.add(ByteBuffer.wrap(draw(stream)));
                    }
                  }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(drawn).hasSize(8000);
  }

  @Test
  void keysOfAConnectionAreAsEvenAsChance() {
    MaskingKeys keys = new MaskingKeys(new KeyStream(new SecureRandom()));
    Set<Integer> seen = new HashSet<>();
    long ones = 0;
    int count = 20_000;
    for (int i = 0; i < count; i++) {
      int key = keys.getAsInt();
      seen.add(key);
      ones += Integer.bitCount(key);
    }
    // Six standard deviations: 0.05 repeats and half of the bits are to be expected.
    assertThat(seen.size()).isGreaterThan(count - 4);
    assertThat(ones).isBetween(16L * count - 2400, 16L * count + 2400);
  }

  private static byte[] draw(KeyStream stream) {
    byte[] target = new byte[KeyStream.DRAW];
    stream.draw(target);
    return target;
  }
}
