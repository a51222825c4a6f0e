// SPDX-License-Identifier: Apache-2.0
package dev.parley.testkit;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.parley.testkit.Fault.End;
import dev.parley.testkit.ProxiedConnection.Ending;
import dev.parley.websocket.WebSocketInterruptedException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(60)
final class FaultProxyTest {
  private static final Duration SOON = Duration.ofSeconds(10);
  private static final Duration AT_ONCE = Duration.ofMillis(1);
  private static final int SILENCE_MILLIS = 100;

  /** Which way the bytes go that something happens to. */
  enum Way {
    TO_SERVER,
    TO_CLIENT;

    Faults with(Fault... faults) {
      return this == TO_SERVER ? Faults.none().toServer(faults) : Faults.none().toClient(faults);
    }

    Socket sender(Line line) {
      return this == TO_SERVER ? line.client : line.server;
    }

    Socket receiver(Line line) {
      return this == TO_SERVER ? line.server : line.client;
    }

    long passed(Line line) {
      return this == TO_SERVER ? line.connection.bytesToServer() : line.connection.bytesToClient();
    }

    long passedBack(Line line) {
      return this == TO_SERVER ? line.connection.bytesToClient() : line.connection.bytesToServer();
    }
  }

  /** A socket at each end of a proxy. */
  static final class Line implements AutoCloseable {
    private final ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    private final FaultProxy proxy = FaultProxy.start(listener.getLocalPort());
    private final Socket client;
    private final Socket server;
    private final ProxiedConnection connection;

    Line(Faults faults) throws IOException {
      proxy.enqueue(faults);
      client = connect(proxy);
      server = listener.accept();
      client.setSoTimeout((int) SOON.toMillis());
      server.setSoTimeout((int) SOON.toMillis());
      connection = proxy.takeConnection(SOON);
    }

    @Override
    public void close() throws IOException {
      client.close();
      server.close();
      proxy.close();
      listener.close();
    }
  }

  /** A client, and the socket by which a proxy would have accepted it. */
  private static final class Accepted implements AutoCloseable {
    private final Socket client;
    private final Socket accepted;

    Accepted(Socket accepted) throws IOException {
      this.accepted = accepted;
      try (ServerSocket clients = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        accepted.connect(address(clients));
        client = clients.accept();
      }
      client.setSoTimeout((int) SOON.toMillis());
    }

    ProxiedConnection connection() {
      return new ProxiedConnection(1, accepted, Faults.none(), gone -> {});
    }

    @Override
    public void close() throws IOException {
      client.close();
      accepted.close();
    }
  }

  private static void start(ProxiedConnection connection, ServerSocket servers, Executor threads) {
    Thread.startVirtualThread(() -> connection.run(address(servers), threads));
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static InetSocketAddress address(ServerSocket listener) {
    return (InetSocketAddress) listener.getLocalSocketAddress();
  }

  private static Socket connect(FaultProxy proxy) throws IOException {
    return new Socket(InetAddress.getLoopbackAddress(), proxy.port());
  }

  private static void write(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(US_ASCII));
  }

  private static String read(Socket socket, int count) throws IOException {
    return new String(socket.getInputStream().readNBytes(count), US_ASCII);
  }

  private static void reset(Socket socket) throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  private static void assertReset(Socket socket) {
    assertThatExceptionOfType(SocketException.class)
        .isThrownBy(() -> socket.getInputStream().read());
  }

  private static void assertSilent(Socket socket) throws IOException {
    socket.setSoTimeout(SILENCE_MILLIS);
    assertThatExceptionOfType(SocketTimeoutException.class)
        .isThrownBy(() -> socket.getInputStream().read());
    socket.setSoTimeout((int) SOON.toMillis());
  }

  @Nested
  class WithoutFaults {
    @ParameterizedTest
    @EnumSource
    void passesBytesAndTheEndOn(Way way) throws IOException {
      try (Line line = new Line(Faults.none())) {
        write(way.sender(line), "hello");
        way.sender(line).shutdownOutput();
        assertThat(read(way.receiver(line), 99)).isEqualTo("hello");
        assertThat(line.connection.ending()).isEmpty();

        write(way.receiver(line), "good-bye");
        way.receiver(line).shutdownOutput();
        assertThat(read(way.sender(line), 99)).isEqualTo("good-bye");
        assertThat(line.connection.awaitEnding(SOON)).isEqualTo(Ending.FINISHED);
        assertThat(line.connection.ending()).contains(Ending.FINISHED);
        assertThat(way.passed(line)).isEqualTo(5);
        assertThat(way.passedBack(line)).isEqualTo(8);
      }
    }

    @ParameterizedTest
    @EnumSource
    void passesAResetOn(Way way) throws IOException {
      try (Line line = new Line(Faults.none())) {
        write(way.sender(line), "hello");
        assertThat(read(way.receiver(line), 5)).isEqualTo("hello");

        reset(way.sender(line));

        assertReset(way.receiver(line));
        assertThat(line.connection.awaitEnding(SOON))
            .isEqualTo(way == Way.TO_SERVER ? Ending.RESET_BY_CLIENT : Ending.RESET_BY_SERVER);
      }
    }

    @Test
    void passesMuchOn() throws Exception {
      byte[] much = new byte[1 << 20];
      try (Line line = new Line(Faults.none())) {
        Thread sender =
            Thread.ofVirtual()
                .start(
                    () -> {
                      try {
                        line.client.getOutputStream().write(much);
                      } catch (IOException e) {
                        throw new AssertionError(e);
                      }
                    });

        assertThat(line.server.getInputStream().readNBytes(much.length)).isEqualTo(much);
        sender.join();
        assertThat(line.connection.bytesToServer()).isEqualTo(much.length);
      }
    }

    @Test
    void resetsAClientForWhichThereIsNoServer() throws IOException {
      try (Socket held = new Socket()) { // at a port that nobody else can get to listen at
        held.bind(null);
        try (FaultProxy proxy = FaultProxy.start(held.getLocalPort());
            Socket client = connect(proxy)) {
          assertReset(client);
          assertThat(proxy.takeConnection(SOON).awaitEnding(SOON)).isEqualTo(Ending.NOT_CONNECTED);
        }
      }
    }
  }

  @Nested
  class Cuts {
    @ParameterizedTest
    @EnumSource
    void endsBothStreams(Way way) throws IOException {
      try (Line line = new Line(way.with(Fault.cut(3, End.FIN)))) {
        write(way.sender(line), "hello");

        assertThat(read(way.receiver(line), 99)).isEqualTo("hel");
        assertThat(read(way.sender(line), 99)).isEmpty();
        assertThat(line.connection.awaitEnding(SOON)).isEqualTo(Ending.CUT);
        assertThat(way.passed(line)).isEqualTo(3);
      }
    }

    @ParameterizedTest
    @EnumSource
    void resetsBothSides(Way way) throws IOException {
      try (Line line = new Line(way.with(Fault.cut(3, End.RESET)))) {
        write(way.sender(line), "hello");

        assertThat(line.connection.awaitEnding(SOON)).isEqualTo(Ending.CUT);
        assertReset(way.sender(line));
        assertThat(way.passed(line)).isEqualTo(3);
      }
    }

    @ParameterizedTest
    @EnumSource
    void leavesBothSidesInSilence(Way way) throws IOException {
      try (Line line = new Line(way.with(Fault.cut(3, End.SILENCE)))) {
        write(way.sender(line), "hello");

        assertThat(read(way.receiver(line), 3)).isEqualTo("hel");
        assertThat(line.connection.awaitEnding(SOON)).isEqualTo(Ending.CUT);
        write(way.receiver(line), "?");
        way.sender(line).shutdownOutput();
        assertSilent(way.receiver(line));
        assertSilent(way.sender(line));
        assertThat(way.passed(line)).isEqualTo(3);
        assertThat(way.passedBack(line)).isZero();
      }
    }

    @ParameterizedTest
    @EnumSource
    void happenBeforeTheFirstByte(Way way) throws IOException {
      try (Line line = new Line(way.with(Fault.cut(0, End.FIN)))) {
        assertThat(read(line.client, 1)).isEmpty();
        assertThat(read(line.server, 1)).isEmpty();
      }
    }

    @ParameterizedTest
    @EnumSource
    void happenWhenTheTestSaysSo(End end) throws IOException {
      try (Line line = new Line(Faults.none())) {
        write(line.client, "hello");
        assertThat(read(line.server, 5)).isEqualTo("hello");

        line.connection.cut(end);

        assertThat(line.connection.ending()).contains(Ending.CUT);
        switch (end) {
          case FIN -> assertThat(read(line.client, 1)).isEmpty();
          case RESET -> assertReset(line.client);
          case SILENCE -> assertSilent(line.client);
        }
      }
    }

    @Test
    void happenBeforeThereIsAServer() throws Exception {
      try (ServerSocket servers = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
          Accepted accepted = new Accepted(new Socket())) {
        ProxiedConnection connection = accepted.connection();
        connection.cut(End.FIN);
        start(connection, servers, Thread::startVirtualThread);
        try (Socket server = servers.accept()) {
          server.setSoTimeout((int) SOON.toMillis());
          assertThat(read(server, 1)).isEmpty();
          assertThat(read(accepted.client, 1)).isEmpty();
        }
      }
    }

    @Test
    void resetTheServerWithNoEndOfTheStreamBefore() throws Exception {
      CountDownLatch over = new CountDownLatch(1);
      Socket closedSlowly =
          new Socket() {
            @Override
            public void close() throws IOException {
              super.close();
              await(over);
            }
          };
      try (ServerSocket servers = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
          Accepted accepted = new Accepted(closedSlowly)) {
        ProxiedConnection connection = accepted.connection();
        start(
            connection,
            servers,
            toServer ->
                Thread.startVirtualThread(
                    () -> {
                      toServer.run();
                      over.countDown(); // it has found the client gone
                    }));
        try (Socket server = servers.accept()) {
          server.setSoTimeout((int) SOON.toMillis());
          write(accepted.client, "hello");
          assertThat(read(server, 5)).isEqualTo("hello");

          connection.cut(End.RESET);

          assertReset(server);
        }
      }
    }

    @Test
    void changeNothingAfterTheEnd() throws IOException {
      try (Line line = new Line(Faults.none())) {
        write(line.client, "hello");
        assertThat(read(line.server, 5)).isEqualTo("hello");
        reset(line.client);
        line.connection.awaitEnding(SOON);

        line.connection.cut(End.FIN);

        assertThat(line.connection.ending()).contains(Ending.RESET_BY_CLIENT);
      }
    }
  }

  @Nested
  class FaultsOfOneDirection {
    @ParameterizedTest
    @EnumSource
    void halfCloseLeavesTheOther(Way way) throws IOException {
      try (Line line = new Line(way.with(Fault.halfClose(3)))) {
        write(way.sender(line), "hello");
        assertThat(read(way.receiver(line), 99)).isEqualTo("hel");

        write(way.receiver(line), "good-bye");
        assertThat(read(way.sender(line), 8)).isEqualTo("good-bye");
        assertThat(line.connection.ending()).isEmpty();

        way.sender(line).close();
        way.receiver(line).close();
        assertThat(line.connection.awaitEnding(SOON)).isEqualTo(Ending.FINISHED);
      }
    }

    @ParameterizedTest
    @EnumSource
    void stallLeavesTheOther(Way way) throws Exception {
      try (Line line = new Line(way.with(Fault.stall(3)))) {
        CountDownLatch allTaken = new CountDownLatch(1);
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    way.sender(line).getOutputStream().write(new byte[64 << 20]);
                    allTaken.countDown();
                  } catch (IOException e) {
                    return; // Ended with the test, while it still waited for room.
                  }
                });

        assertThat(read(way.receiver(line), 3)).hasSize(3);
        assertSilent(way.receiver(line));
        write(way.receiver(line), "good-bye");
        assertThat(read(way.sender(line), 8)).isEqualTo("good-bye");
        assertThat(allTaken.await(SILENCE_MILLIS, TimeUnit.MILLISECONDS)).isFalse();
        assertThat(way.passed(line)).isEqualTo(3);
      }
    }

    @ParameterizedTest
    @EnumSource
    void delayHoldsBackWhatFollows(Way way) throws IOException {
      Duration delay = Duration.ofMillis(300);
      try (Line line = new Line(way.with(Fault.delay(3, delay)))) {
        long start = System.nanoTime();
        write(way.sender(line), "hello");

        assertThat(way.receiver(line).getInputStream().readNBytes(5)).hasSize(5);
        assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(delay.toNanos());
      }
    }

    @ParameterizedTest
    @EnumSource
    void dripPausesAfterEachByte(Way way) throws IOException {
      try (Line line = new Line(way.with(Fault.drip(Duration.ofMillis(50))))) {
        long start = System.nanoTime();
        write(way.sender(line), "hello");

        assertThat(read(way.receiver(line), 5)).isEqualTo("hello");
        assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(4 * 50_000_000L);
      }
    }

    @ParameterizedTest
    @EnumSource
    void piecesHaveTheirSize(Way way) throws IOException {
      try (Line line = new Line(way.with(new Fault.Pieces(2, Duration.ofSeconds(60))))) {
        write(way.sender(line), "hello");

        assertThat(read(way.receiver(line), 2)).isEqualTo("he");
        assertSilent(way.receiver(line));
      }
      try (Line line = new Line(way.with(Fault.pieces(2)))) {
        write(way.sender(line), "hello");

        assertThat(read(way.receiver(line), 5)).isEqualTo("hello");
      }
    }

    @ParameterizedTest
    @EnumSource
    void corruptChangesOneByte(Way way) throws IOException {
      try (Line line = new Line(way.with(new Fault.Corrupt(1, 0x20), Fault.corrupt(4)))) {
        write(way.sender(line), "hello world");

        byte[] received = way.receiver(line).getInputStream().readNBytes(11);
        assertThat(received[4]).isEqualTo((byte) ~'o');
        received[4] = 'o';
        assertThat(new String(received, US_ASCII)).isEqualTo("hEllo world");
      }
    }

    @Test
    void faultsAtOnePlaceHappenInTheirOrder() throws IOException {
      Faults faults =
          Faults.none()
              .toServer(Fault.cut(3, End.FIN), Fault.delay(2, Duration.ofMillis(100)))
              .toServer(Fault.corrupt(2), Fault.corrupt(0), Fault.pieces(1));
      try (Line line = new Line(faults)) {
        long start = System.nanoTime();
        write(line.client, "hello");

        assertThat(line.server.getInputStream().readAllBytes()).containsExactly(~'h', 'e', ~'l');
        assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(100_000_000L);
      }
    }
  }

  @Nested
  class Connections {
    @Test
    void haveWhatWasEnqueuedAndThenWhatAlwaysHolds() throws IOException {
      try (ServerSocket listener = new ServerSocket(0, 9, InetAddress.getLoopbackAddress());
          FaultProxy proxy = FaultProxy.start("localhost", listener.getLocalPort())) {
        proxy.always(Faults.none().toClient(Fault.cut(0, End.RESET)));
        proxy.enqueue(Faults.none().toClient(Fault.cut(0, End.FIN)));
        try (Socket first = connect(proxy);
            Socket second = connect(proxy);
            Socket third = connect(proxy)) {
          assertThat(read(first, 1)).isEmpty();
          assertReset(second);
          assertReset(third);
        }
        assertThat(proxy.takeConnection(SOON).number()).isEqualTo(1);
        assertThat(proxy.takeConnection(SOON).number()).isEqualTo(2);
      }
    }

    @Test
    void areDroppedWithTheProxy() throws IOException {
      try (Line line = new Line(Faults.none())) {
        line.proxy.close();
        line.proxy.close();

        assertThat(line.connection.ending()).contains(Ending.DROPPED);
        assertThat(read(line.client, 1)).isEmpty();
        assertThatExceptionOfType(IOException.class).isThrownBy(() -> connect(line.proxy));
      }
    }

    @Test
    void areNotWaitedForForEver() throws IOException {
      try (Line line = new Line(Faults.none())) {
        assertThatExceptionOfType(AssertionError.class)
            .isThrownBy(() -> line.proxy.takeConnection(AT_ONCE));
        assertThatExceptionOfType(AssertionError.class)
            .isThrownBy(() -> line.connection.awaitEnding(AT_ONCE))
            .withMessage("connection 1 has not ended within PT0.001S");
      }
    }

    @Test
    void mayBeWaitedForUntilAnInterrupt() throws IOException {
      try (Line line = new Line(Faults.none())) {
        Thread.currentThread().interrupt();

        assertThatExceptionOfType(WebSocketInterruptedException.class)
            .isThrownBy(() -> line.connection.awaitEnding(SOON));
        assertThat(Thread.interrupted()).isTrue();
      }
    }
  }

  @Nested
  class Descriptions {
    @Test
    void refuseWhatCannotBe() {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Fault.cut(-1, End.FIN))
          .withMessage("fault after -1 bytes, expected at least 0");
      assertThatIllegalArgumentException().isThrownBy(() -> new Fault.Corrupt(0, 0));
      assertThatIllegalArgumentException().isThrownBy(() -> new Fault.Corrupt(0, 256));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Fault.pieces(0))
          .withMessage("pieces of 0 bytes, expected at least 1");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Faults.none().toClient(Fault.pieces(1)).toClient(Fault.pieces(2)));
    }

    @Test
    void areValues() {
      Faults none = Faults.none();
      Faults stalled = none.toServer(Fault.stall(0));

      assertThat(none.toServer()).isEmpty();
      assertThat(stalled).isEqualTo(Faults.none().toServer(new Fault.Stall(0)));
      assertThat(stalled.toClient()).isEmpty();
    }
  }
}
