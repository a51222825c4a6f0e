// SPDX-License-Identifier: Apache-2.0
package dev.parley.exam;

import static dev.parley.exam.Trial.SOON;
import static dev.parley.websocket.Violation.COMPRESSED_DATA_INVALID;
import static dev.parley.websocket.Violation.MESSAGE_TOO_BIG;
import static dev.parley.websocket.Violation.RESERVED_BIT;
import static dev.parley.websocket.Violation.TEXT_NOT_UTF8;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.client.WebSockets;
import dev.parley.testkit.RawFrame;
import dev.parley.testkit.Scenario;
import dev.parley.websocket.Frame;
import dev.parley.websocket.Opcode;
import dev.parley.websocket.Violation;
import dev.parley.websocket.extension.PerMessageDeflateConfig;
import dev.parley.websocket.extension.WebSocketExtensions;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Compressed messages, right and wrong ones. */
final class DeflateTest {
  /** Says the same again and again, so that each message refers to the one before. */
  private static final String FAMILIAR = "what was said before is said again, ".repeat(10);

  /** Both ends compress whatever is worth it; each message may refer to those before. */
  private static Trial begin(Consumer<WebSockets.Config> settings) {
    PerMessageDeflateConfig always = new PerMessageDeflateConfig().withCompressIfBiggerThan(0);
    return Trial.begin(
        ws -> {
          ws.extensions(all -> all.install(WebSocketExtensions.perMessageDeflate(), always));
          settings.accept(ws);
        },
        server ->
            server.extensions(all -> all.install(WebSocketExtensions.perMessageDeflate(), always)));
  }

  private static void fails(Violation violation, RawFrame... frames) {
    fails(ws -> {}, violation, frames);
  }

  private static void fails(
      Consumer<WebSockets.Config> settings, Violation violation, RawFrame... frames) {
    try (Trial trial = begin(settings)) {
      trial.fails(violation, wire(frames));
    }
  }

  private static void delivers(
      Consumer<WebSockets.Config> settings, Frame message, RawFrame... frames) {
    try (Trial trial = begin(settings)) {
      trial.each(
          Scenario.accept().sendBytes(wire(frames)).glued(),
          session -> {
            assertThat(session.incoming().receive(SOON)).contains(message);
            session.close();
          });
    }
  }

  private static byte[] wire(RawFrame... frames) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (RawFrame frame : frames) {
      all.writeBytes(frame.toBytes());
    }
    return all.toByteArray();
  }

  /** A whole compressed message, as RFC 7692 §7.2.1 has it. */
  static byte[] deflate(byte[] data) {
    Deflater deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, true);
    deflater.setInput(data);
    byte[] out = new byte[data.length + 1024];
    int count = deflater.deflate(out, 0, out.length, Deflater.SYNC_FLUSH);
    deflater.end();
    return Arrays.copyOf(out, count - 4);
  }

  private static RawFrame compressed(Opcode opcode, byte[] payload) {
    return RawFrame.of(opcode, payload).withRsv1(true);
  }

  private static byte[] hex(String hex) {
    return HexFormat.ofDelimiter(" ").parseHex(hex);
  }

  @Row(44)
  @Test
  void decodedSizeOneOverTheLimit() {
    int limit = 100_000;
    Consumer<WebSockets.Config> settings = ws -> ws.maxMessageSize(limit);
    byte[] most = deflate(new byte[limit]);
    byte[] more = deflate(new byte[limit + 1]);
    assertThat(more).hasSizeLessThan(limit / 100);
    delivers(settings, new Frame.Binary(new byte[limit]), compressed(Opcode.BINARY, most));
    fails(settings, MESSAGE_TOO_BIG, compressed(Opcode.BINARY, more));
    fails(
        settings,
        MESSAGE_TOO_BIG,
        compressed(Opcode.BINARY, Arrays.copyOf(more, 20)).withFin(false),
        RawFrame.of(Opcode.CONTINUATION, Arrays.copyOfRange(more, 20, more.length)));
  }

  @Row(44)
  @Test
  void wireSizeOverTheLimit() {
    byte[] noise = new byte[20_000];
    new Random(1).nextBytes(noise);
    byte[] larger = deflate(noise);
    assertThat(larger).hasSizeGreaterThan(noise.length);
    delivers(
        ws -> ws.maxMessageSize(noise.length),
        new Frame.Binary(noise),
        compressed(Opcode.BINARY, larger));
    fails(
        ws -> ws.maxMessageSize(noise.length - 1),
        MESSAGE_TOO_BIG,
        compressed(Opcode.BINARY, larger));
  }

  @Row(45)
  @Test
  void streamThatEndsWithinABlock() {
    byte[] whole = deflate(FAMILIAR.getBytes(UTF_8));
    try (Trial trial = begin(ws -> {})) {
      for (int end = 1; end < whole.length - 1; end++) {
        byte[] cut = Arrays.copyOf(whole, end);
        trial.fails(COMPRESSED_DATA_INVALID, wire(compressed(Opcode.BINARY, cut)));
      }
    }
  }

  @Row(46)
  @Test
  void compressedFrameAfterTheServerDeclined() {
    try (Trial trial =
        Trial.begin(
            ws -> ws.extensions(all -> all.install(WebSocketExtensions.perMessageDeflate())))) {
      trial.fails(RESERVED_BIT, wire(compressed(Opcode.TEXT, deflate("x".getBytes(UTF_8)))));
    }
  }

  @Row(47)
  @ParameterizedTest
  @ValueSource(
      strings = {
        "06", // the reserved kind of block
        "07 00 00", // the same, as the last block
        "00 05 00 fb ff 68 65 6c 6c 6f 06", // a good block, then one of the reserved kind
        "00 05 00 05 00 68 65 6c 6c 6f", // stored, with a length that its complement denies
        "00 05 00 00 00 68 65 6c 6c 6f",
        "78 bb 00 00 00 01 4b 4c 04 00", // zlib's head, with a preset dictionary
        "78 9c 4b 4c 04 00", // zlib's head
        "1f 8b 08 00 00 00 00 00 00 03 4b 4c 04 00", // gzip's head
        "4a 04 5e 00 00 00", // a distance to before the beginning
        "02 5e 00 00 00",
        "04 00 00 00 00 00 00 00 00 00 00 00", // codes of no length
        "fc ff ff ff ff ff ff ff ff ff ff ff", // more codes than there are
        "de ad be ef de ad be ef",
        "ff ff ff ff ff ff ff ff"
      })
  void dataThatIsNoDeflate(String payload) {
    RawFrame whole = compressed(Opcode.BINARY, hex(payload));
    fails(COMPRESSED_DATA_INVALID, whole);
    fails(
        COMPRESSED_DATA_INVALID,
        compressed(Opcode.BINARY, Arrays.copyOf(hex(payload), 1)).withFin(false),
        RawFrame.of(Opcode.CONTINUATION, Arrays.copyOfRange(hex(payload), 1, hex(payload).length)));
  }

  @Row(47)
  @Test
  void textThatInflatesToNoUtf8() {
    fails(TEXT_NOT_UTF8, compressed(Opcode.TEXT, deflate(hex("61 ed a0 80"))));
    fails(TEXT_NOT_UTF8, compressed(Opcode.TEXT, deflate(hex("c3"))));
  }

  @Row(50)
  @Test
  void uncompressedMessagesAndControlFramesBetween() {
    byte[] familiar = FAMILIAR.getBytes(UTF_8);
    byte[] half = Arrays.copyOf(familiar, 100);
    byte[] rest = Arrays.copyOfRange(familiar, 100, familiar.length);
    try (Trial trial = begin(ws -> {})) {
      trial.each(
          Scenario.accept()
              .send(FAMILIAR)
              .send(RawFrame.text("plain"))
              .send(FAMILIAR)
              .send(new Frame.Text(half, false, false, false, false))
              .send(new Frame.Ping(new byte[] {1}))
              .send(new Frame.Pong(new byte[] {2}))
              .send(new Frame.Text(rest))
              .sendBytes(
                  wire(
                      RawFrame.of(Opcode.BINARY, new byte[] {3}).withFin(false),
                      RawFrame.of(Opcode.PING, new byte[] {4}),
                      RawFrame.of(Opcode.CONTINUATION, new byte[] {5})))
              .send(FAMILIAR)
              .glued()
              .expect(new Frame.Pong(new byte[] {4})),
          session -> {
            Frame text = new Frame.Text(FAMILIAR);
            Frame plain = new Frame.Text("plain");
            for (Frame expected :
                List.of(text, plain, text, text, new Frame.Binary(new byte[] {3, 5}), text)) {
              assertThat(session.incoming().receive(SOON)).contains(expected);
            }
            session.close();
          });
    }
  }

  @Row(50)
  @Test
  void sendingKeepsItsContextToo() {
    try (Trial trial = begin(ws -> {})) {
      var session = trial.open(Scenario.accept().echo());
      for (int i = 0; i < 3; i++) {
        session.send(FAMILIAR);
        session.send(new Frame.Ping(new byte[] {1}));
        session.send("");
        assertThat(session.incoming().receive(SOON)).contains(new Frame.Text(FAMILIAR));
        assertThat(session.incoming().receive(SOON)).contains(new Frame.Text(""));
      }
      session.close();
      List<RawFrame> frames = trial.server.takeConnection(SOON).frames();
      assertThat(frames.get(3).payload().remaining())
          .isLessThan(frames.get(0).payload().remaining());
    }
  }
}
