// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.extension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class DeflateConfigTest {
  private static final DeflateConfig DEFAULT = new DeflateConfig();

  @Test
  void defaultsAreTheSpecifications() {
    assertThat(DEFAULT).isEqualTo(new DeflateConfig(15, 15, false, false));
    assertThat(WebSocketExtensions.deflate().defaultConfig()).isEqualTo(DEFAULT);
  }

  @Test
  void eachComponentIsChangedByItself() {
    DeflateConfig other = new DeflateConfig(8, 9, true, true);
    assertThat(DEFAULT.withServerMaxWindowBits(8))
        .isEqualTo(new DeflateConfig(8, 15, false, false));
    assertThat(DEFAULT.withClientMaxWindowBits(9))
        .isEqualTo(new DeflateConfig(15, 9, false, false));
    assertThat(other.withServerNoContextTakeover(false))
        .isEqualTo(new DeflateConfig(8, 9, false, true));
    assertThat(other.withClientNoContextTakeover(false))
        .isEqualTo(new DeflateConfig(8, 9, true, false));
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 7, 16})
  void windowBitsAreFrom8To15(int bits) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> DEFAULT.withServerMaxWindowBits(bits))
        .withMessageContaining("serverMaxWindowBits of " + bits);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> DEFAULT.withClientMaxWindowBits(bits))
        .withMessageContaining("clientMaxWindowBits of " + bits);
  }
}
