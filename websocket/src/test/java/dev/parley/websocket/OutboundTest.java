// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class OutboundTest {
  @Test
  void smoke() {
    assertThat(Wire.write(new Outbound(Role.SERVER, List.of(), () -> 0), new Frame.Text("Hello")))
        .isEqualTo("81 05 48 65 6c 6c 6f");
    assertThat(
            Wire.write(
                new Outbound(Role.CLIENT, List.of(), () -> Wire.KEY), new Frame.Text("Hello")))
        .isEqualTo("81 85 37 fa 21 3d 7f 9f 4d 51 58");
  }
}
