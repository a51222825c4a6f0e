// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.IntFunction;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("RFC 6455 §5.3: masking")
final class MaskingTest {
  static List<IntFunction<ByteBuffer>> buffers() {
    return List.of(
        ByteBuffer::allocate,
        ByteBuffer::allocateDirect,
        size -> ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN),
        size -> ByteBuffer.allocate(size + 3).slice(3, size),
        size -> ByteBuffer.allocateDirect(size + 3).slice(3, size));
  }

  /** The rule as the RFC words it. */
  private static byte[] masked(byte[] payload, int key, int at) {
    byte[] masked = payload.clone();
    for (int i = 0; i < masked.length; i++) {
      masked[i] ^= (byte) (key >>> (24 - 8 * ((at + i) % 4)));
    }
    return masked;
  }

  @ParameterizedTest
  @MethodSource("buffers")
  void masksEveryLengthFromEveryPlace(IntFunction<ByteBuffer> allocator) {
    Random random = new Random(1);
    for (int length = 0; length < 40; length++) {
      for (int at = 0; at < 9; at++) {
        byte[] array = new byte[at + length + 2];
        random.nextBytes(array);
        int key = random.nextInt();
        byte[] expected = masked(Arrays.copyOfRange(array, at, at + length), key, at);

        ByteBuffer buffer = allocator.apply(length + 5).position(3);
        Masking.copy(array, at, buffer, length, key, at);
        assertThat(buffer.position()).isEqualTo(3 + length);
        byte[] written = new byte[length];
        buffer.get(3, written);
        assertThat(written).isEqualTo(expected);

        byte[] back = new byte[array.length];
        Masking.copy(buffer.position(3).asReadOnlyBuffer(), back, at, length, key, at);
        assertThat(Arrays.copyOfRange(back, at, at + length))
            .isEqualTo(Arrays.copyOfRange(array, at, at + length));
        Masking.copy(buffer, back, at, length, key, at);
        assertThat(buffer.position()).isEqualTo(3 + length);
      }
    }
  }

  @Test
  void masksAsInTheExampleOfTheRfc() {
    ByteBuffer buffer = ByteBuffer.allocate(5);
    Masking.copy(Wire.utf8("Hello"), 0, buffer, 5, Wire.KEY, 0);
    assertThat(Wire.hex(buffer.array())).isEqualTo("7f 9f 4d 51 58");
  }
}
