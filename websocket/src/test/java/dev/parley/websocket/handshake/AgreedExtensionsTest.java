// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.handshake;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.websocket.WebSocketExtension.ReservedBit;
import dev.parley.websocket.extension.WebSocketExtensionHeader;
import java.util.List;
import org.junit.jupiter.api.Test;

final class AgreedExtensionsTest {
  private final AgreedExtensions agreed = new AgreedExtensions();

  private FakeExtension add(String name, ReservedBit bit, boolean added) {
    FakeExtension.Factory factory = new FakeExtension.Factory(name, bit);
    var extension = factory.accept("", new WebSocketExtensionHeader(name, List.of()));
    assertThat(agreed.add(name, extension)).isEqualTo(added);
    return factory.made().getFirst();
  }

  @Test
  void oneThatFailsToEndKeepsNoOtherFromIt() {
    FakeExtension clinging = add("clinging", ReservedBit.RSV1, true);
    FakeExtension other = add("other", ReservedBit.RSV2, true);
    agreed.end();
    assertThat(clinging.ends()).containsExactly("incoming", "outgoing");
    assertThat(other.ends()).containsExactly("incoming", "outgoing");
  }

  @Test
  void rivalForABitIsEnded() {
    FakeExtension first = add("first", ReservedBit.RSV1, true);
    assertThat(add("clinging", ReservedBit.RSV1, false).ends())
        .containsExactly("incoming", "outgoing");
    assertThat(first.ends()).isEmpty();
    assertThat(agreed.list()).containsExactly(first);
  }
}
