// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class Utf8ValidatorTest {
  private static final byte[][] ENDINGS = {
    {},
    {(byte) 0x80},
    {(byte) 0x90},
    {(byte) 0xa0},
    {(byte) 0x80, (byte) 0x80},
    {(byte) 0x90, (byte) 0x80},
    {(byte) 0xa0, (byte) 0x80},
    {(byte) 0x80, (byte) 0x80, (byte) 0x80},
    {(byte) 0x90, (byte) 0x80, (byte) 0x80}
  };

  private final CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
  private final CharBuffer decoded = CharBuffer.allocate(64);

  /** What the JDK says of a whole text. */
  private boolean isValidForJdk(byte[] text, int length) {
    decoder.reset();
    return decoder.decode(ByteBuffer.wrap(text, 0, length), decoded.clear(), true).isUnderflow();
  }

  /** Whether some ending makes a valid text of it, for the JDK. */
  private boolean canBecomeValid(byte[] text, int length) {
    for (byte[] ending : ENDINGS) {
      byte[] whole = Arrays.copyOf(text, length + ending.length);
      System.arraycopy(ending, 0, whole, length, ending.length);
      if (isValidForJdk(whole, whole.length)) {
        return true;
      }
    }
    return false;
  }

  /** Whether a text is accepted when it is cut where a bit of {@code cuts} is set. */
  private static boolean isValid(byte[] text, int length, int cuts) {
    int known = Utf8Validator.COMPLETE;
    int from = 0;
    for (int to = 1; to <= length; to++) {
      if (to == length || (cuts >>> (to - 1) & 1) != 0) {
        known = Utf8Validator.judge(known, text, from, to);
        if (known == Utf8Validator.INVALID) {
          return false;
        }
        from = to;
      }
    }
    return known == Utf8Validator.COMPLETE;
  }

  @Nested
  @DisplayName("RFC 3629 §4: against the JDK's decoder")
  final class AgainstTheJdk {
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void agreesOnAllShortTextsHoweverTheyAreCut(int length) {
      byte[] text = new byte[length];
      for (int i = 0; i < 1 << (8 * length); i++) {
        for (int at = 0; at < length; at++) {
          text[at] = (byte) (i >>> (8 * at));
        }
        boolean expected = isValidForJdk(text, length);
        for (int cuts = 0; cuts < 1 << (length - 1); cuts++) {
          if (isValid(text, length, cuts) != expected) {
            assertThat(Wire.hex(text)).as("valid: %s, cuts: %s", expected, cuts).isEmpty();
          }
        }
      }
    }

    @Test
    void agreesOnTextsOfFourBytesHoweverTheyAreCut() {
      byte[] edges = Wire.hex("00 61 7f 80 8f 90 9f a0 bf c0 c1 c2 df e0 ed ef f0 f1 f4 f5 ff");
      byte[] text = new byte[4];
      for (int i = 0; i < 21 * 21 * 21 * 21; i++) {
        for (int at = 0, digits = i; at < 4; at++, digits /= 21) {
          text[at] = edges[digits % 21];
        }
        boolean expected = isValidForJdk(text, 4);
        for (int cuts = 0; cuts < 8; cuts++) {
          if (isValid(text, 4, cuts) != expected) {
            assertThat(Wire.hex(text)).as("valid: %s, cuts: %s", expected, cuts).isEmpty();
          }
        }
      }
    }

    @Test
    @DisplayName("each byte of each character is refused where no text can have it, and no later")
    void refusesTheFirstImpossibleByte() {
      walk(new byte[4], 0, Utf8Validator.COMPLETE);
    }

    private void walk(byte[] text, int length, int before) {
      for (int next = 0; next < 256; next++) {
        text[length] = (byte) next;
        int known = Utf8Validator.judge(before, text, length, length + 1);
        boolean accepted = known != Utf8Validator.INVALID;
        boolean expected = length == 3 ? isValidForJdk(text, 4) : canBecomeValid(text, length + 1);
        if (accepted != expected) {
          assertThat(Wire.hex(text)).as("byte %s possible: %s", length, expected).isEmpty();
        }
        if (accepted && known != Utf8Validator.COMPLETE) {
          walk(text, length + 1, known);
        }
      }
    }
  }

  @Nested
  @DisplayName("The fast path")
  final class FastPath {
    @Test
    void seesEachByteOfEachLength() {
      for (int length = 0; length < 40; length++) {
        byte[] text = new byte[length];
        Arrays.fill(text, (byte) 'a');
        assertThat(Utf8Validator.isValid(text, 0, length)).isTrue();
        for (int at = 0; at < length; at++) {
          text[at] = (byte) 0xff;
          assertThat(Utf8Validator.isValid(text, 0, length)).as("%s of %s", at, length).isFalse();
          assertThat(Utf8Validator.isValid(text, 0, at)).isTrue();
          assertThat(Utf8Validator.isValid(text, at + 1, length)).isTrue();
          text[at] = 'a';
        }
      }
    }

    @Test
    void findsCharactersBetweenAscii() {
      byte[] text = Wire.utf8("plain text, κόσμε, 世界, and 🌍 after more plain text");
      for (int end = 0; end <= text.length; end++) {
        assertThat(Utf8Validator.isValid(text, 0, end))
            .isEqualTo(isValidForJdk(text, Math.min(end, 64)));
      }
    }
  }
}
