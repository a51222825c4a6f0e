// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
final class ChannelTransportTest {
  private final ReadinessLoop loop = new ReadinessLoop();
  private final SocketConnector connector =
      new SocketConnector(loop, new BufferPool(), TlsOptions.DEFAULT);

  @AfterEach
  void closeLoop() {
    loop.close();
  }

  private Transport connect(Peer peer) throws Exception {
    return connector.connect(peer.plain(), Deadline.after(Duration.ofSeconds(10)));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 65_536, 20 << 20})
  void bytesGoBothWaysAtOnce(int size) throws Exception {
    try (Peer peer = new Peer(Peer.ECHO);
        Transport transport = connect(peer)) {
      Bytes.echo(transport, size);
    }
  }

  /** A thread that waits until there is something to read. */
  private record Wait(Thread thread, FutureTask<Boolean> readable) {
    static Wait start(boolean virtual, Transport transport) throws InterruptedException {
      CountDownLatch started = new CountDownLatch(1);
      FutureTask<Boolean> readable =
          new FutureTask<>(
              () -> {
                started.countDown();
                return transport.awaitReadable(Deadline.NONE);
              });
      Thread thread = (virtual ? Thread.ofVirtual() : Thread.ofPlatform()).start(readable);
      started.await();
      return new Wait(thread, readable);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void interruptEndsTheWaitAndNotTheTransport(boolean virtual) throws Exception {
    try (Peer peer = new Peer(Peer.ECHO);
        Transport transport = connect(peer)) {
      Wait wait = Wait.start(virtual, transport);
      wait.thread().interrupt();
      assertThatThrownBy(wait.readable()::get).hasCauseInstanceOf(InterruptedException.class);
      Bytes.echo(transport, 10);
    }
  }

  @Test
  void readsAndWritesWhileInterrupted() throws Exception {
    try (Peer peer = new Peer(Peer.ECHO);
        Transport transport = connect(peer)) {
      Thread.currentThread().interrupt();
      assertThat(transport.write(ByteBuffer.allocate(10))).isEqualTo(10);
      assertThat(transport.read(ByteBuffer.allocate(0))).isZero();
      assertThat(Thread.interrupted()).isTrue();
      assertThat(Bytes.read(transport, 10)).isEqualTo(new byte[10]);
    }
  }

  /** As happens by chance to who tries again and again while a server is down. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void connectionWithItselfIsNone() throws Exception {
    try (SocketChannel channel = SocketChannel.open()) {
      channel.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      assertThat(channel.connect(channel.getLocalAddress())).isTrue();
      assertThatThrownBy(() -> ChannelTransport.requireOther(channel))
          .isInstanceOf(ConnectException.class)
          .hasMessage("nobody listens there; the attempt met itself");
    }
  }

  @Test
  void deadlineEndsTheWaitAndNotTheTransport() throws Exception {
    try (Peer peer = new Peer(Peer.ECHO);
        Transport transport = connect(peer)) {
      assertThat(transport.awaitReadable(Deadline.after(Duration.ofMillis(20)))).isFalse();
      assertThat(transport.awaitReadable(Deadline.after(Duration.ZERO))).isFalse();
      Bytes.echo(transport, 10);
    }
  }

  @Test
  void fullSocketTakesNothingAndWritingWaits() throws Exception {
    CountDownLatch mayRead = new CountDownLatch(1);
    try (Peer peer =
            new Peer(
                socket -> {
                  mayRead.await();
                  Peer.ECHO.serve(socket);
                });
        Transport transport = connect(peer)) {
      ByteBuffer source = ByteBuffer.allocate(1 << 20);
      while (transport.write(source.clear()) > 0 || transport.awaitWritable(soon())) {}
      mayRead.countDown();
      assertThat(transport.awaitWritable(Deadline.NONE)).isTrue();
      assertThat(transport.write(source.clear())).isPositive();
    }
  }

  private static Deadline soon() {
    return Deadline.after(Duration.ofMillis(200));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void closingWakesWhoWaits(boolean virtual) throws Exception {
    try (Peer peer = new Peer(Peer.ECHO)) {
      Transport transport = connect(peer); // closed within
      Wait wait = Wait.start(virtual, transport);
      transport.close();
      assertThat(wait.readable().get()).isTrue();
      assertThat(transport.awaitWritable(Deadline.NONE)).isTrue();
      assertThatThrownBy(() -> transport.read(ByteBuffer.allocate(1)))
          .isInstanceOf(ClosedChannelException.class);
      assertThatThrownBy(() -> transport.write(ByteBuffer.allocate(1)))
          .isInstanceOf(ClosedChannelException.class);
      transport.close();
    }
  }

  @Test
  void endOfStreamIsReadAsSuch() throws Exception {
    try (Peer peer = new Peer(socket -> socket.getOutputStream().write(7));
        Transport transport = connect(peer)) {
      assertThat(Bytes.read(transport, 1)).containsExactly(7);
      Bytes.readEnd(transport);
    }
  }

  @Test
  void tellsWhereItLeads() throws Exception {
    try (Peer peer = new Peer(Peer.ECHO)) {
      Transport transport = connect(peer); // closed within
      assertThat(transport.info().remote()).hasToString("/127.0.0.1:" + peer.port());
      assertThat(transport.info().local()).isEqualTo(peer.socket().getRemoteSocketAddress());
      assertThat(transport.info().tls()).isNull();
      transport.close();
      assertThat(transport.info().remote()).hasToString("/127.0.0.1:" + peer.port());
    }
  }
}
