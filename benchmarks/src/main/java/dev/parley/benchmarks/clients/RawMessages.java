// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks.clients;

import dev.parley.benchmarks.Settings;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The least that a client can do which takes messages and hands them out as arrays and strings:
 * what is sent is put behind a header and a masking key and masked, in blocks of 64 KiB; what came
 * is copied to an array or a string of its own, which has room for an eighth of what a frame claims
 * until so much has come, where that is more than 64 KiB. One thread sends and receives, no rule is
 * checked but UTF-8, nothing is counted, and nothing else can happen on the session. A goal beyond
 * this is out of reach on the machine.
 */
public class RawMessages extends RawBlocking {
  private static final int LONGEST_HEADER = 14;
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  /** Up to here the length that a frame claims is believed. */
  private static final int PROVEN = 64 << 10;

  private static final int BLOCK = LONGEST_HEADER + (64 << 10);

  private final boolean anyThreadTakes;

  /** Makes one. */
  public RawMessages() {
    this(false);
  }

  /** Makes one, whose messages may be for any thread. */
  RawMessages(boolean anyThreadTakes) {
    this.anyThreadTakes = anyThreadTakes;
  }

  @Override
  RawSession session(Settings settings, RawWire wire, RawFrames frames, ByteBuffer in) {
    return new MessageSession(wire, frames, in, anyThreadTakes);
  }

  private static final class MessageSession extends RawTaking {
    private final SplittableRandom random = new SplittableRandom();
    private final byte[] scratch = new byte[BLOCK];
    private final AtomicInteger taken = new AtomicInteger();
    private final boolean anyThreadTakes;
    private final ByteBuffer out;

    /** The last message: else the compiler would see that nobody has it, and make none. */
    private @Nullable Object message;

    MessageSession(RawWire wire, RawFrames frames, ByteBuffer in, boolean anyThreadTakes) {
      super(wire, frames, in);
      this.anyThreadTakes = anyThreadTakes;
      out = wire.buffer(BLOCK).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public void send(byte[] binary) throws IOException {
      put(0x82, binary);
    }

    @Override
    public void send(String text) throws IOException {
      put(0x81, text.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void sendNow(String text) throws IOException {
      send(text);
      flush();
    }

    private void put(int first, byte[] payload) throws IOException {
      int length = payload.length;
      if (length > BLOCK - LONGEST_HEADER) {
        throw new IllegalArgumentException("a message of " + length + ", longer than a block");
      }
      if (length > out.remaining() - LONGEST_HEADER) {
        flush();
      }
      out.put((byte) first);
      if (length < 126) {
        out.put((byte) (0x80 | length));
      } else if (length < 1 << 16) {
        out.put((byte) (0x80 | 126)).put((byte) (length >> 8)).put((byte) length);
      } else {
        out.put((byte) (0x80 | 127)).putLong(Long.reverseBytes(length)); // `out` is little-endian
      }
      int key = random.nextInt();
      out.putInt(key);
      long twice = (key & 0xffffffffL) << 32 | (key & 0xffffffffL);
      int to = out.position();
      int i = 0;
      for (; i <= length - Long.BYTES; i += Long.BYTES) {
        out.putLong(to + i, (long) LONGS.get(payload, i) ^ twice);
      }
      for (; i < length; i++) {
        out.put(to + i, (byte) (payload[i] ^ twice >>> (Byte.SIZE * (i & 7))));
      }
      out.position(to + length);
    }

    @Override
    public void flush() throws IOException {
      wire.write(out.flip());
      out.clear();
    }

    @Override
    int take(byte first, int from, int length) {
      return hand(isText(first) ? text(from, length) : binary(from, length), length);
    }

    @Override
    int takeLong(byte head, int length) throws IOException {
      int first = Math.max(Math.min(in.remaining(), length), length / 8);
      byte[] payload = new byte[length <= PROVEN ? length : first];
      int from = 0;
      while (from < length) {
        if (!in.hasRemaining()) {
          fill();
        }
        int count = Math.min(in.remaining(), length - from);
        if (count > payload.length - from) {
          payload = Arrays.copyOf(payload, length);
        }
        in.get(payload, from, count);
        from += count;
      }
      return hand(isText(head) ? new String(payload, StandardCharsets.UTF_8) : payload, length);
    }

    private static boolean isText(byte first) {
      return (first & 0x0f) == 1;
    }

    private int hand(Object made, int length) {
      message = anyThreadTakes ? new Taken(made, taken.getAndIncrement()) : made;
      return message instanceof String text ? text.length() : length; // text is ASCII here
    }

    /** A message that one thread has taken out of those that may be for any. */
    private record Taken(Object payload, int number) {}

    private String text(int from, int length) {
      in.get(from, scratch, 0, length);
      return new String(scratch, 0, length, StandardCharsets.UTF_8);
    }

    private byte[] binary(int from, int length) {
      byte[] binary = new byte[length];
      in.get(from, binary);
      return binary;
    }
  }
}
