// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.websocket.ClosingHandshake.Closer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("RFC 6455 §7.1: the closing handshake")
final class ClosingHandshakeTest {
  private static final CloseReason OURS = CloseReason.NORMAL;
  private static final CloseReason THEIRS = new CloseReason(3000, "");

  @Test
  void beginsOpen() {
    assertThat(ClosingHandshake.OPEN.isOpen()).isTrue();
    assertThat(ClosingHandshake.OPEN.isClean()).isFalse();
    assertThat(ClosingHandshake.OPEN.closeReason()).isNull();
    assertThat(ClosingHandshake.OPEN.description())
        .isEqualTo("we sent no Close, the peer sent no Close");
  }

  @Test
  void keepsWhoWasFirst() {
    ClosingHandshake we = ClosingHandshake.OPEN.withSent(OURS);
    assertThat(we.isOpen()).isFalse();
    assertThat(we.isClean()).isFalse();
    assertThat(we.closeReason()).isEqualTo(OURS);
    assertThat(we.description())
        .isEqualTo("we sent 1000 (Normal closure) first, the peer sent no Close");
    ClosingHandshake both = we.withReceived(THEIRS);
    assertThat(both).isEqualTo(new ClosingHandshake(OURS, THEIRS, Closer.US, false));
    assertThat(both.isClean()).isTrue();
    assertThat(both.closeReason()).isEqualTo(OURS);

    ClosingHandshake peer = ClosingHandshake.OPEN.withReceived(THEIRS);
    assertThat(peer.isClean()).isFalse();
    assertThat(peer.closeReason()).isEqualTo(THEIRS);
    assertThat(peer.withSent(OURS))
        .isEqualTo(new ClosingHandshake(OURS, THEIRS, Closer.PEER, false));
    assertThat(peer.withSent(OURS).description())
        .isEqualTo("the peer sent 3000 first, we sent 1000 (Normal closure)");
  }

  @Test
  void isToldInOneLineWhateverThePeerSaid() {
    CloseReason forged = new CloseReason(4000, "bye\r\nERROR all is lost\u0085\u001b[2J");
    assertThat(ClosingHandshake.OPEN.withReceived(forged).description())
        .isEqualTo("the peer sent 4000 (bye??ERROR all is lost??[2J) first, we sent no Close");
  }

  @Test
  void isNotChangedByASecondClose() {
    ClosingHandshake both = ClosingHandshake.OPEN.withSent(OURS).withReceived(THEIRS);
    assertThat(both.withSent(THEIRS)).isSameAs(both);
    assertThat(both.withReceived(OURS)).isSameAs(both);
  }

  @Test
  void endsOnce() {
    ClosingHandshake ended = ClosingHandshake.OPEN.withEnded();
    assertThat(ended.ended()).isTrue();
    assertThat(ended.isOpen()).isFalse();
    assertThat(ended.closeReason()).isNull();
    assertThat(ended.withEnded()).isSameAs(ended);
  }
}
