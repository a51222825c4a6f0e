// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import static dev.parley.websocket.FrameReader.Part.FIRST_BYTE;
import static dev.parley.websocket.FrameReader.Part.PAYLOAD;
import static dev.parley.websocket.FrameReader.Part.SECOND_BYTE;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class FrameReaderTest {
  private final FrameReader reader = new FrameReader();

  private byte[] payload = {};

  /** Reads one part, and tells whether it is all there. */
  private boolean readPart(ByteBuffer bytes) {
    return switch (reader.next()) {
      case FIRST_BYTE -> {
        boolean isThere = bytes.hasRemaining();
        if (isThere) {
          reader.readFirstByte(bytes);
        }
        yield isThere;
      }
      case SECOND_BYTE -> reader.readSecondByte(bytes);
      case LENGTH -> reader.readLength(bytes);
      case PAYLOAD -> reader.readPayload(bytes);
    };
  }

  /** Reads all bytes, takes each payload, and returns the parts that were completed. */
  private List<FrameReader.Part> read(String hex) {
    ByteBuffer bytes = ByteBuffer.wrap(Wire.hex(hex));
    List<FrameReader.Part> parts = new ArrayList<>();
    for (FrameReader.Part part = reader.next(); readPart(bytes); part = reader.next()) {
      parts.add(part);
      if (part == PAYLOAD) {
        payload = reader.takePayload();
      }
    }
    assertThat(bytes.hasRemaining()).isFalse();
    return parts;
  }

  @Nested
  @DisplayName("RFC 6455 §5.2: the header")
  final class Header {
    @Test
    void isReadPartByPart() {
      assertThat(read("d1")).containsExactly(FIRST_BYTE);
      assertThat(reader.isFinal()).isTrue();
      assertThat(reader.reservedBits()).isEqualTo(0x50);
      assertThat(reader.opcode()).isEqualTo(1);
      assertThat(read("83")).containsExactly(SECOND_BYTE);
      assertThat(reader.isMasked()).isTrue();
      assertThat(reader.length()).isEqualTo(3);
      assertThat(read("37 fa 21")).isEmpty();
      assertThat(read("3d 7f 9f")).isEmpty();
      assertThat(reader.received()).isEqualTo(2);
      assertThat(read("4d 02")).containsExactly(PAYLOAD, FIRST_BYTE);
      assertThat(payload).isEqualTo(Wire.utf8("Hel"));
      assertThat(reader.isFinal()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
      "82 7d, 125, 0",
      "82 7e 00 7e, 126, 126",
      "82 7e ff ff, 65535, 126",
      "82 7f 00 00 00 00 00 01 00 00, 65536, 65536",
      "82 7f 40 00 00 00 00 00 00 00, 4611686018427387904, 65536",
      "82 7f ff ff ff ff ff ff ff ff, -1, 65536"
    })
    void readsEachFormOfLength(String header, long length, int least) {
      ByteBuffer bytes = ByteBuffer.wrap(Wire.hex(header));
      while (bytes.hasRemaining()) {
        assertThat(readPart(bytes)).isTrue();
      }
      assertThat(reader.next()).isEqualTo(PAYLOAD);
      assertThat(reader.length()).isEqualTo(length);
      assertThat(reader.leastLength()).isEqualTo(least);
    }
  }

  @Nested
  @DisplayName("Memory is taken as payload arrives")
  final class Memory {
    @Test
    void takesNoneForAClaim() {
      read("82 7f 00 00 00 00 7f ff ff f7");
      assertThat(reader.payload()).isEmpty();
    }

    @Test
    void takesRoomForFourTimesWhatCameAndForAllOnceAnEighthDid() {
      int length = 100_000;
      read("82 7f 00 00 00 00 00 01 86 a0");
      for (int received = 1; received < length; received++) {
        assertThat(reader.readPayload(ByteBuffer.wrap(new byte[1]))).isFalse();
        int most = received > length / 8 ? length : Math.max(8192, 4 * received);
        assertThat(reader.payload().length).isLessThanOrEqualTo(most);
      }
      assertThat(reader.readPayload(ByteBuffer.wrap(new byte[1]))).isTrue();
      assertThat(reader.takePayload()).hasSize(length);
    }

    @Test
    void movesNothingWhereAQuarterIsThere() {
      read("82 7f 00 00 00 00 00 01 86 a0");
      assertThat(reader.readPayload(ByteBuffer.allocate(25_000))).isFalse();
      byte[] payload = reader.payload();
      assertThat(reader.readPayload(ByteBuffer.allocate(75_000))).isTrue();
      assertThat(reader.takePayload()).isSameAs(payload);
      assertThat(payload.length).isEqualTo(100_000);
    }

    @Test
    void givesAPayloadAway() {
      read("82 01 2a");
      assertThat(payload).containsExactly(0x2a);
      assertThat(reader.payload()).isEmpty();
      assertThat(reader.received()).isZero();
    }
  }
}
