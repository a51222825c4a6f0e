// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

import static dev.parley.fuzz.Interleavings.check;
import static dev.parley.fuzz.Interleavings.sideBySide;

import dev.parley.websocket.CloseReason;
import dev.parley.websocket.ClosingHandshake;
import dev.parley.websocket.ClosingHandshake.Closer;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** The two halves share the state of the closing handshake: no step of either is lost. */
final class ClosingInterleavingTest {
  @Test
  void bothClosesAndTheEndAreKeptWithOneThatWasFirst() {
    check(
        () -> {
          var closing = new AtomicReference<>(ClosingHandshake.OPEN);
          sideBySide(
              () -> closing.updateAndGet(state -> state.withSent(CloseReason.NORMAL)),
              () -> closing.updateAndGet(state -> state.withReceived(CloseReason.GOING_AWAY)),
              () -> closing.updateAndGet(ClosingHandshake::withEnded));
          ClosingHandshake end = closing.get();
          CloseReason decided =
              end.first() == Closer.US ? CloseReason.NORMAL : CloseReason.GOING_AWAY;
          if (!end.isClean() || !end.ended() || !decided.equals(end.closeReason())) {
            throw new AssertionError(end);
          }
        });
  }
}
