// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

final class LastFramesTest {
  private static ByteBuffer hex(String hex) {
    return ByteBuffer.wrap(HexFormat.of().parseHex(hex.replace(" ", "")));
  }

  @Test
  void remembersTheLastFour() {
    assertThat(LastFrames.list(null)).isEmpty();
    long[] frames = LastFrames.none();
    assertThat(LastFrames.list(frames)).isEmpty();
    for (int i = 0; i < 6; i++) {
      LastFrames.add(frames, 0x82, i);
    }
    assertThat(LastFrames.list(frames))
        .containsExactly(
            new FrameHeader(0x82, 2),
            new FrameHeader(0x82, 3),
            new FrameHeader(0x82, 4),
            new FrameHeader(0x82, 5));
  }

  @Test
  void leavesOutWhatIsBeingReplacedAndWhatIsNotThereYet() {
    long[] frames = LastFrames.none();
    frames[4] = -1; // the first one is being added
    assertThat(LastFrames.list(frames)).isEmpty();
    frames[4] = 0;
    for (int i = 0; i < 6; i++) {
      LastFrames.add(frames, 0x82, i);
    }
    frames[4] = -7; // as is the seventh, in the place of the third
    assertThat(LastFrames.list(frames))
        .containsExactly(
            new FrameHeader(0x82, 3), new FrameHeader(0x82, 4), new FrameHeader(0x82, 5));
  }

  @Test
  void showsLengthsThatNoFrameCanHaveAsTheLongest() {
    long[] frames = LastFrames.none();
    LastFrames.add(frames, 0x81, -1);
    LastFrames.add(frames, 0x81, 1L << 56);
    LastFrames.add(frames, 0x81, (1L << 56) - 2);
    assertThat(LastFrames.list(frames))
        .extracting(FrameHeader::length)
        .containsExactly((1L << 56) - 1, (1L << 56) - 1, (1L << 56) - 2);
  }

  @Test
  void readsAsALogHasIt() {
    assertThat(new FrameHeader(0xc1, 42)).hasToString("TEXT fin rsv1, 42 bytes");
    assertThat(new FrameHeader(0x30, 0)).hasToString("CONTINUATION rsv2 rsv3, 0 bytes");
    assertThat(new FrameHeader(0x8b, 1)).hasToString("opcode 11 fin, 1 bytes");
    assertThat(new FrameHeader(0x8b, 1).opcode()).isNull();
    assertThat(new FrameHeader(0x89, 1).opcode()).isEqualTo(Opcode.PING);
    assertThat(new FrameHeader(0x89, 1).fin()).isTrue();
    assertThat(new FrameHeader(0x01, 1).fin()).isFalse();
  }

  @Test
  void receivingRemembersAlsoTheFrameThatBrokeARule() {
    Inbound inbound =
        new Inbound(Role.CLIENT, Limits.DEFAULT, Inbound.Delivery.MESSAGES, List.of());
    ByteBuffer bytes = hex("81 02 68 69 89 7e 01 00");
    assertThat(inbound.poll(bytes)).isEqualTo(new Event.Received(new Frame.Text("hi")));
    assertThat(inbound.lastFrames()).containsExactly(new FrameHeader(0x81, 2));
    assertThat(inbound.poll(bytes)).isInstanceOf(Event.Failed.class);
    assertThat(inbound.lastFrames()).containsExactly(new FrameHeader(0x81, 2));
    Inbound other = new Inbound(Role.CLIENT, Limits.DEFAULT, Inbound.Delivery.MESSAGES, List.of());
    assertThat(other.poll(hex("82 7e 00 05"))).isInstanceOf(Event.Failed.class);
    assertThat(other.lastFrames()).containsExactly(new FrameHeader(0x82, 5));
  }

  @Test
  void sendingRemembersWhatWasBegunAndHowMuchIsLeft() {
    Outbound outbound = new Outbound(Role.CLIENT, List.of(), () -> 0x01020304);
    assertThat(outbound.remaining()).isZero();
    outbound.begin(new Frame.Text("hello"));
    assertThat(outbound.remaining()).isEqualTo(2 + 4 + 5);
    assertThat(outbound.write(ByteBuffer.allocate(8))).isFalse();
    assertThat(outbound.remaining()).isEqualTo(3);
    assertThat(outbound.write(ByteBuffer.allocate(8))).isTrue();
    assertThat(outbound.remaining()).isZero();
    outbound.beginBinary(new byte[200]);
    assertThat(outbound.lastFrames())
        .containsExactly(new FrameHeader(0x81, 5), new FrameHeader(0x82, 200));
  }
}
