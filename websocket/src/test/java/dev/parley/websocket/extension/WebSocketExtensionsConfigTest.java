// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.extension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.parley.websocket.extension.WebSocketExtensionsConfig.Installed;
import org.junit.jupiter.api.Test;

final class WebSocketExtensionsConfigTest {
  private final PerMessageDeflate.Factory perMessage = WebSocketExtensions.perMessageDeflate();
  private final DeflateFrame.Factory perFrame = WebSocketExtensions.deflate();

  @Test
  void keepsTheOrder() {
    DeflateConfig config = new DeflateConfig().withServerMaxWindowBits(9);
    assertThat(
            new WebSocketExtensionsConfig()
                .install(perFrame, config)
                .install(perMessage)
                .installed())
        .containsExactly(
            new Installed<>(perFrame, config),
            new Installed<>(perMessage, new PerMessageDeflateConfig()));
  }

  @Test
  void refusesASecondOfOneName() {
    WebSocketExtensionsConfig config = new WebSocketExtensionsConfig().install(perMessage);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> config.install(perMessage.withLevel(1)))
        .withMessage("extension permessage-deflate is installed already");
  }
}
