// SPDX-License-Identifier: Apache-2.0
package dev.parley.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Event;
import dev.parley.websocket.Frame;
import dev.parley.websocket.Inbound;
import dev.parley.websocket.Limits;
import dev.parley.websocket.extension.WebSocketExtensions;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class InMemoryPairTest {
  @AutoClose private final InMemoryPair pair = InMemoryPair.open();

  @Test
  void carriesMessagesBothWays() {
    Frame hello = new Frame.Text("hello");

    assertThat(pair.toServer(hello)).containsExactly(new Event.Received(hello));
    assertThat(pair.toClient(hello)).containsExactly(new Event.Received(hello));
  }

  @Test
  void negotiatesExtensions() {
    Frame large = new Frame.Text("large ".repeat(1000));
    try (var compressing =
        InMemoryPair.open(
            Limits.DEFAULT,
            Inbound.Delivery.MESSAGES,
            extensions -> extensions.install(WebSocketExtensions.perMessageDeflate()))) {
      byte[] bytes = compressing.client().send(large);

      assertThat(bytes).hasSizeLessThan(200);
      assertThat(compressing.server().receive(bytes)).containsExactly(new Event.Received(large));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 100_000})
  void receivesInPieces(int size) {
    Frame large = new Frame.Binary(new byte[70_000]);

    byte[] bytes = pair.client().send(large);

    assertThat(pair.server().receive(bytes, size)).containsExactly(new Event.Received(large));
  }

  @Test
  void leavesRepliesToTheTest() {
    Frame.Close close = new Frame.Close(CloseReason.NORMAL);

    assertThat(pair.toClient(close))
        .containsExactly(
            new Event.Received(close), new Event.ReplyDue(close), new Event.Ended(true));
    assertThat(pair.toServer(close)).contains(new Event.Received(close));
    assertThat(pair.server().endOfStream()).isEqualTo(new Event.Ended(true));
  }
}
