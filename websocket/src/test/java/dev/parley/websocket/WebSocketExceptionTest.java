// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.EOFException;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** The small tree of exceptions: what each adds to its message and cause. */
final class WebSocketExceptionTest {
  @Test
  void keepsItsCause() {
    IOException cause = new IOException("reset");
    assertThat(new WebSocketException("the connection ended", cause))
        .hasMessage("the connection ended")
        .hasCause(cause);
    assertThat(new WebSocketException("the connection ended")).hasNoCause();
  }

  @Test
  void protocolExceptionNamesTheSectionOfItsRule() {
    WebSocketProtocolException exception =
        new WebSocketProtocolException(Violation.RESERVED_OPCODE, "opcode 3");
    assertThat(exception).hasMessage("opcode 3 (RFC 6455 §5.2)").hasNoCause();
    assertThat(exception.violation()).isEqualTo(Violation.RESERVED_OPCODE);
    assertThat(new WebSocketProtocolException("no status line").violation()).isNull();
  }

  @Test
  void protocolExceptionCanBeSaidAgain() {
    WebSocketProtocolException exception =
        new WebSocketProtocolException(
            Violation.EXTENSION_FAILED, "extension x failed", new IllegalStateException());
    WebSocketProtocolException again = new WebSocketProtocolException(exception, "; and more");
    assertThat(again)
        .hasMessage(exception.getMessage() + "; and more")
        .hasCause(exception.getCause());
    assertThat(again.violation()).isEqualTo(Violation.EXTENSION_FAILED);
  }

  @Test
  void closedExceptionSaysHowTheSessionEnded() {
    ClosingHandshake closing = ClosingHandshake.OPEN.withReceived(CloseReason.GOING_AWAY);
    IOException cause = new IOException("reset");
    WebSocketClosedException exception =
        new WebSocketClosedException("cannot send", closing, cause);
    assertThat(exception)
        .hasMessage("cannot send: the peer sent 1001 (Going away) first, we sent no Close; reset")
        .hasCause(cause);
    assertThat(new WebSocketClosedException("cannot send", closing, new EOFException()))
        .hasMessageEndingWith("we sent no Close; java.io.EOFException");
    assertThat(new WebSocketClosedException("cannot send", closing, null))
        .hasMessageEndingWith("we sent no Close")
        .hasNoCause();
    assertThat(exception.closingHandshake()).isEqualTo(closing);
  }

  @Test
  void interruptedExceptionKeepsTheInterrupt() {
    InterruptedException cause = new InterruptedException();
    assertThat(new WebSocketInterruptedException("interrupted in receive", cause)).hasCause(cause);
  }
}
