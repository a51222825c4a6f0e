// SPDX-License-Identifier: Apache-2.0
package dev.parley.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class CaseNumbersTest {
  @Test
  void numbersAndRangesKeepTheirOrder() {
    assertThat(new CaseNumbers("20,1-3,7").upTo(247)).containsExactly(20, 1, 2, 3, 7);
  }

  @Test
  void whatTheServerDoesNotHaveIsLeftOut() {
    assertThat(new CaseNumbers("0-2,5-300,400").upTo(6)).containsExactly(1, 2, 5, 6);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a", "1-", "-1", "1,,2", "1-2-3", "1 2", "9999999999"})
  void anythingElseIsRefused(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new CaseNumbers(text))
        .withMessageContaining("1-16,20");
  }
}
