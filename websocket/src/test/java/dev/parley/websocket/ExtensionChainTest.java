// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.websocket.WebSocketExtension.ReservedBit;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ExtensionChainTest {
  @Test
  void knowsTheBitsThatAreClaimed() {
    TestExtension x = TestExtension.appending('x', ReservedBit.RSV1);
    TestExtension y = TestExtension.appending('y', ReservedBit.RSV3);
    assertThat(new ExtensionChain(List.of()).claimedBits()).isZero();
    assertThat(new ExtensionChain(List.of(x, y)).claimedBits()).isEqualTo(0x50);
    assertThat(new ExtensionChain(List.of(x, y)).mayEncodeUnmarkedFrames()).isFalse();
    assertThat(new ExtensionChain(List.of(x, TestExtension.inverting())).mayEncodeUnmarkedFrames())
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
    ExtensionChain chain = new ExtensionChain(List.of(new FailsToRelease(), last));
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
  void asksAnExtensionThatMeasuresNothingForItsResult() {
    Frame frame = new Frame.Text("a");
    ExtensionChain chain = new ExtensionChain(List.of(new FailsToRelease()));
    assertThat(chain.decode(frame, 0)).isSameAs(frame);
    assertThat(chain.encode(frame, true)).isSameAs(frame);
  }
}
