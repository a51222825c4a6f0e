// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.handshake;

import static dev.parley.websocket.handshake.Wire.lines;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class HeadWriterTest {
  private static final Headers HEADERS =
      Headers.builder().add("Host", "example.com").add("X-Latin", "caf\u00e9").build();

  @Nested
  @DisplayName("RFC 9112 §2.1: message format")
  class MessageFormat {
    @Test
    void requestIsWritten() {
      assertThat(new String(HeadWriter.write(new RequestHead("GET", "/chat", HEADERS)), ISO_8859_1))
          .isEqualTo(
              lines(
                  """
                  GET /chat HTTP/1.1
                  Host: example.com
                  X-Latin: caf\u00e9

                  """));
    }

    @Test
    void responseIsWritten() {
      assertThat(new String(HeadWriter.write(new ResponseHead(101, "", HEADERS)), ISO_8859_1))
          .isEqualTo(
              lines(
                  """
                  HTTP/1.1 101\040
                  Host: example.com
                  X-Latin: caf\u00e9

                  """));
    }
  }
}
