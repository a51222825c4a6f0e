// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.extension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PerMessageDeflateConfigTest {
  private static final PerMessageDeflateConfig DEFAULT = new PerMessageDeflateConfig();

  @Test
  void defaultsAreTheSpecifications() {
    assertThat(DEFAULT).isEqualTo(new PerMessageDeflateConfig(15, 15, false, false, 1024));
    assertThat(WebSocketExtensions.perMessageDeflate().defaultConfig()).isEqualTo(DEFAULT);
  }

  @Test
  void eachComponentIsChangedByItself() {
    PerMessageDeflateConfig other = new PerMessageDeflateConfig(8, 9, true, true, 0);
    assertThat(DEFAULT.withServerMaxWindowBits(8))
        .isEqualTo(new PerMessageDeflateConfig(8, 15, false, false, 1024));
    assertThat(DEFAULT.withClientMaxWindowBits(9))
        .isEqualTo(new PerMessageDeflateConfig(15, 9, false, false, 1024));
    assertThat(other.withServerNoContextTakeover(false))
        .isEqualTo(new PerMessageDeflateConfig(8, 9, false, true, 0));
    assertThat(other.withClientNoContextTakeover(false))
        .isEqualTo(new PerMessageDeflateConfig(8, 9, true, false, 0));
    assertThat(other.withCompressIfBiggerThan(7))
        .isEqualTo(new PerMessageDeflateConfig(8, 9, true, true, 7));
  }

  @ParameterizedTest
  @ValueSource(ints = {Integer.MIN_VALUE, 0, 7, 16, Integer.MAX_VALUE})
  void windowBitsAreFrom8To15(int bits) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> DEFAULT.withServerMaxWindowBits(bits))
        .withMessage("serverMaxWindowBits of " + bits + ", expected 8 to 15");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> DEFAULT.withClientMaxWindowBits(bits))
        .withMessage("clientMaxWindowBits of " + bits + ", expected 8 to 15");
  }

  @Test
  void sizeIsNotNegative() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> DEFAULT.withCompressIfBiggerThan(-1))
        .withMessage("compressIfBiggerThan of -1, expected at least 0");
  }
}
