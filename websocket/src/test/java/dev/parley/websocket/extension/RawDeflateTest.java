// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.extension;

import static dev.parley.websocket.extension.Payloads.hex;
import static dev.parley.websocket.extension.Payloads.noise;
import static dev.parley.websocket.extension.Payloads.periodic;
import static dev.parley.websocket.extension.Payloads.prose;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.parley.websocket.Frame;
import dev.parley.websocket.Violation;
import dev.parley.websocket.WebSocketProtocolException;
import java.io.ByteArrayOutputStream;
import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class RawDeflateTest {
  private static final byte[] HELLO = "Hello".getBytes(UTF_8);

  private final CountingStreams streams = new CountingStreams();

  private RawDeflate.Compressor compressor(int windowBits, boolean noContextTakeover) {
    return new RawDeflate.Compressor(
        streams, Deflater.DEFAULT_COMPRESSION, windowBits, noContextTakeover);
  }

  private RawDeflate.Decompressor decompressor(boolean noContextTakeover) {
    return new RawDeflate.Decompressor(streams, noContextTakeover);
  }

  private static byte[] decompress(RawDeflate.Decompressor decompressor, byte[] data) {
    return decompress(decompressor, data, true, Long.MAX_VALUE);
  }

  private static byte[] decompress(
      RawDeflate.Decompressor decompressor, byte[] data, boolean last, long room) {
    return decompressor.decompress(new Frame.Binary(data), last, room).data();
  }

  private static void assertInvalid(RawDeflate.Decompressor decompressor, byte[] data) {
    assertThatExceptionOfType(WebSocketProtocolException.class)
        .isThrownBy(() -> decompress(decompressor, data))
        .satisfies(e -> assertThat(e.violation()).isEqualTo(Violation.COMPRESSED_DATA_INVALID))
        .withMessageStartingWith("compressed data invalid: ");
    assertThatIllegalStateException().isThrownBy(() -> decompress(decompressor, HELLO));
  }

  @Test
  void tailIsCutWhereverAChunkEnds() {
    for (int size = RawDeflate.STEP - 40; size <= RawDeflate.STEP + 8; size++) {
      byte[] message = noise(size);
      byte[] compressed = compressor(15, true).compress(message, true);
      assertThat(new ReferenceInflater(1 << 15).inflate(compressed)).isEqualTo(message);
    }
  }

  /** Deflaters that flush once; zlib does it again where it has just filled what it was given. */
  private static final class OneFlush implements RawDeflate.Streams {
    @Override
    public Deflater deflater(int level) {
      return new Deflater(level, true) {
        private @Nullable ByteBuffer flushed;

        @Override
        public int deflate(byte[] output, int offset, int length, int flush) {
          ByteBuffer rest = flushed;
          if (rest == null) {
            byte[] all = new byte[4 * RawDeflate.STEP];
            rest = ByteBuffer.wrap(all, 0, super.deflate(all, 0, all.length, flush));
            flushed = rest;
          }
          int count = Math.min(length, rest.remaining());
          rest.get(output, offset, count);
          return count;
        }
      };
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void tailIsCutWhereItLiesAcrossTwoChunks(int chunks) {
    int end = chunks * RawDeflate.STEP;
    Set<Integer> inTheNext = new HashSet<>();
    for (int size = end - 40; size <= end + 8; size++) {
      byte[] message = noise(size);
      byte[] compressed =
          new RawDeflate.Compressor(new OneFlush(), 6, 15, true).compress(message, true);
      assertThat(Arrays.copyOfRange(compressed, compressed.length - 4, compressed.length))
          .isNotEqualTo(hex("00 00 ff ff"));
      assertThat(new ReferenceInflater(1 << 15).inflate(compressed)).isEqualTo(message);
      inTheNext.add(compressed.length + 4 - end);
    }
    assertThat(inTheNext).as("bytes of the tail in the next chunk").contains(1, 2, 3);
  }

  @Test
  void chunkIsGivenBackAfterEachMessage() {
    SharedStreams shared = new SharedStreams();
    byte[] chunk = shared.chunk();
    shared.giveBack(chunk);
    byte[] compressed = new RawDeflate.Compressor(shared, 6, 15, true).compress(HELLO, true);
    assertThat(decompress(new RawDeflate.Decompressor(shared, true), compressed)).isEqualTo(HELLO);
    assertThat(shared.chunk()).isSameAs(chunk);
  }

  @Nested
  @DisplayName("RFC 7692 §7.1.2 Limiting the LZ77 Sliding Window Size")
  final class Window {
    @ParameterizedTest
    @ValueSource(ints = {8, 9, 10, 11, 12, 13, 14, 15})
    void noDistanceLeavesIt(int bits) {
      int window = 1 << bits;
      RawDeflate.Compressor compressor = compressor(bits, false);
      ReferenceInflater inflater = new ReferenceInflater(window);
      Random random = new Random(bits);
      List<byte[]> messages = new ArrayList<>();
      for (int period : new int[] {window / 2 + 9, window - 1, window, window + 1}) {
        messages.add(periodic(5 * window + 3, period));
        messages.add(periodic(window, period));
        messages.add(periodic(window + 1, period));
      }
      for (int i = 0; i < 40; i++) {
        messages.add(prose(random.nextInt(1, 3 * window)));
      }

      for (byte[] message : messages) {
        assertThat(inflater.inflate(compressor.compress(message, true))).isEqualTo(message);
      }
      // The inflater would have refused more. That it came close shows that the test can tell.
      assertThat(inflater.longestDistance()).isGreaterThan(window / 2);
    }

    @ParameterizedTest
    @ValueSource(ints = {8, 9, 10, 11, 12, 13, 14, 15})
    void noDistanceLeavesTheMessageWithoutTakeover(int bits) {
      RawDeflate.Compressor compressor = compressor(bits, true);
      byte[] message = periodic(3000, 100);
      for (int i = 0; i < 3; i++) {
        assertThat(new ReferenceInflater(1 << bits).inflate(compressor.compress(message, true)))
            .isEqualTo(message);
      }
    }

    @Test
    void isCountedOnOverFragmentsAndMessages() {
      RawDeflate.Compressor compressor = compressor(8, false);
      ReferenceInflater inflater = new ReferenceInflater(256);
      byte[] message = periodic(100, 90);
      for (int i = 0; i < 200; i++) {
        ByteArrayOutputStream payload = new ByteArrayOutputStream();
        payload.writeBytes(compressor.compress(Arrays.copyOf(message, i % 100), false));
        payload.writeBytes(compressor.compress(Arrays.copyOfRange(message, i % 100, 100), true));
        assertThat(inflater.inflate(payload.toByteArray())).isEqualTo(message);
      }
      // It reached into the message before.
      assertThat(inflater.longestDistance()).isGreaterThanOrEqualTo(100);
    }

    @Test
    void referenceRefusesWhatALargerWindowReaches() {
      byte[] payload = compressor(15, false).compress(periodic(3000, 300), true);
      assertThatIllegalStateException()
          .isThrownBy(() -> new ReferenceInflater(256).inflate(payload))
          .withMessageContaining("in a window of 256");
    }
  }

  @Nested
  @DisplayName("RFC 7692 §7.2.2 Decompression")
  final class Decompression {
    /** Asserts that a text frame becomes one that differs in its payload and in the first bit. */
    private void assertDecompressed(byte[] text, boolean fin, boolean rsv2, boolean rsv3) {
      byte[] data = compressor(15, false).compress(text, true);
      Frame.Text came = new Frame.Text(data, fin, true, rsv2, rsv3);
      assertThat(decompressor(false).decompress(came, true, Long.MAX_VALUE))
          .isEqualTo(new Frame.Text(text, fin, false, rsv2, rsv3));
    }

    @Test
    void keepsWhatElseAFrameSays() {
      byte[] accents = "\u00e9t\u00e9".getBytes(UTF_8);
      for (byte[] text : List.of(HELLO, accents, prose(RawDeflate.STEP), prose(40_000))) {
        assertDecompressed(text, true, false, false);
        assertDecompressed(text, false, false, false);
        assertDecompressed(text, true, true, false);
        assertDecompressed(text, true, false, true);
      }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void everySizeComesBack(boolean noContextTakeover) {
      RawDeflate.Compressor compressor = compressor(15, noContextTakeover);
      RawDeflate.Decompressor decompressor = decompressor(noContextTakeover);
      IntStream sizes =
          IntStream.concat(
              IntStream.range(0, 700), IntStream.iterate(700, n -> n <= 70_000, n -> n + 977));
      for (int size : sizes.toArray()) {
        for (byte[] message : List.of(prose(size), noise(size), new byte[size])) {
          assertThat(decompress(decompressor, compressor.compress(message, true)))
              .isEqualTo(message);
        }
      }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void everyPrefixIsRefused(boolean noContextTakeover) {
      for (byte[] message :
          List.of(HELLO, prose(40), prose(300), prose(3000), noise(100), new byte[1000])) {
        byte[] payload = compressor(15, false).compress(message, true);
        assertThat(decompress(decompressor(noContextTakeover), payload)).isEqualTo(message);
        for (int length = 1; length < payload.length; length++) {
          byte[] prefix = Arrays.copyOf(payload, length);
          // A stored block begins with an octet that is an empty message where nothing follows.
          if (length == 1 && prefix[0] == 0) {
            assertThat(decompress(decompressor(noContextTakeover), prefix)).isEmpty();
          } else {
            assertInvalid(decompressor(noContextTakeover), prefix);
          }
        }
      }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void everyPrefixIsRefusedInTheSecondMessage(boolean noContextTakeover) {
      RawDeflate.Compressor compressor = compressor(15, noContextTakeover);
      byte[] first = compressor.compress(prose(1000), true);
      byte[] second = compressor.compress(prose(999), true);
      for (int length = 1; length < second.length; length++) {
        RawDeflate.Decompressor decompressor = decompressor(noContextTakeover);
        decompress(decompressor, first);
        assertInvalid(decompressor, Arrays.copyOf(second, length));
      }
    }

    static Stream<String> garbage() {
      return Stream.of(
          "ff ff ff", // block of type 3
          "00 05 00 00 00", // stored, NLEN is not the complement of LEN
          "78 bb 12 34 56 78 f2 48 cd c9 c9 07 00", // zlib header with a preset dictionary
          "78 9c f2 48 cd c9 c9 07 00", // zlib header
          "02 23 00", // distance too far back: nothing was there before
          "1f 8b 08 00 00 00 00 00"); // gzip
    }

    @ParameterizedTest
    @MethodSource("garbage")
    void garbageIsRefused(String payload) {
      assertInvalid(decompressor(false), hex(payload));
      assertInvalid(decompressor(true), hex(payload));
      assertThat(streams.ends()).containsExactly(1, 1);
    }

    @Test
    void distanceBeforeTheFirstMessageIsRefused() {
      RawDeflate.Compressor compressor = compressor(15, false);
      compressor.compress(HELLO, true);
      byte[] second = compressor.compress(HELLO, true);

      assertThat(second).isEqualTo(hex("f2 00 11 00 00"));
      assertInvalid(decompressor(false), second);
    }

    @Test
    void anyDamageEndsInAResultOrAViolation() {
      byte[] payload = compressor(15, false).compress(prose(400), true);
      for (int i = 0; i < payload.length * 8; i++) {
        byte[] damaged = payload.clone();
        damaged[i / 8] ^= (byte) (1 << i % 8);
        RawDeflate.Decompressor decompressor = decompressor(i % 2 == 0);
        try {
          assertThat(decompress(decompressor, damaged, true, 1 << 20)).isNotNull();
        } catch (WebSocketProtocolException e) {
          assertThat(e.violation()).isEqualTo(Violation.COMPRESSED_DATA_INVALID);
        }
        decompressor.end();
      }
      assertThat(streams.ends().subList(1, streams.ends().size())).containsOnly(1);
    }
  }

  @Nested
  @DisplayName("RFC 7692 §7.2.3 Examples")
  final class Examples {
    @Test
    void senderEndsWithAFinalBlock() {
      RawDeflate.Decompressor decompressor = decompressor(false);
      for (int i = 0; i < 3; i++) {
        assertThat(decompress(decompressor, hex("f3 48 cd c9 c9 07 00 00"))).isEqualTo(HELLO);
      }
    }

    @Test
    void senderEndsWithAFinalBlockAndNothingAfterIt() {
      RawDeflate.Decompressor decompressor = decompressor(false);
      assertThat(decompress(decompressor, hex("f3 48 cd c9 c9 07 00"))).isEqualTo(HELLO);
      assertThat(decompress(decompressor, hex("f2 48 cd c9 c9 07 00"))).isEqualTo(HELLO);
    }

    @Test
    void finalBlocksAreFollowedByMore() {
      assertThat(
              decompress(
                  decompressor(false),
                  hex("f3 48 cd c9 c9 07 00 f3 48 cd c9 c9 07 00 f2 48 cd c9 c9 07 00")))
          .isEqualTo("HelloHelloHello".getBytes(UTF_8));
    }

    @Test
    void finalBlockIsCutAnywhere() {
      byte[] payload = hex("f3 48 cd c9 c9 07 00 00");
      for (int cut = 0; cut <= payload.length; cut++) {
        RawDeflate.Decompressor decompressor = decompressor(false);
        byte[] head = decompress(decompressor, Arrays.copyOf(payload, cut), false, 100);
        byte[] rest =
            decompress(decompressor, Arrays.copyOfRange(payload, cut, payload.length), true, 100);
        assertThat(new String(head, UTF_8) + new String(rest, UTF_8)).isEqualTo("Hello");
      }
    }

    @Test
    void emptyMessageIsOneOctet() {
      RawDeflate.Compressor compressor = compressor(15, false);
      assertThat(compressor.compress(new byte[0], false)).isEmpty();
      assertThat(compressor.compress(new byte[0], true)).isEqualTo(hex("00"));
      assertThat(decompress(decompressor(false), hex("00"))).isEmpty();
      assertThat(decompress(decompressor(true), hex("00"))).isEmpty();
    }

    @Test
    void messageWithoutPayloadIsEmpty() {
      assertThat(decompress(decompressor(false), new byte[0])).isEmpty();
      assertThat(streams.ends()).isEmpty();
    }
  }

  @Nested
  @DisplayName("RFC 6455 §10.4 Implementation-Specific Limits")
  final class Limit {
    private static final int MIB = 1 << 20;

    private void assertTooBig(RawDeflate.Decompressor decompressor, byte[] data, long room) {
      assertThatExceptionOfType(WebSocketProtocolException.class)
          .isThrownBy(() -> decompress(decompressor, data, true, room))
          .satisfies(e -> assertThat(e.violation()).isEqualTo(Violation.MESSAGE_TOO_BIG))
          .withMessageContaining("the " + room + " bytes that maxMessageSize");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 5, 4095, 4096, 16_383, 16_384, 16_385, 32_768, 100_000})
    void isExact(int size) {
      byte[] message = new byte[size + 1];
      byte[] payload = compressor(15, false).compress(message, true);
      assertThat(decompress(decompressor(false), payload, true, size + 1)).isEqualTo(message);
      assertTooBig(decompressor(false), payload, size);
    }

    @Test
    void incompressibleMessageMayBeLargerOnTheWire() {
      byte[] message = noise(1000);
      byte[] payload = compressor(15, false).compress(message, true);
      assertThat(payload).hasSizeGreaterThan(1000);
      assertThat(decompress(decompressor(false), payload, true, 1000)).isEqualTo(message);
    }

    @Test
    void bombStopsOneByteOverIt() {
      byte[] bomb = compressor(15, true).compress(new byte[256 * MIB], true);
      assertTooBig(decompressor(false), bomb, MIB);
      assertThat(streams.inflated()).isEqualTo(MIB + 1);
      assertThat(streams.ends()).containsExactly(1, 1);
    }

    @Test
    void bombInFragmentsStopsOneByteOverIt() {
      byte[] bomb = compressor(15, true).compress(new byte[64 * MIB], true);
      RawDeflate.Decompressor decompressor = decompressor(false);
      assertThatThrownBy(
              () -> {
                long room = MIB;
                for (int from = 0; from < bomb.length; from += 64) {
                  byte[] fragment = Arrays.copyOfRange(bomb, from, from + 64);
                  room -= decompress(decompressor, fragment, false, room).length;
                }
              })
          .isInstanceOf(WebSocketProtocolException.class)
          .hasMessageContaining("maxMessageSize");
      assertThat(streams.inflated()).isEqualTo(MIB + 1);
    }
  }

  @Nested
  @DisplayName("Native memory")
  final class NativeMemory {
    @Test
    void isTakenWithTheFirstByteOnly() {
      RawDeflate.Compressor compressor = compressor(15, true);
      RawDeflate.Decompressor decompressor = decompressor(true);
      compressor.compress(new byte[0], true);
      decompress(decompressor, new byte[0]);
      compressor.end();
      decompressor.end();
      assertThat(streams.ends()).isEmpty();
    }

    @Test
    void isKeptBetweenMessagesWithTakeover() {
      RawDeflate.Compressor compressor = compressor(15, false);
      RawDeflate.Decompressor decompressor = decompressor(false);
      for (int i = 0; i < 3; i++) {
        assertThat(decompress(decompressor, compressor.compress(HELLO, true))).isEqualTo(HELLO);
      }
      assertThat(streams.ends()).containsExactly(0, 0);
      compressor.end();
      decompressor.end();
      assertThat(streams.ends()).containsExactly(1, 1);
    }

    @Test
    void keepsNoMessage() {
      RawDeflate.Compressor compressor = compressor(15, false);
      WeakReference<byte[]> message = compressed(compressor);

      for (int i = 0; i < 50 && message.get() != null; i++) {
        System.gc();
      }

      assertThat(message.get()).isNull();
      compressor.end();
    }

    private static WeakReference<byte[]> compressed(RawDeflate.Compressor compressor) {
      byte[] message = new byte[1000];
      assertThat(compressor.compress(message, true)).isNotEmpty();
      return new WeakReference<>(message);
    }

    @ParameterizedTest
    @CsvSource({"f2 48 cd c9 c9, false", "f3 48 cd c9 c9 07 00, true"})
    void keepsNoCompressedPayload(String payload, boolean last) {
      RawDeflate.Decompressor decompressor = decompressor(false);
      WeakReference<byte[]> compressed = decompressed(decompressor, payload, last);

      for (int i = 0; i < 50 && compressed.get() != null; i++) {
        System.gc();
      }

      assertThat(compressed.get()).isNull();
      decompressor.end();
    }

    private static WeakReference<byte[]> decompressed(
        RawDeflate.Decompressor decompressor, String payload, boolean last) {
      byte[] compressed = hex(payload);
      assertThat(decompress(decompressor, compressed, last, 5)).isNotEmpty();
      return new WeakReference<>(compressed);
    }

    @Test
    void isGivenBackAfterEachMessageWithoutTakeover() {
      RawDeflate.Compressor compressor = compressor(15, true);
      RawDeflate.Decompressor decompressor = decompressor(true);
      for (int i = 0; i < 2; i++) {
        byte[] head = decompress(decompressor, compressor.compress(HELLO, false), false, 5);
        byte[] rest = decompress(decompressor, compressor.compress(new byte[0], true), true, 0);
        assertThat(head).isEqualTo(HELLO);
        assertThat(rest).isEmpty();
      }
      assertThat(streams.ends()).containsExactly(1, 1, 1, 1);
      compressor.end();
      decompressor.end();
      assertThat(streams.ends()).containsExactly(1, 1, 1, 1);
    }

    @Test
    void isGivenBackInMidMessageAndOnlyOnce() {
      RawDeflate.Compressor compressor = compressor(15, false);
      RawDeflate.Decompressor decompressor = decompressor(false);
      decompress(decompressor, compressor.compress(HELLO, false), false, 5);
      for (int i = 0; i < 2; i++) {
        compressor.end();
        decompressor.end();
      }
      assertThat(streams.ends()).containsExactly(1, 1);
      assertThatIllegalStateException()
          .isThrownBy(() -> compressor.compress(HELLO, true))
          .withMessageContaining("ended");
      assertThatIllegalStateException().isThrownBy(() -> decompress(decompressor, HELLO));
    }

    @Test
    void isGivenBackWhenCompressingFails() {
      CountingStreams failing = new CountingStreams(true);
      RawDeflate.Compressor compressor = new RawDeflate.Compressor(failing, 6, 15, false);
      assertThatExceptionOfType(OutOfMemoryError.class)
          .isThrownBy(() -> compressor.compress(HELLO, true));
      assertThat(failing.ends()).containsExactly(1);
      assertThatIllegalStateException().isThrownBy(() -> compressor.compress(HELLO, true));
      compressor.end();
      assertThat(failing.ends()).containsExactly(1);
    }
  }
}
