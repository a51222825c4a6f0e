// SPDX-License-Identifier: Apache-2.0
package dev.parley.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.testkit.RawFrame;
import dev.parley.websocket.Frame;
import dev.parley.websocket.Opcode;
import dev.parley.websocket.WebSocketExtension;
import dev.parley.websocket.extension.WebSocketExtensionHeader;
import dev.parley.websocket.extension.WebSocketExtensions;
import dev.parley.websocket.handshake.HandshakeKey;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Where the fuzzers begin: right inputs and well-known wrong ones, one file each, made by our own
 * code. {@code -Dseeds.write} writes them anew. What fuzzing has found lies beside them.
 */
final class SeedsTest {
  private static final Path CORPORA =
      Path.of(System.getProperty("parley.root", ".."), "fuzz/src/test/resources/dev/parley/fuzz");
  private static final int KEY = 0x37fa213d;
  private static final int MOST_BYTES = 300_000;

  private final Map<String, byte[]> seeds = new LinkedHashMap<>();

  @Test
  void theSeedsAreThere() throws IOException {
    heads();
    frames();
    messages();
    for (Map.Entry<String, byte[]> seed : seeds.entrySet()) {
      Path file = CORPORA.resolve(seed.getKey());
      if (System.getProperty("seeds.write") != null) {
        Files.createDirectories(file.getParent());
        Files.write(file, seed.getValue());
      }
      assertThat(file).hasBinaryContent(seed.getValue());
    }
  }

  @Test
  void theCorporaStaySmall() throws IOException {
    try (Stream<Path> files = Files.walk(CORPORA)) {
      assertThat(files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum())
          .isLessThan(MOST_BYTES);
    }
  }

  private void heads() {
    String upgrade = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n";
    String right =
        upgrade + "Connection: keep-alive, Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n";
    head("right", right);
    head("subprotocol", right + "Sec-WebSocket-Protocol: chat\r\n");
    head("deflate", right + "Sec-WebSocket-Extensions: permessage-deflate\r\n");
    head(
        "deflate-parameters",
        right
            + "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10;"
            + " client_max_window_bits=\"9\"; client_no_context_takeover\r\n");
    head("deflate-frame", right + "Sec-WebSocket-Extensions: deflate-frame; max_window_bits=8\r\n");
    head("no-accept", upgrade + "Connection: Upgrade\r\n");
    head("body", right + "Content-Length: 3\r\n");
    head("interim", "HTTP/1.1 100 Continue\r\n\r\n" + right);
    head("refused", "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n");
    head("chunked", "HTTP/1.1 401 \r\nTransfer-Encoding: chunked\r\n");
    head("old", "HTTP/1.0 404 Not Found\r\nContent-Type: text/html\r\n");
    head("folded", right + "X-Folded: a\r\n b\r\n");
  }

  private void head(String name, String lines) {
    HandshakeKey key = HandshakeKey.of(new byte[16]);
    add(
        "ResponseHeadFuzzTestInputs/isReadTheSameInAnyPiecesAndJudged/" + name,
        (lines.replace("{accept}", key.accept()) + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
    String body = name.equals("chunked") ? "2\r\nno\r\n0\r\n\r\n" : "no";
    add(
        "ClientFuzzTestInputs/opensOrTellsWhyNot/" + name,
        (" " + lines + "\r\n" + body).getBytes(StandardCharsets.ISO_8859_1));
  }

  private void frames() {
    RawFrame ping = RawFrame.of(Opcode.PING, new byte[] {1, 2});
    RawFrame close = RawFrame.of(Opcode.CLOSE, HexFormat.of().parseHex("03e8"));
    RawFrame text = RawFrame.text("H\u00e9llo \ud834\udd1e");
    RawFrame first = text.withFin(false);
    RawFrame last = RawFrame.of(Opcode.CONTINUATION, new byte[130]);
    frames("text", text, close);
    frames(
        "fragments",
        first,
        ping,
        RawFrame.of(Opcode.CONTINUATION, new byte[0]).withFin(false),
        last,
        close);
    frames("binary", RawFrame.of(Opcode.BINARY, new byte[200]), ping);
    frames("pong", RawFrame.of(Opcode.PONG, new byte[125]));
    frames("reason", RawFrame.of(Opcode.CLOSE, HexFormat.of().parseHex("0fa0c3a9")), text);
    frames("close-empty", RawFrame.of(Opcode.CLOSE, new byte[0]));
    frames("close-one-byte", RawFrame.of(Opcode.CLOSE, new byte[1]));
    frames("close-1005", RawFrame.of(Opcode.CLOSE, HexFormat.of().parseHex("03ed")));
    frames("not-utf8", RawFrame.of(Opcode.TEXT, HexFormat.of().parseHex("eda080")));
    frames("reserved-bit", text.withRsv1(true));
    frames("reserved-opcode", RawFrame.of(3, new byte[0]));
    frames("interrupted", first, text);
    frames("continuation-of-nothing", last);
    frames("long-form", text.withLengthBits(64));
    frames("huge", text.withLength(Long.MAX_VALUE));
    frames("negative", text.withLength(-1));
    frames("cut", text.withLength(100));
  }

  private void frames(String name, RawFrame... frames) {
    byte[] plain = stream(frames, false);
    String folder = "FramesFuzzTestInputs/meanWhatTheObviousDecoderSays/";
    add(folder + name, ReferenceDecoder.join(new byte[] {0}, plain));
    add(folder + name + "-frames", ReferenceDecoder.join(new byte[] {2}, plain));
    add(folder + name + "-masked", ReferenceDecoder.join(new byte[] {5}, stream(frames, true)));
    add(
        "ClientFuzzTestInputs/deliversWhatWasRightThenOneEnd/" + name,
        ReferenceDecoder.join(new byte[] {(byte) (name.length() << 4)}, plain));
  }

  private static byte[] stream(RawFrame[] frames, boolean masked) {
    ByteArrayOutputStream stream = new ByteArrayOutputStream();
    for (RawFrame frame : frames) {
      stream.writeBytes((masked ? frame.withMaskingKey(KEY) : frame).toBytes());
    }
    return stream.toByteArray();
  }

  private void messages() {
    message("empty", new byte[0]);
    message(
        "words",
        "to be or not to be, that is the question to be"
            .repeat(20)
            .getBytes(StandardCharsets.UTF_8));
    message("bomb", new byte[100_000]);
    inflate("final-block", HexFormat.of().parseHex("f348cdc9c90700"));
    inflate("two-final-blocks", HexFormat.of().parseHex("f348cdc9c90700f348cdc9c9070000"));
    inflate("stored", HexFormat.of().parseHex("00" + "0500faff" + "48656c6c6f" + "00"));
    inflate("no-such-block", HexFormat.of().parseHex("07"));
    inflate("far-back", HexFormat.of().parseHex("4a860100"));
  }

  private void message(String name, byte[] message) {
    var factory = WebSocketExtensions.perMessageDeflate();
    WebSocketExtensionHeader answer =
        WebSocketExtensionHeader.parse(List.of(factory.name())).getFirst();
    WebSocketExtension<?> extension =
        factory.accept(factory.defaultConfig().withCompressIfBiggerThan(0), answer);
    byte[] compressed = extension.processOutgoingFrame(new Frame.Binary(message)).data();
    extension.endIncoming();
    extension.endOutgoing();
    inflate(name, compressed);
    inflate(name + "-cut", Arrays.copyOf(compressed, compressed.length / 2));
  }

  private void inflate(String name, byte[] message) {
    String folder = "InflateFuzzTestInputs/givesWhatZlibGivesWithinItsRoom/";
    add(folder + name, ReferenceDecoder.join(new byte[] {0, 3}, message));
    add(folder + name + "-forgotten", ReferenceDecoder.join(new byte[] {1, 0}, message));
    RawFrame frame = RawFrame.of(Opcode.BINARY, message).withRsv1(true);
    add(
        "ClientFuzzTestInputs/deliversWhatWasRightThenOneEnd/deflate-" + name,
        ReferenceDecoder.join(
            new byte[] {0x71}, ReferenceDecoder.join(frame.toBytes(), frame.toBytes())));
  }

  private void add(String path, byte[] seed) {
    assertThat(seeds.put(path, seed)).as(path).isNull();
  }
}
