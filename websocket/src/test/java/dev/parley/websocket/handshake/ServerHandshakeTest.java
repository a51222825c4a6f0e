// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.handshake;

import static dev.parley.websocket.WebSocketExtension.ReservedBit.RSV1;
import static dev.parley.websocket.WebSocketExtension.ReservedBit.RSV2;
import static dev.parley.websocket.handshake.Wire.lines;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.parley.websocket.WebSocketExtension;
import dev.parley.websocket.handshake.ServerHandshake.Answer;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ServerHandshakeTest {
  private static final String UPGRADE = "Upgrade: websocket\nConnection: Upgrade\n";
  private static final String VERSION = "Sec-WebSocket-Version: 13\n";
  private static final String KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n";

  private final FakeExtension.Factory first = new FakeExtension.Factory("first", RSV1);
  private final FakeExtension.Factory second = new FakeExtension.Factory("second", RSV2);
  private final FakeExtension.Factory rival = new FakeExtension.Factory("rival", RSV1);

  private final ServerHandshake plain = new ServerHandshake(List.of(), List.of());
  private final ServerHandshake choosy =
      new ServerHandshake(
          List.of("superchat", "chat"),
          List.of(first.installed(), second.installed(), rival.installed()));

  private static RequestHead request(String text) {
    return Wire.WHOLE.read(HeadReader.ofRequest(HeadLimits.DEFAULT), lines(text + "\n")).head();
  }

  private static RequestHead asking(String lines) {
    return request("GET / HTTP/1.1\nHost: h\n" + UPGRADE + VERSION + KEY + lines);
  }

  private static String written(Answer answer) {
    return new String(HeadWriter.write(answer.response()), ISO_8859_1);
  }

  private NegotiatedHandshake accepted(String lines) {
    Answer answer = choosy.answer(asking(lines));
    assertThat(answer).isInstanceOf(Answer.Accepted.class);
    return ((Answer.Accepted) answer).negotiated();
  }

  private static void assertRefused(Answer answer, String why, String response) {
    assertThat(written(answer)).isEqualTo(lines(response + "Content-Length: 0\n\n"));
    assertThat(answer).isEqualTo(new Answer.Refused(answer.response(), why));
  }

  @Nested
  @DisplayName("RFC 6455 §1.3: both sides")
  class BothSides {
    @ParameterizedTest
    @EnumSource
    void clientAndServerAgreeOverTheWire(Wire wire) {
      ClientHandshake client =
          new ClientHandshake(
              new byte[16], List.of("a", "chat"), List.of(second.installed(), first.installed()));
      String request =
          new String(
              HeadWriter.write(
                  new RequestHead(
                      "GET",
                      "/",
                      Headers.builder().add("Host", "h").addAll(client.headers()).build())),
              ISO_8859_1);

      Answer answer =
          choosy.answer(wire.read(HeadReader.ofRequest(HeadLimits.DEFAULT), request).head());
      NegotiatedHandshake negotiated =
          client.accept(
              wire.read(HeadReader.ofResponse(HeadLimits.DEFAULT), written(answer)).head());

      assertThat(negotiated.subprotocol()).isEqualTo("chat");
      assertThat(negotiated.extensions())
          .extracting(WebSocketExtension::name)
          .containsExactly("second", "first");
    }
  }

  @Nested
  @DisplayName("RFC 6455 §4.2.1: reading the request")
  class Request {
    @Test
    void methodMustBeGet() {
      assertRefused(
          plain.answer(request("POST / HTTP/1.1\nHost: h\n")),
          "method \"POST\", expected GET",
          """
          HTTP/1.1 405 Method Not Allowed
          Allow: GET
          Connection: close
          """);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Host: h\nHost: h\n"})
    void hostMustBeOne(String lines) {
      assertRefused(
          plain.answer(request("GET / HTTP/1.1\n" + lines + UPGRADE + VERSION + KEY)),
          "expected one Host header",
          """
          HTTP/1.1 400 Bad Request
          Connection: close
          """);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Content-Length: 5\n", "Transfer-Encoding: chunked\n"})
    void bodyIsRefused(String line) {
      assertRefused(
          plain.answer(asking(line)),
          "expected no body",
          """
          HTTP/1.1 400 Bad Request
          Connection: close
          """);
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "",
          "Upgrade: websocket2\nConnection: Upgrade\n",
          "Upgrade: websocket\nConnection: notupgrade\n"
        })
    void upgradeMustBeAskedFor(String lines) {
      assertRefused(
          plain.answer(request("GET / HTTP/1.1\nHost: h\n" + lines + VERSION + KEY)),
          "expected Upgrade: websocket and Connection: Upgrade",
          """
          HTTP/1.1 426 Upgrade Required
          Upgrade: websocket
          Sec-WebSocket-Version: 13
          Connection: Upgrade, close
          """);
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "",
          "Sec-WebSocket-Version: 8\n",
          "Sec-WebSocket-Version: 13, 8\n",
          "Sec-WebSocket-Version: 13\nSec-WebSocket-Version: 13\n"
        })
    void versionMustBe13(String lines) {
      assertRefused(
          plain.answer(request("GET / HTTP/1.1\nHost: h\n" + UPGRADE + lines + KEY)),
          "expected Sec-WebSocket-Version: 13",
          """
          HTTP/1.1 426 Upgrade Required
          Upgrade: websocket
          Sec-WebSocket-Version: 13
          Connection: Upgrade, close
          """);
    }

    @ParameterizedTest
    @CsvSource({
      "'',                               expected one Sec-WebSocket-Key header",
      "'Sec-WebSocket-Key: a\nSec-WebSocket-Key: a\n', expected one Sec-WebSocket-Key header",
      "'Sec-WebSocket-Key: a\n', 'Sec-WebSocket-Key: \"a\", expected the base64 of 16 bytes'",
    })
    void keyMustBeOne(String lines, String why) {
      assertRefused(
          plain.answer(request("GET / HTTP/1.1\nHost: h\n" + UPGRADE + VERSION + lines)),
          why,
          """
          HTTP/1.1 400 Bad Request
          Connection: close
          """);
    }

    @Test
    void extensionsMustKeepToTheGrammar() {
      assertRefused(
          choosy.answer(asking("Sec-WebSocket-Extensions: first;\n")),
          "Sec-WebSocket-Extensions: expected a token at index 6, got the end",
          """
          HTTP/1.1 400 Bad Request
          Connection: close
          """);
    }
  }

  @Nested
  @DisplayName("RFC 6455 §4.2.2: the answer")
  class TheAnswer {
    @Test
    void plainRequestIsAccepted() {
      assertThat(plain.answer(asking("Content-Length: 0\n")))
          .isEqualTo(
              new Answer.Accepted(
                  new ResponseHead(
                      101,
                      "Switching Protocols",
                      Headers.builder()
                          .add("Upgrade", "websocket")
                          .add("Connection", "Upgrade")
                          .add("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
                          .build()),
                  new NegotiatedHandshake(null, List.of())));
    }

    @Test
    void listsMayHoldMoreAndGoOverLines() {
      Answer answer =
          plain.answer(
              request(
                  """
                  GET / HTTP/1.1
                  host: h
                  UPGRADE: h2c, WebSocket
                  connection: keep-alive
                  connection: uPGRADE
                  """
                      + VERSION
                      + KEY));

      assertThat(answer).isInstanceOf(Answer.Accepted.class);
    }

    @Test
    void extensionsAndSubprotocolAreAnswered() {
      Answer answer =
          choosy.answer(
              asking(
                  """
                  Sec-WebSocket-Protocol: ftp, chat
                  Sec-WebSocket-Protocol: superchat
                  Sec-WebSocket-Extensions: unknown, second; a="1", first
                  """));

      assertThat(written(answer))
          .isEqualTo(
              lines(
                  """
                  HTTP/1.1 101 Switching Protocols
                  Upgrade: websocket
                  Connection: Upgrade
                  Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=
                  Sec-WebSocket-Protocol: chat
                  Sec-WebSocket-Extensions: second; a=1, first

                  """));
    }

    @Test
    void unknownSubprotocolIsNotAnswered() {
      assertThat(accepted("Sec-WebSocket-Protocol: Chat\n").subprotocol()).isNull();
    }

    @Test
    void ownSubprotocolsMustBeTokens() {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new ServerHandshake(List.of("a b"), List.of()))
          .withMessageStartingWith("subprotocol has the character U+0020 at index 1");
    }
  }

  @Nested
  @DisplayName("RFC 6455 §9.1: extensions")
  class Extensions {
    @Test
    void firstOfferThatWillDoIsTakenOncePerName() {
      NegotiatedHandshake negotiated =
          accepted("Sec-WebSocket-Extensions: first; bad, first; a, first; b\n");

      assertThat(negotiated.extensions()).hasSize(1).first().isSameAs(first.made().get(0));
      assertThat(first.made()).hasSize(1);
      assertThat(first.made().get(0).ends()).isEmpty();
    }

    @Test
    void secondExtensionWithTheSameReservedBitIsDeclined() {
      NegotiatedHandshake negotiated = accepted("Sec-WebSocket-Extensions: first, rival\n");

      assertThat(negotiated.extensions())
          .extracting(WebSocketExtension::name)
          .containsExactly("first");
      assertThat(rival.made().get(0).ends()).containsExactly("incoming", "outgoing");
    }

    @Test
    void brokenFactoryEndsWhatWasMade() {
      RequestHead request = asking("Sec-WebSocket-Extensions: first, second; broken\n");

      assertThatIllegalStateException()
          .isThrownBy(() -> choosy.answer(request))
          .withMessage("broken factory");
      assertThat(first.made().get(0).ends()).containsExactly("incoming", "outgoing");
    }
  }
}
