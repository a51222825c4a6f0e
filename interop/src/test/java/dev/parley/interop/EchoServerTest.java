// SPDX-License-Identifier: Apache-2.0
package dev.parley.interop;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.testkit.TestCertificates;
import dev.parley.websocket.CloseReason;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import javax.net.SocketFactory;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The servers play their conversations with the JDK's client, so a failure elsewhere is ours. */
@ParameterizedClass(name = "{0}, TLS {1}")
@MethodSource("servers")
final class EchoServerTest {
  @RegisterExtension static final Servers SERVERS = new Servers();

  private static final AtomicInteger IDS = new AtomicInteger();

  private final HttpClient client =
      HttpClient.newBuilder().sslContext(TestCertificates.clientContext()).build();
  private final Peer peer;
  private final boolean secure;

  EchoServerTest(Peer peer, boolean secure) {
    this.peer = peer;
    this.secure = secure;
  }

  static Stream<Arguments> servers() {
    return Stream.of(Peer.values())
        .flatMap(peer -> Stream.of(Arguments.of(peer, false), Arguments.of(peer, true)));
  }

  @Test
  void echoes() throws Exception {
    try (Talk talk = open("echo")) {
      talk.socket.sendText("wörld", true).join();
      assertThat(talk.next()).isEqualTo("text wörld");
      talk.socket.sendBinary(ByteBuffer.wrap(new byte[70_000]), true).join();
      assertThat(talk.next()).isEqualTo("binary 70000");
    }
  }

  @Test
  void echoesInFragments() throws Exception {
    try (Talk talk = open("fragments/2")) {
      talk.socket.sendBinary(ByteBuffer.wrap(new byte[5]), true).join();
      assertThat(talk.next()).isEqualTo("binary 5");
    }
  }

  @Test
  void pings() throws Exception {
    try (Talk talk = open("ping")) {
      talk.socket.sendText("x", true).join();
      assertThat(talk.next()).isEqualTo("text pong x");
    }
  }

  @Test
  void closesFirst() throws Exception {
    try (Talk talk = open("close/4001/enough")) {
      talk.socket.sendText("x", true).join();
      assertThat(talk.next()).isEqualTo("close 4001 enough");
    }
  }

  @Test
  void closesSecond() throws Exception {
    try (Talk talk = open("echo")) {
      talk.socket.sendClose(4002, "done").join();
      assertThat(talk.next()).startsWith("close 4002");
      assertThat(SERVERS.of(peer).closes().await(talk.id)).isEqualTo(new CloseReason(4002, "done"));
    }
  }

  /** On a bare socket: the JDK's client may miss an end that comes right behind a message. */
  @ParameterizedTest
  @ValueSource(strings = {"fin", "rst"})
  void cuts(String how) throws Exception {
    EchoServer server = SERVERS.of(peer);
    SocketFactory sockets =
        secure ? TestCertificates.clientContext().getSocketFactory() : SocketFactory.getDefault();
    try (Socket socket = sockets.createSocket("localhost", server.port(secure))) {
      socket.setSoTimeout(10_000);
      String request =
          """
          GET /talk/raw/cut/%s HTTP/1.1
          Host: localhost
          Upgrade: websocket
          Connection: Upgrade
          Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==
          Sec-WebSocket-Version: 13

          """
              .formatted(how)
              .replace("\n", "\r\n");
      byte[] maskedText = {(byte) 0x81, (byte) 0x81, 0, 0, 0, 0, 'x'};
      socket.getOutputStream().write(request.getBytes(US_ASCII));
      String head = "";
      while (!head.endsWith("\r\n\r\n")) {
        head += (char) socket.getInputStream().read();
      }
      socket.getOutputStream().write(maskedText);

      assertThat(ending(socket.getInputStream()))
          .isIn(how.equals("rst") ? List.of("rst") : List.of("fin", "fin inside of TLS"));
    }
  }

  private static String ending(InputStream in) throws IOException {
    try {
      in.transferTo(OutputStream.nullOutputStream());
      return "fin";
    } catch (SSLException e) {
      return "fin inside of TLS";
    } catch (SocketException e) {
      return "rst";
    }
  }

  @Test
  void takesTheSubprotocolItKnows() throws Exception {
    try (Talk talk = open("echo", "parley.v1", Conversation.SUBPROTOCOL)) {
      assertThat(talk.socket.getSubprotocol()).isEqualTo(Conversation.SUBPROTOCOL);
    }
  }

  private Talk open(String conversation, String... subprotocols) {
    EchoServer server = SERVERS.of(peer);
    String id = "jdk-" + IDS.incrementAndGet();
    Talk talk = new Talk(id);
    WebSocket.Builder builder = client.newWebSocketBuilder();
    if (subprotocols.length > 0) {
      builder.subprotocols(
          subprotocols[0], Arrays.copyOfRange(subprotocols, 1, subprotocols.length));
    }
    talk.socket = builder.buildAsync(server.uri(secure, id, conversation), talk).join();
    return talk;
  }

  /** One session, and what came in it, in words. */
  private static final class Talk implements WebSocket.Listener, AutoCloseable {
    final String id;

    @SuppressWarnings("NullAway.Init") // open sets it
    WebSocket socket;

    private final BlockingQueue<String> came = new LinkedBlockingQueue<>();
    private final StringBuilder text = new StringBuilder();
    private int bytes;

    Talk(String id) {
      this.id = id;
    }

    String next() throws InterruptedException {
      String next = came.poll(10, TimeUnit.SECONDS);
      return next == null ? "nothing" : next;
    }

    @Override
    public @Nullable CompletionStage<?> onText(
        WebSocket webSocket, CharSequence data, boolean last) {
      webSocket.request(1);
      text.append(data);
      if (last) {
        came.add("text " + text);
        text.setLength(0);
      }
      return null;
    }

    @Override
    public @Nullable CompletionStage<?> onBinary(
        WebSocket webSocket, ByteBuffer data, boolean last) {
      webSocket.request(1);
      bytes += data.remaining();
      if (last) {
        came.add("binary " + bytes);
        bytes = 0;
      }
      return null;
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket webSocket, int code, String reason) {
      came.add("close " + code + " " + reason);
      return null;
    }

    @Override
    public void onError(WebSocket webSocket, Throwable error) {
      came.add("error");
    }

    @Override
    public void close() {
      socket.abort();
    }
  }
}
