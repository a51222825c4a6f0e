// SPDX-License-Identifier: Apache-2.0
package dev.parley.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.websocket.handshake.HandshakeException;
import dev.parley.websocket.handshake.HeadLimits;
import dev.parley.websocket.handshake.HeadReader;
import dev.parley.websocket.handshake.HeadWriter;
import dev.parley.websocket.handshake.Headers;
import dev.parley.websocket.handshake.RequestHead;
import dev.parley.websocket.handshake.ResponseHead;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.jspecify.annotations.Nullable;

/** What holds for every head, and for bytes that are nearly one. */
final class HeadReaderPropertiesTest {
  private static final String TOKENS = "abcXYZ019!#$%&'*+-.^_`|~";
  private static final String TEXTS = "abc XYZ\t019:;,\"\u00e4\u00ff";

  /**
   * How the reading of a head went.
   *
   * @param head the head, if there is one
   * @param failure what was thrown, if anything was
   * @param taken how many bytes were consumed
   */
  private record Outcome(@Nullable Object head, @Nullable String failure, int taken) {}

  @Provide
  Arbitrary<Headers> headers() {
    Arbitrary<String> names = Arbitraries.strings().withChars(TOKENS).ofMinLength(1).ofMaxLength(9);
    Arbitrary<String> values = Arbitraries.strings().withChars(TEXTS).ofMaxLength(30);
    return Combinators.combine(names, values)
        .as(Headers.Field::new)
        .list()
        .ofMaxSize(6)
        .map(
            fields -> {
              Headers.Builder headers = Headers.builder();
              fields.forEach(field -> headers.add(field.name(), field.value()));
              return headers.build();
            });
  }

  @Provide
  Arbitrary<ResponseHead> responses() {
    Arbitrary<Integer> statuses =
        Arbitraries.integers().between(199, 999).map(status -> status == 199 ? 101 : status);
    Arbitrary<String> reasons = Arbitraries.strings().withChars(TEXTS).ofMaxLength(20);
    return Combinators.combine(statuses, reasons, headers()).as(ResponseHead::new);
  }

  @Provide
  Arbitrary<RequestHead> requests() {
    Arbitrary<String> methods =
        Arbitraries.strings().withChars(TOKENS).ofMinLength(1).ofMaxLength(9);
    Arbitrary<String> targets =
        Arbitraries.strings().withCharRange('!', '~').ofMinLength(1).ofMaxLength(40);
    return Combinators.combine(methods, targets, headers()).as(RequestHead::new);
  }

  /** Returns heads with a byte changed, dropped or put in, and what may follow a head. */
  @Provide
  Arbitrary<byte[]> nearlyHeads() {
    Arbitrary<byte[]> heads =
        Combinators.combine(
                Arbitraries.of("", "HTTP/1.1 100 Continue\r\n\r\n"),
                responses(),
                Arbitraries.of("", "\r\n", "\u0081\u0000"))
            .as((before, head, after) -> before + text(HeadWriter.write(head)) + after)
            .map(head -> head.getBytes(StandardCharsets.ISO_8859_1));
    Arbitrary<Byte> odd =
        Arbitraries.frequencyOf(
            Tuple.of(1, Arbitraries.of((byte) '\r', (byte) '\n', (byte) ':', (byte) ' ')),
            Tuple.of(1, Arbitraries.bytes()));
    return Combinators.combine(
            heads, Arbitraries.integers().between(0, 300), odd, Arbitraries.of(0, 1, 2, 3))
        .as(HeadReaderPropertiesTest::damaged);
  }

  private static byte[] damaged(byte[] head, int place, byte odd, int how) {
    int at = place % (head.length + 1);
    byte[] before = Arrays.copyOf(head, at);
    byte[] after = Arrays.copyOfRange(head, at, head.length);
    return switch (how) {
      case 0 -> head;
      case 1 -> ReferenceDecoder.join(ReferenceDecoder.join(before, new byte[] {odd}), after);
      case 2 -> before;
      default -> {
        byte[] changed = head.clone();
        changed[place % head.length] = odd;
        yield changed;
      }
    };
  }

  @Provide
  Arbitrary<HeadLimits> limits() {
    Arbitrary<Integer> lines = Arbitraries.of(1, 15, 30, 8192);
    return Combinators.combine(lines, lines, Arbitraries.of(1, 3, 128), Arbitraries.of(1, 90, 9999))
        .as(HeadLimits::new);
  }

  @Provide
  Arbitrary<List<Integer>> pieces() {
    return Inputs.pieces();
  }

  @Property
  void readsTheResponseThatWasWritten(@ForAll("responses") ResponseHead head) {
    assertThat(read(HeadReader.ofResponse(HeadLimits.DEFAULT), HeadWriter.write(head), List.of()))
        .isEqualTo(new Outcome(head, null, HeadWriter.write(head).length));
  }

  @Property
  void readsTheRequestThatWasWritten(@ForAll("requests") RequestHead head) {
    assertThat(read(HeadReader.ofRequest(HeadLimits.DEFAULT), HeadWriter.write(head), List.of()))
        .isEqualTo(new Outcome(head, null, HeadWriter.write(head).length));
  }

  @Property
  void readsTheSameHoweverTheBytesAreCut(
      @ForAll("nearlyHeads") byte[] bytes,
      @ForAll("limits") HeadLimits limits,
      @ForAll("pieces") List<Integer> pieces) {
    assertThat(read(HeadReader.ofResponse(limits), bytes, pieces))
        .isEqualTo(read(HeadReader.ofResponse(limits), bytes, List.of()));
  }

  @Property
  void takesNoMoreThanItsLimits(
      @ForAll("nearlyHeads") byte[] bytes, @ForAll("limits") HeadLimits limits) {
    Outcome outcome = read(HeadReader.ofResponse(limits), bytes, List.of());
    assertThat(outcome.taken())
        .as("bytes, the first one over the limit included")
        .isLessThanOrEqualTo(limits.maxHeadSize() + (outcome.failure() == null ? 0 : 1));
    if (outcome.head() instanceof ResponseHead head) {
      assertThat(head.reason().length() + "HTTP/1.1 101 ".length())
          .isLessThanOrEqualTo(Math.max(limits.maxStartLine(), "HTTP/1.1 101 ".length()));
      assertThat(head.headers().fields())
          .hasSizeLessThanOrEqualTo(limits.maxHeaderLines())
          .allSatisfy(
              field ->
                  assertThat(field.name().length() + 1 + field.value().length())
                      .isLessThanOrEqualTo(limits.maxHeaderLine()));
    }
  }

  private static Outcome read(HeadReader<?> reader, byte[] bytes, List<Integer> pieces) {
    int from = 0;
    for (int i = 0; from < bytes.length; i++) {
      int length = bytes.length - from;
      if (!pieces.isEmpty()) {
        length = Math.min(length, pieces.get(i % pieces.size()));
      }
      ByteBuffer piece = ByteBuffer.wrap(bytes, from, length);
      try {
        Object head = reader.read(piece);
        if (head != null) {
          return new Outcome(head, null, piece.position());
        }
      } catch (HandshakeException e) {
        return new Outcome(null, e.getMessage(), piece.position());
      }
      from += length;
    }
    return new Outcome(null, null, from);
  }

  private static String text(byte[] head) {
    return new String(head, StandardCharsets.ISO_8859_1);
  }
}
