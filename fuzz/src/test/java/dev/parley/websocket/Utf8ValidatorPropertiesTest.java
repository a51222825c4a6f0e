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
    int known = Utf8Validator.COMPLETE;
    for (int i = 0; i < bytes.length; i++) {
      boolean possible = ReferenceDecoder.mayBecomeText(Arrays.copyOf(bytes, i + 1));
      known = Utf8Validator.judge(known, bytes, i, i + 1);
      assertThat(known != Utf8Validator.INVALID).isEqualTo(possible);
      if (!possible) {
        return;
      }
    }
  }

  @Property
  void judgesTheSameHoweverTheBytesAreCut(
      @ForAll("bytes") byte[] bytes, @ForAll("pieces") List<Integer> pieces) {
    int known = Utf8Validator.COMPLETE;
    int from = 0;
    for (int i = 0; known != Utf8Validator.INVALID && from < bytes.length; i++) {
      int to = Math.min(bytes.length, from + pieces.get(i % pieces.size()));
      known = Utf8Validator.judge(known, bytes, from, to);
      from = to;
    }
    assertThat(known == Utf8Validator.COMPLETE)
        .isEqualTo(Utf8Validator.isValid(bytes, 0, bytes.length));
  }
}
