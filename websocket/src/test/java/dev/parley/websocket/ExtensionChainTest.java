// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.parley.websocket.WebSocketExtension.ReservedBit;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ExtensionChainTest {
  @Test
  void knowsTheBitsThatAreClaimed() {
    TestExtension x = TestExtension.appending('x', ReservedBit.RSV1);
    TestExtension y = TestExtension.appending('y', ReservedBit.RSV3);
    assertThat(ExtensionChain.of(List.of()).claimedBits()).isZero();
    assertThat(ExtensionChain.of(List.of(x, y)).claimedBits()).isEqualTo(0x50);
    assertThat(ExtensionChain.of(List.of(x, y)).mayEncodeUnmarkedFrames()).isFalse();
    assertThat(ExtensionChain.of(List.of(x, TestExtension.inverting())).mayEncodeUnmarkedFrames())
        .isTrue();
  }

  @Test
  void convertsReservedBits() {
    for (int bits = 0; bits <= 0x70; bits += 0x10) {
      Frame frame = ExtensionChain.dataFrame(Opcode.TEXT, new byte[0], true, bits);
      assertThat(ExtensionChain.bitsOf(frame)).isEqualTo(bits);
    }
  }

  @Test
  void releasesTheOthersWhereOneThrows() {
    TestExtension last = TestExtension.inverting();
    ExtensionChain chain = ExtensionChain.of(List.of(new FailsToRelease(), last));
    chain.endIncoming();
    chain.endOutgoing();
    assertThat(last.endedIncoming).isEqualTo(1);
    assertThat(last.endedOutgoing).isEqualTo(1);
  }

  /** Has nothing but what the interface gives, and throws when it is released. */
  private static final class FailsToRelease implements WebSocketExtension<String> {
    @Override
    public String name() {
      return "x-fails";
    }

    @Override
    public String config() {
      return "";
    }

    @Override
    public Frame processOutgoingFrame(Frame frame) {
      return frame;
    }

    @Override
    public Frame processIncomingFrame(Frame frame) {
      return frame;
    }

    @Override
    public void endIncoming() {
      throw new IllegalStateException("cannot release");
    }

    @Override
    public void endOutgoing() {
      throw new IllegalStateException("cannot release");
    }
  }

  @Test
  void mistakeOfAnExtensionIsNoneOfTheSender() {
    ExtensionChain chain =
        ExtensionChain.of(
            List.of(
                TestExtension.of(
                    frame -> {
                      throw new IllegalArgumentException("a bug");
                    })));
    assertThatIllegalStateException()
        .isThrownBy(() -> chain.encode(new Frame.Text("a"), true))
        .withMessage("extension x-test failed")
        .withCauseInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void measuresWhatIsDecodedToItsEndAndGivesTheOthersMoreRoom() {
    TestExtension decodesLast = TestExtension.inverting();
    TestExtension decodesFirst = TestExtension.appending('x', ReservedBit.RSV1);
    Frame unused =
        ExtensionChain.of(List.of(decodesLast, decodesFirst)).decode(new Frame.Text("a"), 160);
    assertThat(decodesLast.rooms).containsExactly(160L);
    assertThat(decodesFirst.rooms).containsExactly(160L + 10 + 4096);
  }

  @Test
  void asksAnExtensionThatMeasuresNothingForItsResult() {
    Frame frame = new Frame.Text("a");
    ExtensionChain chain = ExtensionChain.of(List.of(new FailsToRelease()));
    assertThat(chain.decode(frame, 0)).isSameAs(frame);
    assertThat(chain.encode(frame, true)).isSameAs(frame);
  }
}
