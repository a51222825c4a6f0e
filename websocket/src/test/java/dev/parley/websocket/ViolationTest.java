// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class ViolationTest {
  @ParameterizedTest
  @EnumSource(Violation.class)
  void canBeAnsweredByAClose(Violation violation) {
    CloseReason reason = violation.closeReason();
    assertThat(reason.requireSendable()).isSameAs(reason);
    assertThat(violation.section()).matches("RFC \\d{4} §\\d+(\\.\\d+)*");
  }
}
