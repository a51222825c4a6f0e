// SPDX-License-Identifier: Apache-2.0
package dev.parley.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.parley.websocket.handshake.Headers;
import dev.parley.websocket.handshake.ResponseHead;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class MockProxyTest {
  private static final Duration SOON = Duration.ofSeconds(10);
  private static final String OPEN = "HTTP/1.1 200 OK\r\n\r\n";

  private static void send(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static String receive(Socket socket, int count) throws IOException {
    byte[] bytes = socket.getInputStream().readNBytes(count);
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  private static Socket connect(MockProxy proxy) throws IOException {
    return new Socket(InetAddress.getLoopbackAddress(), proxy.port());
  }

  @Test
  void opensATunnelWhateverTheName() throws Exception {
    try (MockProxy proxy = MockProxy.start();
        ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Socket client = connect(proxy)) {
      String target = "nowhere.invalid:" + server.getLocalPort();
      send(client, "CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n\r\nglued");
      try (Socket accepted = server.accept()) {
        assertThat(receive(accepted, 5)).isEqualTo("glued");
        send(accepted, "back");
        assertThat(receive(client, OPEN.length() + 4)).isEqualTo(OPEN + "back");
      }
      assertThat(receive(client, 1)).isEmpty();
      assertThat(proxy.takeRequest(SOON).target()).isEqualTo(target);
    }
  }

  @Test
  void speaksTls() throws Exception {
    try (MockProxy proxy = MockProxy.start(TestCertificates.serverContext());
        ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Socket client =
            TestCertificates.clientContext()
                .getSocketFactory()
                .createSocket("localhost", proxy.port())) {
      assertThat(proxy.url()).isEqualTo("https://localhost:" + proxy.port());
      send(client, "CONNECT a:%d HTTP/1.1\r\n\r\n".formatted(server.getLocalPort()));
      assertThat(receive(client, OPEN.length())).isEqualTo(OPEN);
    }
  }

  @Test
  void answersAsItIsTold() throws Exception {
    try (MockProxy proxy = MockProxy.start();
        Socket client = connect(proxy)) {
      assertThat(proxy.url()).isEqualTo("http://localhost:" + proxy.port());
      proxy.enqueue(new ResponseHead(403, "No", Headers.EMPTY));
      send(client, "CONNECT a:1 HTTP/1.1\r\n\r\n");
      assertThat(receive(client, 100)).isEqualTo("HTTP/1.1 403 No\r\n\r\n");
    }
  }

  @Test
  void closesWhomItCannotServe() throws Exception {
    try (MockProxy proxy = MockProxy.start();
        Socket impatient = connect(proxy);
        Socket wrong = connect(proxy)) {
      impatient.shutdownOutput();
      assertThat(receive(impatient, 1)).isEmpty();
      send(wrong, "\r\n");
      assertThat(receive(wrong, 1)).isEmpty();
      assertThatThrownBy(() -> proxy.takeRequest(Duration.ZERO)).isInstanceOf(AssertionError.class);
    }
  }
}
