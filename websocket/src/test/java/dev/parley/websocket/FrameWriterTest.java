// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.function.IntFunction;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("RFC 6455 §5.2: a frame on the wire")
final class FrameWriterTest {
  private static byte[] write(FrameWriter writer, IntFunction<ByteBuffer> allocator, int room) {
    ByteArrayOutputStream wire = new ByteArrayOutputStream();
    boolean done;
    do {
      assertThat(writer.isIdle()).isFalse();
      ByteBuffer target = allocator.apply(room);
      done = writer.write(target);
      byte[] bytes = new byte[target.flip().remaining()];
      target.get(bytes);
      wire.writeBytes(bytes);
    } while (!done);
    assertThat(writer.isIdle()).isTrue();
    return wire.toByteArray();
  }

  @ParameterizedTest
  @CsvSource({
    "0, 82 00",
    "125, 82 7d",
    "126, 82 7e 00 7e",
    "65535, 82 7e ff ff",
    "65536, 82 7f 00 00 00 00 00 01 00 00"
  })
  void usesTheShortestFormOfLength(int length, String header) {
    FrameWriter writer = new FrameWriter(false);
    writer.begin(0x82, new byte[length], 0);
    assertThat(write(writer, ByteBuffer::allocate, length + 14))
        .isEqualTo(Wire.hex(header + " " + "00".repeat(length)));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void resumesAtAnyByte(boolean masked) {
    byte[] payload = new byte[300];
    new Random(7).nextBytes(payload);
    FrameWriter writer = new FrameWriter(masked);
    writer.begin(0x82, payload, Wire.KEY);
    byte[] whole = write(writer, ByteBuffer::allocate, 400);
    assertThat(whole)
        .isEqualTo(Wire.to(masked ? Role.SERVER : Role.CLIENT, Wire.frame("82 7e 01 2c", payload)));
    for (int room = 1; room < 32; room++) {
      writer.begin(0x82, payload, Wire.KEY);
      assertThat(write(writer, ByteBuffer::allocate, room)).isEqualTo(whole);
      writer.begin(0x82, payload, Wire.KEY);
      assertThat(write(writer, ByteBuffer::allocateDirect, room)).isEqualTo(whole);
    }
  }

  @Test
  void isIdleBeforeTheFirstFrame() {
    FrameWriter writer = new FrameWriter(true);
    assertThat(writer.isIdle()).isTrue();
    assertThat(writer.write(ByteBuffer.allocate(1))).isTrue();
  }

  @Test
  void writesNothingIntoAFullBuffer() {
    FrameWriter writer = new FrameWriter(true);
    writer.begin(0x82, new byte[1], 0);
    assertThat(writer.write(ByteBuffer.allocate(0))).isFalse();
    assertThat(writer.isIdle()).isFalse();
  }
}
