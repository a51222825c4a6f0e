// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import static dev.parley.websocket.Wire.hex;
import static dev.parley.websocket.Wire.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class FrameTest {
  @Nested
  @DisplayName("As a value")
  final class AsAValue {
    private static List<Frame> all() {
      List<Frame> frames =
          new ArrayList<>(
              List.of(
                  new Frame.Ping(hex("")),
                  new Frame.Pong(hex("")),
                  new Frame.Close(),
                  new Frame.Text("a")));
      for (int bits = 0; bits < 16; bits++) {
        boolean fin = (bits & 8) != 0;
        boolean rsv1 = (bits & 4) != 0;
        boolean rsv2 = (bits & 2) != 0;
        boolean rsv3 = (bits & 1) != 0;
        frames.add(new Frame.Text(hex(""), fin, rsv1, rsv2, rsv3));
        frames.add(new Frame.Binary(hex(""), fin, rsv1, rsv2, rsv3));
      }
      return frames;
    }

    @Test
    void equalsAnotherOfTheSameTypeBitsAndPayload() {
      List<Frame> some = all();
      List<Frame> others = all();
      for (int i = 0; i < some.size(); i++) {
        for (int j = 0; j < others.size(); j++) {
          assertThat(some.get(i).equals(others.get(j))).as("%s, %s", i, j).isEqualTo(i == j);
        }
        assertThat(some.get(i)).hasSameHashCodeAs(others.get(i));
      }
      assertThat(new Frame.Text("a").equals((Object) "a")).isFalse();
      assertThat(new Frame.Text("a")).doesNotHaveSameHashCodeAs(new Frame.Text("b"));
    }

    @Test
    void tellsItsBits() {
      Frame frame = new Frame.Binary(hex("01"), false, true, false, true);
      assertThat(frame.fin()).isFalse();
      assertThat(frame.rsv1()).isTrue();
      assertThat(frame.rsv2()).isFalse();
      assertThat(frame.rsv3()).isTrue();
    }

    @Test
    void neverShowsItsPayload() {
      assertThat(new Frame.Text("secret")).hasToString("Text[6 bytes]");
      assertThat(new Frame.Binary(hex("01"), false, true, true, true))
          .hasToString("Binary[1 bytes, not final, rsv1, rsv2, rsv3]");
      assertThat(new Frame.Ping(hex("01 02"))).hasToString("Ping[2 bytes]");
      assertThat(new Frame.Close(CloseReason.NORMAL)).hasToString("Close[1000]");
      assertThat(new Frame.Close()).hasToString("Close[no code]");
    }

    @Test
    void copiesItsPayloadOnlyWhenAsked() {
      byte[] payload = {1, 2};
      Frame.Binary frame = new Frame.Binary(payload);
      assertThat(frame.data()).isSameAs(payload);
      assertThat(frame.copy()).isEqualTo(payload).isNotSameAs(payload);
      assertThat(frame.readBytes()).isEqualTo(payload).isNotSameAs(payload);
    }

    @Test
    @SuppressWarnings("NullAway") // the test breaks the contract on purpose
    void needsAPayload() {
      assertThatNullPointerException().isThrownBy(() -> new Frame.Binary(null)).withMessage("data");
    }
  }

  @Nested
  @DisplayName("RFC 6455 §5.5: control frames")
  final class ControlFrames {
    @Test
    void holdAtMost125Bytes() {
      assertThat(new Frame.Ping(new byte[125]).data()).hasSize(125);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new Frame.Ping(new byte[126]))
          .withMessage("payload of 126 bytes in a PING frame, at most 125");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new Frame.Pong(new byte[126]))
          .withMessage("payload of 126 bytes in a PONG frame, at most 125");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new Frame.Close(new byte[126]))
          .withMessage("payload of 126 bytes in a CLOSE frame, at most 125");
    }

    @Test
    void closeReadsItsReason() {
      assertThat(new Frame.Close(new CloseReason(3000, "é")).readReason())
          .isEqualTo(new CloseReason(3000, "é"));
      assertThat(new Frame.Close(hex("03 e8")).readReason()).isEqualTo(new CloseReason(1000, ""));
      assertThat(new Frame.Close().readReason()).isNull();
      assertThat(new Frame.Close(hex("03")).readReason()).isNull();
    }

    @Test
    void closeRefusesAReasonThatCannotBeSent() {
      assertThatIllegalArgumentException().isThrownBy(() -> new Frame.Close(CloseReason.NO_STATUS));
    }
  }

  @Nested
  @DisplayName("RFC 6455 §5.6: data frames")
  final class DataFrames {
    @Test
    void textIsEncodedAndRead() {
      Frame.Text frame = new Frame.Text("é 🌍");
      assertThat(frame.data()).isEqualTo(utf8("é 🌍"));
      assertThat(frame.readText()).isEqualTo("é 🌍");
      assertThat(frame.isKnownValid()).isTrue();
      assertThat(new Frame.Text(utf8("a")).isKnownValid()).isFalse();
    }

    @Test
    void textThatCameAsAStringIsLikeOneThatCameAsBytes() {
      Frame.Text came = Frame.Text.ofAscii("plain");
      assertThat(came.readText()).isEqualTo("plain");
      assertThat(came.length()).isEqualTo(5);
      assertThat(came).hasToString("Text[5 bytes]").isEqualTo(new Frame.Text("plain"));
      assertThat(came).hasSameHashCodeAs(new Frame.Text("plain"));
      assertThat(came).isNotEqualTo(new Frame.Text("other"));
      assertThat(came.data()).isEqualTo(utf8("plain")).isSameAs(came.data());
      assertThat(came.copy()).isEqualTo(came.data()).isNotSameAs(came.data());
      assertThat(came.isKnownValid()).isTrue();
    }

    @Test
    void textIsCopiedFromAPartOfAnArray() {
      byte[] bytes = utf8("<plain>\u00e9");
      Frame.Text plain = Frame.Text.copyOf(bytes, 1, 6);
      Frame.Text accented = Frame.Text.copyOf(bytes, 6, 9);
      Frame.Text cut = Frame.Text.copyOf(bytes, 7, 8);
      Arrays.fill(bytes, (byte) 'x');
      assertThat(plain).isEqualTo(new Frame.Text("plain"));
      assertThat(plain.readText()).isEqualTo("plain");
      assertThat(plain.isKnownValid()).isTrue();
      assertThat(accented.data()).isEqualTo(utf8(">\u00e9"));
      assertThat(accented.readText()).isEqualTo(">\u00e9");
      assertThat(accented.isKnownValid()).isFalse();
      assertThat(cut.data()).isEqualTo(hex("c3"));
      assertThat(cut.isKnownValid()).isFalse();
    }

    /** Its bytes, which were judged by decoding them, are still those that came. */
    @ParameterizedTest
    @ValueSource(strings = {"", "a", "\u007f", "\u0080", "\u07ff\u0800", "\uffff", "\ud83c\udf0d"})
    void textThatCameShortIsDecodedOnce(String text) {
      byte[] bytes = utf8(text);
      Frame.Text came = Objects.requireNonNull(Frame.Text.decoded(bytes, 0, bytes.length));
      assertThat(came).isEqualTo(new Frame.Text(text));
      assertThat(came.length()).isEqualTo(bytes.length);
      assertThat(came.data()).isEqualTo(bytes);
      assertThat(came.isKnownValid()).isTrue();
      assertThat(came.readText()).isEqualTo(text).isSameAs(came.readText());
    }

    /** The last is sound, which is for somebody else to tell. */
    @ParameterizedTest
    @ValueSource(
        strings = {"80", "61 ff", "c3", "c0 80", "ed a0 80", "f4 90 80 80", "e2 82", "ef bf bd"})
    void textThatMayBeNoneIsNotDecoded(String bytes) {
      assertThat(Frame.Text.decoded(hex(bytes), 0, hex(bytes).length)).isNull();
    }

    @Test
    void textIsCopiedFromWithinTheArrayOnly() {
      byte[] bytes = utf8("plain");
      assertThatExceptionOfType(IndexOutOfBoundsException.class)
          .isThrownBy(() -> Frame.Text.copyOf(bytes, 2, 6));
      assertThat(Frame.Text.copyOf(bytes, 5, 5)).isEqualTo(new Frame.Text(""));
    }

    @Test
    void textRefusesALoneSurrogate() {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new Frame.Text("a\ud800"))
          .withMessage("text has a lone surrogate, which UTF-8 cannot hold");
    }

    @Test
    void eachKindHasItsOpcode() {
      assertThat(new Frame.Text("").opcode()).isEqualTo(Opcode.TEXT);
      assertThat(new Frame.Binary(hex("")).opcode()).isEqualTo(Opcode.BINARY);
      assertThat(new Frame.Close().opcode()).isEqualTo(Opcode.CLOSE);
      assertThat(new Frame.Ping(hex("")).opcode()).isEqualTo(Opcode.PING);
      assertThat(new Frame.Pong(hex("")).opcode()).isEqualTo(Opcode.PONG);
    }
  }
}
