// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class DestinationTest {
  @ParameterizedTest
  @CsvSource({
    "example.org, false, example.org:80",
    "1password.com, false, 1password.com:80",
    "127.0.0.1, true, 127.0.0.1:80",
    "::1, true, [::1]:80"
  })
  void readsAsInAUri(String host, boolean address, String text) {
    Destination destination = new Destination(false, host, 80);
    assertThat(destination.isAddress()).isEqualTo(address);
    assertThat(destination).hasToString(text);
  }

  @Test
  void refusesWhatIsNeitherHostNorPort() {
    assertThatThrownBy(() -> new Destination(false, "", 80))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Destination(false, "[::1]", 80))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("host '[::1]', expected a name or an address without brackets");
    assertThatThrownBy(() -> new Destination(false, "a", 0))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Destination(false, "a", 65_536))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("port 65536, expected 1 to 65535");
  }
}
