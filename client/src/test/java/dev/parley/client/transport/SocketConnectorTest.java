// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
final class SocketConnectorTest {
  private final ReadinessLoop loop = new ReadinessLoop();
  private final SocketConnector connector =
      new SocketConnector(loop, new BufferPool(), TlsOptions.DEFAULT);

  @AfterEach
  void closeLoop() {
    loop.close();
  }

  private static Deadline soon() {
    return Deadline.after(Duration.ofSeconds(20));
  }

  /** The loop's thread ends only when no channel is left with it. */
  private void assertNothingIsLeft() throws Exception {
    CompletableFuture<Thread> thread = new CompletableFuture<>();
    loop.schedule(() -> thread.complete(Thread.currentThread()), Duration.ZERO);
    assertThat(thread.get().join(Duration.ofSeconds(20))).isTrue();
  }

  /** A listener that does not accept, and whose queue is full: nobody answers any more. */
  static final class Silence implements AutoCloseable {
    private final ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    private final List<SocketChannel> queued = new ArrayList<>();

    Silence() throws IOException {
      for (int i = 0; i < 10; i++) {
        SocketChannel channel = SocketChannel.open();
        queued.add(channel);
        channel.configureBlocking(false);
        channel.connect(server.getLocalSocketAddress());
      }
    }

    Destination destination() {
      return new Destination(false, "127.0.0.1", server.getLocalPort());
    }

    @Override
    public void close() throws IOException {
      server.close();
      for (SocketChannel channel : queued) {
        channel.close();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"localhost", "127.0.0.1"})
  void connectsByNameOrAddress(String host) throws Exception {
    try (Peer peer = new Peer(Peer.ECHO);
        Transport transport =
            connector.connect(new Destination(false, host, peer.port()), Deadline.NONE)) {
      Bytes.echo(transport, 1000);
    }
    assertNothingIsLeft();
  }

  @Test
  void connectsByIpv6Address() throws Exception {
    try (ServerSocketChannel server = ServerSocketChannel.open()) {
      server.bind(new InetSocketAddress(InetAddress.getAllByName("::1")[0], 0));
      int port = ((InetSocketAddress) server.getLocalAddress()).getPort();
      try (Transport transport = connector.connect(new Destination(false, "::1", port), soon())) {
        assertThat(transport.info().remote()).hasToString("/[0:0:0:0:0:0:0:1]:" + port);
      }
    }
  }

  @Test
  void connectsThroughAUnixSocket(@TempDir Path directory) throws Exception {
    Path path = directory.resolve("socket");
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(path));
      Thread echo =
          Thread.ofPlatform()
              .start(
                  () -> {
                    ByteBuffer buffer = ByteBuffer.allocate(100_000);
                    try (SocketChannel channel = server.accept()) {
                      while (channel.read(buffer) >= 0) {
                        channel.write(buffer.flip());
                        buffer.compact();
                      }
                    } catch (IOException e) {
                      throw new AssertionError(e);
                    }
                  });
      try (Transport transport =
          connector.withUnixSocket(path).connect(new Destination(false, "x", 1), soon())) {
        Bytes.echo(transport, 1 << 20);
        assertThat(transport.info().remote()).isEqualTo(UnixDomainSocketAddress.of(path));
      }
      echo.join();
    }
  }

  @Test
  void refusalTellsWhatWasTried() throws Exception {
    try (Socket held = new Socket()) { // at a port that nobody else can get to listen at
      held.bind(null);
      int port = held.getLocalPort();
      assertThatThrownBy(() -> connector.connect(new Destination(false, "127.0.0.1", port), soon()))
          .isInstanceOf(ConnectException.class)
          .hasMessage("no connection to 127.0.0.1:%d: 127.0.0.1:%d: Connection refused", port, port)
          .hasCauseInstanceOf(ConnectException.class);
    }
    assertNothingIsLeft();
  }

  @Test
  void everyAddressIsTriedWithinTheDeadline() throws Exception {
    try (Silence silence = new Silence();
        Peer peer = new Peer(Peer.ECHO)) {
      int dead = silence.destination().port();
      List<SocketAddress> addresses =
          List.of(silence.server.getLocalSocketAddress(), peer.address());
      Deadline deadline = Deadline.after(Duration.ofSeconds(2));
      try (Transport transport = connector.connect(addresses, peer.plain(), deadline)) {
        Bytes.echo(transport, 10);
      }
      Deadline shorter = Deadline.after(Duration.ofMillis(400));
      assertThatThrownBy(
              () ->
                  connector.connect(
                      List.of(addresses.get(0), addresses.get(0)), peer.plain(), shorter))
          .isInstanceOf(SocketTimeoutException.class)
          .hasMessageMatching(
              "no connection to 127.0.0.1:\\d+: 127.0.0.1:%1$d: no answer; ".formatted(dead)
                  + "127.0.0.1:%1$d: no answer after \\d+ ms".formatted(dead))
          .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));
    }
    assertNothingIsLeft();
  }

  @Test
  void addressOfAnUnusableFamilyIsLikeOneThatRefuses() throws Exception {
    SocketAddress unusable = new UnusableAddress();
    try (Peer peer = new Peer(Peer.ECHO)) {
      try (Transport transport =
          connector.connect(List.of(unusable, peer.address()), peer.plain(), soon())) {
        Bytes.echo(transport, 10);
      }
      assertThatThrownBy(() -> connector.connect(List.of(unusable), peer.plain(), soon()))
          .isInstanceOf(ConnectException.class)
          .hasMessageEndingWith(": unusable: address of a family that is switched off here");
    }
    assertNothingIsLeft();
  }

  /** What an IPv6 address is to a JVM that was told to prefer the IPv4 stack. */
  private static final class UnusableAddress extends SocketAddress {
    private static final long serialVersionUID = 1;

    @Override
    public String toString() {
      return "unusable";
    }
  }

  @Test
  void silenceEndsAtTheDeadline() throws Exception {
    try (Silence silence = new Silence()) {
      assertThatThrownBy(
              () ->
                  connector.connect(silence.destination(), Deadline.after(Duration.ofMillis(200))))
          .isInstanceOf(SocketTimeoutException.class)
          .hasMessageMatching(
              "no connection to 127.0.0.1:\\d+: 127.0.0.1:\\d+: no answer after \\d+ ms");
      assertNothingIsLeft();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void interruptEndsConnecting(boolean virtual) throws Exception {
    try (Silence silence = new Silence()) {
      CountDownLatch started = new CountDownLatch(1);
      FutureTask<Transport> connecting =
          new FutureTask<>(
              () -> {
                started.countDown();
                return connector.connect(silence.destination(), Deadline.NONE);
              });
      Thread thread = (virtual ? Thread.ofVirtual() : Thread.ofPlatform()).start(connecting);
      started.await();
      thread.interrupt();
      assertThatThrownBy(connecting::get).hasCauseInstanceOf(InterruptedException.class);
      assertNothingIsLeft();
    }
  }

  @Test
  void nameWithoutAddressIsUnknown() {
    assertThatThrownBy(
            () -> connector.connect(new Destination(false, "no-such.invalid", 80), soon()))
        .isInstanceOf(UnknownHostException.class)
        .hasMessage("no-such.invalid has no address")
        .hasCauseInstanceOf(UnknownHostException.class);
  }

  @Test
  void lookUpThatGetsNoThreadFails() {
    RefusingThreads threads = new RefusingThreads(Thread.ofPlatform().daemon().factory());
    threads.refuse(true);
    SocketConnector refused =
        new SocketConnector(threads, loop, new BufferPool(), TlsOptions.DEFAULT);

    assertThatThrownBy(() -> refused.connect(new Destination(false, "localhost", 1), soon()))
        .isInstanceOf(ThreadRefusedException.class)
        .hasMessageContaining("no thread could be started for looking up localhost")
        .hasCauseInstanceOf(OutOfMemoryError.class);
  }

  @Test
  void lookUpEndsAtTheDeadline() {
    assertThatThrownBy(
            () ->
                connector.connect(
                    new Destination(false, "no-such2.invalid", 80), Deadline.after(Duration.ZERO)))
        .isInstanceOf(SocketTimeoutException.class)
        .hasMessageMatching("no address of no-such2.invalid found after \\d+ ms");
  }
}
