// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.fuzz.Inputs;
import dev.parley.fuzz.ReferenceDecoder;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** UTF-8 is what the JDK's strict decoder takes, and no byte is judged later than it could be. */
final class Utf8ValidatorPropertiesTest {
  @Provide
  Arbitrary<byte[]> bytes() {
    return Arbitraries.oneOf(
        Inputs.nearlyTexts(), Arbitraries.bytes().array(byte[].class).ofMaxSize(12));
  }

  @Provide
  Arbitrary<List<Integer>> pieces() {
    return Inputs.pieces();
  }

  @Property
  void judgesAsTheJdkDoes(@ForAll("bytes") byte[] bytes) {
    assertThat(Utf8Validator.isValid(bytes, 0, bytes.length))
        .isEqualTo(ReferenceDecoder.isText(bytes));
  }

  @Property
  void refusesTheFirstByteThatNoTextHas(@ForAll("bytes") byte[] bytes) {
    Utf8Validator validator = new Utf8Validator();
    for (int i = 0; i < bytes.length; i++) {
      boolean possible = ReferenceDecoder.mayBecomeText(Arrays.copyOf(bytes, i + 1));
      assertThat(validator.accept(bytes, i, i + 1)).isEqualTo(possible);
      if (!possible) {
        return;
      }
    }
  }

  @Property
  void judgesTheSameHoweverTheBytesAreCut(
      @ForAll("bytes") byte[] bytes, @ForAll("pieces") List<Integer> pieces) {
    Utf8Validator validator = new Utf8Validator();
    boolean valid = true;
    int from = 0;
    for (int i = 0; valid && from < bytes.length; i++) {
      int to = Math.min(bytes.length, from + pieces.get(i % pieces.size()));
      valid = validator.accept(bytes, from, to);
      int state = validator.state();
      validator = new Utf8Validator();
      validator.restore(state);
      from = to;
    }
    assertThat(valid && validator.isComplete())
        .isEqualTo(Utf8Validator.isValid(bytes, 0, bytes.length));
  }
}
