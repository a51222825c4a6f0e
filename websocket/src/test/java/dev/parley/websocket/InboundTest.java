// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import static dev.parley.websocket.Wire.events;
import static dev.parley.websocket.Wire.received;
import static dev.parley.websocket.Wire.to;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class InboundTest {
  @ParameterizedTest
  @EnumSource(Role.class)
  void smoke(Role role) {
    assertThat(
            events(
                () -> new Inbound(role, Limits.DEFAULT, Inbound.Delivery.MESSAGES, List.of()),
                to(
                    role,
                    "81 05 48 65 6c 6c 6f",
                    "01 03 48 65 6c",
                    "89 00",
                    "80 02 6c 6f",
                    "88 02 03 e8")))
        .containsExactly(
            received(new Frame.Text("Hello")),
            received(new Frame.Ping(new byte[0])),
            Wire.replyDue(new Frame.Pong(new byte[0])),
            received(new Frame.Text("Hello")),
            received(new Frame.Close(new byte[] {3, (byte) 0xe8})),
            Wire.replyDue(new Frame.Close(new byte[] {3, (byte) 0xe8})));
  }
}
