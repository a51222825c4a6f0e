// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.handshake;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HandshakeFailureTest {
  /** Programs may depend on these words: a change here is a change for users. */
  @Test
  void wordsStayTheSame() {
    assertThat(HandshakeFailure.values())
        .extracting(HandshakeFailure::word)
        .containsExactly(
            "bad-http",
            "too-large",
            "too-many",
            "incomplete",
            "status-not-101",
            "body-on-101",
            "bad-upgrade",
            "bad-connection",
            "bad-accept",
            "bad-subprotocol",
            "bad-extension");
  }

  @Test
  void everyReasonHasItsSection() {
    assertThat(HandshakeFailure.values())
        .allSatisfy(failure -> assertThat(failure.section()).matches("RFC \\d+ §.+"));
  }
}
