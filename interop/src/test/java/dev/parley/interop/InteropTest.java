// SPDX-License-Identifier: Apache-2.0
package dev.parley.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.parley.client.ClosedReceiveChannelException;
import dev.parley.client.DefaultClientWebSocketSession;
import dev.parley.client.HttpClient;
import dev.parley.client.WebSocketUpgradeException;
import dev.parley.client.WebSockets;
import dev.parley.client.transport.TlsOptions;
import dev.parley.testkit.TestCertificates;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketClosedException;
import dev.parley.websocket.WebSocketException;
import dev.parley.websocket.WebSocketExtension;
import dev.parley.websocket.extension.PerMessageDeflateConfig;
import dev.parley.websocket.extension.WebSocketExtensions;
import dev.parley.websocket.extension.WebSocketExtensionsConfig;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Our client talks with everybody else's servers. */
@ParameterizedClass(name = "{0}")
@MethodSource("encounters")
@Timeout(60)
final class InteropTest {
  @RegisterExtension static final Servers SERVERS = new Servers();

  private static final AtomicInteger IDS = new AtomicInteger();

  /** What the client offers. */
  enum Compression {
    NONE(""),
    PER_MESSAGE("permessage-deflate"),
    /** Nothing remembered from one message to the next, and the smallest window. */
    FRUGAL("permessage-deflate"),
    PER_FRAME("deflate-frame");

    private final String extension;

    Compression(String extension) {
      this.extension = extension;
    }

    void install(WebSocketExtensionsConfig extensions) {
      switch (this) {
        case NONE -> {}
        case PER_MESSAGE -> extensions.install(WebSocketExtensions.perMessageDeflate());
        case FRUGAL ->
            extensions.install(
                WebSocketExtensions.perMessageDeflate(),
                new PerMessageDeflateConfig()
                    .withServerNoContextTakeover(true)
                    .withClientNoContextTakeover(true)
                    .withClientMaxWindowBits(9)
                    .withCompressIfBiggerThan(0));
        case PER_FRAME -> extensions.install(WebSocketExtensions.deflate());
      }
    }
  }

  record Encounter(Peer peer, boolean secure, Compression compression) {
    @Override
    public String toString() {
      return peer + (secure ? ", TLS, " : ", plain, ") + compression;
    }
  }

  private final Encounter encounter;
  private final EchoServer server;
  private final String id = "parley-" + IDS.incrementAndGet();
  private final HttpClient client;

  InteropTest(Encounter encounter) {
    this.encounter = encounter;
    this.server = SERVERS.of(encounter.peer);
    this.client =
        HttpClient.create(
            config ->
                config
                    .tls(TlsOptions.DEFAULT.withContext(TestCertificates.clientContext()))
                    .install(
                        WebSockets.PLUGIN, ws -> ws.extensions(encounter.compression::install)));
  }

  static Stream<Encounter> encounters() {
    return Stream.of(Peer.values())
        .flatMap(
            peer ->
                Stream.of(Compression.values())
                    // Nobody else speaks it any more.
                    .filter(
                        compression -> compression != Compression.PER_FRAME || peer == Peer.NETTY)
                    .flatMap(
                        compression ->
                            Stream.of(
                                new Encounter(peer, false, compression),
                                new Encounter(peer, true, compression))));
  }

  @AfterEach
  void closeClient() {
    client.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 125, 126, 127, 65_535, 65_536, 1 << 20, 16 << 20})
  void everySizeComesBack(int size) {
    try (var session = open("echo")) {
      Frame text = new Frame.Text(text(size));
      session.send(text);
      assertSame(receive(session), text);

      Frame binary = new Frame.Binary(bytes(size));
      session.send(binary);
      assertSame(receive(session), binary);
    }
  }

  @Test
  void manyMessagesComeBackInOrder() throws InterruptedException {
    List<Frame> messages =
        IntStream.range(0, 500)
            .<Frame>mapToObj(
                n -> n % 3 == 0 ? new Frame.Binary(bytes(n * 7)) : new Frame.Text(text(n * 11)))
            .toList();
    try (var session = open("echo")) {
      Thread sender = Thread.ofVirtual().start(() -> messages.forEach(session::send));
      for (Frame message : messages) {
        assertSame(receive(session), message);
      }
      sender.join();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 5_000})
  void ourFragmentsAreOneMessage(int size) {
    try (var session = open("echo")) {
      // Jetty 12.1, told to forget what came before, does so at every final frame, a Ping's too.
      boolean forgetful =
          encounter.peer == Peer.JETTY && encounter.compression == Compression.FRUGAL;
      byte[] text = text(4 * size);
      for (int n = 0; n < 4; n++) { // cuts characters in two
        byte[] part = Arrays.copyOfRange(text, n * size, (n + 1) * size);
        session.send(new Frame.Text(part, n == 3, false, false, false));
        if (!forgetful) {
          session.send(new Frame.Ping(new byte[] {(byte) n}));
        }
      }
      assertSame(receive(session), new Frame.Text(text));

      byte[] bytes = bytes(3 * size);
      for (int n = 0; n < 3; n++) {
        byte[] part = Arrays.copyOfRange(bytes, n * size, (n + 1) * size);
        session.send(new Frame.Binary(part, n == 2, false, false, false));
      }
      assertSame(receive(session), new Frame.Binary(bytes));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 1_000})
  void theirFragmentsAreOneMessage(int size) {
    try (var session = open("fragments/" + size)) {
      Frame text = new Frame.Text(text(10 * size + 1));
      session.send(text);
      assertSame(receive(session), text);

      Frame binary = new Frame.Binary(bytes(10 * size + 1));
      session.send(binary);
      assertSame(receive(session), binary);
    }
  }

  @Test
  void theirPingIsAnswered() {
    try (var session = open("ping")) {
      session.send("are you there");
      assertSame(receive(session), new Frame.Text("pong are you there"));
    }
  }

  @Test
  void theyCloseFirst() {
    try (var session = open("close/4001/enough")) {
      CloseReason reason = new CloseReason(4001, "enough");
      session.send("x");

      Iterator<Frame> incoming = session.incoming().iterator();
      assertThat(incoming.next()).isEqualTo(new Frame.Close(reason));
      assertThat(incoming.hasNext()).isFalse();
      assertThat(session.closeReason().orTimeout(10, TimeUnit.SECONDS).join()).isEqualTo(reason);
      assertThat(server.closes().await(id)).isEqualTo(reason);
      assertThatThrownBy(() -> session.send("y")).isInstanceOf(WebSocketClosedException.class);
    }
  }

  @Test
  void weCloseFirst() {
    try (var session = open("echo")) {
      CloseReason reason = new CloseReason(4002, "done");
      session.send("x");
      assertThat(receive(session)).isEqualTo(new Frame.Text("x"));
      session.close(reason);

      assertThat(server.closes().await(id)).isEqualTo(reason);
      assertThat(session.closeReason().orTimeout(10, TimeUnit.SECONDS).join()).isEqualTo(reason);
      assertThat(receive(session)).isInstanceOf(Frame.Close.class);
      assertThatThrownBy(() -> session.incoming().receive())
          .isInstanceOf(ClosedReceiveChannelException.class);
      assertThatThrownBy(() -> session.send("y")).isInstanceOf(WebSocketClosedException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"fin", "rst"})
  void anAbruptEndIsAnError(String how) {
    try (var session = open("cut/" + how)) {
      session.send("x");
      assertThat(receive(session)).isEqualTo(new Frame.Text("x"));
      assertThatThrownBy(() -> receive(session))
          .isInstanceOf(WebSocketException.class)
          .isNotInstanceOf(ClosedReceiveChannelException.class);
      assertThat(session.closeReason().orTimeout(10, TimeUnit.SECONDS).join()).isNull();
    }
  }

  @Test
  void theExtensionIsNegotiated() {
    try (var session = open("echo")) {
      assertThat(session.extensions())
          .extracting(WebSocketExtension::name)
          .isEqualTo(
              encounter.compression == Compression.NONE
                  ? List.of()
                  : List.of(encounter.compression.extension));
    }
  }

  @Test
  void theSubprotocolIsNegotiated() {
    String url = server.uri(encounter.secure, id, "echo").toString();
    try (var session =
        client.webSocketSession(
            url, request -> request.subprotocols("parley.v1", Conversation.SUBPROTOCOL))) {
      assertThat(session.call().response().headers().get("Sec-WebSocket-Protocol"))
          .isEqualTo(Conversation.SUBPROTOCOL);
    }
  }

  @Test
  void aRefusalHasItsStatus() {
    String url = server.uri(encounter.secure, id, "echo").resolve("/nowhere").toString();
    assertThatThrownBy(() -> client.webSocketSession(url))
        .isInstanceOfSatisfying(
            WebSocketUpgradeException.class,
            refusal -> assertThat(refusal.response().status().value()).isIn(400, 404));
  }

  private DefaultClientWebSocketSession open(String conversation) {
    return client.webSocketSession(server.uri(encounter.secure, id, conversation).toString());
  }

  private static Frame receive(DefaultClientWebSocketSession session) {
    return session.incoming().receive(Duration.ofSeconds(30)).orElseThrow();
  }

  /** Compares without writing megabytes into a failure. */
  private static void assertSame(Frame got, Frame expected) {
    assertThat(got.toString()).isEqualTo(expected.toString());
    assertThat(got.equals(expected)).as("%s as it was sent", expected).isTrue();
  }

  /** Half of it is noise, half of it shrinks. */
  private static byte[] bytes(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    Arrays.fill(bytes, size / 4, size / 4 * 3, (byte) 'x');
    return bytes;
  }

  /** UTF-8 of exactly that size, with characters of one to four bytes. */
  private static byte[] text(int size) {
    byte[] cycle = "a straight line, ä, €, 😀; ".getBytes(StandardCharsets.UTF_8);
    byte[] text = new byte[size];
    Arrays.fill(text, (byte) '.');
    for (int at = 0; at + cycle.length <= size; at += cycle.length) {
      System.arraycopy(cycle, 0, text, at, cycle.length);
    }
    return text;
  }
}
