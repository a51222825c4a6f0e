// SPDX-License-Identifier: Apache-2.0
package dev.parley.exam;

import static dev.parley.exam.Trial.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.parley.client.ClosedReceiveChannelException;
import dev.parley.client.DefaultClientWebSocketSession;
import dev.parley.client.HttpClient;
import dev.parley.client.HttpMethod;
import dev.parley.client.HttpRequestBuilder;
import dev.parley.client.WebSocketSession;
import dev.parley.client.WebSockets;
import dev.parley.client.transport.Destination;
import dev.parley.testkit.Scenario;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketClosedException;
import dev.parley.websocket.WebSocketException;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Callers who give the API what it cannot use. */
final class AbuseTest {
  @Nested
  class Requests {
    private final Trial trial = Trial.begin();

    @AfterEach
    void end() {
      trial.close();
    }

    /** The call throws, and no socket was opened for it. */
    private static void isRefused(String path, Consumer<HttpRequestBuilder> abuse)
        throws IOException {
      CountingConnector connector = new CountingConnector();
      try (BareServer server = BareServer.start(connection -> {});
          HttpClient client =
              HttpClient.create(config -> config.connector(connector).install(WebSockets.PLUGIN))) {
        assertThatIllegalArgumentException()
            .isThrownBy(
                () ->
                    client.webSocketSession(
                        request -> {
                          request.url(server.url() + path);
                          abuse.accept(request);
                        }));
        assertThat(connector.made()).isZero();
      }
    }

    static Stream<Named<Consumer<HttpRequestBuilder>>> abuses() {
      return Stream.of(
          abuse("CR LF in a value", request -> request.header("X", "a\r\nY: b")),
          abuse("CR in a value", request -> request.header("X", "a\rb")),
          abuse("LF in a value", request -> request.header("X", "a\nb")),
          abuse("NUL in a value", request -> request.header("X", "a\u0000b")),
          abuse("DEL in a value", request -> request.header("X", "a\u007fb")),
          abuse("text beyond ISO 8859-1 in a value", request -> request.header("X", "\u20ac")),
          abuse("LF in a value that is set", request -> request.setHeader("X", "a\nb")),
          abuse("CR LF in a name", request -> request.header("X\r\nY", "a")),
          abuse("space in a name", request -> request.header("X Y", "a")),
          abuse("colon in a name", request -> request.header("X:", "a")),
          abuse("empty name", request -> request.header("", "a")),
          abuse("name beyond ASCII", request -> request.header("X\u00e4", "a")),
          abuse("CR LF in a subprotocol", request -> request.subprotocols("a\r\nX: b")),
          abuse("space in a subprotocol", request -> request.subprotocols("a b")),
          abuse("comma in a subprotocol", request -> request.subprotocols("a,b")),
          abuse("empty subprotocol", request -> request.subprotocols("")),
          abuse("subprotocol twice", request -> request.subprotocols("a", "a")),
          abuse("CR LF in Host", request -> request.header("Host", "a\r\nX: b")),
          abuse("NUL in Cookie", request -> request.header("Cookie", "a=\u0000")),
          abuse("CR LF in Cookie", request -> request.header("Cookie", "a=b\r\nX: y")),
          abuse("LF in Origin", request -> request.header("Origin", "http://a\n")),
          abuse("CR in User-Agent", request -> request.header("User-Agent", "a\rb")),
          abuse("CR LF in the host", request -> request.host("a\r\nb")),
          abuse("space in the host", request -> request.host("a b")),
          abuse("slash in the host", request -> request.host("a/b")));
    }

    private static Named<Consumer<HttpRequestBuilder>> abuse(
        String what, Consumer<HttpRequestBuilder> abuse) {
      return Named.of(what, abuse);
    }

    @Row(75)
    @ParameterizedTest
    @MethodSource("abuses")
    void whatWouldBreakTheHeadApart(Consumer<HttpRequestBuilder> abuse) throws IOException {
      isRefused("", abuse);
    }

    @Row(76)
    @ParameterizedTest
    @ValueSource(
        strings = {
          "Sec-WebSocket-Key",
          "sec-websocket-version",
          "SEC-WEBSOCKET-PROTOCOL",
          "Sec-WebSocket-Extensions",
          "Sec-WebSocket-Accept",
          "Sec-WebSocket-Anything",
          "Connection",
          "Upgrade",
          "Content-Length",
          "Transfer-Encoding"
        })
    void headerOfTheHandshakeItself(String name) throws IOException {
      isRefused("", request -> request.header(name, "x"));
      isRefused("", request -> request.setHeader(name, "x"));
    }

    @Row(76)
    @Test
    void hostTwice() throws IOException {
      isRefused("", request -> request.header("Host", "a").header("host", "b"));
      trial.server.enqueue(Scenario.accept());
      trial
          .client()
          .webSocketSession(trial.server.url(), request -> request.header("Host", "other.example"))
          .close();
      assertThat(trial.server.takeHandshake(SOON).request().headers().getAll("Host"))
          .containsExactly("other.example");
    }

    @Row(76)
    @ParameterizedTest
    @ValueSource(
        strings = {
          "a\r\nX: y",
          "a\rb",
          "a\nb",
          "a\u0000b",
          "a\tb",
          "a?b=\r\nX: y",
          "a\u0085b",
          "a\ud800b"
        })
    void controlCharacterInPathOrQuery(String path) throws IOException {
      isRefused("", request -> request.url("ws://localhost:1/" + path));
      isRefused("", request -> request.path(path));
    }

    @Row(76)
    @ParameterizedTest
    @CsvSource({
      "/a b, /a%20b",
      "/a?b c, /a?b%20c",
      "/\u00fc/\u20ac, /%C3%BC/%E2%82%AC",
      "/\ud83d\ude00, /%F0%9F%98%80",
      "/?q=\u00fc, /?q=%C3%BC",
      "/%41%zz%, /%41%25zz%25",
      "/a\\b, /a%5Cb",
      "/<>{}|^\"`[], /%3C%3E%7B%7D%7C%5E%22%60%5B%5D"
    })
    void otherCharactersArePercentEncoded(String path, String encoded) {
      trial.server.enqueue(Scenario.accept());
      trial.client().webSocketSession(trial.server.url(path)).close();
      assertThat(trial.server.takeHandshake(SOON).request().target()).isEqualTo(encoded);
    }

    @Row(77)
    @ParameterizedTest
    @ValueSource(
        strings = {
          "ws://a@b\\@c",
          "ws://a@b",
          "ws://user:password@localhost",
          "ws://a\\b",
          "ws://h?#x",
          "ws://h#",
          "ws://h/#fragment",
          "ws://h:0",
          "ws://h:65536",
          "ws://h:-1",
          "ws://h:+80",
          "ws://h:8 0",
          "ws://h:99999999999",
          "ws://",
          "ws:///path",
          "ws://:80",
          "ws://?q",
          "ws://[::1%25eth0]",
          "ws://[::1%eth0]",
          "ws://[::1",
          "ws://[]",
          "ws://::1]:80",
          "ws://a..b",
          "ws://.a",
          "ws://1.2.3",
          "ws://256.1.1.1",
          "ws://0x7f000001",
          "ws://a%62",
          "wss:host",
          "ws:/host",
          "//host",
          "ftp://host",
          "javascript:alert(1)",
          "h\u2044x://a",
          "ws://a\u2100b",
          "ws://\uff0f"
        })
    void urlThatIsNone(String url) {
      AtomicReference<Destination> connected = new AtomicReference<>();
      try (HttpClient client = nowhere(connected)) {
        assertThatIllegalArgumentException()
            .isThrownBy(() -> client.webSocketSession(url))
            .withMessageNotContaining("password");
        assertThat(connected).hasValue(null);
      }
    }

    @Row(77)
    @ParameterizedTest
    @CsvSource({
      "ws://localhost, localhost, 80, localhost",
      "wss://localhost, localhost, 443, localhost",
      "wss://EXAMPLE.com:443, example.com, 443, example.com",
      "ws://example.com.:8080, example.com, 8080, example.com:8080",
      "wss://b\u00fccher.example, xn--bcher-kva.example, 443, xn--bcher-kva.example",
      "ws://[::1]:8080, ::1, 8080, [::1]:8080",
      "ws://[2001:DB8::1], 2001:db8::1, 80, [2001:db8::1]",
      "http://127.0.0.1, 127.0.0.1, 80, 127.0.0.1"
    })
    void oneHostForLookUpTlsAndHeader(String url, String host, int port, String header) {
      AtomicReference<Destination> connected = new AtomicReference<>();
      Destination here = new Destination(false, "localhost", trial.server.port());
      try (HttpClient client =
          HttpClient.create(
              config ->
                  config
                      .install(WebSockets.PLUGIN)
                      .connector(
                          sockets ->
                              (destination, deadline) -> {
                                connected.set(destination);
                                return sockets.connect(here, deadline);
                              }))) {
        client.webSocket(url, session -> {});
      }
      assertThat(connected.get()).isEqualTo(new Destination(url.startsWith("wss"), host, port));
      assertThat(trial.server.takeHandshake(SOON).request().headers().getAll("Host"))
          .containsExactly(header);
    }

    /** A client whose connections lead nowhere, and tell where they should have led. */
    private static HttpClient nowhere(AtomicReference<Destination> connected) {
      return HttpClient.create(
          config ->
              config
                  .install(WebSockets.PLUGIN)
                  .connector(
                      sockets ->
                          (destination, deadline) -> {
                            connected.set(destination);
                            throw new IOException("nowhere");
                          }));
    }

    @Test
    @Row(77)
    void schemeOfTheOtherMethod() {
      AtomicReference<Destination> connected = new AtomicReference<>();
      try (HttpClient client = nowhere(connected)) {
        assertThatIllegalArgumentException().isThrownBy(() -> client.ws("wss://h", session -> {}));
        assertThatIllegalArgumentException().isThrownBy(() -> client.wss("ws://h", session -> {}));
        assertThatIllegalArgumentException()
            .isThrownBy(() -> client.webSocket(HttpMethod.POST, "h", 80, "/", session -> {}));
        assertThat(connected).hasValue(null);
      }
    }
  }

  @Nested
  class Sessions {
    private final Trial trial = Trial.begin();

    @AfterEach
    void end() {
      trial.close();
    }

    static Stream<Named<Consumer<WebSocketSession>>> mistakes() {
      return Stream.of(
          mistake("lone surrogate", session -> session.send("a\ud800b")),
          mistake(
              "text that is no UTF-8", session -> session.send(new Frame.Text(new byte[] {-1}))),
          mistake(
              "text that ends inside a character",
              session -> session.send(new Frame.Text(new byte[] {(byte) 0xc3}))),
          mistake(
              "reserved bit without an extension",
              session -> session.send(new Frame.Binary(new byte[0], true, true, false, false))),
          mistake("Ping of 126 bytes", session -> session.send(new Frame.Ping(new byte[126]))),
          mistake(
              "reason of 124 bytes",
              session -> session.close(new CloseReason(1000, "x".repeat(124)))),
          mistake(
              "reason of 42 characters of three bytes",
              session -> session.close(new CloseReason(1000, "\u20ac".repeat(42)))),
          mistake(
              "reason with a lone surrogate",
              session -> session.close(new CloseReason(1000, "\udc00"))),
          mistake(
              "Close frame with a payload of one byte",
              session -> session.send(new Frame.Close(new byte[1]))),
          mistake(
              "Close frame with a code that must not be sent",
              session -> session.send(new Frame.Close(new byte[] {3, (byte) 0xed}))));
    }

    private static Named<Consumer<WebSocketSession>> mistake(
        String what, Consumer<WebSocketSession> mistake) {
      return Named.of(what, mistake);
    }

    @Row(85)
    @ParameterizedTest
    @MethodSource("mistakes")
    void mistakeIsAnIllegalArgumentAndChangesNothing(Consumer<WebSocketSession> mistake) {
      DefaultClientWebSocketSession session = trial.open(Scenario.accept().echo());
      assertThatIllegalArgumentException().isThrownBy(() -> mistake.accept(session));
      assertUnchanged(session);
    }

    @Row(85)
    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_536 + 1000})
    void closeCodeThatMustNotBeSent(int code) {
      DefaultClientWebSocketSession session = trial.open(Scenario.accept().echo());
      assertThatIllegalArgumentException()
          .isThrownBy(() -> session.close(new CloseReason(code, "")));
      assertUnchanged(session);
    }

    @Row(85)
    @Test
    @SuppressWarnings({"NullAway", "DataFlowIssue"}) // the abuse itself
    void nullIsRefusedAndChangesNothing() {
      DefaultClientWebSocketSession session = trial.open(Scenario.accept().echo());
      Stream.<Runnable>of(
              () -> session.send((String) null),
              () -> session.send((byte[]) null),
              () -> session.send((Frame) null),
              () -> session.outgoing().send(null),
              () -> session.outgoing().trySend(null),
              () -> session.close(null),
              () -> session.incoming().receive(null),
              () -> trial.client().webSocketSession((String) null),
              () -> trial.client().webSocket(trial.server.url(), null))
          .forEach(call -> assertThatNullPointerException().isThrownBy(call::run));
      assertUnchanged(session);
    }

    @Row(85)
    @Test
    void emptyMessages() {
      DefaultClientWebSocketSession session = trial.open(Scenario.accept().echo());
      for (Frame empty : List.of(new Frame.Text(""), new Frame.Binary(new byte[0]))) {
        session.send(empty);
        assertThat(session.incoming().receive(SOON)).contains(empty);
      }
      session.send(new Frame.Ping(new byte[0]));
      assertUnchanged(session);
    }

    private static void assertUnchanged(DefaultClientWebSocketSession session) {
      session.send("still here");
      assertThat(session.incoming().receive(SOON)).contains(new Frame.Text("still here"));
      assertThat(session.closeReason()).isNotDone();
      session.close();
    }

    @Row(85)
    @Test
    void afterTheEnd() {
      DefaultClientWebSocketSession session =
          trial.open(Scenario.accept().send("one").send("two").close(CloseReason.GOING_AWAY));
      assertThat(session.closeReason()).succeedsWithin(SOON).isEqualTo(CloseReason.GOING_AWAY);
      session.close();
      session.close(new CloseReason(4000, "again"));
      for (Consumer<WebSocketSession> send :
          List.<Consumer<WebSocketSession>>of(
              s -> s.send("late"),
              s -> s.send(new Frame.Ping(new byte[0])),
              s -> s.send(new Frame.Close()),
              s -> s.outgoing().send(new Frame.Text("late")),
              s -> s.outgoing().trySend(new Frame.Text("late")),
              s -> s.flush())) {
        assertThatExceptionOfType(WebSocketClosedException.class)
            .isThrownBy(() -> send.accept(session))
            .satisfies(
                e -> assertThat(e.closingHandshake().received()).isEqualTo(CloseReason.GOING_AWAY));
      }
      assertThat(session.incoming().receive()).isEqualTo(new Frame.Text("one"));
      assertThat(session.incoming().receive()).isEqualTo(new Frame.Text("two"));
      assertThat(session.incoming().receive()).isEqualTo(new Frame.Close(CloseReason.GOING_AWAY));
      for (int i = 0; i < 2; i++) {
        assertThatThrownBy(() -> session.incoming().receive())
            .isInstanceOf(ClosedReceiveChannelException.class);
        assertThatThrownBy(() -> session.incoming().receive(SOON))
            .isInstanceOf(ClosedReceiveChannelException.class);
        assertThatThrownBy(() -> session.incoming().tryReceive())
            .isInstanceOf(ClosedReceiveChannelException.class);
        assertThat(session.incoming()).isEmpty();
      }
      session.terminate();
      session.close();
      assertThat(session.closeReason()).isCompletedWithValue(CloseReason.GOING_AWAY);
    }

    @Row(85)
    @Test
    void afterTermination() {
      DefaultClientWebSocketSession session = trial.open(Scenario.accept().echo());
      session.terminate();
      session.terminate();
      session.close();
      assertThatThrownBy(() -> session.send("late")).isInstanceOf(WebSocketClosedException.class);
      assertThatThrownBy(() -> session.incoming().receive()).isInstanceOf(WebSocketException.class);
      assertThat(session.closeReason()).isCompletedWithValue(null);
    }
  }
}
