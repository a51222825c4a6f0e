// SPDX-License-Identifier: Apache-2.0
package dev.parley.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class EchoServerTest {
  private static final String REQUEST =
      """
      GET / HTTP/1.1
      Host: localhost
      Upgrade: websocket
      Connection: Upgrade
      Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
      Sec-WebSocket-Version: 13

      """
          .replace("\n", "\r\n");

  private EchoServer server;
  private Socket socket;

  @BeforeEach
  void connect() throws IOException {
    server = new EchoServer(0);
    socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
  }

  @AfterEach
  void disconnect() throws IOException {
    socket.close();
    server.close();
  }

  @Test
  void framesGluedToTheRequestAreEchoed() throws IOException {
    assertThat(answerTo(REQUEST, "81 82 00 00 00 00 68 69  88 80 00 00 00 00"))
        .startsWith("HTTP/1.1 101 ")
        .contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        .endsWith("\r\n\r\n\u0081\u0002hi\u0088\u0000");
  }

  @Test
  void pingsAreAnswered() throws IOException {
    assertThat(answerTo(REQUEST, "89 81 00 00 00 00 21  88 80 00 00 00 00"))
        .endsWith("\r\n\r\n\u008a\u0001!\u0088\u0000");
  }

  @Test
  void aClientThatBreaksARuleIsToldAndTheConnectionEnds() throws IOException {
    assertThat(answerTo(REQUEST, "81 02 68 69")) // not masked
        .endsWith("\r\n\r\n\u0088\u0012\u0003\u00eaframe not masked");
  }

  @Test
  void whatIsNoOpeningHandshakeIsRefused() throws IOException {
    assertThat(answerTo("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "")).startsWith("HTTP/1.1 4");
  }

  @Test
  void whatIsNoHttpEndsTheConnection() throws IOException {
    assertThat(answerTo("hello\r\n\r\n", "")).isEmpty();
  }

  @Test
  void aPortThatIsTakenIsTold() {
    assertThatThrownBy(() -> new EchoServer(server.port()))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("cannot listen on port " + server.port());
  }

  @Test
  void aServerThatIsClosedAcceptsNobody() throws Exception {
    server.close();
    server.join();

    assertThatThrownBy(() -> new Socket(InetAddress.getLoopbackAddress(), server.port()).close())
        .isInstanceOf(Exception.class);
  }

  /** Sends a head and bytes, and returns all that comes until the server ends the connection. */
  private String answerTo(String head, String hex) throws IOException {
    OutputStream out = socket.getOutputStream();
    out.write(head.getBytes(StandardCharsets.ISO_8859_1));
    out.write(HexFormat.of().parseHex(hex.replace(" ", "")));
    socket.shutdownOutput();
    InputStream in = socket.getInputStream();
    return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
  }
}
