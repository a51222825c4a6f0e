// SPDX-License-Identifier: Apache-2.0
package dev.parley.exam;

import static dev.parley.exam.Trial.SOON;
import static dev.parley.websocket.Violation.CONTINUATION_OF_NOTHING;
import static dev.parley.websocket.Violation.CONTROL_FRAME_FRAGMENTED;
import static dev.parley.websocket.Violation.CONTROL_FRAME_TOO_LONG;
import static dev.parley.websocket.Violation.FRAME_MASKED;
import static dev.parley.websocket.Violation.FRAME_TOO_BIG;
import static dev.parley.websocket.Violation.LENGTH_NEGATIVE;
import static dev.parley.websocket.Violation.LENGTH_NOT_MINIMAL;
import static dev.parley.websocket.Violation.MESSAGE_INTERRUPTED;
import static dev.parley.websocket.Violation.MESSAGE_TOO_BIG;
import static dev.parley.websocket.Violation.RESERVED_BIT;
import static dev.parley.websocket.Violation.RESERVED_OPCODE;
import static dev.parley.websocket.Violation.TEXT_NOT_UTF8;
import static dev.parley.websocket.Violation.TOO_MANY_FRAGMENTS;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.client.DefaultClientWebSocketSession;
import dev.parley.client.HttpClient;
import dev.parley.client.WebSockets;
import dev.parley.testkit.MockConnection;
import dev.parley.testkit.RawFrame;
import dev.parley.testkit.Scenario;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Frame;
import dev.parley.websocket.Opcode;
import dev.parley.websocket.Violation;
import dev.parley.websocket.extension.WebSocketExtensions;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Frames that break a rule, and frames at the limit of one. */
final class FramesTest {
  private static final byte[] EMPTY = {};
  private static final RawFrame START = RawFrame.text("a").withFin(false);
  private static final RawFrame REST = RawFrame.of(Opcode.CONTINUATION, new byte[] {'b'});
  private static final RawFrame PING = RawFrame.of(Opcode.PING, new byte[] {'p'});

  /** A default session fails. */
  private static void fails(Violation violation, RawFrame... malformed) {
    try (Trial trial = Trial.begin()) {
      trial.fails(violation, wire(malformed));
    }
  }

  private static void failsWith(
      Consumer<WebSockets.Config> settings, Violation violation, RawFrame... malformed) {
    try (Trial trial = Trial.begin(settings)) {
      trial.fails(violation, wire(malformed));
    }
  }

  private static byte[] wire(RawFrame... frames) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (RawFrame frame : frames) {
      all.writeBytes(frame.toBytes());
    }
    return all.toByteArray();
  }

  /** What a client that reads as much as there is, and one that reads byte by byte, receive. */
  private static void delivers(
      Consumer<WebSockets.Config> settings, List<Frame> messages, RawFrame... frames) {
    try (Trial trial = Trial.begin(settings)) {
      trial.each(
          Scenario.accept().sendBytes(wire(frames)).glued(),
          session -> {
            for (Frame message : messages) {
              assertThat(session.incoming().receive(SOON)).contains(message);
            }
            session.close();
          });
    }
  }

  // Reserved bits and opcodes.

  @Row(22)
  @ParameterizedTest
  @EnumSource
  void reservedBit(Opcode opcode) {
    RawFrame frame = RawFrame.of(opcode, EMPTY);
    for (RawFrame wrong :
        List.of(frame.withRsv1(true), frame.withRsv2(true), frame.withRsv3(true))) {
      if (opcode == Opcode.CONTINUATION) {
        fails(RESERVED_BIT, START, wrong);
      } else {
        fails(RESERVED_BIT, wrong);
      }
    }
  }

  @Row(22)
  @Test
  void reservedBitThatDeflateDoesNotUse() {
    RawFrame compressed =
        RawFrame.of(Opcode.TEXT, DeflateTest.deflate(new byte[] {'a'}))
            .withRsv1(true)
            .withFin(false);
    try (Trial trial =
        Trial.begin(
            ws -> ws.extensions(all -> all.install(WebSocketExtensions.perMessageDeflate())),
            server ->
                server.extensions(all -> all.install(WebSocketExtensions.perMessageDeflate())))) {
      for (Opcode opcode : Opcode.values()) {
        RawFrame frame = RawFrame.of(opcode, EMPTY);
        RawFrame first =
            opcode.isControl() || opcode == Opcode.CONTINUATION
                ? frame.withRsv1(true)
                : frame.withRsv1(true).withRsv2(true);
        for (RawFrame wrong : List.of(first, frame.withRsv2(true), frame.withRsv3(true))) {
          if (opcode == Opcode.CONTINUATION) {
            failsThoughCompressed(trial, wire(START, wrong));
            failsThoughCompressed(trial, wire(compressed, wrong));
          } else {
            failsThoughCompressed(trial, wire(wrong));
          }
        }
      }
    }
  }

  private static void failsThoughCompressed(Trial trial, byte[] wire) {
    trial.fails(RESERVED_BIT, wire, session -> assertThat(session.extensions()).hasSize(1));
  }

  @Row(23)
  @ParameterizedTest
  @ValueSource(ints = {3, 4, 5, 6, 7, 11, 12, 13, 14, 15})
  void reservedOpcode(int opcode) {
    fails(RESERVED_OPCODE, RawFrame.of(opcode, EMPTY));
    fails(RESERVED_OPCODE, RawFrame.of(opcode, new byte[] {1, 2, 3}));
    fails(RESERVED_OPCODE, START, RawFrame.of(opcode, EMPTY), REST);
  }

  /** The server stays, and talks on behind what it did wrong. */
  @Row(38)
  @Test
  void clientThatFailsSaysItsCloseAndLeaves() throws Exception {
    byte[] wire =
        wire(
            RawFrame.text("before"),
            PING.withFin(false),
            PING,
            RawFrame.text("after"),
            RawFrame.of(Opcode.CLOSE, EMPTY));
    try (Trial trial = Trial.begin()) {
      for (HttpClient client : trial.clients()) {
        Queue<RawFrame> said = new ConcurrentLinkedQueue<>();
        try (BareServer server =
            BareServer.start(
                connection -> {
                  connection.accept();
                  connection.write(wire);
                  RawFrame frame = connection.readFrame();
                  for (; frame != null; frame = connection.readFrame()) {
                    said.add(frame);
                  }
                })) {
          long start = TimeBound.now();
          DefaultClientWebSocketSession session = client.webSocketSession(server.url());
          assertThat(Delivered.by(session).frames()).containsExactly(new Frame.Text("before"));
          server.awaitEnd(SOON);
          TimeBound.assertTook(start, Duration.ofSeconds(1));
          assertThat(said)
              .singleElement()
              .satisfies(
                  close -> {
                    assertThat(close.opcode()).isEqualTo(Opcode.CLOSE.code());
                    assertThat(close.payload().getShort()).isEqualTo((short) 1002);
                  });
        }
      }
    }
  }

  @Row({23, 69})
  @Test
  void lateReceiverGetsWhatCameBeforeTheViolation() {
    List<Frame> messages = new ArrayList<>();
    ByteArrayOutputStream wire = new ByteArrayOutputStream();
    for (int i = 0; i < 10; i++) {
      messages.add(new Frame.Text("message " + i));
      wire.writeBytes(RawFrame.text("message " + i).toBytes());
    }
    wire.writeBytes(wire(RawFrame.of(11, EMPTY), RawFrame.text("after")));
    try (Trial trial = Trial.begin()) {
      trial.each(
          Trial.thenFailed(
              Scenario.accept().sendBytes(wire.toByteArray()).glued(), RESERVED_OPCODE),
          session -> {
            assertThat(session.closeReason())
                .succeedsWithin(SOON)
                .isEqualTo(RESERVED_OPCODE.closeReason());
            Delivered delivered = Delivered.by(session);
            assertThat(delivered.frames()).isEqualTo(messages);
            Trial.assertFailed(session, delivered, RESERVED_OPCODE);
          });
    }
  }

  @Row(24)
  @ParameterizedTest
  @EnumSource
  void maskedFrame(Opcode opcode) {
    for (int key : new int[] {0x12345678, 0}) {
      RawFrame frame = RawFrame.of(opcode, "hi".getBytes(UTF_8)).withMaskingKey(key);
      if (opcode == Opcode.CONTINUATION) {
        fails(FRAME_MASKED, START, frame);
      } else {
        fails(FRAME_MASKED, frame);
      }
    }
  }

  // Lengths.

  @Row(25)
  @ParameterizedTest
  @ValueSource(longs = {Long.MIN_VALUE, -1, -2, Long.MIN_VALUE + 5})
  void lengthOfMoreThan63Bits(long length) {
    fails(LENGTH_NEGATIVE, RawFrame.of(Opcode.BINARY, EMPTY).withLength(length));
    fails(LENGTH_NEGATIVE, START, RawFrame.of(Opcode.CONTINUATION, EMPTY).withLength(length));
  }

  @Row(27)
  @ParameterizedTest
  @ValueSource(longs = {1L << 62, Long.MAX_VALUE, 1L << 31, (1L << 31) - 1, (64L << 20) + 1})
  void lengthOverTheLimit(long length) {
    RawFrame frame = RawFrame.of(Opcode.BINARY, EMPTY).withLength(length);
    fails(MESSAGE_TOO_BIG, frame);
    fails(MESSAGE_TOO_BIG, START, RawFrame.of(Opcode.CONTINUATION, EMPTY).withLength(length));
    failsWith(ws -> ws.maxFrameSize(1000), FRAME_TOO_BIG, frame);
  }

  @Row(27)
  @Test
  void lengthThatPassesTheLimitByOne() {
    failsWith(
        ws -> ws.maxFrameSize(1000),
        FRAME_TOO_BIG,
        RawFrame.of(Opcode.BINARY, EMPTY).withLength(1001));
    failsWith(
        ws -> ws.maxMessageSize(1000),
        MESSAGE_TOO_BIG,
        RawFrame.of(Opcode.BINARY, EMPTY).withLength(1001));
  }

  @Row(28)
  @Test
  void messageOfExactlyTheLimit() {
    byte[] payload = new byte[20_000];
    new Random(1).nextBytes(payload);
    for (int size : new int[] {20_000, 10_000, 20}) {
      delivers(
          ws -> ws.maxMessageSize(payload.length).maxFrameSize(size),
          List.of(new Frame.Binary(payload)),
          fragments(payload, size));
    }
  }

  private static RawFrame[] fragments(byte[] payload, int size) {
    int count = (payload.length + size - 1) / size;
    RawFrame[] frames = new RawFrame[count];
    for (int i = 0; i < count; i++) {
      byte[] part = Arrays.copyOfRange(payload, i * size, Math.min((i + 1) * size, payload.length));
      frames[i] =
          RawFrame.of(i == 0 ? Opcode.BINARY : Opcode.CONTINUATION, part).withFin(i == count - 1);
    }
    return frames;
  }

  @Row(29)
  @Test
  void lengthThatIsNotMinimal() {
    RawFrame five = RawFrame.text("hello");
    RawFrame threeHundred = RawFrame.of(Opcode.BINARY, new byte[300]);
    fails(LENGTH_NOT_MINIMAL, five.withLengthBits(16));
    fails(LENGTH_NOT_MINIMAL, five.withLengthBits(64));
    fails(LENGTH_NOT_MINIMAL, threeHundred.withLengthBits(64));
    fails(LENGTH_NOT_MINIMAL, RawFrame.text("").withLengthBits(16));
    fails(LENGTH_NOT_MINIMAL, RawFrame.of(Opcode.BINARY, new byte[125]).withLengthBits(16));
    fails(
        LENGTH_NOT_MINIMAL,
        RawFrame.of(Opcode.BINARY, EMPTY).withLength(65_535).withLengthBits(64));
  }

  // Fragments.

  @Row(30)
  @Test
  void fragmentsWhoseSumPassesTheLimit() {
    RawFrame first = RawFrame.of(Opcode.BINARY, new byte[600]).withFin(false);
    RawFrame next = RawFrame.of(Opcode.CONTINUATION, EMPTY);
    failsWith(ws -> ws.maxMessageSize(1000), MESSAGE_TOO_BIG, first, next.withLength(401));
    failsWith(
        ws -> ws.maxMessageSize(1000), MESSAGE_TOO_BIG, first, next.withLength(Long.MAX_VALUE));
    failsWith(
        ws -> ws.maxMessageSize(1000),
        MESSAGE_TOO_BIG,
        first,
        RawFrame.of(Opcode.CONTINUATION, new byte[400]).withFin(false),
        next.withLength(1));
  }

  @Row({30, 32})
  @Test
  void fragmentsOverTheirLimit() {
    RawFrame[] hundred = fragments(new byte[100], 1);
    delivers(ws -> ws.maxFragments(100), List.of(new Frame.Binary(new byte[100])), hundred);
    failsWith(ws -> ws.maxFragments(99), TOO_MANY_FRAGMENTS, hundred);
    RawFrame[] empty = new RawFrame[20];
    Arrays.fill(empty, RawFrame.of(Opcode.CONTINUATION, EMPTY).withFin(false));
    empty[0] = RawFrame.text("").withFin(false);
    failsWith(ws -> ws.maxFragments(19), TOO_MANY_FRAGMENTS, empty);
  }

  @Row(38)
  @Test
  void controlFrameThatIsNoControlFrame() {
    for (Opcode opcode : new Opcode[] {Opcode.PING, Opcode.PONG, Opcode.CLOSE}) {
      RawFrame empty = RawFrame.of(opcode, EMPTY);
      fails(CONTROL_FRAME_FRAGMENTED, empty.withFin(false));
      fails(CONTROL_FRAME_FRAGMENTED, empty.withFin(false), REST);
      fails(CONTROL_FRAME_FRAGMENTED, START, empty.withFin(false), REST);
      fails(CONTROL_FRAME_TOO_LONG, RawFrame.of(opcode, new byte[126]));
      fails(CONTROL_FRAME_TOO_LONG, empty.withLength(70_000));
      fails(CONTROL_FRAME_TOO_LONG, empty.withLengthBits(16));
      fails(CONTROL_FRAME_TOO_LONG, empty.withLengthBits(64));
      fails(CONTROL_FRAME_TOO_LONG, empty.withLength(-1));
    }
  }

  @Row(39)
  @Test
  void continuationOfNothing() {
    fails(CONTINUATION_OF_NOTHING, REST);
    fails(CONTINUATION_OF_NOTHING, REST.withFin(false));
    try (Trial trial = Trial.begin()) {
      trial.fails(CONTINUATION_OF_NOTHING, wire(START, REST, REST), List.of(new Frame.Text("ab")));
    }
  }

  @Row(39)
  @Test
  void newMessageInsideAMessage() {
    fails(MESSAGE_INTERRUPTED, START, RawFrame.text("new"));
    fails(MESSAGE_INTERRUPTED, START, RawFrame.of(Opcode.BINARY, EMPTY));
    fails(MESSAGE_INTERRUPTED, START, PING, RawFrame.text("new").withFin(false));
  }

  @Row(39)
  @Test
  void controlFramesInsideAMessage() {
    try (Trial trial = Trial.begin()) {
      trial.each(
          Scenario.accept()
              .sendBytes(
                  wire(START, PING, RawFrame.of(Opcode.PONG, EMPTY), REST, RawFrame.text("c")))
              .glued()
              .expect(new Frame.Pong(new byte[] {'p'})),
          session -> {
            assertThat(session.incoming().receive(SOON)).contains(new Frame.Text("ab"));
            assertThat(session.incoming().receive(SOON)).contains(new Frame.Text("c"));
            session.close();
          });
    }
  }

  /** The message that has begun never ends, and nobody gets any of it. */
  @Row(39)
  @Test
  void closeInsideAMessage() {
    Frame.Close close = new Frame.Close(CloseReason.GOING_AWAY);
    byte[] wire =
        wire(
            RawFrame.text("before"),
            START,
            RawFrame.of(Opcode.CLOSE, close.data()),
            REST,
            RawFrame.text("after"));
    try (Trial trial = Trial.begin()) {
      trial.each(
          Scenario.accept().sendBytes(wire).glued().expect(close).endOfStream(),
          session -> {
            assertThat(Delivered.by(session))
                .isEqualTo(new Delivered(List.of(new Frame.Text("before"), close), null));
            assertThat(session.closeReason())
                .succeedsWithin(SOON)
                .isEqualTo(CloseReason.GOING_AWAY);
            MockConnection connection = trial.server.takeConnection(SOON);
            connection.awaitEnd(SOON);
            assertThat(connection.frames()).hasSize(1);
          });
    }
  }

  // Text.

  /** Bytes that are no UTF-8, each with the index of the first byte that makes them so. */
  static Stream<Arguments> noUtf8() {
    return Stream.of(
        utf8("byte that never occurs", "61 ff 62", 1),
        utf8("byte that never occurs", "fe", 0),
        utf8("continuation without a start", "61 80", 1),
        utf8("two where one follows", "c3 a9 a9", 2),
        utf8("start after a start", "c3 c3 a9", 1),
        utf8("two instead of three", "e2 82 61", 2),
        utf8("overlong slash in two", "c0 af", 0),
        utf8("overlong in two", "c1 bf", 0),
        utf8("overlong in three", "e0 9f bf", 1),
        utf8("overlong in four", "f0 8f bf bf", 1),
        utf8("overlong in five", "f8 88 80 80 80", 0),
        utf8("first surrogate", "61 62 ed a0 80", 3),
        utf8("last surrogate", "ed bf bf", 1),
        utf8("pair of surrogates", "ed a0 bd ed b8 80", 1),
        utf8("first above U+10FFFF", "f4 90 80 80", 1),
        utf8("far above U+10FFFF", "f5 80 80 80", 0),
        utf8("after good text", "ce ba cf 8c cf 83 ce bc ce b5 ed a0 80 65 64", 11));
  }

  private static Arguments utf8(String what, String hex, int impossible) {
    byte[] bytes = HexFormat.ofDelimiter(" ").parseHex(hex);
    return Arguments.of(Named.of(what + ": " + hex, bytes), impossible);
  }

  @Row(40)
  @ParameterizedTest
  @MethodSource("noUtf8")
  void textThatIsNoUtf8InEverySplit(byte[] text, int impossible) {
    try (Trial trial = Trial.begin()) {
      for (int at = 0; at <= text.length; at++) {
        trial.fails(
            TEXT_NOT_UTF8,
            wire(
                RawFrame.of(Opcode.TEXT, Arrays.copyOf(text, at)).withFin(false),
                PING,
                RawFrame.of(Opcode.CONTINUATION, Arrays.copyOfRange(text, at, text.length))));
      }
      trial.fails(TEXT_NOT_UTF8, wire(fragments(text)));
    }
  }

  private static RawFrame[] fragments(byte[] text) {
    RawFrame[] fragments = fragments(text, 1);
    fragments[0] = RawFrame.of(Opcode.TEXT, Arrays.copyOf(text, 1)).withFin(text.length == 1);
    return fragments;
  }

  @Row(40)
  @ParameterizedTest
  @MethodSource("noUtf8")
  void textFailsAtTheFirstImpossibleByte(byte[] text, int impossible) {
    byte[] sent = Arrays.copyOf(text, impossible + 1);
    RawFrame unfinished = RawFrame.of(Opcode.TEXT, sent).withLength(100);
    RawFrame[] inFragments = fragments(Arrays.copyOf(sent, sent.length + 1));
    try (Trial trial = Trial.begin()) {
      for (byte[] wire : List.of(wire(unfinished), wire(Arrays.copyOf(inFragments, sent.length)))) {
        trial.each(
            Trial.thenFailed(Scenario.accept().sendBytes(wire), TEXT_NOT_UTF8),
            session -> Trial.assertFailed(session, Delivered.by(session), TEXT_NOT_UTF8));
      }
    }
  }

  @Row(40)
  @ParameterizedTest
  @ValueSource(strings = {"c3", "e2 82", "f0 9f 98", "61 f0", "e0 a0", "ed 9f", "f4 8f bf"})
  void textThatEndsInsideACharacter(String hex) {
    byte[] text = HexFormat.ofDelimiter(" ").parseHex(hex);
    try (Trial trial = Trial.begin()) {
      trial.fails(TEXT_NOT_UTF8, RawFrame.of(Opcode.TEXT, text).toBytes());
      trial.fails(TEXT_NOT_UTF8, wire(fragments(text)));
      trial.fails(
          TEXT_NOT_UTF8,
          wire(
              RawFrame.of(Opcode.TEXT, text).withFin(false),
              RawFrame.of(Opcode.CONTINUATION, EMPTY)));
    }
  }

  @Row(40)
  @Test
  void textWithEveryLengthOfCharacterInEverySplit() {
    String text = "a\u00e9\u20ac\ud83d\ude00\uffff\ud7ff\ue000\udbff\udfff";
    byte[] bytes = text.getBytes(UTF_8);
    for (int at = 0; at <= bytes.length; at++) {
      delivers(
          ws -> {},
          List.of(new Frame.Text(text)),
          RawFrame.of(Opcode.TEXT, Arrays.copyOf(bytes, at)).withFin(false),
          PING,
          RawFrame.of(Opcode.CONTINUATION, Arrays.copyOfRange(bytes, at, bytes.length)));
    }
  }
}
