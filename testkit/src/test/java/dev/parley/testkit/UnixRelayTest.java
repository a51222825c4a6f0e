// SPDX-License-Identifier: Apache-2.0
package dev.parley.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(20)
final class UnixRelayTest {
  @TempDir private Path directory;

  private static SocketChannel connect(UnixRelay relay) throws IOException {
    return SocketChannel.open(UnixDomainSocketAddress.of(relay.socket()));
  }

  private static String read(SocketChannel channel, int length) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(length);
    while (buffer.hasRemaining() && channel.read(buffer) >= 0) {}
    return new String(buffer.array(), 0, buffer.position(), StandardCharsets.US_ASCII);
  }

  @Test
  void passesOnBothWaysUntilOneSideEnds() throws IOException {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        UnixRelay relay = UnixRelay.start(directory.resolve("app.sock"), server.getLocalPort());
        SocketChannel client = connect(relay);
        Socket accepted = server.accept()) {
      assertThat(relay.port()).isEqualTo(server.getLocalPort());
      client.write(ByteBuffer.wrap("question".getBytes(StandardCharsets.US_ASCII)));
      assertThat(accepted.getInputStream().readNBytes(8)).asString().isEqualTo("question");
      accepted.getOutputStream().write("answer".getBytes(StandardCharsets.US_ASCII));
      assertThat(read(client, 6)).isEqualTo("answer");

      accepted.shutdownOutput();

      assertThat(client.read(ByteBuffer.allocate(1))).isEqualTo(-1);
    }
  }

  @Test
  void endsTheStreamWhereThereIsNoServer() throws IOException {
    try (Socket held = new Socket()) { // at a port that nobody else can get to listen at
      held.bind(null);
      try (UnixRelay relay = UnixRelay.start(directory.resolve("app.sock"), held.getLocalPort());
          SocketChannel client = connect(relay)) {
        assertThat(client.read(ByteBuffer.allocate(1))).isEqualTo(-1);
      }
    }
  }

  @Test
  void dropsItsConnectionsAndItsSocket() throws IOException {
    Path socket = directory.resolve("app.sock");
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      UnixRelay relay = UnixRelay.start(socket, server.getLocalPort());
      try (SocketChannel client = connect(relay);
          Socket accepted = server.accept()) {
        relay.close();
        relay.close();

        assertThat(client.read(ByteBuffer.allocate(1))).isEqualTo(-1);
        assertThat(accepted.getInputStream().read()).isEqualTo(-1);
        assertThat(socket).doesNotExist();
      }
    }
  }

  @Test
  void doesNotTakeThePlaceOfAnother() throws IOException {
    Path socket = Files.createFile(directory.resolve("app.sock"));
    assertThatExceptionOfType(UncheckedIOException.class)
        .isThrownBy(() -> UnixRelay.start(socket, 1));
    assertThat(socket).exists();
  }
}
