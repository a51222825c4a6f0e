// SPDX-License-Identifier: Apache-2.0
package dev.parley.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.parley.websocket.Opcode;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.HexFormat;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RawFrameTest {
  private static final HexFormat HEX = HexFormat.ofDelimiter(" ");

  private static InputStream stream(String hex) {
    return new ByteArrayInputStream(HEX.parseHex(hex));
  }

  private static RawFrame read(String hex) throws IOException {
    return Objects.requireNonNull(RawFrame.read(stream(hex)));
  }

  private static String hex(RawFrame frame) {
    return HEX.formatHex(frame.toBytes());
  }

  @Test
  void writesTheExampleOfTheSpecification() {
    assertThat(hex(RawFrame.text("Hello").withMaskingKey(0x37fa213d)))
        .isEqualTo("81 85 37 fa 21 3d 7f 9f 4d 51 58");
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        "81 05 48 65 6c 6c 6f",
        "81 85 37 fa 21 3d 7f 9f 4d 51 58",
        "81 7e 00 05 48 65 6c 6c 6f",
        "82 7f 00 00 00 00 00 00 00 01 ff",
        "f3 80 00 00 00 00",
        "00 00"
      })
  void readsWhatItWrites(String hex) throws IOException {
    assertThat(hex(read(hex))).isEqualTo(hex);
  }

  @Test
  void showsEachBitOfTheHeader() throws IOException {
    RawFrame frame = read("5a 82 00 00 00 00 68 69");

    assertThat(frame.fin()).isFalse();
    assertThat(frame.rsv1()).isTrue();
    assertThat(frame.rsv2()).isFalse();
    assertThat(frame.rsv3()).isTrue();
    assertThat(frame.opcode()).isEqualTo(0xa);
    assertThat(frame.masked()).isTrue();
    assertThat(frame.maskingKey()).isZero();
    assertThat(frame.payloadAsText()).isEqualTo("hi");
    assertThat(frame).hasToString("5a 82 00 00 00 00 68 69");
  }

  @Test
  void setsEachBitOfTheHeader() {
    RawFrame frame = RawFrame.of(3, new byte[0]).withFin(false);

    assertThat(hex(frame.withRsv1(true))).isEqualTo("43 00");
    assertThat(hex(frame.withRsv2(true))).isEqualTo("23 00");
    assertThat(hex(frame.withRsv3(true))).isEqualTo("13 00");
    assertThat(hex(frame.withRsv3(true).withRsv3(false).withFin(true))).isEqualTo("83 00");
  }

  @Test
  void claimsALengthThatIsNotTrue() {
    RawFrame frame = RawFrame.of(Opcode.BINARY, new byte[0]);

    assertThat(hex(frame.withLength(125))).isEqualTo("82 7d");
    assertThat(hex(frame.withLength(126))).isEqualTo("82 7e 00 7e");
    assertThat(hex(frame.withLength(65_536))).isEqualTo("82 7f 00 00 00 00 00 01 00 00");
    assertThat(hex(frame.withLength(-1))).isEqualTo("82 7f ff ff ff ff ff ff ff ff");
    assertThat(hex(frame.withLengthBits(16))).isEqualTo("82 7e 00 00");
  }

  @Test
  void showsTheBeginningOfALongFrame() {
    assertThat(RawFrame.of(Opcode.BINARY, new byte[100]).toString())
        .startsWith("82 64 00 00")
        .endsWith(" … (102 bytes)");
  }

  @Test
  void refusesWhatNoHeaderCanSay() {
    RawFrame frame = RawFrame.text("hi");
    assertThatIllegalArgumentException().isThrownBy(() -> frame.withLengthBits(8));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> frame.withLength(126).withLengthBits(7))
        .withMessage("length 126 in 7 bits");
    assertThatIllegalArgumentException().isThrownBy(() -> RawFrame.of(16, new byte[0]));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new RawFrame(256, null, 7, 0, frame.payload()));
  }

  @Test
  void tellsAnEndBetweenFramesFromOneWithin() throws IOException {
    assertThat(RawFrame.read(stream(""))).isNull();
    assertThatThrownBy(() -> read("81")).isInstanceOf(EOFException.class);
    assertThatThrownBy(() -> read("81 02 68"))
        .isInstanceOf(EOFException.class)
        .hasMessage("stream ended after 1 bytes of a payload of 2");
    assertThatThrownBy(() -> read("82 7f ff ff ff ff ff ff ff ff"))
        .isInstanceOf(IOException.class)
        .hasMessage("frame that claims 18446744073709551615 bytes");
  }
}
