// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class SocketOptionsTest {
  private static Deadline soon() {
    return Deadline.after(Duration.ofSeconds(20));
  }

  private static InetAddress address(String literal) throws UnknownHostException {
    return InetAddress.getAllByName(literal)[0];
  }

  private static SocketConnector connector(ReadinessLoop loop) {
    return new SocketConnector(loop, new BufferPool(), TlsOptions.DEFAULT);
  }

  @Test
  void areSetBeforeTheSocketConnects() throws Exception {
    SocketOptions options =
        SocketOptions.DEFAULT
            .with(StandardSocketOptions.SO_RCVBUF, 8192)
            .with(StandardSocketOptions.SO_KEEPALIVE, false)
            .with(StandardSocketOptions.SO_KEEPALIVE, true);
    try (SocketChannel channel = SocketChannel.open()) {
      int before = channel.getOption(StandardSocketOptions.SO_RCVBUF);
      options.apply(channel, new InetSocketAddress(InetAddress.getLoopbackAddress(), 80));
      assertThat(channel.getOption(StandardSocketOptions.SO_RCVBUF)).isLessThan(before);
      assertThat(channel.getOption(StandardSocketOptions.SO_KEEPALIVE)).isTrue();
    }
  }

  @Test
  void lingeringHoldsNobodyUpWhoCloses() throws Exception {
    SocketOptions options = SocketOptions.DEFAULT.with(StandardSocketOptions.SO_LINGER, 60);
    CountDownLatch over = new CountDownLatch(1);
    try (Peer peer = new Peer(socket -> over.await()); // reads nothing
        ReadinessLoop loop = new ReadinessLoop();
        Transport transport = connector(loop).withSockets(options).connect(peer.plain(), soon())) {
      ByteBuffer bytes = ByteBuffer.allocate(1 << 20);
      while (transport.write(bytes.clear()) > 0) {
        assertThat(bytes.position()).isPositive(); // until there is no room
      }
      assertTimeoutPreemptively(Duration.ofSeconds(20), transport::close);
    } finally {
      over.countDown();
    }
  }

  @Test
  void thatAreNoneHereAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SocketOptions.DEFAULT.with(StandardSocketOptions.IP_MULTICAST_LOOP, true))
        .withMessage(
            "socket option IP_MULTICAST_LOOP of true: expected an option that TCP sockets have"
                + " here");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SocketOptions.DEFAULT.with(StandardSocketOptions.SO_RCVBUF, -1))
        .withMessageStartingWith("socket option SO_RCVBUF of -1: ");
  }

  @Test
  void socketsAreBoundToALocalAddress() throws Exception {
    SocketOptions options = SocketOptions.DEFAULT.withLocalAddress(address("127.0.0.7"));
    try (Peer peer = new Peer(Peer.ECHO);
        ReadinessLoop loop = new ReadinessLoop();
        Transport transport = connector(loop).withSockets(options).connect(peer.plain(), soon())) {
      Bytes.echo(transport, 100);
      assertThat(peer.socket().getInetAddress()).hasToString("/127.0.0.7");
    }
    assertThat(options).hasToString("SocketOptions[options=[], local=127.0.0.7]");
    assertThat(options.withLocalAddress(null)).hasToString("SocketOptions[options=[], local=any]");
  }

  @Test
  void addressesOfTheOtherFamilyAreNotTried() throws Exception {
    SocketOptions options = SocketOptions.DEFAULT.withLocalAddress(address("::1"));
    try (Peer peer = new Peer(Peer.ECHO);
        ReadinessLoop loop = new ReadinessLoop()) {
      SocketConnector bound = connector(loop).withSockets(options);
      assertThatThrownBy(() -> bound.connect(peer.plain(), soon()))
          .isInstanceOf(ConnectException.class)
          .hasMessageEndingWith(": no address of the family of our own");
    }
  }

  @Test
  void namesAreLookedUpByAResolverOfOnesOwn() throws Exception {
    List<String> asked = new ArrayList<>();
    NameResolver resolver =
        name -> {
          asked.add(name);
          return switch (name) {
            case "two.example" -> List.of(address("127.0.0.1"), address("::1"));
            case "none.example" -> List.of();
            case "broken.example" -> throw new IOException("no name server");
            default -> throw new UnknownHostException(name);
          };
        };
    try (Peer peer = new Peer(Peer.ECHO);
        ReadinessLoop loop = new ReadinessLoop()) {
      SocketConnector connector = connector(loop).withResolver(resolver);
      // IPv6 comes first, and is refused.
      Destination two = new Destination(false, "two.example", peer.port());
      try (Transport transport = connector.connect(two, soon())) {
        Bytes.echo(transport, 100);
      }
      for (String host : List.of("none.example", "other.example", "broken.example")) {
        assertThatThrownBy(() -> connector.connect(new Destination(false, host, 80), soon()))
            .isInstanceOf(UnknownHostException.class)
            .hasMessage(host + " has no address");
      }
      connector.connect(peer.plain(), soon()).close();
      assertThat(asked)
          .containsExactly("two.example", "none.example", "other.example", "broken.example");
    }
  }
}
