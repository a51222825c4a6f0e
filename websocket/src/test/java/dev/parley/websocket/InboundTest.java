// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import static dev.parley.websocket.Wire.NEVER_DELIVERED;
import static dev.parley.websocket.Wire.events;
import static dev.parley.websocket.Wire.frame;
import static dev.parley.websocket.Wire.hex;
import static dev.parley.websocket.Wire.poll;
import static dev.parley.websocket.Wire.received;
import static dev.parley.websocket.Wire.replyDue;
import static dev.parley.websocket.Wire.to;
import static dev.parley.websocket.Wire.utf8;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.parley.websocket.Inbound.Delivery;
import dev.parley.websocket.WebSocketExtension.ReservedBit;
import dev.parley.websocket.extension.WebSocketExtensionHeader;
import dev.parley.websocket.extension.WebSocketExtensions;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class InboundTest {
  private static final Limits SMALL = new Limits(1000, 100, 5);

  private static Supplier<Inbound> half(Role role) {
    return half(role, Limits.DEFAULT);
  }

  private static Supplier<Inbound> half(Role role, Limits limits) {
    return () -> new Inbound(role, limits, Delivery.MESSAGES, List.of());
  }

  private static Inbound withExtensions(TestExtension... extensions) {
    return new Inbound(Role.CLIENT, SMALL, Delivery.MESSAGES, List.of(extensions));
  }

  private static Inbound appending() {
    return withExtensions(TestExtension.appending('x', ReservedBit.RSV1));
  }

  private static List<Object> eventsOf(Role role, String... frames) {
    return events(half(role), to(role, frames));
  }

  /**
   * Asserts that the frames, cut after the byte that breaks the rule, fail at once, that what was
   * complete before is delivered, and that nothing is delivered afterwards.
   */
  private static void assertFails(
      Role role, Supplier<Inbound> halves, Violation violation, String... frames) {
    List<String> wire = new ArrayList<>(List.of(frames));
    assertThat(events(halves, to(role, frames))).containsExactly(violation);
    wire.add(NEVER_DELIVERED);
    assertThat(events(halves, to(role, wire.toArray(String[]::new)))).containsExactly(violation);
    wire.addFirst("82 01 2a");
    assertThat(events(halves, to(role, wire.toArray(String[]::new)))).last().isEqualTo(violation);
  }

  private static void assertFails(Role role, Violation violation, String... frames) {
    assertFails(role, half(role), violation, frames);
  }

  /** Feeds the frames to a client and returns what the failure says. */
  private static String failureOf(Inbound inbound, String... frames) {
    ByteBuffer bytes = ByteBuffer.wrap(to(Role.CLIENT, frames));
    return String.valueOf(Wire.failure(inbound.poll(bytes)).getMessage());
  }

  private static Frame binary(String hex) {
    return new Frame.Binary(hex(hex));
  }

  private static Frame text(String text, boolean fin) {
    return new Frame.Text(utf8(text), fin, false, false, false);
  }

  @Nested
  @DisplayName("RFC 6455 §5.1: who masks")
  final class WhoMasks {
    @ParameterizedTest
    @ValueSource(strings = {"81", "82", "01", "88", "89", "8a"})
    void clientRejectsMaskedFrame(String first) {
      assertFails(Role.CLIENT, Violation.FRAME_MASKED, first + " 80");
      assertFails(Role.CLIENT, Violation.FRAME_MASKED, first + " 80 00 00 00 00");
      assertFails(Role.CLIENT, Violation.FRAME_MASKED, first + " 85 37 fa 21 3d 7f 9f 4d 51 58");
    }

    @ParameterizedTest
    @ValueSource(strings = {"81", "82", "01", "88", "89", "8a"})
    void serverRejectsFrameThatIsNotMasked(String first) {
      List<Object> events = events(half(Role.SERVER), hex(first + " 02 6e 6f"));
      assertThat(events).containsExactly(Violation.FRAME_NOT_MASKED);
      assertThat(events(half(Role.SERVER), hex(first + " 00")))
          .containsExactly(Violation.FRAME_NOT_MASKED);
    }

    @Test
    void serverTakesAZeroKey() {
      assertThat(events(half(Role.SERVER), hex("81 82 00 00 00 00 68 69")))
          .containsExactly(received(new Frame.Text("hi")));
    }
  }

  @Nested
  @DisplayName("RFC 6455 §5.2: base framing")
  final class BaseFraming {
    @ParameterizedTest
    @EnumSource(Role.class)
    void readsFramesFromOneBuffer(Role role) {
      assertThat(eventsOf(role, "81 05 48 65 6c 6c 6f", "82 00", "8a 01 07", "81 00"))
          .containsExactly(
              received(new Frame.Text("Hello")),
              received(binary("")),
              received(new Frame.Pong(new byte[] {7})),
              received(new Frame.Text("")));
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    void readsEachFormOfLength(Role role) {
      byte[] medium = new byte[300];
      byte[] large = new byte[70_000];
      Arrays.fill(medium, (byte) 'm');
      Arrays.fill(large, (byte) 'l');
      assertThat(
              eventsOf(
                  role,
                  frame("82 7e 01 2c", medium),
                  frame("81 7f 00 00 00 00 00 01 11 70", large)))
          .containsExactly(received(new Frame.Binary(medium)), received(new Frame.Text(large)));
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    void rejectsReservedBitsOnEachOpcode(Role role) {
      for (Opcode opcode : Opcode.values()) {
        for (int bits = 0x10; bits <= 0x70; bits += 0x10) {
          String first = "%02x".formatted(0x80 | bits | opcode.code());
          assertFails(role, Violation.RESERVED_BIT, first);
          assertFails(role, Violation.RESERVED_BIT, first + " 00");
        }
      }
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    void rejectsReservedOpcodes(Role role) {
      for (int code : new int[] {3, 4, 5, 6, 7, 11, 12, 13, 14, 15}) {
        assertFails(role, Violation.RESERVED_OPCODE, "%02x".formatted(0x80 | code));
        assertFails(role, Violation.RESERVED_OPCODE, "%02x 05".formatted(code));
      }
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    void rejectsLengthThatIsNotMinimal(Role role) {
      assertFails(role, Violation.LENGTH_NOT_MINIMAL, "82 7e 00 05");
      assertFails(role, Violation.LENGTH_NOT_MINIMAL, "82 7e 00 7d");
      assertFails(role, Violation.LENGTH_NOT_MINIMAL, "82 7f 00 00 00 00 00 00 01 2c");
      assertFails(role, Violation.LENGTH_NOT_MINIMAL, "82 7f 00 00 00 00 00 00 ff ff");
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    void rejectsLengthOver63Bits(Role role) {
      assertFails(role, Violation.LENGTH_NEGATIVE, "82 7f 80 00 00 00 00 00 00 00");
      assertFails(role, Violation.LENGTH_NEGATIVE, "82 7f ff ff ff ff ff ff ff ff");
    }
  }

  @Nested
  @DisplayName("RFC 6455 §5.4: fragmentation")
  final class Fragmentation {
    @ParameterizedTest
    @EnumSource(Role.class)
    void joinsFragments(Role role) {
      assertThat(eventsOf(role, "01 03 48 65 6c", "00 00", "80 02 6c 6f", "82 01 01"))
          .containsExactly(received(new Frame.Text("Hello")), received(binary("01")));
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    void takesControlFramesBetweenFragments(Role role) {
      assertThat(eventsOf(role, "01 01 c3", "89 01 07", "8a 02 c3 28", "80 01 a9"))
          .containsExactly(
              received(new Frame.Ping(new byte[] {7})),
              replyDue(new Frame.Pong(new byte[] {7})),
              received(new Frame.Pong(hex("c3 28"))),
              received(new Frame.Text("é")));
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    void joinsEmptyFragments(Role role) {
      assertThat(eventsOf(role, "02 00", "00 00", "80 00")).containsExactly(received(binary("")));
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    void rejectsContinuationOfNothing(Role role) {
      assertFails(role, Violation.CONTINUATION_OF_NOTHING, "80");
      assertFails(role, Violation.CONTINUATION_OF_NOTHING, "00 01");
      assertThat(eventsOf(role, "01 01 61", "80 00", "80", NEVER_DELIVERED))
          .containsExactly(received(new Frame.Text("a")), Violation.CONTINUATION_OF_NOTHING);
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    void rejectsNewDataFrameInsideAMessage(Role role) {
      assertFails(role, Violation.MESSAGE_INTERRUPTED, "01 01 61", "81");
      assertFails(role, Violation.MESSAGE_INTERRUPTED, "01 01 61", "82 00");
      assertFails(role, Violation.MESSAGE_INTERRUPTED, "02 00", "02");
    }
  }

  @Nested
  @DisplayName("RFC 6455 §5.5: control frames")
  final class ControlFrames {
    @ParameterizedTest
    @EnumSource(Role.class)
    void rejectsFragmentedControlFrame(Role role) {
      assertFails(role, Violation.CONTROL_FRAME_FRAGMENTED, "08");
      assertFails(role, Violation.CONTROL_FRAME_FRAGMENTED, "09 00");
      assertFails(role, Violation.CONTROL_FRAME_FRAGMENTED, "0a 01 61", "80 00");
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    void rejectsLongControlFrame(Role role) {
      for (String first : List.of("88", "89", "8a")) {
        assertFails(role, Violation.CONTROL_FRAME_TOO_LONG, first + " 7e");
        assertFails(role, Violation.CONTROL_FRAME_TOO_LONG, first + " 7e 00 7e");
        assertFails(role, Violation.CONTROL_FRAME_TOO_LONG, first + " 7f");
      }
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    void owesAPongForAPingOf125Bytes(Role role) {
      byte[] payload = new byte[125];
      Arrays.fill(payload, (byte) 0xee);
      assertThat(eventsOf(role, frame("89 7d", payload)))
          .containsExactly(received(new Frame.Ping(payload)), replyDue(new Frame.Pong(payload)));
    }

    @Test
    void takesControlFramesOverTheLimitsOfData() {
      byte[] payload = new byte[100];
      assertThat(
              events(
                  half(Role.CLIENT, new Limits(1, 1, 1)),
                  to(Role.CLIENT, frame("8a 64", payload), "82 01 2a")))
          .containsExactly(received(new Frame.Pong(payload)), received(binary("2a")));
    }

    @Test
    void tellsAReplyThatIsDueWithoutMoreBytes() {
      Inbound inbound = half(Role.CLIENT).get();
      ByteBuffer bytes = ByteBuffer.wrap(hex("89 00 82 00"));
      assertThat(inbound.poll(bytes)).isEqualTo(received(new Frame.Ping(new byte[0])));
      assertThat(inbound.poll(ByteBuffer.allocate(0)))
          .isEqualTo(replyDue(new Frame.Pong(new byte[0])));
      assertThat(inbound.poll(bytes)).isEqualTo(received(binary("")));
    }
  }

  @Nested
  @DisplayName("RFC 6455 §5.5.1: Close")
  final class Close {
    private static String close(int code, String message) {
      byte[] bytes = utf8(message);
      return "88 %02x %02x %02x ".formatted(2 + bytes.length, code >>> 8, code & 0xff)
          + Wire.hex(bytes);
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    void reportsEachCodeAndOwesItsEcho(Role role) {
      for (int code : new int[] {1000, 1001, 1002, 1003, 1007, 1011, 1014, 3000, 4999}) {
        Frame expected = new Frame.Close(new CloseReason(code, "bye"));
        assertThat(eventsOf(role, close(code, "bye"), NEVER_DELIVERED))
            .containsExactly(received(expected), replyDue(expected));
      }
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    void takesAnEmptyCloseAndTheLongestMessage(Role role) {
      assertThat(eventsOf(role, "88 00", "88 00"))
          .containsExactly(received(new Frame.Close()), replyDue(new Frame.Close()));
      Frame longest = new Frame.Close(new CloseReason(1000, "x".repeat(123)));
      assertThat(eventsOf(role, close(1000, "x".repeat(123))))
          .containsExactly(received(longest), replyDue(longest));
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    void rejectsPayloadOfOneByte(Role role) {
      assertFails(role, Violation.CLOSE_PAYLOAD_OF_ONE_BYTE, "88 01");
      assertFails(role, Violation.CLOSE_PAYLOAD_OF_ONE_BYTE, "88 01 03");
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    void rejectsCodesThatAreNeverSent(Role role) {
      for (int code : new int[] {0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535}) {
        assertFails(role, Violation.CLOSE_CODE_INVALID, close(code, ""));
      }
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    void rejectsMessageThatIsNotUtf8(Role role) {
      assertFails(role, Violation.CLOSE_MESSAGE_NOT_UTF8, "88 04 03 e8 c3 28");
      assertFails(role, Violation.CLOSE_MESSAGE_NOT_UTF8, "88 03 03 e8 c3");
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    void ignoresAllThatFollows(Role role) {
      Inbound inbound = half(role).get();
      poll(inbound, ByteBuffer.wrap(to(role, "01 01 61", "88 00")));
      assertThat(inbound.isEnded()).isTrue();
      ByteBuffer later = ByteBuffer.wrap(hex("ff ff ff ff ff"));
      assertThat(inbound.poll(later)).isEqualTo(new Event.Ended(true));
      assertThat(later.hasRemaining()).isFalse();
      assertThat(inbound.poll(later)).isEqualTo(new Event.Ended(true));
      assertThat(inbound.endOfStream()).isEqualTo(new Event.Ended(true));
    }
  }

  @Nested
  @DisplayName("RFC 6455 §8.1: text is UTF-8")
  final class TextIsUtf8 {
    @ParameterizedTest
    @EnumSource(Role.class)
    @DisplayName("the first impossible byte fails, wherever frames and reads are cut")
    void failsAtTheFirstImpossibleByte(Role role) {
      // each ends with the first impossible byte
      List<String> texts =
          List.of(
              "61 80",
              "61 ff",
              "c0",
              "c1",
              "f5",
              "e0 9f",
              "ed a0",
              "f0 8f",
              "f4 90",
              "c3 28",
              "e4 b8 41",
              "f0 9f 8c c3",
              "ce ba e1 bd b9 cf 83 ce bc ce b5 ed a0",
              "61 62 63 64 65 66 67 68 69 6a 6b 6c 6d 6e 6f 70 f9");
      for (String text : texts) {
        byte[] bytes = hex(text);
        for (int cut = 0; cut < bytes.length; cut++) {
          String one = frame("01 %02x".formatted(cut), Arrays.copyOf(bytes, cut));
          byte[] rest = Arrays.copyOfRange(bytes, cut, bytes.length);
          // the second frame claims more than comes
          assertFails(role, Violation.TEXT_NOT_UTF8, one, frame("00 7d", rest));
          String all = frame("80 %02x".formatted(rest.length), rest);
          assertFails(role, Violation.TEXT_NOT_UTF8, one, all);
          byte[] possible = Arrays.copyOf(rest, rest.length - 1);
          assertThat(eventsOf(role, one, frame("00 7d", possible))).isEmpty();
        }
      }
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    void rejectsTextThatEndsInsideACharacter(Role role) {
      assertFails(role, Violation.TEXT_NOT_UTF8, "81 01 c3");
      assertFails(role, Violation.TEXT_NOT_UTF8, "01 02 e4 b8", "80 00");
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    void takesCharactersCutAnywhere(Role role) {
      byte[] bytes = utf8("a é 世 🌍");
      for (int cut = 0; cut <= bytes.length; cut++) {
        byte[] rest = Arrays.copyOfRange(bytes, cut, bytes.length);
        assertThat(
                eventsOf(
                    role,
                    frame("01 %02x".formatted(cut), Arrays.copyOf(bytes, cut)),
                    "89 01 ff",
                    frame("80 %02x".formatted(rest.length), rest)))
            .endsWith(received(new Frame.Text(bytes)));
      }
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    void doesNotJudgeBinary(Role role) {
      assertThat(eventsOf(role, "02 01 c3", "80 01 28")).containsExactly(received(binary("c3 28")));
    }
  }

  @Nested
  @DisplayName("RFC 6455 §10.4: limits")
  final class Size {
    @ParameterizedTest
    @EnumSource(Role.class)
    void rejectsAMessageOverTheLimitFromItsHeader(Role role) {
      Supplier<Inbound> half = half(role, Limits.DEFAULT.withMaxMessageSize(70_000));
      assertFails(role, half, Violation.MESSAGE_TOO_BIG, "82 7f 00 00 00 00 00 01 11 71");
      assertFails(role, half, Violation.MESSAGE_TOO_BIG, "81 7f 00 00 00 00 80 00 00 00");
      assertFails(role, half, Violation.MESSAGE_TOO_BIG, "81 7f 40 00 00 00 00 00 00 00");
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    void rejectsAFrameOverTheLimitFromItsHeader(Role role) {
      Supplier<Inbound> half = half(role, Limits.DEFAULT.withMaxFrameSize(3));
      assertFails(role, half, Violation.FRAME_TOO_BIG, "82 04");
      assertThat(events(half, to(role, "02 03 01 02 03", "80 01 04")))
          .containsExactly(received(binary("01 02 03 04")));
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    void rejectsFragmentsWhoseDeclaredSumPassesTheLimit(Role role) {
      Supplier<Inbound> half = half(role, new Limits(Long.MAX_VALUE, 10, 100));
      assertFails(role, half, Violation.MESSAGE_TOO_BIG, "02 05 01 02 03 04 05", "00 06");
      assertFails(
          role, half, Violation.MESSAGE_TOO_BIG, "02 01 01", "80 7f 7f ff ff ff ff ff ff ff");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 1000})
    void deliversAMessageOfExactlyTheLimit(int fragments) {
      int size = 100_000;
      Limits limits = Limits.DEFAULT.withMaxMessageSize(size).withMaxFragments(fragments);
      List<String> frames = new ArrayList<>();
      for (int i = 0; i < fragments; i++) {
        byte[] part = new byte[size / fragments];
        int first = (i == 0 ? 2 : 0) | (i == fragments - 1 ? 0x80 : 0);
        String header =
            switch (fragments) {
              case 1 -> "%02x 7f 00 00 00 00 00 01 86 a0";
              case 2 -> "%02x 7e c3 50";
              default -> "%02x 64";
            };
        frames.add(frame(header.formatted(first), part));
      }
      assertThat(events(half(Role.SERVER, limits), to(Role.SERVER, frames.toArray(String[]::new))))
          .containsExactly(received(new Frame.Binary(new byte[size])));
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    void rejectsTooManyFragmentsAtTheHeader(Role role) {
      Supplier<Inbound> half = half(role, SMALL);
      assertFails(
          role,
          half,
          Violation.TOO_MANY_FRAGMENTS,
          "02 00",
          "00 00",
          "00 00",
          "00 00",
          "00 00",
          "00");
      assertThat(
              events(half, to(role, "02 00", "00 00", "89 00", "00 00", "00 00", "80 00", "82 00")))
          .hasSize(4);
    }

    @Test
    void namesTheSettingItsValueAndTheSize() {
      Limits limits = new Limits(50, 10, 2);
      assertThat(failureOf(half(Role.CLIENT, limits).get(), "82 33"))
          .isEqualTo("frame of 51 bytes, maxFrameSize is 50 (RFC 6455 §10.4)");
      assertThat(failureOf(half(Role.CLIENT, limits).get(), "02 01 00", "80 0a"))
          .isEqualTo("message of 11 bytes, maxMessageSize is 10 (RFC 6455 §10.4)");
      assertThat(failureOf(half(Role.CLIENT, limits).get(), "02 00", "00 00", "00"))
          .isEqualTo("message of more than 2 fragments (maxFragments) (RFC 6455 §10.4)");
      Limits noFrameLimit = limits.withMaxFrameSize(Long.MAX_VALUE);
      assertThat(
              failureOf(
                  half(Role.CLIENT, noFrameLimit).get(),
                  "02 01 00",
                  "80 7f 7f ff ff ff ff ff ff ff"))
          .startsWith("message of 9223372036854775808 bytes");
    }

    @Test
    void cannotHoldMoreThanAnArray() {
      Limits limits = Limits.DEFAULT.withMaxMessageSize(Long.MAX_VALUE);
      assertFails(
          Role.CLIENT,
          half(Role.CLIENT, limits),
          Violation.MESSAGE_TOO_BIG,
          "82 7f 00 00 00 00 7f ff ff f8");
      assertThat(events(half(Role.CLIENT, limits), hex("82 7f 00 00 00 00 7f ff ff f7"))).isEmpty();
    }
  }

  @Nested
  @DisplayName("RFC 6455 §9: extensions")
  final class Extensions {
    @Test
    void decodesWhatHasTheReservedBit() {
      assertThat(events(InboundTest::appending, hex("c1 02 61 78 81 02 61 78")))
          .containsExactly(received(new Frame.Text("a")), received(new Frame.Text("ax")));
    }

    @Test
    void passesFragmentsWithTheirBitsAndType() {
      TestExtension extension = TestExtension.appending('x', ReservedBit.RSV1);
      poll(withExtensions(extension), ByteBuffer.wrap(hex("41 02 61 78 89 00 80 01 62")));
      assertThat(extension.incoming)
          .containsExactly(new Frame.Text(utf8("ax"), false, true, false, false), text("b", true));
      assertThat(extension.rooms).containsExactly(100L, 99L);
    }

    @Test
    void passesInReverseOrder() {
      Supplier<Inbound> half =
          () ->
              withExtensions(
                  TestExtension.appending('x', ReservedBit.RSV1),
                  TestExtension.appending('y', ReservedBit.RSV3));
      assertThat(events(half, hex("d2 03 61 78 79"))).containsExactly(received(binary("61")));
      assertFails(Role.CLIENT, half, Violation.COMPRESSED_DATA_INVALID, "d2 03 61 79 78");
    }

    @Test
    void rejectsReservedBitsThatNoneClaimsAndAnyOnControlFrames() {
      assertFails(Role.CLIENT, InboundTest::appending, Violation.RESERVED_BIT, "a1");
      assertFails(Role.CLIENT, InboundTest::appending, Violation.RESERVED_BIT, "d1");
      assertFails(Role.CLIENT, InboundTest::appending, Violation.RESERVED_BIT, "c9");
    }

    @Test
    void judgesTextAfterDecoding() {
      // the letter is no UTF-8, but it is no part of the text either
      Supplier<Inbound> half =
          () -> withExtensions(TestExtension.appending('\u00ff', ReservedBit.RSV1));
      assertThat(events(half, hex("c1 02 61 ff"))).hasSize(1);
      assertThat(events(() -> withExtensions(TestExtension.inverting()), hex("81 01 9e")))
          .containsExactly(received(new Frame.Text("a")));
      assertFails(
          Role.CLIENT, InboundTest::appending, Violation.TEXT_NOT_UTF8, "41 02 c3 78", "80 01 28");
      assertFails(Role.CLIENT, InboundTest::appending, Violation.TEXT_NOT_UTF8, "c1 02 c3 78");
    }

    @Test
    void judgesTextThatNoneEncodesAsItArrives() {
      assertFails(Role.CLIENT, InboundTest::appending, Violation.TEXT_NOT_UTF8, "81 05 61 ff");
    }

    @Test
    void keepsTheContextOverOtherMessages() {
      assertThat(
              events(
                  InboundTest::appending, hex("41 02 61 78 89 00 80 01 62 81 01 63 c1 02 64 78")))
          .containsExactly(
              received(new Frame.Ping(new byte[0])),
              replyDue(new Frame.Pong(new byte[0])),
              received(new Frame.Text("ab")),
              received(new Frame.Text("c")),
              received(new Frame.Text("d")));
    }

    @Test
    void givesAnEncodedMessageSomeMoreRoomOnTheWire() {
      byte[] wire = new byte[101];
      wire[100] = 'x';
      assertThat(events(InboundTest::appending, hex(frame("c2 65", wire))))
          .containsExactly(received(new Frame.Binary(new byte[100])));
      assertFails(Role.CLIENT, InboundTest::appending, Violation.MESSAGE_TOO_BIG, "82 65");
      Supplier<Inbound> half =
          () ->
              new Inbound(
                  Role.CLIENT,
                  SMALL.withMaxFrameSize(1 << 20),
                  Delivery.MESSAGES,
                  List.of(TestExtension.appending('x', ReservedBit.RSV1)));
      // 100 bytes and 6, 4096 more, and 16 for the one fragment
      assertThat(half.get().poll(ByteBuffer.wrap(hex("c2 7e 10 7a")))).isNull();
      assertFails(Role.CLIENT, half, Violation.MESSAGE_TOO_BIG, "c2 7e 10 7b");
    }

    @Test
    void measuresWhatWasDecoded() {
      byte[] wire = new byte[102];
      wire[101] = 'x';
      assertFails(
          Role.CLIENT, InboundTest::appending, Violation.MESSAGE_TOO_BIG, frame("c2 66", wire));
      byte[] half = new byte[62];
      half[61] = 'x';
      assertThat(failureOf(appending(), frame("42 3e", half), frame("c0 3e", half)))
          .isEqualTo("message of 122 bytes, maxMessageSize is 100 (RFC 6455 §10.4)");
    }

    @Test
    void deliversTextThatAnExtensionMadeAsItIsOnlyWhereItIsTheWholeMessage() {
      TestExtension extension =
          TestExtension.of(
              frame ->
                  frame instanceof Frame.Text && frame.fin()
                      ? new Frame.Text("made")
                      : TestExtension.with(frame, utf8("-"), 0));
      assertThat(events(() -> withExtensions(extension), hex("81 01 61 01 01 61 80 01 61 81 00")))
          .containsExactly(
              received(new Frame.Text("made")),
              received(new Frame.Text("-made")),
              received(new Frame.Text("made")));
      Supplier<Inbound> small =
          () ->
              new Inbound(Role.CLIENT, new Limits(3, 3, 9), Delivery.MESSAGES, List.of(extension));
      assertFails(Role.CLIENT, small, Violation.MESSAGE_TOO_BIG, "81 01 61 81 01 61");
      Supplier<Inbound> raw = () -> raw(extension);
      assertThat(events(raw, hex("01 01 61 80 01 61 81 00")))
          .containsExactly(
              received(text("-", false)),
              received(new Frame.Text("made")),
              received(new Frame.Text("made")));
    }

    private static Inbound raw(TestExtension extension) {
      return new Inbound(Role.CLIENT, SMALL, Delivery.FRAMES, List.of(extension));
    }

    @Test
    void passesOnAViolationThatAnExtensionFinds() {
      assertFails(
          Role.CLIENT, InboundTest::appending, Violation.COMPRESSED_DATA_INVALID, "c1 01 61");
    }

    @Test
    void failsWhereAnExtensionThrowsAnythingElse() {
      for (RuntimeException thrown :
          List.of(new IllegalStateException("a bug"), new WebSocketProtocolException("no rule"))) {
        Inbound inbound =
            withExtensions(
                TestExtension.of(
                    frame -> {
                      throw thrown;
                    }));
        WebSocketProtocolException failure =
            Wire.failure(inbound.poll(ByteBuffer.wrap(hex("81 00"))));
        assertThat(failure.violation()).isEqualTo(Violation.EXTENSION_FAILED);
        assertThat(failure).hasCause(thrown).hasMessageContaining("x-test");
      }
    }

    @Test
    void failsWhereAnExtensionChangesWhatIsNotItsOwn() {
      List<TestExtension> wrong =
          List.of(
              TestExtension.of(frame -> new Frame.Binary(frame.data())),
              TestExtension.of(frame -> text("a", false)),
              TestExtension.of(frame -> TestExtension.with(frame, frame.data(), 0x20)),
              TestExtension.of(frame -> frame, ReservedBit.RSV1),
              TestExtension.of(
                  frame -> TestExtension.with(frame, frame.data(), 0x10), ReservedBit.RSV1));
      for (TestExtension extension : wrong) {
        boolean claims = !extension.reservedBits().isEmpty();
        assertThat(
                poll(withExtensions(extension), ByteBuffer.wrap(hex(claims ? "c1 00" : "81 00"))))
            .containsExactly(Violation.EXTENSION_FAILED);
      }
    }

    @Test
    void failsWhereAnExtensionChangesAMessageWithoutItsBit() {
      TestExtension extension =
          TestExtension.of(frame -> TestExtension.with(frame, utf8("other"), 0), ReservedBit.RSV1);
      assertThat(poll(withExtensions(extension), ByteBuffer.wrap(hex("81 01 61"))))
          .containsExactly(Violation.EXTENSION_FAILED);
    }

    @Test
    void refusesTwoExtensionsWithOneBit() {
      assertThatThrownBy(
              () ->
                  withExtensions(
                      TestExtension.appending('x', ReservedBit.RSV1),
                      TestExtension.appending('y', ReservedBit.RSV1)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("x-y");
    }

    @ParameterizedTest
    @CsvSource({"88 00", "83", "81 01 61"})
    void releasesEachExtensionOnce(String wire) {
      TestExtension one = TestExtension.appending('x', ReservedBit.RSV1);
      TestExtension two = TestExtension.inverting();
      Inbound inbound = withExtensions(one, two);
      poll(inbound, ByteBuffer.wrap(hex(wire)));
      inbound.endOfStream();
      inbound.end();
      inbound.end();
      assertThat(List.of(one.endedIncoming, two.endedIncoming)).containsExactly(1, 1);
      assertThat(List.of(one.endedOutgoing, two.endedOutgoing)).containsExactly(0, 0);
    }
  }

  @Nested
  @DisplayName("Frames as they came")
  final class Frames {
    private static List<Object> eventsOf(Role role, String... frames) {
      return events(() -> new Inbound(role, SMALL, Delivery.FRAMES, List.of()), to(role, frames));
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    void deliversFragmentsWithTheTypeOfTheirMessage(Role role) {
      assertThat(
              eventsOf(
                  role, "01 01 61", "89 00", "00 00", "80 01 62", "82 01 2a", "02 00", "80 00"))
          .containsExactly(
              received(text("a", false)),
              received(new Frame.Ping(new byte[0])),
              received(text("", false)),
              received(text("b", true)),
              received(binary("2a")),
              received(new Frame.Binary(new byte[0], false, false, false, false)),
              received(binary("")));
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    void owesNoReply(Role role) {
      assertThat(eventsOf(role, "89 00", "88 00", NEVER_DELIVERED))
          .containsExactly(received(new Frame.Ping(new byte[0])), received(new Frame.Close()));
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    void judgesTextOverFragments(Role role) {
      assertThat(eventsOf(role, "01 01 c3", "80 01 28", NEVER_DELIVERED))
          .containsExactly(
              received(new Frame.Text(hex("c3"), false, false, false, false)),
              Violation.TEXT_NOT_UTF8);
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    void boundsEachFrameButNotTheMessage(Role role) {
      String fragment = frame("00 64", new byte[100]);
      assertThat(
              eventsOf(
                  role, "02 00", fragment, fragment, fragment, fragment, fragment, fragment,
                  "00 65"))
          .hasSize(8)
          .endsWith(Violation.MESSAGE_TOO_BIG);
    }

    @Test
    void deliversFragmentsDecoded() {
      assertThat(
              events(
                  () ->
                      new Inbound(
                          Role.CLIENT,
                          SMALL,
                          Delivery.FRAMES,
                          List.of(TestExtension.appending('x', ReservedBit.RSV1))),
                  hex("41 02 61 78 80 01 62")))
          .containsExactly(received(text("a", false)), received(text("b", true)));
    }
  }

  @Nested
  @DisplayName("Messages in fragments, cut as they arrive")
  final class Fragments {
    private static final Limits NO_MESSAGES = new Limits(Long.MAX_VALUE, 1, 1);

    /** What a reader of the streams sees: the frames, with the fragments of a message joined. */
    private static List<Object> joined(
        Role role, List<WebSocketExtension<?>> extensions, int cut, byte[] wire) {
      Inbound inbound = new Inbound(role, NO_MESSAGES, Delivery.FRAGMENTS, extensions);
      List<Object> seen = new ArrayList<>();
      ByteArrayOutputStream message = new ByteArrayOutputStream();
      for (int from = 0; from < wire.length; from += cut) {
        ByteBuffer bytes = ByteBuffer.wrap(wire, from, Math.min(cut, wire.length - from));
        for (Event event = inbound.poll(bytes); event != null; event = inbound.poll(bytes)) {
          switch (event) {
            case Event.Received(Frame frame) when !frame.opcode().isControl() -> {
              assertThat(frame.data().length == 0 && !frame.fin()).as("empty fragment").isFalse();
              message.writeBytes(frame.data());
              if (frame.fin()) {
                seen.add(
                    frame.opcode() == Opcode.TEXT
                        ? message.toString(UTF_8)
                        : HexFormat.of().formatHex(message.toByteArray()));
                message.reset();
              }
            }
            case Event.Received(Frame frame) -> seen.add(frame);
            case Event.ReplyDue(Frame frame) -> seen.add("reply " + frame.opcode());
            case Event.Failed(var failure) -> seen.add(failure.violation());
            case Event.Ended ended -> {
              return seen;
            }
          }
        }
      }
      return seen;
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    void areTheSameHoweverTheyArrive(Role role) {
      byte[] wire =
          to(
              role,
              "01 03 61 62 63",
              "89 01 07",
              "00 00",
              "80 05 64 65 66 67 68",
              "82 00",
              "02 09 01 02 03 04 05 06 07 08 09",
              "80 00",
              "88 00",
              NEVER_DELIVERED);
      for (int cut : new int[] {1, 2, 3, 7, wire.length}) {
        assertThat(joined(role, List.of(), cut, wire))
            .containsExactly(
                new Frame.Ping(new byte[] {7}),
                "reply PONG",
                "abcdefgh",
                "",
                "010203040506070809",
                new Frame.Close(),
                "reply CLOSE");
      }
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    void failAsSoonAsTheTextIsWrong(Role role) {
      for (int cut : new int[] {1, 4, 100}) {
        assertThat(joined(role, List.of(), cut, to(role, "01 01 c3", "80 02 28 28", "82 01 2a")))
            .containsExactly(Violation.TEXT_NOT_UTF8);
        assertThat(joined(role, List.of(), cut, to(role, "81 01 c3", "82 01 2a")))
            .containsExactly(Violation.TEXT_NOT_UTF8);
      }
    }

    @Test
    void passAFrameOfAnyLengthThroughLittleMemory() {
      Inbound inbound = new Inbound(Role.CLIENT, NO_MESSAGES, Delivery.FRAGMENTS, List.of());
      assertThat(inbound.poll(ByteBuffer.wrap(hex("82 7f 00 00 00 02 00 00 00 00")))).isNull();
      byte[] piece = new byte[1 << 20];
      for (long left = 1L << 33; left > 0; left -= piece.length) {
        boolean last = left == piece.length;
        assertThat(inbound.poll(ByteBuffer.wrap(piece)))
            .isInstanceOfSatisfying(
                Event.Received.class,
                received -> {
                  assertThat(received.frame().data()).hasSize(piece.length);
                  assertThat(received.frame().fin()).isEqualTo(last);
                });
      }
    }

    @Test
    void areBoundByTheFrameAlone() {
      Limits limits = new Limits(10, 1, 1);
      Inbound inbound = new Inbound(Role.CLIENT, limits, Delivery.FRAGMENTS, List.of());
      ByteBuffer bytes = ByteBuffer.wrap(hex("02 0a 00 01 02 03 04 05 06 07 08 09 80 0b"));
      assertThat(inbound.poll(bytes)).isInstanceOf(Event.Received.class);
      assertThat(Wire.failure(inbound.poll(bytes)).violation()).isEqualTo(Violation.FRAME_TOO_BIG);
    }

    @Test
    void areDecompressedPieceByPiece() {
      byte[] payload = new byte[100_000];
      new Random(7).nextBytes(payload);
      System.arraycopy(new byte[50_000], 0, payload, 0, 50_000);
      Outbound outbound =
          new Outbound(Role.SERVER, List.of(perMessageDeflate(Role.SERVER)), () -> 0);
      ByteBuffer wire = ByteBuffer.allocate(300_000);
      for (int round = 0; round < 2; round++) {
        outbound.begin(new Frame.Binary(payload));
        assertThat(outbound.write(wire)).isTrue();
      }
      byte[] bytes = Arrays.copyOf(wire.array(), wire.position());
      String expected = HexFormat.of().formatHex(payload);
      for (int cut : new int[] {1, 100, 65_536, bytes.length}) {
        assertThat(joined(Role.CLIENT, List.of(perMessageDeflate(Role.CLIENT)), cut, bytes))
            .containsExactly(expected, expected);
      }
    }

    @ParameterizedTest
    @EnumSource(Delivery.class)
    void ofALargeCompressedFrameAreJudgedAsTheyArrive(Delivery delivery) {
      Inbound inbound =
          new Inbound(
              Role.CLIENT, Limits.DEFAULT, delivery, List.of(perMessageDeflate(Role.CLIENT)));
      byte[] blockOfNoType = hex("c2 7f 00 00 00 00 00 01 11 70 ff");
      assertThat(Wire.failure(inbound.poll(ByteBuffer.wrap(blockOfNoType))).violation())
          .isEqualTo(Violation.COMPRESSED_DATA_INVALID);
    }

    @ParameterizedTest
    @CsvSource({
      "c1 7e 03 e8 00 02 00 fd ff ed a0, TEXT_NOT_UTF8", // of 1000 bytes, stored: a surrogate
      "41 01 61 c0 7e 03 e8, RESERVED_BIT" // the bit of the first frame on a continuation
    })
    void ofACompressedFrameThatIsNotAllThereAreJudgedAsTheyArrive(String bytes, Violation rule) {
      Inbound inbound =
          new Inbound(
              Role.CLIENT,
              Limits.DEFAULT,
              Delivery.MESSAGES,
              List.of(perMessageDeflate(Role.CLIENT)));
      List<Object> events = Wire.events(inbound, hex(bytes), 1, false);
      assertThat(events).containsExactly(rule);
    }

    @Test
    void ofALargeCompressedFrameMakeTheFrameOrTheMessageAgain() {
      StringBuilder noise = new StringBuilder();
      new Random(6).ints(200_000, ' ', 127).forEach(c -> noise.append((char) c));
      Frame large = text(noise.toString(), false);
      Frame small = text("end", true);
      Outbound outbound =
          new Outbound(Role.SERVER, List.of(perMessageDeflate(Role.SERVER)), () -> 0);
      byte[] wire = hex(Wire.write(outbound, large) + Wire.write(outbound, small));
      for (int cut : new int[] {997, wire.length}) {
        assertThat(large(Delivery.MESSAGES, cut, wire))
            .containsExactly(received(new Frame.Text(noise + "end")));
        assertThat(large(Delivery.FRAMES, cut, wire))
            .containsExactly(received(large), received(small));
      }
    }

    private static List<Object> large(Delivery delivery, int cut, byte[] wire) {
      Inbound inbound =
          new Inbound(
              Role.CLIENT, Limits.DEFAULT, delivery, List.of(perMessageDeflate(Role.CLIENT)));
      return Wire.events(inbound, wire, cut, false);
    }

    @Test
    void thatInflateTooFarNameTheSettingAndItsValue() {
      Outbound outbound =
          new Outbound(Role.SERVER, List.of(perMessageDeflate(Role.SERVER)), () -> 0);
      String one = Wire.write(outbound, new Frame.Binary(new byte[60], false, false, false, false));
      String two = Wire.write(outbound, new Frame.Binary(new byte[60]));
      Inbound inbound =
          new Inbound(
              Role.CLIENT, SMALL, Delivery.MESSAGES, List.of(perMessageDeflate(Role.CLIENT)));
      assertThat(failureOf(inbound, one, two))
          .isEqualTo(
              "message of more than 100 bytes when decoded, maxMessageSize is 100"
                  + " (RFC 6455 §10.4)");
    }

    @Test
    void thatInflateTooFarTogetherAreFoundOutThoughEachIsWithinTheLimit() {
      Outbound outbound =
          new Outbound(Role.SERVER, List.of(perMessageDeflate(Role.SERVER)), () -> 0);
      Limits limits = new Limits(10_000, 5_000, 5);
      byte[] noise = new byte[5_001]; // incompressible
      new Random(8).nextBytes(noise);
      String wire = Wire.write(outbound, new Frame.Binary(noise));
      for (int cut : new int[] {1, 997, wire.length()}) {
        Inbound inbound =
            new Inbound(
                Role.CLIENT, limits, Delivery.MESSAGES, List.of(perMessageDeflate(Role.CLIENT)));
        assertThat(Wire.events(inbound, hex(wire), cut, false))
            .containsExactly(Violation.MESSAGE_TOO_BIG);
      }
    }

    @Test
    void thatTheSmallestWindowMakesLargerThanTheLimitAreAMessageWithinIt() {
      var factory = WebSocketExtensions.perMessageDeflate();
      var config = factory.defaultConfig().withServerMaxWindowBits(8);
      var agreement = factory.answer(config, factory.offer(config).getFirst());
      if (agreement == null) {
        throw new AssertionError("declined");
      }
      byte[] noise = new byte[1 << 20];
      new Random(8).nextBytes(noise);
      Outbound outbound = new Outbound(Role.SERVER, List.of(agreement.extension()), () -> 0);
      outbound.begin(new Frame.Binary(noise));
      ByteBuffer wire = ByteBuffer.allocate(2 << 20);
      assertThat(outbound.write(wire)).isTrue();
      assertThat(wire.position()).isGreaterThan(noise.length + noise.length / 32);
      Inbound inbound =
          new Inbound(
              Role.CLIENT,
              Limits.DEFAULT.withMaxMessageSize(noise.length),
              Delivery.MESSAGES,
              List.of(factory.accept(config, agreement.answer())));
      assertThat(inbound.poll(wire.flip())).isEqualTo(received(new Frame.Binary(noise)));
    }

    @Test
    void skipTheStretchOfAFrameThatHoldsNothing() {
      String emptyBlocks = "00 00 00 ff ff ".repeat(2000);
      String hello = "f2 48 cd c9 c9 07 00";
      byte[] wire = hex("c1 7e 27 17 " + emptyBlocks + hello);
      assertThat(joined(Role.CLIENT, List.of(perMessageDeflate(Role.CLIENT)), wire.length, wire))
          .containsExactly("Hello");
    }

    private static WebSocketExtension<?> perMessageDeflate(Role role) {
      var factory = WebSocketExtensions.perMessageDeflate();
      var config = factory.defaultConfig();
      WebSocketExtensionHeader offer = factory.offer(config).getFirst();
      var agreement = factory.answer(config, offer);
      if (agreement == null) {
        throw new AssertionError("declined " + offer);
      }
      return role == Role.SERVER
          ? agreement.extension()
          : factory.accept(config, agreement.answer());
    }

    @Test
    void areWholeFramesWhereAnExtensionNeedsThem() {
      byte[] wire = hex("41 02 61 78 80 01 62");
      for (int cut : new int[] {1, wire.length}) {
        Inbound inbound =
            new Inbound(
                Role.CLIENT,
                SMALL,
                Delivery.FRAGMENTS,
                List.of(TestExtension.appending('x', ReservedBit.RSV1)));
        List<Event> events = new ArrayList<>();
        for (int from = 0; from < wire.length; from += cut) {
          ByteBuffer bytes = ByteBuffer.wrap(wire, from, cut);
          for (Event e = inbound.poll(bytes); e != null; e = inbound.poll(bytes)) {
            events.add(e);
          }
        }
        assertThat(events)
            .containsExactly(
                new Event.Received(text("a", false)), new Event.Received(text("b", true)));
      }
    }
  }

  @Nested
  @DisplayName("Between messages")
  final class BetweenMessages {
    @Test
    void isOutsideOfEveryFrameAndMessage() {
      Inbound inbound = half(Role.CLIENT).get();
      assertThat(inbound.isBetweenMessages()).isTrue();
      inbound.poll(ByteBuffer.wrap(hex("89")));
      assertThat(inbound.isBetweenMessages()).as("in a Ping").isFalse();
      ByteBuffer rest = ByteBuffer.wrap(hex("00"));
      assertThat(inbound.poll(rest)).isInstanceOf(Event.Received.class);
      assertThat(inbound.poll(rest)).isInstanceOf(Event.ReplyDue.class);
      assertThat(inbound.isBetweenMessages()).as("after the Ping").isTrue();
      inbound.poll(ByteBuffer.wrap(hex("01 01 61")));
      assertThat(inbound.isBetweenMessages()).as("between two fragments").isFalse();
      inbound.poll(ByteBuffer.wrap(hex("80 01")));
      assertThat(inbound.isBetweenMessages()).as("in the last fragment").isFalse();
      inbound.poll(ByteBuffer.wrap(hex("62")));
      assertThat(inbound.isBetweenMessages()).as("after the message").isTrue();
    }
  }

  @Nested
  @DisplayName("A message that is one frame and all there")
  final class WholeMessages {
    @Test
    void isReadUntilSomethingElseComes() {
      byte[] longer = new byte[300];
      ByteBuffer bytes =
          ByteBuffer.wrap(
              to(
                  Role.CLIENT,
                  "81 02 68 69",
                  frame("82 7e 01 2c", longer),
                  "89 00",
                  "81 01 61",
                  "88 00"));
      Inbound inbound = half(Role.CLIENT).get();
      assertThat(inbound.pollMessage(bytes)).isEqualTo(new Frame.Text("hi"));
      assertThat(inbound.pollMessage(bytes)).isEqualTo(new Frame.Binary(longer));
      assertLeavesAlone(inbound, bytes); // a Ping
      assertThat(inbound.poll(bytes)).isEqualTo(received(new Frame.Ping(new byte[0])));
      assertLeavesAlone(inbound, bytes); // the reply is due first
      assertThat(inbound.poll(bytes)).isEqualTo(replyDue(new Frame.Pong(new byte[0])));
      assertThat(inbound.pollMessage(bytes)).isEqualTo(new Frame.Text("a"));
      assertLeavesAlone(inbound, bytes);
      assertThat(inbound.poll(bytes)).isInstanceOf(Event.Received.class);
      assertThat(inbound.poll(bytes)).isInstanceOf(Event.ReplyDue.class);
      assertLeavesAlone(inbound, ByteBuffer.wrap(hex(NEVER_DELIVERED)));
      assertThat(inbound.lastFrames()).hasSize(4).endsWith(new FrameHeader(0x88, 0));
    }

    @Test
    void isReadWithOthersUntilThereIsNoRoomOrSomethingElseComes() {
      ByteBuffer bytes =
          ByteBuffer.wrap(
              to(
                  Role.CLIENT,
                  "81 01 61 82 01 62 81 01 63 82 01 64 81 01 65 82 01 66 81 02 67 68",
                  "01 01 69 82 00"));
      Inbound inbound = half(Role.CLIENT).get();
      Frame[] messages = new Frame[6];
      assertThat(inbound.pollMessages(bytes, messages, 1)).isEqualTo(6);
      assertThat(messages)
          .startsWith((Frame) null)
          .endsWith(new Frame.Binary(new byte[] {'d'}), new Frame.Text("e"));
      assertThat(inbound.lastFrames())
          .containsExactly(header("82", 1), header("81", 1), header("82", 1), header("81", 1));
      assertThat(inbound.pollMessages(bytes, messages, 6)).isEqualTo(6); // no room
      assertThat(inbound.pollMessages(bytes, messages, 0)).isEqualTo(2);
      assertThat(messages)
          .startsWith(new Frame.Binary(new byte[] {'f'}), new Frame.Text("gh"))
          .endsWith(new Frame.Text("e"));
      assertThat(inbound.lastFrames()).endsWith(header("82", 1), header("81", 2));
      assertThat(inbound.pollMessages(bytes, messages, 0)).isZero(); // a fragment
      assertThat(inbound.poll(bytes)).isInstanceOf(Event.Failed.class);
      assertThat(inbound.pollMessages(ByteBuffer.wrap(hex(NEVER_DELIVERED)), messages, 0)).isZero();
    }

    @ParameterizedTest
    @CsvSource({"1, 2", "64, 100", "100, 32", "125, 9"})
    void isReadWithAsManyOthersAsThereIsRoomFor(int length, int room) {
      List<Frame> sent = new ArrayList<>();
      ByteArrayOutputStream wire = new ByteArrayOutputStream();
      for (int i = 0; i < 2 * room; i++) {
        byte[] text = utf8(("" + i % 10).repeat(i == 5 ? length / 2 : length));
        sent.add(new Frame.Text(text));
        wire.writeBytes(to(Role.CLIENT, frame(textHead(text.length), text)));
      }
      ByteBuffer bytes = ByteBuffer.wrap(wire.toByteArray());
      Inbound inbound = half(Role.CLIENT).get();
      Frame[] messages = new Frame[room];
      assertThat(inbound.pollMessages(bytes, messages, 0)).isEqualTo(room);
      assertThat(messages).containsExactlyElementsOf(sent.subList(0, room));
      assertThat(inbound.pollMessages(bytes, messages, 0)).isEqualTo(room);
      assertThat(messages).containsExactlyElementsOf(sent.subList(room, 2 * room));
      assertThat(bytes.hasRemaining()).isFalse();
    }

    @ParameterizedTest
    @MethodSource("whatIsLeftAlone")
    void isReadBeforeWhatIsNotAllThereOrMayBeWrong(String wire) {
      ByteBuffer bytes = ByteBuffer.wrap(hex("81 02 68 69 81 03 68 65 79 " + wire));
      Inbound inbound = half(Role.CLIENT, SMALL).get();
      Frame[] messages = new Frame[9];
      assertThat(inbound.pollMessages(bytes, messages, 0)).isEqualTo(2);
      assertThat(messages).startsWith(new Frame.Text("hi"), new Frame.Text("hey"), null);
      assertThat(bytes.position()).isEqualTo(9);
    }

    private static FrameHeader header(String firstByte, long length) {
      return new FrameHeader(Integer.parseInt(firstByte, 16), length);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 119, 120, 300})
    void isTextWhetherAsciiOrNot(int more) {
      for (String text : List.of("hello" + "!".repeat(more), "wörld" + "!".repeat(more))) {
        byte[] bytes = utf8(text);
        ByteBuffer wire = ByteBuffer.wrap(to(Role.CLIENT, frame(textHead(bytes.length), bytes)));
        assertThat(half(Role.CLIENT).get().pollMessage(wire))
            .isInstanceOfSatisfying(
                Frame.Text.class,
                frame -> {
                  assertThat(frame.readText()).isEqualTo(text);
                  assertThat(frame.data()).isEqualTo(bytes);
                });
        bytes[bytes.length - 1] = (byte) 0xff;
        assertLeavesAlone(
            half(Role.CLIENT).get(),
            ByteBuffer.wrap(to(Role.CLIENT, frame(textHead(bytes.length), bytes))));
      }
    }

    private static String textHead(int length) {
      return length <= 125 ? "81 %02x".formatted(length) : "81 7e %04x".formatted(length);
    }

    static Stream<String> whatIsLeftAlone() {
      return Stream.of(
          "",
          "81",
          "81 02 68",
          "82 7e",
          "82 7e 00",
          "82 7e 00 7d",
          "82 7e 00 7e 00",
          "82 7f",
          "81 81",
          "01 01 61",
          "81 01 ff",
          "81 02 e2 82",
          "c1 01 61",
          "83 00",
          "8a 00",
          "81 65 " + "61".repeat(101)); // over maxFrameSize, where it is 100
    }

    @ParameterizedTest
    @MethodSource("whatIsLeftAlone")
    void isLeftAloneWhereItIsNotAllThereOrMayBeWrong(String wire) {
      assertLeavesAlone(half(Role.CLIENT, SMALL).get(), ByteBuffer.wrap(hex(wire)));
    }

    @Test
    void isLeftAloneInsideAFrameOrAMessageAndOverTheLimits() {
      Inbound inFrame = half(Role.CLIENT).get();
      assertThat(inFrame.poll(ByteBuffer.wrap(hex("82")))).isNull();
      assertLeavesAlone(inFrame, ByteBuffer.wrap(hex("81 00")));
      Inbound inMessage = half(Role.CLIENT).get();
      assertThat(inMessage.poll(ByteBuffer.wrap(hex("02 01 61")))).isNull();
      assertLeavesAlone(inMessage, ByteBuffer.wrap(hex("82 00")));
      byte[] tooLong = to(Role.CLIENT, frame("82 65", new byte[101]));
      assertLeavesAlone(half(Role.CLIENT, SMALL).get(), ByteBuffer.wrap(tooLong));
    }

    @Test
    void isLeftAloneByAServerAndWhereAnExtensionIsAgreed() {
      assertLeavesAlone(half(Role.SERVER).get(), ByteBuffer.wrap(to(Role.SERVER, "82 00")));
      assertLeavesAlone(appending(), ByteBuffer.wrap(hex("82 00")));
    }

    private static void assertLeavesAlone(Inbound inbound, ByteBuffer bytes) {
      int before = bytes.position();
      assertThat(inbound.pollMessage(bytes)).isNull();
      assertThat(inbound.pollMessages(bytes, new Frame[3], 0)).isZero();
      assertThat(bytes.position()).isEqualTo(before);
    }
  }

  @Nested
  @DisplayName("What is held of a message that is not whole")
  final class Held {
    @Test
    void isWhatWasTakenAsBytesCame() {
      Inbound inbound = half(Role.CLIENT).get();
      assertThat(inbound.held()).isZero();
      inbound.poll(ByteBuffer.wrap(hex("02 03 61 62 63 80 7e 40 00 64")));
      assertThat(inbound.held()).as("a fragment, and the first step of a frame").isEqualTo(8195);
      inbound.end();
      assertThat(inbound.held()).isZero();
    }

    @Test
    void growsByNoMoreThanWasSaid() {
      Inbound inbound = half(Role.CLIENT).get();
      assertThat(inbound.growth(64 << 10)).as("between frames").isEqualTo(256 << 10);
      assertThat(inbound.growth(11)).as("a length is believed").isEqualTo(8192 + 11);
      inbound.poll(ByteBuffer.wrap(hex("82 7f 00 00 00 00 00 10 00 00 61")));
      assertThat(inbound.held()).isEqualTo(8192);
      assertThat(inbound.growth(100)).as("there is room").isEqualTo(8192 + 100);
      long growth = inbound.growth(100_000);
      inbound.poll(ByteBuffer.wrap(new byte[100_000]));
      assertThat(inbound.held()).isEqualTo(128 << 10).isLessThanOrEqualTo(8192 + growth);
      assertThat(inbound.growth(1 << 20)).as("at most the frame").isEqualTo(4 << 20);
      int left = (128 << 10) - 100_001;
      assertThat(inbound.growth(left)).as("there is just room").isEqualTo(4L * left);
      inbound.poll(ByteBuffer.wrap(new byte[left]));
      assertThat(inbound.held()).isEqualTo(128 << 10);
      assertThat(inbound.growth(3)).as("the rest of the frame").isEqualTo((1 << 20) - (128 << 10));
      inbound.poll(ByteBuffer.wrap(new byte[3]));
      assertThat(inbound.held()).isEqualTo(1 << 20);
    }

    @Test
    void isAsMuchAsAFrameBeforeTookUpTo64KiB() {
      Inbound inbound = half(Role.CLIENT).get();
      inbound.poll(ByteBuffer.wrap(hex("82 7e 4e 20 61")));
      assertThat(inbound.held()).as("nothing is known yet").isEqualTo(8192);
      assertThat(inbound.poll(ByteBuffer.wrap(new byte[19_999]))).isNotNull();
      assertThat(inbound.growth(11)).isEqualTo(20_000 + 11);
      inbound.poll(ByteBuffer.wrap(hex("82 7e 4e 20 61")));
      assertThat(inbound.held()).isEqualTo(20_000);
      assertThat(inbound.poll(ByteBuffer.wrap(new byte[19_999]))).isNotNull();
      inbound.poll(ByteBuffer.wrap(hex("82 7e 4e 21 61")));
      assertThat(inbound.held()).as("longer than any that came").isEqualTo(8192);
      assertThat(inbound.poll(ByteBuffer.wrap(new byte[20_000]))).isNotNull();
      inbound.poll(ByteBuffer.wrap(hex("82 7f 00 00 00 00 00 01 86 a0")));
      assertThat(inbound.poll(ByteBuffer.wrap(new byte[100_000]))).isNotNull();
      assertThat(inbound.growth(11)).isEqualTo(65_536 + 11);
      inbound.poll(ByteBuffer.wrap(hex("82 7f 00 00 00 00 00 01 86 a0 61")));
      assertThat(inbound.held()).as("longer than is ever believed").isEqualTo(8192);
    }

    @Test
    void firstStepOfAFrameKeepsToWhatWasSaidBefore() {
      Inbound small = half(Role.CLIENT).get();
      long few = small.growth(5);
      small.poll(ByteBuffer.wrap(hex("82 7e 3f ff 61")));
      assertThat(small.held()).isPositive().isLessThanOrEqualTo(few);
      Inbound large = half(Role.CLIENT).get();
      long many = large.growth(64 << 10);
      large.poll(ByteBuffer.allocate(64 << 10).put(hex("82 7f 00 00 00 00 00 07 a1 20")).rewind());
      assertThat(large.held()).isPositive().isLessThanOrEqualTo(many);
    }

    @Test
    void isAnEighthOfALongFrameUntilSoMuchCame() {
      Inbound inbound = half(Role.CLIENT).get();
      int read = 128 << 10;
      inbound.poll(ByteBuffer.allocate(read).put(hex("82 7f 00 00 00 00 00 10 00 00")).rewind());
      assertThat(inbound.held()).as("the first step").isEqualTo(128 << 10);
      long growth = inbound.growth(read);
      inbound.poll(ByteBuffer.allocate(read));
      assertThat(inbound.held()).as("all").isEqualTo(1 << 20).isEqualTo((128 << 10) + growth);
    }

    @Test
    void isNothingWhereFramesAreCut() {
      Inbound inbound =
          new Inbound(Role.CLIENT, Limits.DEFAULT, Inbound.Delivery.FRAGMENTS, List.of());
      inbound.poll(ByteBuffer.wrap(hex("82 7f 7f 00 00 00 00 10 00 00 61")));
      assertThat(inbound.held()).isZero();
      assertThat(inbound.growth(100)).isEqualTo(400);
    }
  }

  @Nested
  @DisplayName("The end")
  final class TheEnd {
    @Test
    void isNotCleanWithoutAClose() {
      Inbound inbound = half(Role.CLIENT).get();
      assertThat(inbound.isEnded()).isFalse();
      assertThat(inbound.poll(ByteBuffer.wrap(hex("81 05 61")))).isNull();
      assertThat(inbound.endOfStream()).isEqualTo(new Event.Ended(false));
      assertThat(inbound.isEnded()).isTrue();
      assertThat(inbound.poll(ByteBuffer.allocate(3))).isEqualTo(new Event.Ended(false));
    }

    @Test
    void saysNothingAfterAFailure() {
      Inbound inbound = half(Role.CLIENT).get();
      ByteBuffer bytes = ByteBuffer.wrap(hex("83 00 81 00"));
      assertThat(inbound.poll(bytes)).isInstanceOf(Event.Failed.class);
      assertThat(inbound.isEnded()).isTrue();
      assertThat(inbound.poll(bytes)).isNull();
      assertThat(bytes.hasRemaining()).isFalse();
      assertThat(inbound.endOfStream()).isEqualTo(new Event.Ended(false));
    }

    @Test
    void ignoresBytesAfterItWasEnded() {
      Inbound inbound = half(Role.CLIENT).get();
      inbound.end();
      assertThat(inbound.isEnded()).isTrue();
      assertThat(inbound.poll(ByteBuffer.wrap(hex("81 00")))).isEqualTo(new Event.Ended(false));
    }
  }
}
