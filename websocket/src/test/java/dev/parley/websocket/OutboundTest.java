// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import static dev.parley.websocket.Wire.hex;
import static dev.parley.websocket.Wire.to;
import static dev.parley.websocket.Wire.utf8;
import static dev.parley.websocket.Wire.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.parley.websocket.WebSocketExtension.ReservedBit;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class OutboundTest {
  private static Outbound half(Role role, TestExtension... extensions) {
    return new Outbound(role, List.of(extensions), () -> Wire.KEY);
  }

  /** Asserts that a frame goes out as the given bytes of a server, masked by a client. */
  private static void assertWrites(Role role, Outbound outbound, Frame frame, String expected) {
    assertThat(hex(write(outbound, frame))).isEqualTo(to(role.peer(), expected));
  }

  private static void assertRefuses(Outbound outbound, Frame frame, String message) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> outbound.begin(frame))
        .withMessage(message);
    assertThat(outbound.isIdle()).isTrue();
  }

  private static Frame text(String hex, boolean fin) {
    return new Frame.Text(hex(hex), fin, false, false, false);
  }

  private static Frame binary(String hex, boolean fin) {
    return new Frame.Binary(hex(hex), fin, false, false, false);
  }

  @Nested
  @DisplayName("RFC 6455 §5.1, §5.3: who masks, and with what")
  final class Masks {
    @Test
    void clientMasksEachFrameWithANewKey() {
      int[] keys = {1};
      Outbound outbound = new Outbound(Role.CLIENT, List.of(), () -> keys[0]++);
      assertThat(write(outbound, binary("00 00", true))).isEqualTo("82 82 00 00 00 01 00 00");
      assertThat(write(outbound, new Frame.Ping(hex("00 00 00 00"))))
          .isEqualTo("89 84 00 00 00 02 00 00 00 02");
      assertThat(write(outbound, new Frame.Pong(hex("")))).isEqualTo("8a 80 00 00 00 03");
      assertThat(write(outbound, new Frame.Close())).isEqualTo("88 80 00 00 00 04");
    }

    @Test
    void serverNeverMasksNorTakesAKey() {
      Outbound outbound =
          new Outbound(
              Role.SERVER,
              List.of(),
              () -> {
                throw new AssertionError("a server needs no key");
              });
      assertThat(write(outbound, new Frame.Text("Hello"))).isEqualTo("81 05 48 65 6c 6c 6f");
    }

    @Test
    void clientMasksAsInTheExampleOfTheRfc() {
      assertThat(write(half(Role.CLIENT), new Frame.Text("Hello")))
          .isEqualTo("81 85 37 fa 21 3d 7f 9f 4d 51 58");
    }
  }

  @Nested
  @DisplayName("RFC 6455 §5.2: base framing")
  final class BaseFraming {
    @ParameterizedTest
    @EnumSource(Role.class)
    void refusesReservedBitsAndGoesOn(Role role) {
      Outbound outbound = half(role, TestExtension.appending('x', ReservedBit.RSV1));
      assertRefuses(
          outbound,
          new Frame.Text(utf8("a"), true, true, false, false),
          "Text[1 bytes, rsv1] has a reserved bit, which only extensions set");
      assertRefuses(
          outbound,
          new Frame.Text(utf8("a"), true, true, true, false),
          "Text[1 bytes, rsv1, rsv2] has a reserved bit, which only extensions set");
      assertRefuses(
          outbound,
          new Frame.Binary(utf8("a"), true, false, false, true),
          "Binary[1 bytes, rsv3] has a reserved bit, which only extensions set");
      assertWrites(role, outbound, new Frame.Text("a"), "c1 02 61 78");
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    void writesIntoBuffersOfAnySize(Role role) {
      for (int room = 1; room < 20; room++) {
        Outbound outbound = half(role);
        outbound.begin(new Frame.Text("Hello"));
        assertThat(outbound.isIdle()).isFalse();
        ByteArrayOutputStream wire = new ByteArrayOutputStream();
        ByteBuffer target = ByteBuffer.allocate(room);
        while (!outbound.write(target)) {
          wire.write(target.array(), 0, target.position());
          target.clear();
        }
        wire.write(target.array(), 0, target.position());
        assertThat(outbound.isIdle()).isTrue();
        assertThat(wire.toByteArray()).isEqualTo(to(role.peer(), "81 05 48 65 6c 6c 6f"));
      }
    }
  }

  @Nested
  @DisplayName("A whole binary message, without a frame made of it")
  final class WholeMessage {
    private final byte[] message = hex("2a 2b");

    private String begun(Outbound outbound) {
      ByteBuffer target = ByteBuffer.allocate(99);
      outbound.beginBinary(message);
      assertThat(outbound.write(target)).isTrue();
      byte[] bytes = new byte[target.flip().remaining()];
      target.get(bytes);
      return hex(bytes);
    }

    @Test
    @SuppressWarnings({"NullAway", "DataFlowIssue"}) // what a caller without a checker may do
    void thatIsNullChangesNothing() {
      Outbound outbound = new Outbound(Role.SERVER, List.of(), () -> 0);
      assertThatNullPointerException().isThrownBy(() -> outbound.beginBinary(null));
      assertThat(outbound.isIdle()).isTrue();
      assertThat(begun(outbound)).isEqualTo("82 02 2a 2b");
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    void goesOutAsItsFrameWould(Role role) {
      Frame frame = new Frame.Binary(message);
      assertThat(begun(half(role))).isEqualTo(write(half(role), frame));
      Outbound extended = half(role, TestExtension.appending('x', ReservedBit.RSV1));
      assertThat(begun(extended))
          .isEqualTo(write(half(role, TestExtension.appending('x', ReservedBit.RSV1)), frame));
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    void isRefusedInsideAMessageOfText(Role role) {
      Outbound outbound = half(role);
      write(outbound, text("61", false));
      assertThatIllegalArgumentException().isThrownBy(() -> outbound.beginBinary(message));
      assertThat(outbound.isIdle()).isTrue();
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    void endsAMessageOfFragments(Role role) {
      Outbound outbound = half(role);
      write(outbound, binary("01", false));
      assertThat(begun(outbound)).isEqualTo(hex(to(role.peer(), "80 02 2a 2b")));
      assertThat(begun(outbound)).isEqualTo(hex(to(role.peer(), "82 02 2a 2b")));
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    void isRefusedAfterAClose(Role role) {
      Outbound outbound = half(role);
      write(outbound, new Frame.Close());
      assertThatIllegalStateException().isThrownBy(() -> outbound.beginBinary(message));
    }
  }

  @Nested
  @DisplayName("RFC 6455 §5.4: fragmentation")
  final class Fragmentation {
    @ParameterizedTest
    @EnumSource(Role.class)
    void sendsLaterFragmentsAsContinuations(Role role) {
      Outbound outbound = half(role);
      assertWrites(role, outbound, text("61", false), "01 01 61");
      assertWrites(role, outbound, text("62", false), "00 01 62");
      assertWrites(role, outbound, new Frame.Ping(hex("07")), "89 01 07");
      assertWrites(role, outbound, new Frame.Text("c"), "80 01 63");
      assertWrites(role, outbound, binary("2a", false), "02 01 2a");
      assertWrites(role, outbound, binary("", true), "80 00");
      assertWrites(role, outbound, new Frame.Text("d"), "81 01 64");
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    void refusesAnotherTypeInsideAMessage(Role role) {
      Outbound outbound = half(role);
      write(outbound, binary("01", false));
      assertRefuses(
          outbound, new Frame.Text("a"), "TEXT frame inside an unfinished BINARY message");
      assertWrites(role, outbound, binary("02", true), "80 01 02");
      write(outbound, text("61", false));
      assertRefuses(outbound, binary("01", true), "BINARY frame inside an unfinished TEXT message");
    }
  }

  @Nested
  @DisplayName("RFC 6455 §5.5.1: Close")
  final class Close {
    @ParameterizedTest
    @EnumSource(Role.class)
    void isTheLastFrame(Role role) {
      Outbound outbound = half(role);
      write(outbound, text("61", false));
      assertThat(outbound.closeTaken()).isFalse();
      assertWrites(role, outbound, new Frame.Close(new CloseReason(1000, "a")), "88 03 03 e8 61");
      assertThat(outbound.closeTaken()).isTrue();
      for (Frame frame : List.of(new Frame.Text("a"), new Frame.Ping(hex("")), new Frame.Close())) {
        assertThatIllegalStateException()
            .isThrownBy(() -> outbound.begin(frame))
            .withMessage("a Close was taken, no frame may follow it");
      }
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    void isRefusedWhereItsPayloadIsNoReason(Role role) {
      Outbound outbound = half(role);
      assertRefuses(
          outbound,
          new Frame.Close(hex("03")),
          "Close payload of 1 byte, expected none or a close code");
      assertRefuses(
          outbound,
          new Frame.Close(hex("03 ed")),
          "close code 1005 must not be sent, expected 1000-1003, 1007-1014 or 3000-4999");
      assertRefuses(outbound, new Frame.Close(hex("03 e8 ff")), "close message is not UTF-8");
      assertThat(outbound.closeTaken()).isFalse();
      assertWrites(role, outbound, new Frame.Close(), "88 00");
    }
  }

  @Nested
  @DisplayName("RFC 6455 §5.6: text is UTF-8")
  final class TextIsUtf8 {
    @ParameterizedTest
    @EnumSource(Role.class)
    void refusesOtherTextAndGoesOn(Role role) {
      Outbound outbound = half(role);
      assertRefuses(outbound, text("61 ff", true), "text of 2 bytes is not UTF-8 (RFC 6455 §5.6)");
      assertRefuses(outbound, text("c3", true), "text of 1 bytes is not UTF-8 (RFC 6455 §5.6)");
      assertWrites(role, outbound, text("c3", false), "01 01 c3");
      assertRefuses(outbound, text("28", false), "text of 1 bytes is not UTF-8 (RFC 6455 §5.6)");
      assertRefuses(outbound, new Frame.Text("a"), "text of 1 bytes is not UTF-8 (RFC 6455 §5.6)");
      assertRefuses(outbound, text("", true), "text of 0 bytes is not UTF-8 (RFC 6455 §5.6)");
      assertWrites(role, outbound, text("a9", true), "80 01 a9");
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    void doesNotJudgeBinaryNorControlFramesBetween(Role role) {
      Outbound outbound = half(role);
      assertWrites(role, outbound, text("c3", false), "01 01 c3");
      assertWrites(role, outbound, new Frame.Pong(hex("ff")), "8a 01 ff");
      assertWrites(role, outbound, text("a9", true), "80 01 a9");
      assertWrites(role, outbound, binary("ff", true), "82 01 ff");
    }
  }

  @Nested
  @DisplayName("RFC 6455 §9: extensions")
  final class Extensions {
    @ParameterizedTest
    @EnumSource(Role.class)
    void passesDataInOrderAndControlFramesNotAtAll(Role role) {
      TestExtension first = TestExtension.appending('x', ReservedBit.RSV1);
      TestExtension second = TestExtension.appending('y', ReservedBit.RSV2);
      Outbound outbound = half(role, first, second);
      assertWrites(role, outbound, binary("61", false), "62 03 61 78 79");
      assertWrites(role, outbound, new Frame.Ping(hex("07")), "89 01 07");
      assertWrites(role, outbound, binary("62", true), "e0 03 62 78 79");
      assertThat(first.outgoing).containsExactly(binary("61", false), binary("62", true));
    }

    @Test
    void givesARefusedFrameToNone() {
      TestExtension extension = TestExtension.inverting();
      Outbound outbound = half(Role.CLIENT, extension);
      assertThatIllegalArgumentException().isThrownBy(() -> outbound.begin(text("ff", true)));
      write(outbound, text("61", false));
      assertThatIllegalArgumentException().isThrownBy(() -> outbound.begin(binary("", true)));
      assertThat(extension.outgoing).containsExactly(text("61", false));
    }

    @Test
    void sendsNoDataAfterAnExtensionFailed() {
      RuntimeException bug = new UnsupportedOperationException("a bug");
      Outbound outbound =
          half(
              Role.SERVER,
              TestExtension.of(
                  frame -> {
                    throw bug;
                  }));
      assertThatThrownBy(() -> outbound.begin(new Frame.Text("a"))).isSameAs(bug);
      assertThat(outbound.isIdle()).isTrue();
      assertThatIllegalStateException()
          .isThrownBy(() -> outbound.begin(new Frame.Text("a")))
          .withMessage("an extension has failed, no data frame can be sent");
      assertThat(write(outbound, new Frame.Close())).isEqualTo("88 00");
    }

    @Test
    void failsWhereAnExtensionChangesWhatIsNotItsOwn() {
      TestExtension extension =
          TestExtension.of(
              frame -> TestExtension.with(frame, frame.data(), 0x20), ReservedBit.RSV1);
      assertThatIllegalStateException()
          .isThrownBy(() -> half(Role.SERVER, extension).begin(new Frame.Text("a")))
          .withMessage(
              "extension x-test made of a Text[1 bytes] a Text[1 bytes, rsv2], expected only its"
                  + " payload and own reserved bits to change");
    }

    @Test
    void releasesEachExtensionOnce() {
      for (boolean closes : new boolean[] {true, false}) {
        TestExtension extension = TestExtension.inverting();
        Outbound outbound = half(Role.SERVER, extension);
        if (closes) {
          write(outbound, new Frame.Close());
          assertThat(extension.endedOutgoing).isEqualTo(1);
        }
        outbound.end();
        outbound.end();
        assertThat(extension.endedOutgoing).isEqualTo(1);
        assertThat(extension.endedIncoming).isZero();
      }
    }
  }

  @Nested
  @DisplayName("One frame at a time")
  final class OneFrameAtATime {
    @Test
    void refusesAFrameBeforeTheFormerIsWritten() {
      Outbound outbound = half(Role.SERVER);
      outbound.begin(new Frame.Text("a"));
      assertThat(outbound.write(ByteBuffer.allocate(2))).isFalse();
      assertThatIllegalStateException()
          .isThrownBy(() -> outbound.begin(new Frame.Text("b")))
          .withMessage("the former frame is not wholly written");
      ByteBuffer rest = ByteBuffer.allocate(9);
      assertThat(outbound.write(rest)).isTrue();
      assertThat(rest.position()).isEqualTo(1);
    }

    @Test
    void refusesAFrameAfterTheEndButWritesWhatWasBegun() {
      Outbound outbound = half(Role.SERVER);
      outbound.begin(new Frame.Text("a"));
      outbound.end();
      assertThat(outbound.write(ByteBuffer.allocate(3))).isTrue();
      assertThatIllegalStateException()
          .isThrownBy(() -> outbound.begin(new Frame.Text("b")))
          .withMessage("the sending half has ended");
    }
  }

  @Nested
  @DisplayName("What one side sends the other receives")
  final class BothHalves {
    @ParameterizedTest
    @EnumSource(Role.class)
    void howeverItIsCutAndEncoded(Role sender) {
      Random random = new Random(42);
      Outbound outbound =
          new Outbound(
              sender,
              List.of(TestExtension.inverting(), TestExtension.appending('x', ReservedBit.RSV2)),
              random::nextInt);
      Inbound inbound =
          new Inbound(
              sender.peer(),
              Limits.DEFAULT,
              Inbound.Delivery.FRAMES,
              List.of(TestExtension.inverting(), TestExtension.appending('x', ReservedBit.RSV2)));
      List<Object> sent = new ArrayList<>();
      List<Object> received = new ArrayList<>();
      for (int i = 0; i < 500; i++) {
        byte[] payload = new byte[random.nextInt(i % 50 == 0 ? 100_000 : 300)];
        random.nextBytes(payload);
        Frame frame =
            random.nextInt(3) == 0
                ? new Frame.Ping(new byte[random.nextInt(126)])
                : new Frame.Binary(payload, random.nextBoolean(), false, false, false);
        sent.add(Wire.received(frame));
        outbound.begin(frame);
        boolean done;
        do {
          ByteBuffer buffer = ByteBuffer.allocateDirect(1 + random.nextInt(2000));
          done = outbound.write(buffer);
          received.addAll(Wire.poll(inbound, buffer.flip()));
        } while (!done);
      }
      assertThat(received).isEqualTo(sent);
    }
  }
}
