// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.handshake;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class HandshakeExceptionTest {
  @Test
  void tellsOfWhatAnotherOneWasSaidAndHowFarItCame() {
    IllegalStateException cause = new IllegalStateException();
    ResponseHead response = new ResponseHead(101, "Switching Protocols", Headers.EMPTY);
    HandshakeException other =
        new HandshakeException(HandshakeFailure.BAD_EXTENSION, "x-wrong", cause).about(response);

    HandshakeException told =
        new HandshakeException("cannot open ws://x/: ", other, "; connected to 192.0.2.1:80");

    assertThat(told)
        .hasMessage("cannot open ws://x/: x-wrong (RFC 6455 §9.1); connected to 192.0.2.1:80")
        .hasCause(cause)
        .returns(HandshakeFailure.BAD_EXTENSION, HandshakeException::failure)
        .returns(response, HandshakeException::response);
  }
}
