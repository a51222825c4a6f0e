// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("RFC 6455 §11.8: opcodes")
final class OpcodeTest {
  @Test
  void isFoundByItsCode() {
    for (Opcode opcode : Opcode.values()) {
      assertThat(Opcode.of(opcode.code())).isSameAs(opcode);
    }
    for (int reserved : new int[] {3, 4, 5, 6, 7, 11, 12, 13, 14, 15}) {
      assertThat(Opcode.of(reserved)).isNull();
    }
  }

  @Test
  void isControlWhereItsHighestBitIsSet() {
    assertThat(Opcode.values())
        .filteredOn(Opcode::isControl)
        .containsExactly(Opcode.CLOSE, Opcode.PING, Opcode.PONG);
  }
}
