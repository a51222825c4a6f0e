// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.handshake;

import static dev.parley.websocket.handshake.Wire.lines;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class HeadReaderTest {
  private static final String SWITCHING =
      lines(
          """
          HTTP/1.1 101 Switching Protocols
          Upgrade: websocket

          """);

  private static HeadReader<ResponseHead> response() {
    return HeadReader.ofResponse(HeadLimits.DEFAULT);
  }

  private static HeadReader<RequestHead> request() {
    return HeadReader.ofRequest(HeadLimits.DEFAULT);
  }

  private static ResponseHead head(int status, String reason, String... fields) {
    return new ResponseHead(status, reason, headers(fields));
  }

  private static Headers headers(String... fields) {
    Headers.Builder headers = Headers.builder();
    for (int i = 0; i < fields.length; i += 2) {
      headers.add(fields[i], fields[i + 1]);
    }
    return headers.build();
  }

  /** Fails with the last of these bytes, however they come, and stays failed. */
  private static void assertFails(
      Supplier<HeadReader<?>> readers, String bytes, HandshakeFailure failure, String message) {
    assertThat(Wire.values())
        .allSatisfy(
            wire -> {
              HeadReader<?> reader = readers.get();
              assertThat(wire.consume(reader, bytes + SWITCHING)).isEqualTo(bytes.length());
              assertThatExceptionOfType(HandshakeException.class)
                  .isThrownBy(() -> reader.read(ByteBuffer.wrap(SWITCHING.getBytes(ISO_8859_1))))
                  .withMessage(message + " (" + failure.section() + ")")
                  .returns(failure, HandshakeException::failure);
            });
  }

  private static void assertBadHttp(Supplier<HeadReader<?>> readers, String bytes, String message) {
    assertFails(readers, bytes, HandshakeFailure.BAD_HTTP, message);
  }

  @Nested
  @DisplayName("RFC 9112 §2.1: message format")
  class MessageFormat {
    @ParameterizedTest
    @EnumSource
    void responseIsReadAndWhatFollowsIsLeft(Wire wire) {
      String text =
          lines(
              """
              HTTP/1.1 101 Switching Protocols
              upgrade:websocket
              CONNECTION: \t keep-alive, Upgrade \t
              X-Empty:
              X-Latin: caf\u00e9

              """);

      assertThat(wire.read(response(), text + "\u0081\u0000"))
          .isEqualTo(
              new Wire.Result<>(
                  head(
                      101,
                      "Switching Protocols",
                      "upgrade",
                      "websocket",
                      "CONNECTION",
                      "keep-alive, Upgrade",
                      "X-Empty",
                      "",
                      "X-Latin",
                      "caf\u00e9"),
                  "\u0081\u0000"));
    }

    @ParameterizedTest
    @EnumSource
    void requestIsReadAndWhatFollowsIsLeft(Wire wire) {
      String text =
          lines(
              """
              GET /chat?room=1 HTTP/1.1
              Host: example.com

              """);

      assertThat(wire.read(request(), text + "rest"))
          .isEqualTo(
              new Wire.Result<>(
                  new RequestHead("GET", "/chat?room=1", headers("Host", "example.com")), "rest"));
    }

    @Test
    void splitAtEveryByteGivesTheSameHead() {
      byte[] bytes = (SWITCHING + "frames").getBytes(ISO_8859_1);
      IntStream.rangeClosed(0, SWITCHING.length() - 1)
          .forEach(
              split -> {
                HeadReader<ResponseHead> reader = response();
                ByteBuffer buffer = ByteBuffer.wrap(bytes).limit(split);
                assertThat(reader.read(buffer)).isNull();
                assertThat(reader.read(buffer.limit(bytes.length)))
                    .isEqualTo(head(101, "Switching Protocols", "Upgrade", "websocket"));
                assertThat(buffer.remaining()).isEqualTo("frames".length());
              });
    }

    @Test
    void readerServesOneHead() {
      HeadReader<ResponseHead> reader = response();
      Wire.WHOLE.read(reader, SWITCHING);

      assertThatIllegalStateException()
          .isThrownBy(() -> reader.read(ByteBuffer.allocate(0)))
          .withMessage("the head has been read already");
    }
  }

  @Nested
  @DisplayName("RFC 9112 §2.2: line ends")
  class LineEnds {
    @Test
    void bareLineFeedFailsWhereItStands() {
      assertBadHttp(
          HeadReaderTest::response,
          "HTTP/1.1 101 Switching Protocols\n",
          "byte 0x0a at index 32 of status line, expected text or CRLF");
    }

    @Test
    void bareLineFeedInAHeaderFails() {
      assertBadHttp(
          HeadReaderTest::response,
          "HTTP/1.1 101 S\r\nA: b\n",
          "byte 0x0a at index 4 of header line 1, expected text or CRLF");
    }

    @Test
    void bareLineFeedInPlaceOfTheBlankLineFails() {
      assertBadHttp(
          HeadReaderTest::response,
          "HTTP/1.1 101 S\r\nA: b\r\n\n",
          "byte 0x0a at index 0 of header line 2, expected a header name and a colon");
    }

    @Test
    void bareCarriageReturnFailsWithTheNextByte() {
      assertBadHttp(
          HeadReaderTest::response,
          "HTTP/1.1 101 S\r\nA: b\rc",
          "byte 0x63 at index 4 of header line 1, expected LF after CR");
    }

    @ParameterizedTest
    @ValueSource(strings = {"HTTP/1.1 101 S\r\r", "HTTP/1.1 101 S\r\nA: b\r\n\r\r"})
    void twoCarriageReturnsFail(String text) {
      assertThat(Wire.WHOLE.consume(response(), text + "\n\r\n")).isEqualTo(text.length());
    }

    @ParameterizedTest
    @ValueSource(strings = {"\r", "\n", " ", "\0", "x", "\u0016", "hTTP", "HTTp"})
    void junkBeforeTheStatusLineFails(String junk) {
      HeadReader<ResponseHead> reader = response();

      assertThat(Wire.WHOLE.consume(reader, junk + SWITCHING))
          .isEqualTo(junk.equals("HTTp") ? 4 : 1);
      assertThatExceptionOfType(HandshakeException.class)
          .isThrownBy(() -> reader.read(ByteBuffer.allocate(0)))
          .returns(HandshakeFailure.BAD_HTTP, HandshakeException::failure);
    }
  }

  @Nested
  @DisplayName("RFC 9112 §4: status line")
  class StatusLine {
    @ParameterizedTest
    @CsvSource({
      "HTTP/1.1 200 OK,                   200, OK",
      "HTTP/1.1 404 Not Found,            404, Not Found",
      "HTTP/1.1 999 caf\u00e9 \tau lait,  999, caf\u00e9 \tau lait",
      "HTTP/1.0 502 Bad Gateway,          502, Bad Gateway",
      "'HTTP/1.1 200 ',                   200, ''",
      "HTTP/1.1 200,                      200, ''",
    })
    void anyFinalStatusIsRead(String line, int status, String reason) {
      assertThat(Wire.BYTE_BY_BYTE.read(response(), line + "\r\n\r\n"))
          .isEqualTo(new Wire.Result<>(head(status, reason), ""));
    }

    @ParameterizedTest
    @CsvSource({
      "HTTP/1.1 1012,   byte 0x32 at index 12 of status line, a space",
      "HTTP/2,          byte 0x32 at index 5 of status line, HTTP/1.1",
      "HTTP/1.2,        byte 0x32 at index 7 of status line, HTTP/1.1",
      "HTTP/1.0 1,      byte 0x31 at index 9 of status line, HTTP/1.1 for an interim response",
      "'HTTP/1.1  ',    byte 0x20 at index 9 of status line, a status of three digits",
      "HTTP/1.1 0,      byte 0x30 at index 9 of status line, a status of three digits",
      "HTTP/1.1 1x,     byte 0x78 at index 10 of status line, a status of three digits",
      "'HTTP/1.1 10 ',  byte 0x20 at index 11 of status line, a status of three digits",
      "'HTTP/1.1\t',      byte 0x09 at index 8 of status line, a space",
      "'HTTP/1.1 101\t',  byte 0x09 at index 12 of status line, a space",
    })
    void anythingElseFails(String upToOffender, String got, String expected) {
      assertBadHttp(HeadReaderTest::response, upToOffender, got + ", expected " + expected);
    }

    @ParameterizedTest
    @ValueSource(
        strings = {"HTTP/1.1\r", "HTTP/1.1 10\r", "HTTP/1.1 101 a\0", "HTTP/1.1 101 \u007f"})
    void unfinishedLinesAndControlCharactersFail(String upToOffender) {
      assertThat(Wire.BYTE_BY_BYTE.consume(response(), upToOffender + SWITCHING))
          .isEqualTo(upToOffender.length());
    }
  }

  @Nested
  @DisplayName("RFC 9110 §15.2: interim responses")
  class InterimResponses {
    @ParameterizedTest
    @EnumSource
    void interimResponsesAreReadOver(Wire wire) {
      String text =
          lines(
              """
              HTTP/1.1 100 Continue

              HTTP/1.1 103 Early Hints
              Link: </style.css>

              """);

      assertThat(wire.read(response(), text + SWITCHING + "rest"))
          .isEqualTo(
              new Wire.Result<>(head(101, "Switching Protocols", "Upgrade", "websocket"), "rest"));
    }

    @Test
    void endlessInterimResponsesFail() {
      HeadReader<ResponseHead> reader = response();

      assertThat(Wire.WHOLE.consume(reader, "HTTP/1.1 100 \r\n\r\n".repeat(10_000)))
          .isEqualTo(HeadLimits.DEFAULT.maxHeadSize() + 1);
    }
  }

  @Nested
  @DisplayName("RFC 9112 §3: request line")
  class RequestLine {
    @ParameterizedTest
    @CsvSource({
      "' ',             byte 0x20 at index 0 of request line, a method and a space",
      "GE(,             byte 0x28 at index 2 of request line, a method and a space",
      "'GET  ',         byte 0x20 at index 4 of request line, a request target and a space",
      "GET /\u00e9,     byte 0xe9 at index 5 of request line, a request target and a space",
      "GET / HTTP/1.0,  byte 0x30 at index 13 of request line, HTTP/1.1 and CRLF",
      "GET / HTTP/1.11, byte 0x31 at index 14 of request line, HTTP/1.1 and CRLF",
    })
    void anythingElseFails(String upToOffender, String got, String expected) {
      assertBadHttp(HeadReaderTest::request, upToOffender, got + ", expected " + expected);
    }

    @ParameterizedTest
    @ValueSource(
        strings = {"\r", "GET\r", "GET /\r", "GET /abcd\r", "GET / HTTP/1.\r", "GET / HTTP/1.1\n"})
    void unfinishedLinesFail(String upToOffender) {
      assertThat(Wire.BYTE_BY_BYTE.consume(request(), upToOffender + SWITCHING))
          .isEqualTo(upToOffender.length());
    }
  }

  @Nested
  @DisplayName("RFC 9112 §5: field lines")
  class FieldLines {
    @ParameterizedTest
    @CsvSource({
      "'Upgrade ',  byte 0x20 at index 7 of header line 1, a header name and a colon",
      "'A: b\r\n ', byte 0x20 at index 0 of header line 2, a header name and a colon",
      "'A: b\r\n\t', byte 0x09 at index 0 of header line 2, a header name and a colon",
      "':',         byte 0x3a at index 0 of header line 1, a header name and a colon",
      "'A\r',       byte 0x0d at index 1 of header line 1, a header name and a colon",
      "'A\0',       byte 0x00 at index 1 of header line 1, a header name and a colon",
      "'A: \0',     byte 0x00 at index 3 of header line 1, text or CRLF",
      "'A: \u007f', byte 0x7f at index 3 of header line 1, text or CRLF",
      "'\u00e9',    byte 0xe9 at index 0 of header line 1, a header name and a colon",
    })
    void anythingElseFails(String upToOffender, String got, String expected) {
      assertBadHttp(
          HeadReaderTest::response,
          "HTTP/1.1 101 S\r\n" + upToOffender,
          got + ", expected " + expected);
    }
  }

  @Nested
  @DisplayName("RFC 9110 §5.4: limits")
  class Limits {
    private static final String STATUS = "HTTP/1.1 101 S\r\n";

    @Test
    void statusLineOverItsLimitFails() {
      assertFails(
          HeadReaderTest::response,
          "HTTP/1.1 101 " + "s".repeat(8192 - 13 + 1),
          HandshakeFailure.HEAD_TOO_LARGE,
          "status line of more than 8192 bytes");
    }

    @Test
    void requestLineOverItsLimitFails() {
      assertFails(
          HeadReaderTest::request,
          "GET /" + "s".repeat(8192 - 5 + 1),
          HandshakeFailure.HEAD_TOO_LARGE,
          "request line of more than 8192 bytes");
    }

    @Test
    void headerLineOverItsLimitFails() {
      assertFails(
          HeadReaderTest::response,
          STATUS + "A: " + "b".repeat(8192 - 3 + 1),
          HandshakeFailure.HEAD_TOO_LARGE,
          "header line 1 of more than 8192 bytes");
    }

    @Test
    void headerNameOverTheLimitOfALineFails() {
      assertFails(
          HeadReaderTest::response,
          STATUS + "a".repeat(8192 + 1),
          HandshakeFailure.HEAD_TOO_LARGE,
          "header line 1 of more than 8192 bytes");
    }

    @Test
    void oneHeaderLineTooManyFailsWithItsFirstByte() {
      assertFails(
          HeadReaderTest::response,
          STATUS + "a: b\r\n".repeat(128) + "a",
          HandshakeFailure.TOO_MANY_HEADERS,
          "head of more than 128 header lines");
    }

    @Test
    void headOverItsLimitFails() {
      String head = STATUS + ("a: " + "b".repeat(8000) + "\r\n").repeat(9);

      assertFails(
          HeadReaderTest::response,
          head.substring(0, (64 << 10) + 1),
          HandshakeFailure.HEAD_TOO_LARGE,
          "head of more than 65536 bytes");
    }

    @ParameterizedTest
    @EnumSource
    void headAtEveryLimitIsRead(Wire wire) {
      HeadLimits limits = new HeadLimits(14, 5, 2, 14 + 2 + 7 + 7 + 2);

      assertThat(
              wire.read(
                  HeadReader.ofResponse(limits), "HTTP/1.1 101 S\r\nA: bc\r\nD: ef\r\n\r\nrest"))
          .isEqualTo(new Wire.Result<>(head(101, "S", "A", "bc", "D", "ef"), "rest"));
    }

    @Test
    void timeIsLinear() {
      HeadLimits limits = new HeadLimits(8192, 20 << 20, 1, 20 << 20);
      String head = "GET / HTTP/1.1\r\nA:" + " ".repeat(10 << 20) + "b" + " ".repeat(5 << 20);

      // Had any step to look back over the line, this would take hours.
      int consumed =
          assertTimeout(
              Duration.ofSeconds(20),
              () -> Wire.BYTE_BY_BYTE.consume(HeadReader.ofRequest(limits), head + "\r\n\r\n"));

      assertThat(consumed).isEqualTo(head.length() + 4);
    }
  }

  @Nested
  @DisplayName("RFC 9112 §8: incomplete heads")
  class IncompleteHeads {
    @Test
    void endOfStreamSaysHowFarItCame() {
      HeadReader<ResponseHead> reader = response();
      Wire.WHOLE.consume(reader, "HTTP/1.1 10");

      assertThat(reader.endOfStream())
          .hasMessage("stream ended after 11 bytes, expected a whole head (RFC 9112 §8)")
          .returns(HandshakeFailure.HEAD_INCOMPLETE, HandshakeException::failure);
    }

    @Test
    void endOfStreamSaysWhatTheFirstLineSaid() {
      HeadReader<ResponseHead> response = response();
      Wire.WHOLE.consume(response, "HTTP/1.1 503 No\r\nRetry-After: 5\r\n");
      assertThat(response.soFar()).isEqualTo("33 bytes, status 503");
      HeadReader<RequestHead> request = HeadReader.ofRequest(HeadLimits.DEFAULT);
      Wire.WHOLE.consume(request, "GET /?secret HTTP/1.1\r\n");
      assertThat(request.soFar()).isEqualTo("23 bytes, method GET");
    }
  }
}
