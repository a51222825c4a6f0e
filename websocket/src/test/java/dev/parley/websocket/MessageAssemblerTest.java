// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class MessageAssemblerTest {
  private final MessageAssembler message = new MessageAssembler();

  @Test
  void joinsFragmentsInOrder() {
    message.add(new byte[] {1});
    message.add(new byte[] {2, 3});
    assertThat(message.size()).isEqualTo(3);
    assertThat(message.join(new byte[] {4})).containsExactly(1, 2, 3, 4);
  }

  @Test
  void isEmptyAfterJoining() {
    message.add(new byte[] {1});
    message.join(new byte[] {2});
    assertThat(message.size()).isZero();
    assertThat(message.join(new byte[] {3})).containsExactly(3);
  }

  @Test
  void doesNotCopyTheOnlyFragment() {
    byte[] only = {1, 2};
    message.add(new byte[0]);
    assertThat(message.join(only)).isSameAs(only);
    message.add(only);
    assertThat(message.join(new byte[0])).isSameAs(only);
  }

  @Test
  void joinsFragmentsOfEverySize() {
    byte[] whole = new byte[400_000];
    new Random(1).nextBytes(whole);
    for (int small : new int[] {1, 100, 5000, 8191, 8192, 8193}) {
      for (int large : new int[] {small, 300, 65_535, 65_536, 70_000}) {
        int at = 0;
        for (int n = 0; at + Math.max(small, large) < whole.length; n++) {
          int length = n % 50 == 0 ? large : small;
          message.add(Arrays.copyOfRange(whole, at, at + length));
          at += length;
        }
        assertThat(message.size()).isEqualTo(at);
        assertThat(message.join(Arrays.copyOfRange(whole, at, whole.length))).isEqualTo(whole);
      }
    }
  }

  @Test
  void keepsNoneOfTheSmallArraysItIsGiven() {
    List<WeakReference<byte[]>> given = new ArrayList<>();
    for (int i = 0; i < 20_000; i++) {
      byte[] fragment = new byte[512];
      given.add(new WeakReference<>(fragment));
      message.add(fragment);
    }
    System.gc();
    // an array of its own for each would weigh a twentieth more
    assertThat(given).filteredOn(fragment -> fragment.get() != null).hasSizeLessThan(2);
    assertThat(message.join(new byte[0])).hasSize(20_000 * 512);
  }

  @Test
  void forgetsWhatCame() {
    message.add(new byte[] {1});
    message.add(new byte[10_000]);
    message.add(new byte[] {1});
    message.clear();
    assertThat(message.size()).isZero();
    assertThat(message.join(new byte[0])).isEmpty();
  }
}
