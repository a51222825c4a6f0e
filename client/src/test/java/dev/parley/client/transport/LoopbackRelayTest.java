// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.client.transport.LoopbackRelay.Call;
import dev.parley.websocket.handshake.HeadLimits;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
final class LoopbackRelayTest {
  private static final Deadline SOON = Deadline.after(Duration.ofSeconds(30));
  private static final String REFUSED =
      "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  private static final String NO_WAY =
      "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

  @AutoClose private final ReadinessLoop loop = new ReadinessLoop();
  private final AtomicInteger connected = new AtomicInteger();
  @AutoClose private final Peer echo;
  @AutoClose private final LoopbackRelay relay;

  LoopbackRelayTest() throws IOException {
    echo = new Peer(Peer.ECHO);
    SocketConnector sockets =
        new SocketConnector(loop, new BufferPool(), TlsOptions.DEFAULT).withoutTls();
    relay =
        new LoopbackRelay(
            (destination, deadline) -> {
              connected.incrementAndGet();
              return sockets.connect(destination, deadline);
            },
            HeadLimits.DEFAULT);
  }

  private Call call(boolean secure) {
    return relay.admit(new Destination(secure, "127.0.0.1", echo.port()), SOON);
  }

  /** Says something to the relay, and returns all that it answers until it closes. */
  private String answer(String said) throws IOException {
    try (Socket socket = socket()) {
      socket.getOutputStream().write(said.getBytes(US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), US_ASCII);
    }
  }

  private Socket socket() throws IOException {
    return new Socket(relay.address().getAddress(), relay.address().getPort());
  }

  private static String connect(String target, String credentials) {
    return "CONNECT "
        + target
        + " HTTP/1.1\r\nHost: "
        + target
        + "\r\nProxy-Authorization: "
        + credentials
        + "\r\n\r\n";
  }

  @Test
  void listensOnTheLoopbackInterfaceOnly() {
    assertThat(relay.address().getAddress()).isEqualTo(InetAddress.getLoopbackAddress());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Parley AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "Basic cGFybGV5OnBhcmxleQ==",
        "",
      })
  void opensNothingToStrangers(String credentials) throws Exception {
    try (Call call = call(true)) {
      assertThat(call.credentials()).hasSizeGreaterThan(48);
      assertThat(answer(connect("127.0.0.1:" + echo.port(), credentials))).isEqualTo(REFUSED);
      assertThat(answer("CONNECT 127.0.0.1:1 HTTP/1.1\r\nHost: a\r\n\r\n")).isEqualTo(REFUSED);
      assertThat(answer("GET http://127.0.0.1:1/ HTTP/1.1\r\nHost: a\r\n\r\n")).isEqualTo(REFUSED);
    }
    assertThat(connected).hasValue(0);
  }

  @Test
  void opensNothingAfterTheCall() throws Exception {
    Call call = call(true);
    call.close();
    assertThat(answer(connect("127.0.0.1:" + echo.port(), call.credentials()))).isEqualTo(REFUSED);
    assertThat(connected).hasValue(0);
  }

  /** Its credentials were found to be good, and then it ended. */
  @Test
  void opensNothingForACallThatEndsBeforeItConnects() {
    Call call = call(true);
    call.close();
    assertThat(call.connect()).isNull();
    assertThat(connected).hasValue(0);
  }

  @Test
  void opensNoTunnelWhereTlsIsNotDueAndNothingElseWhereItIs() throws Exception {
    try (Call plain = call(false);
        Call secure = call(true)) {
      assertThat(answer(connect("127.0.0.1:1", plain.credentials()))).isEqualTo(REFUSED);
      assertThat(
              answer(
                  "GET http://127.0.0.1:1/ HTTP/1.1\r\nHost: a\r\nProxy-Authorization: "
                      + secure.credentials()
                      + "\r\n\r\n"))
          .isEqualTo(REFUSED);
    }
    assertThat(connected).hasValue(0);
  }

  @Test
  void leadsWhereTheCallLeadsWhateverIsAsked() throws Exception {
    try (Call call = call(true);
        Socket socket = socket()) {
      String opened = "HTTP/1.1 200 OK\r\n\r\n";
      socket
          .getOutputStream()
          .write((connect("10.255.255.1:9", call.credentials()) + "early").getBytes(US_ASCII));
      String said = new String(socket.getInputStream().readNBytes(opened.length() + 5), US_ASCII);
      assertThat(said).isEqualTo(opened + "early");
      socket.getOutputStream().write("late".getBytes(US_ASCII));
      assertThat(socket.getInputStream().readNBytes(4)).asString(US_ASCII).isEqualTo("late");
    }
  }

  @Test
  void connectsOnceForACall() throws Exception {
    try (Call call = call(true)) {
      try (Socket first = socket()) {
        first.getOutputStream().write(connect("a:1", call.credentials()).getBytes(US_ASCII));
        assertThat(first.getInputStream().readNBytes(12)).asString(US_ASCII).endsWith("200");
        assertThat(call.failure()).isNull();
      }
      assertThat(answer(connect("a:1", call.credentials()))).isEqualTo(NO_WAY);
      assertThat(call.failure()).isInstanceOf(IOException.class);
    }
    assertThat(connected).hasValue(1);
  }

  /** Takes nothing and gives nothing. */
  private static final class Deaf extends ForwardingTransport {
    private final CountDownLatch closed = new CountDownLatch(1);

    Deaf(Transport socket) {
      super(socket);
    }

    @Override
    public int write(ByteBuffer source) {
      return 0;
    }

    @Override
    public boolean awaitWritable(Deadline deadline) throws InterruptedException {
      return closed.await(Math.max(0, deadline.remainingNanos()), TimeUnit.NANOSECONDS);
    }

    @Override
    public void close() {
      super.close();
      closed.countDown();
    }
  }

  @Test
  void leavesAServerThatTakesNothingWhenTheCallIsOver() throws Exception {
    SocketConnector sockets =
        new SocketConnector(loop, new BufferPool(), TlsOptions.DEFAULT).withoutTls();
    CompletableFuture<Deaf> deaf = new CompletableFuture<>();
    Connector connector =
        (destination, deadline) -> {
          deaf.complete(new Deaf(sockets.connect(destination, deadline)));
          return deaf.join();
        };
    try (LoopbackRelay other = new LoopbackRelay(connector, HeadLimits.DEFAULT)) {
      try (Call call = other.admit(new Destination(true, "127.0.0.1", echo.port()), SOON);
          Socket socket = new Socket(other.address().getAddress(), other.address().getPort())) {
        String asked = connect("a:1", call.credentials()) + "early";
        socket.getOutputStream().write(asked.getBytes(US_ASCII));
        assertThat(socket.getInputStream().readNBytes(12)).asString(US_ASCII).endsWith("200");
        assertThat(deaf.join().closed.await(1500, TimeUnit.MILLISECONDS)).isFalse();
      }
      assertThat(deaf.join().closed.await(20, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void goesOnWhereAThreadWasRefused() throws Exception {
    RefusingThreads threads = new RefusingThreads(Thread.ofVirtual().factory());
    Connector none =
        (destination, deadline) -> {
          throw new IOException("not to be asked");
        };
    try (LoopbackRelay other = new LoopbackRelay(none, HeadLimits.DEFAULT, threads)) {
      threads.refuse(true);
      try (Socket socket = new Socket(other.address().getAddress(), other.address().getPort())) {
        assertThat(socket.getInputStream().read()).isEqualTo(-1);
      }
      threads.refuse(false);
      try (Socket socket = new Socket(other.address().getAddress(), other.address().getPort())) {
        socket.getOutputStream().write(connect("a:1", "Parley no").getBytes(US_ASCII));
        assertThat(socket.getInputStream().readAllBytes()).asString(US_ASCII).isEqualTo(REFUSED);
      }
    }
  }

  @Test
  void passesOnOneRequestWithoutTheCredentials() throws Exception {
    CompletableFuture<String> heard = new CompletableFuture<>();
    try (Peer server =
            new Peer(
                socket ->
                    heard.complete(new String(socket.getInputStream().readAllBytes(), US_ASCII)));
        Call call = relay.admit(new Destination(false, "127.0.0.1", server.port()), SOON);
        Socket socket = socket()) {
      String asked =
          "POST http://other/path?query HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n"
              + "Proxy-Authorization: "
              + call.credentials()
              + "\r\n\r\nbodyGET http://another/ HTTP/1.1\r\n\r\n";
      socket.getOutputStream().write(asked.getBytes(US_ASCII));
      socket.shutdownOutput();
      assertThat(heard.get())
          .isEqualTo(
              "POST /path?query HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nConnection: close\r\n"
                  + "\r\nbody");
    }
  }

  @RepeatedTest(10)
  void closesWhatIsOpen() throws Exception {
    try (Call call = call(true);
        Socket silent = socket();
        Socket open = socket()) {
      open.getOutputStream().write(connect("a:1", call.credentials()).getBytes(US_ASCII));
      assertThat(open.getInputStream().readNBytes(12)).asString(US_ASCII).endsWith("200");
      open.getInputStream().readNBytes(7);
      relay.close();
      assertThat(end(open)).isTrue();
      assertThat(end(silent)).isTrue();
    }
  }

  private static boolean end(Socket socket) {
    try {
      return socket.getInputStream().read() < 0;
    } catch (IOException e) {
      return true; // a reset
    }
  }
}
