// SPDX-License-Identifier: Apache-2.0
package dev.parley.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Frame;
import java.nio.charset.StandardCharsets;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

/** A reason goes over the wire as it is, or does not go at all. */
final class CloseReasonPropertiesTest {
  @Provide
  Arbitrary<String> messages() {
    return Arbitraries.strings().withChars("a\u00e9\u20ac\ud834\udd1e").ofMaxLength(130);
  }

  @Property
  void whatMayBeSentIsReadUnchanged(
      @ForAll @IntRange(min = 990, max = 5010) int code, @ForAll("messages") String message) {
    CloseReason reason = new CloseReason(code, message);
    byte[] utf8 = message.getBytes(StandardCharsets.UTF_8);
    boolean whole = new String(utf8, StandardCharsets.UTF_8).equals(message);
    if (CloseReason.isSendable(code) && whole && utf8.length <= CloseReason.MAX_MESSAGE_BYTES) {
      assertThat(new Frame.Close(reason).readReason()).isEqualTo(reason);
    } else {
      assertThatIllegalArgumentException().isThrownBy(reason::requireSendable);
    }
  }
}
