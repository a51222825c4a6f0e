// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.parley.websocket.ClosingHandshake;
import dev.parley.websocket.WebSocketException;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.Test;

final class ReceiveChannelTest {
  private final WebSocketException closed =
      new ClosedReceiveChannelException("closed", ClosingHandshake.OPEN, null);

  @Test
  void iterationEndsWhereTheChannelCloses() {
    assertThat(new QueueChannel<>(List.of(1, 2), closed)).containsExactly(1, 2);
    assertThat(new QueueChannel<>(List.of(1, 2), closed).stream()).containsExactly(1, 2);
  }

  @Test
  void iterationThrowsWhereTheChannelBreaks() {
    WebSocketException broken = new WebSocketException("reset");
    Iterator<Integer> iterator = new QueueChannel<>(List.of(1), broken).iterator();
    assertThat(iterator.next()).isEqualTo(1);
    assertThatThrownBy(iterator::hasNext).isSameAs(broken);
    assertThatThrownBy(() -> new QueueChannel<>(List.of(1), broken).stream().toList())
        .isSameAs(broken);
  }

  @Test
  void hasNextTakesNoSecondElement() {
    Iterator<Integer> iterator = new QueueChannel<>(List.of(1), closed).iterator();
    assertThat(iterator.hasNext()).isTrue();
    assertThat(iterator.hasNext()).isTrue();
    assertThat(iterator.next()).isEqualTo(1);
    assertThat(iterator.hasNext()).isFalse();
    assertThatExceptionOfType(NoSuchElementException.class).isThrownBy(iterator::next);
  }
}
