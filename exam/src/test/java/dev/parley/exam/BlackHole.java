// SPDX-License-Identifier: Apache-2.0
package dev.parley.exam;

import static dev.parley.exam.Trial.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/** Accepts so few connections that the system answers no further one, in either sense. */
final class BlackHole implements AutoCloseable {
  private final ServerSocket listener;
  private final List<SocketChannel> waiting = new ArrayList<>();

  BlackHole(InetAddress address, int port) throws IOException {
    listener = new ServerSocket(port, 1, address);
    for (int i = 0; i < 8; i++) {
      SocketChannel channel = SocketChannel.open();
      waiting.add(channel);
      channel.configureBlocking(false);
      boolean unused = channel.connect(listener.getLocalSocketAddress());
    }
  }

  int port() {
    return listener.getLocalPort();
  }

  /** Returns how many sockets wait for its answer, its own among them; Linux tells. */
  long knocking() throws IOException {
    byte[] address = listener.getInetAddress().getAddress(); // of IPv4, as the system writes it
    String here =
        String.format(
            Locale.ROOT,
            "%02X%02X%02X%02X:%04X 02 ", // SYN_SENT
            address[3],
            address[2],
            address[1],
            address[0],
            port());
    long count = 0;
    for (String table : List.of("/proc/net/tcp", "/proc/net/tcp6")) { // a socket may be for both
      if (Files.exists(Path.of(table))) {
        try (Stream<String> lines = Files.lines(Path.of(table))) {
          count += lines.filter(line -> line.contains(here)).count();
        }
      }
    }
    return count;
  }

  /** Waits until so many sockets do. It looks again and again: nobody tells. */
  void awaitKnocking(long count) throws IOException {
    long start = System.nanoTime();
    while (knocking() != count) {
      assertThat(System.nanoTime() - start).as("waited").isLessThan(SOON.toNanos());
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
    }
  }

  @Override
  public void close() throws IOException {
    for (SocketChannel channel : waiting) {
      channel.close();
    }
    listener.close();
  }
}
