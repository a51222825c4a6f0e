// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class RoleTest {
  @Test
  void hasAPeer() {
    assertThat(Role.CLIENT.peer()).isEqualTo(Role.SERVER);
    assertThat(Role.SERVER.peer()).isEqualTo(Role.CLIENT);
  }
}
