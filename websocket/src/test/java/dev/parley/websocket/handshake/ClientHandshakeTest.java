// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.handshake;

import static dev.parley.websocket.WebSocketExtension.ReservedBit.RSV1;
import static dev.parley.websocket.WebSocketExtension.ReservedBit.RSV2;
import static dev.parley.websocket.handshake.HandshakeFailure.BAD_ACCEPT;
import static dev.parley.websocket.handshake.HandshakeFailure.BAD_CONNECTION;
import static dev.parley.websocket.handshake.HandshakeFailure.BAD_EXTENSION;
import static dev.parley.websocket.handshake.HandshakeFailure.BAD_SUBPROTOCOL;
import static dev.parley.websocket.handshake.HandshakeFailure.BAD_UPGRADE;
import static dev.parley.websocket.handshake.HandshakeFailure.BODY_ON_101;
import static dev.parley.websocket.handshake.HandshakeFailure.STATUS_NOT_101;
import static dev.parley.websocket.handshake.Wire.lines;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import dev.parley.websocket.WebSocketExtension;
import dev.parley.websocket.extension.WebSocketExtensions;
import dev.parley.websocket.extension.WebSocketExtensionsConfig;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssertAlternative;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClientHandshakeTest {
  private static final byte[] NONCE = "the sample nonce".getBytes(ISO_8859_1);
  private static final String ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

  private final FakeExtension.Factory first = new FakeExtension.Factory("first", RSV1);
  private final FakeExtension.Factory second = new FakeExtension.Factory("second", RSV2);
  private final FakeExtension.Factory rival = new FakeExtension.Factory("rival", RSV1);

  private final ClientHandshake plain = new ClientHandshake(NONCE, List.of(), List.of());
  private final ClientHandshake choosy =
      new ClientHandshake(
          NONCE,
          List.of("chat", "superchat"),
          List.of(first.installed(), second.installed(), rival.installed()));

  /** Reads an answer as it comes over the wire; the marker stands for the right Accept. */
  private static ResponseHead response(String text) {
    return Wire.WHOLE
        .read(
            HeadReader.ofResponse(HeadLimits.DEFAULT),
            lines(text.replace("<accept>", ACCEPT) + "\n"))
        .head();
  }

  /** Returns a 101 that agrees with everything, with further lines. */
  private static ResponseHead switching(String... lines) {
    return response(
        """
        HTTP/1.1 101 Switching Protocols
        Upgrade: websocket
        Connection: Upgrade
        Sec-WebSocket-Accept: <accept>
        """
            + String.join("", Stream.of(lines).map(line -> line + "\n").toList()));
  }

  private static ThrowableAssertAlternative<HandshakeException> assertRefused(
      ClientHandshake client, HandshakeFailure failure, ResponseHead response) {
    return assertThatExceptionOfType(HandshakeException.class)
        .isThrownBy(() -> client.accept(response))
        .returns(failure, HandshakeException::failure)
        .returns(response, HandshakeException::response)
        .withMessageEndingWith(" (" + failure.section() + ")");
  }

  private static ClientHandshake deflating() {
    WebSocketExtensionsConfig extensions =
        new WebSocketExtensionsConfig()
            .install(WebSocketExtensions.perMessageDeflate())
            .install(WebSocketExtensions.deflate());
    return new ClientHandshake(NONCE, List.of(), extensions.installed());
  }

  @Nested
  @DisplayName("RFC 6455 §4.1: the request")
  class Request {
    @Test
    void headersAskForTheUpgrade() {
      assertThat(plain.headers())
          .isEqualTo(
              Headers.builder()
                  .add("Upgrade", "websocket")
                  .add("Connection", "Upgrade")
                  .add("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
                  .add("Sec-WebSocket-Version", "13")
                  .build());
    }

    @Test
    void headersOfferSubprotocolsAndExtensionsInOrder() {
      assertThat(choosy.headers())
          .isEqualTo(
              plain.headers().toBuilder()
                  .add("Sec-WebSocket-Protocol", "chat, superchat")
                  .add("Sec-WebSocket-Extensions", "first, second, rival")
                  .build());
    }

    @ParameterizedTest
    @CsvSource({
      "'',      'subprotocol is empty, expected a token'",
      "'a b',   'subprotocol has the character U+0020 at index 1'",
      "'a,b',   'subprotocol has the character U+002C at index 1'",
      "'a\r\n', 'subprotocol has the character U+000D at index 1'",
    })
    void subprotocolsMustBeTokens(String subprotocol, String message) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new ClientHandshake(NONCE, List.of(subprotocol), List.of()))
          .withMessageStartingWith(message);
    }

    @Test
    void subprotocolsMustDiffer() {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new ClientHandshake(NONCE, List.of("a", "b", "a"), List.of()))
          .withMessage("a subprotocol is offered twice");
    }
  }

  @Nested
  @DisplayName("RFC 6455 §4.1: status, Upgrade and Connection")
  class Upgrade {
    @ParameterizedTest
    @ValueSource(
        strings = {
          """
          HTTP/1.1 101 Switching Protocols
          Upgrade: websocket
          Connection: Upgrade
          Sec-WebSocket-Accept: <accept>
          """,
          """
          HTTP/1.1 101 Web Socket Protocol Handshake
          upgrade: WebSocket
          CONNECTION: keep-alive, Upgrade
          sEC-wEBsOCKET-aCCEPT:  \t<accept>\t\040
          """,
          """
          HTTP/1.1 101 Switching Protocols
          Connection: keep-alive
          Connection: ,uPGRADE,
          Upgrade: WEBSOCKET
          Content-Length: 0
          Sec-WebSocket-Accept: <accept>
          Sec-WebSocket-Version: 13
          """
        })
    void agreeingAnswersAreAccepted(String text) {
      assertThat(plain.accept(response(text))).isEqualTo(new NegotiatedHandshake(null, List.of()));
    }

    @ParameterizedTest
    @ValueSource(ints = {200, 204, 301, 400, 401, 403, 404, 426, 429, 500, 503})
    void anotherStatusIsARefusal(int status) {
      ResponseHead refusal = response("HTTP/1.1 " + status + " No\nRetry-After: 1\n");

      assertRefused(plain, STATUS_NOT_101, refusal)
          .withMessage("status " + status + ", expected 101 (RFC 6455 §4.1)");
    }

    @ParameterizedTest
    @CsvSource({
      "Connection: Upgrade,                       missing",
      "'Upgrade:\nConnection: Upgrade',             '\"\"'",
      "'Upgrade: websocket2\nConnection: Upgrade',  '\"websocket2\"'",
      "'Upgrade: h2c\nUpgrade: websocket\nConnection: Upgrade', '\"h2c, websocket\"'",
    })
    void upgradeMustBeWebsocket(String lines, String got) {
      assertRefused(
              plain,
              BAD_UPGRADE,
              response("HTTP/1.1 101 S\n" + lines + "\nSec-WebSocket-Accept: <accept>\n"))
          .withMessageStartingWith("Upgrade: " + got + ", expected websocket");
    }

    @ParameterizedTest
    @CsvSource({
      "Upgrade: websocket,                          missing",
      "'Upgrade: websocket\nConnection: notupgrade',  '\"notupgrade\"'",
      "'Upgrade: websocket\nConnection: up\nConnection: grade',  '\"up, grade\"'",
    })
    void connectionMustListUpgrade(String lines, String got) {
      assertRefused(
              plain,
              BAD_CONNECTION,
              response("HTTP/1.1 101 S\n" + lines + "\nSec-WebSocket-Accept: <accept>\n"))
          .withMessageStartingWith("Connection: " + got + ", expected Upgrade");
    }
  }

  @Nested
  @DisplayName("RFC 9110 §8.6: no body on a 101")
  class Body {
    @ParameterizedTest
    @CsvSource({
      "Content-Length: 5,             'Content-Length on a 101 response: \"5\"'",
      "Content-Length: 00,            'Content-Length on a 101 response: \"00\"'",
      "Content-Length:,               'Content-Length on a 101 response: \"\"'",
      "'Content-Length: 0\ncontent-length: 5', 'Content-Length on a 101 response: \"5\"'",
      "transfer-encoding: chunked,    Transfer-Encoding on a 101 response",
    })
    void bodyIsRefused(String line, String message) {
      assertRefused(plain, BODY_ON_101, switching(line)).withMessageStartingWith(message);
    }
  }

  @Nested
  @DisplayName("RFC 6455 §4.1: Sec-WebSocket-Accept")
  class Accept {
    @ParameterizedTest
    @ValueSource(
        strings = {
          "",
          "t3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
          "S3PPLMBITXAQ9KYGZZHZRBK+XOO=",
          "s3pPLMBiTxaQ9kYGzzhZRbK+xOo",
          "s3pPLMBiTxaQ 9kYGzzhZRbK+xOo=",
          "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=, s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
          "\"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\""
        })
    void anotherValueIsRefused(String value) {
      Headers headers =
          switching().headers().toBuilder().set("Sec-WebSocket-Accept", value).build();

      assertRefused(plain, BAD_ACCEPT, new ResponseHead(101, "", headers))
          .withMessage(
              "Sec-WebSocket-Accept: %s, expected %s (RFC 6455 §4.1)",
              HeaderGrammar.show(value), ACCEPT);
    }

    @Test
    void missingValueIsRefused() {
      Headers headers = switching().headers().toBuilder().remove("Sec-WebSocket-Accept").build();

      assertRefused(plain, BAD_ACCEPT, new ResponseHead(101, "", headers))
          .withMessageStartingWith("Sec-WebSocket-Accept: missing, expected");
    }

    @ParameterizedTest
    @ValueSource(strings = {ACCEPT, "t3pPLMBiTxaQ9kYGzzhZRbK+xOo="})
    void secondValueIsRefused(String value) {
      assertRefused(plain, BAD_ACCEPT, switching("Sec-WebSocket-Accept: " + value));
    }
  }

  @Nested
  @DisplayName("RFC 6455 §4.1: Sec-WebSocket-Protocol")
  class Subprotocol {
    @Test
    void offeredSubprotocolIsTaken() {
      assertThat(choosy.accept(switching("Sec-WebSocket-Protocol: superchat")).subprotocol())
          .isEqualTo("superchat");
    }

    @Test
    void serverMayChooseNone() {
      assertThat(choosy.accept(switching()).subprotocol()).isNull();
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "Sec-WebSocket-Protocol: ftp",
          "Sec-WebSocket-Protocol: Chat",
          "Sec-WebSocket-Protocol:",
          "Sec-WebSocket-Protocol: chat, superchat",
          "Sec-WebSocket-Protocol: chat\nSec-WebSocket-Protocol: superchat",
          "Sec-WebSocket-Protocol: chat\nSec-WebSocket-Protocol: chat"
        })
    void anythingElseIsRefused(String lines) {
      assertRefused(choosy, BAD_SUBPROTOCOL, switching(lines))
          .withMessageContaining(", expected one that was offered");
    }

    @Test
    void unrequestedSubprotocolIsRefused() {
      assertRefused(plain, BAD_SUBPROTOCOL, switching("Sec-WebSocket-Protocol: chat"))
          .withMessageStartingWith(
              "Sec-WebSocket-Protocol: \"chat\", expected one that was offered");
    }

    @Test
    void longValueIsRefusedInLinearTime() {
      ResponseHead hostile = switching("Sec-WebSocket-Protocol: b" + " ".repeat(8000) + "x");

      assertTimeout(
          Duration.ofSeconds(5),
          () -> {
            for (int i = 0; i < 1000; i++) {
              assertRefused(choosy, BAD_SUBPROTOCOL, hostile);
            }
          });
    }
  }

  @Nested
  @DisplayName("RFC 6455 §9.1: Sec-WebSocket-Extensions")
  class Extensions {
    @Test
    void orderIsThatOfTheAnswer() {
      NegotiatedHandshake negotiated =
          choosy.accept(
              switching(
                  "Sec-WebSocket-Extensions: second", "Sec-WebSocket-Extensions: first; a=1"));

      assertThat(negotiated.extensions())
          .extracting(WebSocketExtension::name)
          .containsExactly("second", "first");
      assertThat(first.made().get(0).ends()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
      "'third',         'extension \"third\" was not offered'",
      "'FIRST',         'extension \"FIRST\" was not offered'",
      "'second, second', 'extension \"second\" stands there twice'",
      "'second, first, rival', 'extension \"rival\" has a reserved bit that another one has'",
      "'second; bad',   'extension \"second\": unknown parameter bad'",
      "'second=1',      'Sec-WebSocket-Extensions: expected a comma or a semicolon at index 6'",
      "'',              'Sec-WebSocket-Extensions: expected an extension, got none'",
    })
    void anythingElseIsRefused(String answer, String message) {
      assertRefused(choosy, BAD_EXTENSION, switching("Sec-WebSocket-Extensions: " + answer))
          .withMessageStartingWith(message);
    }

    @Test
    void whatTheFactorySaidIsTheCause() {
      assertRefused(choosy, BAD_EXTENSION, switching("Sec-WebSocket-Extensions: first; bad"))
          .withCause(new IllegalArgumentException("unknown parameter bad"));
    }

    @ParameterizedTest
    @ValueSource(
        strings = {"first, second, third", "first, second, second; bad", "first, second, rival"})
    void whatWasMadeIsEndedWhenTheHandshakeFails(String answer) {
      assertRefused(choosy, BAD_EXTENSION, switching("Sec-WebSocket-Extensions: " + answer));

      assertThat(List.of(first, second, rival))
          .flatExtracting(FakeExtension.Factory::made)
          .hasSizeGreaterThanOrEqualTo(2)
          .allSatisfy(made -> assertThat(made.ends()).containsExactly("incoming", "outgoing"));
    }

    @Test
    void brokenFactoryIsNotThePeersFaultButEndsWhatWasMade() {
      ResponseHead answer = switching("Sec-WebSocket-Extensions: first, second; broken");

      assertThatIllegalStateException()
          .isThrownBy(() -> choosy.accept(answer))
          .withMessage("broken factory");
      assertThat(first.made().get(0).ends()).containsExactly("incoming", "outgoing");
    }

    @Test
    void factoryThatOfferedNothingGetsNoAnswer() {
      FakeExtension.Factory silent = FakeExtension.Factory.silent("silent");
      ClientHandshake client = new ClientHandshake(NONCE, List.of(), List.of(silent.installed()));

      assertThat(client.headers()).isEqualTo(plain.headers());
      assertRefused(client, BAD_EXTENSION, switching("Sec-WebSocket-Extensions: silent"));
    }

    @Test
    void longParameterIsCutInTheMessage() {
      assertRefused(
              deflating(),
              BAD_EXTENSION,
              switching("Sec-WebSocket-Extensions: permessage-deflate; " + "x".repeat(8000)))
          .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(300));
    }
  }

  @Nested
  @DisplayName("RFC 7692 §7.1: permessage-deflate")
  class PerMessageDeflate {
    @ParameterizedTest
    @ValueSource(
        strings = {
          "permessage-deflate",
          "permessage-deflate; server_max_window_bits=8; client_max_window_bits=\"15\"",
          "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
        })
    void goodAnswerIsTaken(String answer) {
      NegotiatedHandshake negotiated =
          deflating().accept(switching("Sec-WebSocket-Extensions: " + answer));

      assertThat(negotiated.extensions())
          .extracting(WebSocketExtension::name)
          .containsExactly("permessage-deflate");
      negotiated.extensions().forEach(WebSocketExtension::endIncoming);
      negotiated.extensions().forEach(WebSocketExtension::endOutgoing);
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "permessage-deflate, permessage-deflate",
          "permessage-deflate, deflate-frame",
          "deflate-stream",
          "permessage-deflate; unknown",
          "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
          "permessage-deflate; server_no_context_takeover=1",
          "permessage-deflate; client_max_window_bits",
          "permessage-deflate; server_max_window_bits",
          "permessage-deflate; server_max_window_bits=7",
          "permessage-deflate; server_max_window_bits=16",
          "permessage-deflate; server_max_window_bits=0",
          "permessage-deflate; server_max_window_bits=-1",
          "permessage-deflate; server_max_window_bits=08",
          "permessage-deflate; server_max_window_bits=\"\"",
          "permessage-deflate; server_max_window_bits=",
          "permessage-deflate; server_max_window_bits=1e3",
          "permessage-deflate; server_max_window_bits=99999999999"
        })
    void anyOtherAnswerIsRefused(String answer) {
      assertRefused(deflating(), BAD_EXTENSION, switching("Sec-WebSocket-Extensions: " + answer));
    }
  }
}
