// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import static org.assertj.core.api.Assertions.assertThat;

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
  void forgetsWhatCame() {
    message.add(new byte[] {1});
    message.clear();
    assertThat(message.size()).isZero();
    assertThat(message.join(new byte[0])).isEmpty();
  }
}
