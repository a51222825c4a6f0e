// SPDX-License-Identifier: Apache-2.0
package dev.parley.fuzz;

import dev.parley.testkit.RawFrame;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Frame;
import dev.parley.websocket.Limits;
import dev.parley.websocket.Role;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.Deflater;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Tuple;

/** Frames and streams by chance: right ones, and ones in which now and then something is wrong. */
public final class Inputs {
  private static final int KEY = 0x37fa213d;

  private Inputs() {}

  /** Returns how a stream may be cut: lengths of pieces, to be used over and over. */
  public static Arbitrary<List<Integer>> pieces() {
    return Arbitraries.integers().between(1, 40).list().ofMinSize(1).ofMaxSize(8);
  }

  /** Returns what one side may send: messages in fragments, control frames wherever they may be. */
  static Arbitrary<List<Frame>> conversations() {
    Arbitrary<List<Frame>> frames = messages().list().ofMaxSize(6).map(Inputs::flat);
    return Combinators.combine(frames, closes().optional(0.3))
        .as(
            (sent, close) -> {
              List<Frame> all = new ArrayList<>(sent);
              close.ifPresent(all::add);
              return all;
            });
  }

  private static Arbitrary<List<Frame>> messages() {
    Arbitrary<Integer> cuts = Arbitraries.integers().between(0, 4);
    Arbitrary<List<Frame>> between = controls().list().ofMaxSize(2);
    return Arbitraries.oneOf(
        Combinators.combine(payloads(), cuts, between)
            .as((payload, cut, control) -> fragments(false, payload, cut, control)),
        Combinators.combine(texts(), cuts, between)
            .as((payload, cut, control) -> fragments(true, payload, cut, control)));
  }

  /** Cuts a message, also within a character, and puts control frames after its first fragment. */
  private static List<Frame> fragments(
      boolean text, byte[] payload, int cuts, List<Frame> controls) {
    List<Frame> frames = new ArrayList<>();
    int from = 0;
    for (int i = 0; i <= cuts; i++) {
      int to = i == cuts ? payload.length : from + (payload.length - from) / (cuts - i + 2);
      byte[] part = Arrays.copyOfRange(payload, from, to);
      boolean fin = i == cuts;
      frames.add(
          text
              ? new Frame.Text(part, fin, false, false, false)
              : new Frame.Binary(part, fin, false, false, false));
      if (i == 0) {
        frames.addAll(controls);
      }
      from = to;
    }
    return frames;
  }

  private static Arbitrary<Frame> controls() {
    Arbitrary<byte[]> data = Arbitraries.bytes().array(byte[].class).ofMaxSize(125);
    return Combinators.combine(data, Arbitraries.of(true, false))
        .as((payload, ping) -> ping ? new Frame.Ping(payload) : new Frame.Pong(payload));
  }

  private static Arbitrary<Frame> closes() {
    Arbitrary<Integer> codes = Arbitraries.of(1000, 1001, 1003, 1007, 1014, 3000, 4999);
    Arbitrary<String> messages = Arbitraries.strings().ascii().ofMaxLength(123);
    return Combinators.combine(codes, messages)
        .as((code, message) -> new Frame.Close(new CloseReason(code, message)));
  }

  /** Returns payloads of all sizes that a length is written differently for. */
  static Arbitrary<byte[]> payloads() {
    return Arbitraries.frequencyOf(
        Tuple.of(8, Arbitraries.bytes().array(byte[].class).ofMaxSize(300)),
        Tuple.of(2, Arbitraries.integers().between(124, 128).map(Inputs::compressible)),
        Tuple.of(1, Arbitraries.integers().between(65_533, 65_538).map(Inputs::compressible)));
  }

  private static byte[] compressible(int size) {
    byte[] words = new byte[size];
    Random random = new Random(size);
    for (int i = 0; i < size; i++) {
      words[i] = (byte) (i > 20 && random.nextInt(9) > 0 ? words[i - 20] : random.nextInt(256));
    }
    return words;
  }

  /** Returns text in UTF-8, of characters of every length. */
  static Arbitrary<byte[]> texts() {
    return Arbitraries.oneOf(
            Arbitraries.strings().ascii().ofMaxLength(200),
            Arbitraries.strings().withChars("aé€\ud7ff\ue000\uffff").ofMaxLength(60),
            Arbitraries.of("", "𝄞", "a𝄞b", "\u0000", "\udbff\udfff€𐀀"))
        .map(text -> text.getBytes(StandardCharsets.UTF_8));
  }

  /** Returns bytes that are nearly text: whole texts with some bytes changed. */
  public static Arbitrary<byte[]> nearlyTexts() {
    Arbitrary<byte[]> marks =
        Arbitraries.of(
                0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1,
                0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff)
            .list()
            .ofMaxSize(12)
            .map(Inputs::bytes);
    return Combinators.combine(texts(), marks, texts())
        .as((one, odd, two) -> ReferenceDecoder.join(ReferenceDecoder.join(one, odd), two));
  }

  private static byte[] bytes(List<Integer> values) {
    byte[] bytes = new byte[values.size()];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = values.get(i).byteValue();
    }
    return bytes;
  }

  /** Returns limits, mostly ones that small frames pass. */
  static Arbitrary<Limits> limits() {
    return Arbitraries.oneOf(
        Arbitraries.of(Limits.DEFAULT),
        Combinators.combine(
                Arbitraries.of(1L, 60L, 126L, Long.MAX_VALUE),
                Arbitraries.of(1L, 100L, 200L, Long.MAX_VALUE),
                Arbitraries.of(1, 2, 5))
            .as(Limits::new));
  }

  /**
   * Returns what might reach a side: frames of which each has little or nothing wrong, then perhaps
   * a byte changed, perhaps an end that is missing.
   */
  static Arbitrary<byte[]> streams(Role receiver) {
    return damaged(frames(receiver).list().ofMaxSize(12).map(Inputs::written));
  }

  /**
   * Returns what might reach a side that has agreed on compression: messages marked as compressed,
   * of sound streams and of others, now and then a frame of any kind, and damage as above.
   */
  static Arbitrary<byte[]> compressedStreams(Role receiver) {
    Arbitrary<List<RawFrame>> any = frames(receiver).list().ofSize(1);
    return damaged(
        Arbitraries.frequencyOf(Tuple.of(5, compressed(receiver)), Tuple.of(1, any))
            .list()
            .ofMaxSize(6)
            .map(all -> written(all.stream().flatMap(List::stream).toList())));
  }

  /** Returns messages marked as compressed, cut into frames anywhere. */
  private static Arbitrary<List<RawFrame>> compressed(Role receiver) {
    Arbitrary<byte[]> payloads =
        Arbitraries.frequencyOf(
            Tuple.of(8, texts()), Tuple.of(2, payloads()), Tuple.of(1, nearlyTexts()));
    return Combinators.combine(
            payloads, Arbitraries.integers().between(0, 8), Arbitraries.integers().between(0, 3))
        .as(
            (payload, way, cuts) -> {
              byte[] stream = deflated(payload, way);
              List<RawFrame> frames = new ArrayList<>();
              int from = 0;
              for (int i = 0; i <= cuts; i++) {
                int to = i == cuts ? stream.length : from + (stream.length - from) / 2;
                RawFrame frame =
                    RawFrame.of(1, Arrays.copyOfRange(stream, from, to))
                        .withRsv1(i == 0)
                        .withFin(i == cuts);
                frames.add(receiver == Role.SERVER ? frame.withMaskingKey(KEY) : frame);
                from = to;
              }
              return frames;
            });
  }

  /**
   * Compresses a payload on its own (RFC 7692 §7.2.1).
   *
   * @param way 0 ends the stream, as §7.2.3.4 allows; 1 leaves out the second half, and 2 inverts a
   *     byte; all others make a sound one that is flushed
   */
  private static byte[] deflated(byte[] payload, int way) {
    Deflater deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, true);
    try {
      deflater.setInput(payload);
      if (way == 0) {
        deflater.finish();
      }
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      byte[] some = new byte[512];
      int count;
      do {
        count = deflater.deflate(some, 0, some.length, Deflater.SYNC_FLUSH);
        all.write(some, 0, count);
      } while (count == some.length);
      byte[] stream = all.toByteArray();
      return switch (way) {
        case 0 -> Arrays.copyOf(stream, stream.length + 1);
        case 1 -> Arrays.copyOf(stream, stream.length / 2);
        case 2 -> {
          stream[stream.length / 3] ^= (byte) 0xff;
          yield Arrays.copyOf(stream, Math.max(0, stream.length - 4));
        }
        default -> Arrays.copyOf(stream, Math.max(0, stream.length - 4));
      };
    } finally {
      deflater.end();
    }
  }

  /** Changes one byte of half of the streams, or drops their end. */
  static Arbitrary<byte[]> damaged(Arbitrary<byte[]> streams) {
    return Combinators.combine(
            streams, Arbitraries.integers().between(-400, 400), Arbitraries.bytes())
        .as(Inputs::damaged);
  }

  /**
   * Writes frames one after the other, each data frame as one that may come at its place; but where
   * the opcode is a reserved one, as any.
   */
  private static byte[] written(List<RawFrame> frames) {
    ByteArrayOutputStream stream = new ByteArrayOutputStream();
    boolean inMessage = false;
    for (RawFrame frame : frames) {
      byte[] bytes = frame.toBytes();
      if (frame.opcode() < 8) {
        int choice = frame.payload().remaining() % 4;
        int fitting = inMessage ? 0 : choice == 0 ? 2 : 1;
        bytes[0] = (byte) ((frame.firstByte() & 0xf0) | (frame.opcode() == 3 ? choice : fitting));
        inMessage = !frame.fin();
      }
      stream.writeBytes(bytes);
    }
    return stream.toByteArray();
  }

  /** Leaves half of the streams as they are; changes one byte, or drops the end, of the others. */
  private static byte[] damaged(byte[] stream, int place, byte value) {
    byte[] damaged = stream.clone();
    if (place >= 0 && place < stream.length && place % 2 == 0) {
      damaged[place] ^= value;
    } else if (place < 0 && -place < stream.length && place % 2 == 0) {
      damaged = Arrays.copyOf(stream, stream.length + place);
    }
    return damaged;
  }

  private static Arbitrary<RawFrame> frames(Role receiver) {
    Arbitrary<Integer> opcodes =
        Arbitraries.frequency(
            Tuple.of(60, 1),
            Tuple.of(10, 9),
            Tuple.of(10, 10),
            Tuple.of(4, 8),
            Tuple.of(2, 3),
            Tuple.of(1, 15));
    Arbitrary<Boolean> fins = Arbitraries.of(true, false, true);
    Arbitrary<Integer> reserved = rarely(0, Arbitraries.of(1, 2, 4));
    Arbitrary<Boolean> masks =
        rarely(receiver == Role.SERVER, Arbitraries.of(receiver == Role.CLIENT));
    Arbitrary<Integer> lengthForms = rarely(0, Arbitraries.of(16, 64));
    Arbitrary<Long> lies =
        rarely(0L, Arbitraries.oneOf(Arbitraries.longs(), Arbitraries.longs().between(-5, 5)));
    Arbitrary<byte[]> payloads =
        Arbitraries.frequencyOf(
            Tuple.of(16, texts()), Tuple.of(2, nearlyTexts()), Tuple.of(1, payloads()));
    return Combinators.combine(
            opcodes, fins, reserved, masks, lengthForms, lies, payloads, closePayloads())
        .as(
            (opcode, fin, bits, masked, form, lie, data, reason) -> {
              byte[] payload = opcode == 8 ? reason : data;
              if (opcode >= 8 && form == 0 && payload.length > 125) {
                payload = Arrays.copyOf(payload, 125);
              }
              RawFrame frame =
                  RawFrame.of(opcode, payload)
                      .withFin(fin || (opcode >= 8 && lie == 0))
                      .withRsv1(bits == 4)
                      .withRsv2(bits == 2)
                      .withRsv3(bits == 1);
              if (masked) {
                frame = frame.withMaskingKey(KEY);
              }
              if (lie != 0) {
                frame = frame.withLength(payload.length + lie);
              }
              return form > frame.lengthBits() ? frame.withLengthBits(form) : frame;
            });
  }

  private static Arbitrary<byte[]> closePayloads() {
    Arbitrary<Integer> codes =
        Arbitraries.frequencyOf(
            Tuple.of(3, Arbitraries.of(1000, 1001, 1003, 1007, 1011, 1014, 3000, 4999)),
            Tuple.of(1, Arbitraries.of(0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65_535)));
    Arbitrary<byte[]> reasons =
        Arbitraries.frequencyOf(Tuple.of(2, texts()), Tuple.of(1, nearlyTexts()));
    return Combinators.combine(codes, reasons, Arbitraries.of(false, false, false, true))
        .as(
            (code, text, one) ->
                one
                    ? new byte[Math.min(1, text.length)]
                    : ByteBuffer.allocate(2 + text.length)
                        .putChar((char) (int) code)
                        .put(text)
                        .array());
  }

  private static <T> Arbitrary<T> rarely(T mostly, Arbitrary<T> other) {
    return Arbitraries.frequencyOf(Tuple.of(40, Arbitraries.just(mostly)), Tuple.of(1, other));
  }

  private static List<Frame> flat(List<List<Frame>> messages) {
    return messages.stream().flatMap(List::stream).toList();
  }
}
