// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.parley.client.transport.TlsHandshakeException.Reason;
import dev.parley.testkit.TestCertificates;
import dev.parley.testkit.TestCertificates.Subject;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;
import java.util.stream.Stream;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
final class TlsTransportTest {
  private static final String TLS_1_2 = "TLSv1.2";
  private static final String TLS_1_3 = "TLSv1.3";
  private static final TlsOptions TRUSTING =
      TlsOptions.DEFAULT.withContext(TestCertificates.clientContext());

  private final ReadinessLoop loop = new ReadinessLoop();
  private final BufferPool buffers = new BufferPool();

  @AfterEach
  void closeLoop() {
    loop.close();
  }

  private static Deadline soon() {
    return Deadline.after(Duration.ofSeconds(20));
  }

  private Transport connect(Destination destination, TlsOptions options) throws Exception {
    return new SocketConnector(loop, buffers, options).connect(destination, soon());
  }

  private static Consumer<SSLSocket> only(String protocol) {
    return socket -> socket.setEnabledProtocols(new String[] {protocol});
  }

  private static Peer.Service tls(String protocol, Peer.Service service) {
    return Peer.tls(TestCertificates.serverContext(), only(protocol), service);
  }

  /** A server with the certificate of a subject. */
  private static Peer peer(Subject subject) throws IOException {
    return new Peer(Peer.tls(TestCertificates.issue(subject).context(), socket -> {}, Peer.ECHO));
  }

  /** Another transport under TLS that takes and gives only so many bytes at a time. */
  private static final class Throttled extends ForwardingTransport {
    private final BlockingQueue<Integer> recordTypes = new LinkedBlockingQueue<>();
    private int room = Integer.MAX_VALUE;
    private int most = Integer.MAX_VALUE;
    private int writes;

    Throttled(Transport below) {
      super(below);
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
      int count = super.read(target.slice(target.position(), Math.min(most, target.remaining())));
      target.position(target.position() + Math.max(0, count));
      return count;
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
      writes++;
      if (source.hasRemaining() && room == Integer.MAX_VALUE) {
        recordTypes.add((int) source.get(source.position()));
      }
      int count = Math.min(source.remaining(), room);
      if (room != Integer.MAX_VALUE) {
        room -= count;
      }
      int written = super.write(source.slice(source.position(), count));
      source.position(source.position() + written);
      return written;
    }
  }

  private TlsTransport over(Throttled below, Peer peer) throws Exception {
    return TlsTransport.connect(below, peer.secure(), TRUSTING, buffers, soon());
  }

  private Throttled throttled(Peer peer) throws Exception {
    return new Throttled(
        new SocketConnector(loop, buffers, TRUSTING).connect(peer.plain(), soon()));
  }

  @Nested
  @DisplayName("bytes")
  final class OfBytes {
    @ParameterizedTest
    @CsvSource({
      "TLSv1.2, 0", "TLSv1.2, 1", "TLSv1.2, 16385", "TLSv1.2, 20971520",
      "TLSv1.3, 0", "TLSv1.3, 1", "TLSv1.3, 16385", "TLSv1.3, 20971520"
    })
    void goBothWaysAtOnce(String protocol, int size) throws Exception {
      try (Peer peer = new Peer(tls(protocol, Peer.ECHO));
          Transport transport = connect(peer.secure(), TRUSTING)) {
        assertThat(transport.info().tls())
            .isNotNull()
            .satisfies(session -> assertThat(session.getProtocol()).isEqualTo(protocol));
        Bytes.echo(transport, size);
      }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 100, 16_383})
    void fitBuffersSmallerThanARecord(int buffer) throws Exception {
      byte[] bytes = Bytes.random(50_000);
      try (Peer peer = new Peer(tls(TLS_1_3, socket -> socket.getOutputStream().write(bytes)));
          Transport transport = connect(peer.secure(), TRUSTING)) {
        assertThat(Bytes.read(transport, bytes.length, buffer)).isEqualTo(bytes);
        Bytes.readEnd(transport);
      }
    }

    @Test
    void ofManyRecordsComeInOneRead() throws Exception {
      CountDownLatch written = new CountDownLatch(1);
      CountDownLatch read = new CountDownLatch(1);
      Peer.Service service =
          socket -> {
            for (int i = 0; i < 100; i++) {
              socket.getOutputStream().write(i);
            }
            written.countDown();
            read.await();
          };
      try (Peer peer = new Peer(tls(TLS_1_3, service));
          Transport transport = connect(peer.secure(), TRUSTING)) {
        assertThat(transport.flush()).isTrue();
        written.await();
        ByteBuffer target = ByteBuffer.allocate(1000);
        int reads = 0;
        while (target.position() < 100) {
          if (transport.read(target) == 0) {
            assertThat(transport.awaitReadable(soon())).isTrue();
          } else {
            reads++;
          }
        }
        // One, unless the system is so busy that it brings what was written bit by bit.
        assertThat(reads).isLessThan(50);
        read.countDown();
      }
    }

    /** They go out together, with no write of the transport below between. */
    @ParameterizedTest
    @ValueSource(strings = {TLS_1_2, TLS_1_3})
    void thatAreFirstGoWithTheLastOfTheHandshake(String protocol) throws Exception {
      try (Peer peer = new Peer(tls(protocol, Peer.ECHO))) {
        Throttled below = throttled(peer);
        try (Transport transport = over(below, peer)) {
          int writes = below.writes;
          long departed = transport.bytesDeparted();
          assertThat(transport.write(ByteBuffer.wrap(Bytes.random(1000)))).isEqualTo(1000);
          assertThat(below.writes).isEqualTo(writes + 1);
          boolean withMore = protocol.equals(TLS_1_3); // else the server has the last word
          assertThat(transport.bytesDeparted() > departed + 1000 + 40).isEqualTo(withMore);
          assertThat(Bytes.read(transport, 1000)).isEqualTo(Bytes.random(1000));
        }
      }
    }

    @Test
    void thatAreTakenAndNotFlushedAreTold() throws Exception {
      try (Peer peer = new Peer(tls(TLS_1_3, Peer.ECHO))) {
        Throttled below = throttled(peer);
        try (Transport transport = over(below, peer)) {
          below.room = 10;
          ByteBuffer source = ByteBuffer.wrap(Bytes.random(1000));
          assertThat(transport.write(source)).isEqualTo(1000);
          assertThat(transport.flush()).isFalse();
          assertThat(transport.write(source.rewind())).isZero();
          long departed = transport.bytesDeparted();
          assertThat(transport.flush()).isFalse();
          assertThat(transport.bytesDeparted()).isEqualTo(departed);
          below.room = 3;
          assertThat(transport.flush()).isFalse();
          assertThat(transport.bytesDeparted()).isEqualTo(departed + 3);
          below.room = Integer.MAX_VALUE;
          assertThat(transport.flush()).isTrue();
          assertThat(Bytes.read(transport, 1000)).isEqualTo(Bytes.random(1000));
        }
      }
    }

    @Test
    void thatAreNoRecordYetAreTold() throws Exception {
      try (Peer peer = new Peer(tls(TLS_1_2, Peer.ECHO))) {
        Throttled below = throttled(peer);
        try (Transport transport = over(below, peer)) {
          assertThat(transport.write(ByteBuffer.wrap(Bytes.random(1000)))).isEqualTo(1000);
          assertThat(transport.awaitReadable(soon())).isTrue();
          long arrived = transport.bytesArrived();
          assertThat(arrived).as("those of the handshake").isPositive();
          below.most = 7;
          ByteBuffer target = ByteBuffer.allocate(1000);
          assertThat(transport.read(target)).isZero();
          assertThat(transport.bytesArrived()).isEqualTo(arrived + 7);
          assertThat(transport.read(target)).isZero();
          assertThat(transport.bytesArrived()).isEqualTo(arrived + 14);
          below.most = Integer.MAX_VALUE;
          assertThat(Bytes.read(transport, 1000)).isEqualTo(Bytes.random(1000));
        }
      }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void areNotLostByAnInterrupt(boolean virtual) throws Exception {
      try (Peer peer = new Peer(tls(TLS_1_3, Peer.ECHO));
          Transport transport = connect(peer.secure(), TRUSTING)) {
        FutureTask<byte[]> wait = new FutureTask<>(() -> Bytes.read(transport, 1));
        Thread thread = (virtual ? Thread.ofVirtual() : Thread.ofPlatform()).start(wait);
        thread.interrupt();
        assertThatThrownBy(wait::get).hasCauseInstanceOf(InterruptedException.class);
        Bytes.echo(transport, 100_000);
      }
    }

    @Test
    void haveTheUnattendedTaskRun() throws Exception {
      CountDownLatch maySend = new CountDownLatch(1);
      Peer.Service service =
          socket -> {
            maySend.await();
            socket.getOutputStream().write(1);
            Peer.ECHO.serve(socket);
          };
      try (Peer peer = new Peer(tls(TLS_1_3, service));
          Transport transport = connect(peer.secure(), TRUSTING)) {
        assertThat(transport.flush()).isTrue();
        CountDownLatch run = new CountDownLatch(1);
        transport.onReadable(run::countDown);
        maySend.countDown();
        run.await();
        assertThat(Bytes.read(transport, 1)).containsExactly(1);
      }
    }

    @Test
    void thatAreDecryptedAlreadyHaveTheUnattendedTaskRun() throws Exception {
      Peer.Service service =
          socket -> {
            socket.getOutputStream().write(new byte[1000]);
            Peer.ECHO.serve(socket);
          };
      try (Peer peer = new Peer(tls(TLS_1_3, service));
          Transport transport = connect(peer.secure(), TRUSTING)) {
        assertThat(Bytes.read(transport, 1, 1)).hasSize(1);
        assertThat(transport.awaitReadable(Deadline.after(Duration.ZERO))).isTrue();
        CountDownLatch run = new CountDownLatch(1);
        transport.onReadable(run::countDown);
        run.await();
      }
    }
  }

  @Nested
  @DisplayName("resumption")
  final class OfResumption {
    /** The JDK keeps ten tickets for a host: of more at once, not all would have one. */
    @Test
    void isForAsManyAtOnceAsCameBefore() throws Exception {
      TlsOptions options = TlsOptions.DEFAULT.withContext(TestCertificates.clientContext());
      int many = 12;
      try (Peer peer = new Peer(tls(TLS_1_3, Peer.ECHO))) {
        assertThat(begun(peer, options, many)).doesNotHaveDuplicates();
        long before = System.currentTimeMillis();
        while (System.currentTimeMillis() == before) {
          Thread.onSpinWait();
        }
        List<SSLSession> again = begun(peer, options, many);
        assertThat(again).hasSize(many);
        assertThat(again)
            .allSatisfy(
                session -> assertThat(session.getCreationTime()).isLessThanOrEqualTo(before));
      }
    }

    /** Shakes hands with all before one says a word, as of many threads at once. */
    private List<SSLSession> begun(Peer peer, TlsOptions options, int many) throws Exception {
      List<Transport> all = new ArrayList<>();
      List<SSLSession> sessions = new ArrayList<>();
      try {
        for (int i = 0; i < many; i++) {
          Transport transport = connect(peer.secure(), options);
          all.add(transport);
          sessions.add(Objects.requireNonNull(transport.info().tls()));
        }
        for (Transport transport : all) {
          Bytes.echo(transport, 10);
        }
      } finally {
        all.forEach(Transport::close);
      }
      return sessions;
    }

    @Test
    void isNoneTheLessWhereOneWasRefusedOrClosed() throws Exception {
      try (Peer wrong = peer(Subject.WRONG_HOST);
          Peer peer = new Peer(tls(TLS_1_3, Peer.ECHO))) {
        Destination elsewhere = wrong.secure();
        for (int i = 0; i < 2; i++) {
          assertThatThrownBy(() -> connect(elsewhere, TRUSTING))
              .isInstanceOf(TlsHandshakeException.class);
          try (Transport transport = connect(peer.secure(), TRUSTING)) {
            assertThat(Objects.requireNonNull(transport.info().tls()).getPeerPort())
                .isEqualTo(peer.port());
          }
        }
        Destination trusting = elsewhere.insecurelyTrustingAnyone();
        try (Transport transport = connect(trusting, TRUSTING)) {
          assertThat(Objects.requireNonNull(transport.info().tls()).getPeerPort())
              .isEqualTo(wrong.port());
        }
      }
    }
  }

  @Nested
  @DisplayName("the certificate")
  final class OfTheCertificate {
    @ParameterizedTest
    @ValueSource(strings = {"localhost", "127.0.0.1", "::1"})
    void isForNamesAndAddresses(String host) throws Exception {
      try (Peer peer = peer(Subject.SERVER)) {
        Throttled below = throttled(peer);
        Destination destination = new Destination(true, host, peer.port());
        Bytes.echo(TlsTransport.connect(below, destination, TRUSTING, buffers, soon()), 10);
      }
    }

    @Test
    void forAnotherHostIsRefusedWithACustomContext() throws Exception {
      assertRefused(Subject.WRONG_HOST, Reason.HOST_NAME, "is for another host: No subject alt");
    }

    @Test
    void thatExpiredIsRefused() throws Exception {
      assertRefused(Subject.EXPIRED, Reason.UNTRUSTED, "has expired");
    }

    @Test
    void thatIsNotValidYetIsRefused() throws Exception {
      assertRefused(Subject.NOT_YET_VALID, Reason.UNTRUSTED, "is not valid yet");
    }

    @Test
    void thatNobodyVouchesForIsRefused() throws Exception {
      assertRefused(Subject.SELF_SIGNED, Reason.UNTRUSTED, "is not trusted");
    }

    private void assertRefused(Subject subject, Reason reason, String message) throws Exception {
      try (Peer peer = peer(subject)) {
        TlsHandshakeException e = failure(peer, TRUSTING);
        assertThat(e.reason()).isEqualTo(reason);
        assertThat(e)
            .hasMessageStartingWith("certificate of localhost:" + peer.port() + " ")
            .hasMessageEndingWith("; connected to 127.0.0.1:" + peer.port());
        assertThat(e).hasMessageContaining(message).hasCauseInstanceOf(SSLException.class);
        // Not a byte of ours reaches the peer, who fails too.
        assertThat(peer.failure()).isInstanceOf(IOException.class);
      }
    }

    @Test
    void isNotLookedAtInsecurely() throws Exception {
      for (Subject subject : List.of(Subject.WRONG_HOST, Subject.SELF_SIGNED, Subject.EXPIRED)) {
        try (Peer peer = peer(subject);
            Transport transport =
                connect(peer.secure().insecurelyTrustingAnyone(), TlsOptions.DEFAULT)) {
          Bytes.echo(transport, 10);
        }
      }
    }

    @Test
    void ofAnUnknownAuthorityIsRefusedByThePlatform() throws Exception {
      try (Peer peer = peer(Subject.SERVER)) {
        assertThat(failure(peer, TlsOptions.DEFAULT).reason()).isEqualTo(Reason.UNTRUSTED);
      }
    }
  }

  private TlsHandshakeException failure(Peer peer, TlsOptions options) {
    return catchThrowableOfType(
        TlsHandshakeException.class, () -> connect(peer.secure(), options).close());
  }

  @Nested
  @DisplayName("the server's name")
  final class OfTheServersName {
    static Stream<Arguments> hosts() {
      return Stream.of(
          Arguments.of("localhost", List.of(new SNIHostName("localhost"))),
          Arguments.of("localhost.", List.of(new SNIHostName("localhost"))),
          Arguments.of("127.0.0.1", List.of()));
    }

    @ParameterizedTest
    @MethodSource("hosts")
    void isSentUnlessItIsAnAddress(String host, List<SNIServerName> expected) throws Exception {
      CompletableFuture<List<SNIServerName>> names = new CompletableFuture<>();
      Peer.Service service =
          socket -> {
            var session = (ExtendedSSLSession) ((SSLSocket) socket).getSession();
            names.complete(session.getRequestedServerNames());
            Peer.ECHO.serve(socket);
          };
      try (Peer peer = new Peer(tls(TLS_1_3, service));
          Throttled below = throttled(peer)) {
        Destination destination = new Destination(true, host, peer.port());
        Bytes.echo(TlsTransport.connect(below, destination, TRUSTING, buffers, soon()), 1);
        assertThat(names.get()).isEqualTo(expected);
      }
    }
  }

  @Nested
  @DisplayName("the handshake")
  final class OfTheHandshake {
    private static Peer.Service answering(String hex) {
      return socket -> {
        assertThat(socket.getInputStream().read()).isEqualTo(0x16);
        socket.getOutputStream().write(HexFormat.ofDelimiter(" ").parseHex(hex));
        Peer.ECHO.serve(socket);
      };
    }

    @ParameterizedTest
    @CsvSource({
      "15 03 03 00 02 02 46, VERSION, has no TLS version or cipher suite that we would use",
      "15 03 03 00 02 02 28, VERSION, has no TLS version or cipher suite that we would use",
      "15 03 03 00 02 02 50, OTHER, internal_error",
      "48 54 54 50 2f 31 2e 31 20 34 30 30 0d 0a 0d 0a, NOT_TLS, does not speak TLS"
    })
    void thatIsRefusedSaysWhy(String answer, Reason reason, String message) throws Exception {
      try (Peer peer = new Peer(answering(answer))) {
        TlsHandshakeException e = failure(peer, TRUSTING);
        assertThat(e.reason()).isEqualTo(reason);
        assertThat(e)
            .hasMessageContaining("localhost:" + peer.port())
            .hasMessageContaining(message)
            .hasMessageEndingWith("; connected to 127.0.0.1:" + peer.port())
            .hasCauseInstanceOf(SSLException.class);
      }
    }

    @Test
    void thatEndsEarlySaysSo() throws Exception {
      try (Peer peer = new Peer(socket -> socket.getInputStream().readNBytes(10))) {
        assertThatThrownBy(() -> connect(peer.secure(), TRUSTING))
            .isInstanceOf(IOException.class)
            .satisfiesAnyOf(
                e -> assertThat(e).hasMessageContaining("closed the connection during"),
                e -> assertThat(e).hasMessageContaining("reset"));
      }
    }

    @Test
    void thatIsNeverAnsweredEndsAtTheDeadline() throws Exception {
      CountDownLatch closed = new CountDownLatch(1);
      try (Peer peer = new Peer(Peer.untilClosed(closed))) {
        SocketConnector connector = new SocketConnector(loop, buffers, TRUSTING);
        assertThatThrownBy(
                () -> connector.connect(peer.secure(), Deadline.after(Duration.ofMillis(300))))
            .isInstanceOf(SocketTimeoutException.class)
            .hasMessageMatching(
                "TLS handshake with localhost:\\d+ not over after \\d+ ms; connected to"
                    + " 127.0.0.1:\\d+");
        closed.await();
      }
    }

    @Test
    void canBeInterrupted() throws Exception {
      CountDownLatch begun = new CountDownLatch(1);
      CountDownLatch closed = new CountDownLatch(1);
      Peer.Service service =
          socket -> {
            socket.getInputStream().readNBytes(5);
            begun.countDown();
            socket.getInputStream().readAllBytes();
            closed.countDown();
          };
      try (Peer peer = new Peer(service)) {
        FutureTask<Transport> connecting = new FutureTask<>(() -> connect(peer.secure(), TRUSTING));
        Thread thread = Thread.ofVirtual().start(connecting);
        begun.await();
        thread.interrupt();
        assertThatThrownBy(connecting::get).hasCauseInstanceOf(InterruptedException.class);
        closed.await();
      }
    }
  }

  @Nested
  @DisplayName("a client certificate")
  final class OfClientCertificates {
    private Peer demanding(String protocol) throws IOException {
      return new Peer(
          Peer.tls(
              TestCertificates.serverContext(),
              only(protocol).andThen(socket -> socket.setNeedClientAuth(true)),
              Peer.ECHO));
    }

    @ParameterizedTest
    @ValueSource(strings = {TLS_1_2, TLS_1_3})
    void isPresented(String protocol) throws Exception {
      TlsOptions options =
          TlsOptions.DEFAULT.withContext(TestCertificates.issue(Subject.CLIENT).context());
      try (Peer peer = demanding(protocol);
          Transport transport = connect(peer.secure(), options)) {
        Bytes.echo(transport, 10);
      }
    }

    @ParameterizedTest
    @ValueSource(strings = {TLS_1_2, TLS_1_3})
    void thatIsMissingIsToldSo(String protocol) throws Exception {
      try (Peer peer = demanding(protocol)) {
        TlsHandshakeException e =
            catchThrowableOfType(
                TlsHandshakeException.class, () -> Bytes.read(connect(peer.secure(), TRUSTING), 1));
        assertThat(e.reason()).isEqualTo(Reason.CLIENT_CERTIFICATE);
        assertThat(e).hasMessageContaining(" wants a client certificate");
      }
    }
  }

  @Nested
  @DisplayName("the end")
  final class OfTheEnd {
    @ParameterizedTest
    @ValueSource(strings = {TLS_1_2, TLS_1_3})
    void withCloseNotifyIsTheEndOfTheStream(String protocol) throws Exception {
      Peer.Service service =
          socket -> {
            socket.getOutputStream().write(5);
            socket.close();
          };
      try (Peer peer = new Peer(tls(protocol, service));
          Transport transport = connect(peer.secure(), TRUSTING)) {
        assertThat(Bytes.read(transport, 1)).containsExactly(5);
        Bytes.readEnd(transport);
        assertThat(transport.awaitReadable(Deadline.after(Duration.ZERO))).isTrue();
      }
    }

    @Test
    void withoutCloseNotifyIsTheEndOfTheStreamToo() throws Exception {
      try (Peer peer = new Peer(tls(TLS_1_3, socket -> socket.getOutputStream().write(5)));
          Transport transport = connect(peer.secure(), TRUSTING)) {
        assertThat(Bytes.read(transport, 1)).containsExactly(5);
        Bytes.readEnd(transport);
      }
    }

    private static void assertEnded(Transport transport, Class<? extends IOException> why) {
      assertThatThrownBy(() -> transport.read(ByteBuffer.allocate(1))).isInstanceOf(why);
      assertThatThrownBy(() -> transport.write(ByteBuffer.allocate(1))).isInstanceOf(why);
    }

    @Test
    void byUsSendsCloseNotify() throws Exception {
      try (Peer peer = new Peer(tls(TLS_1_2, Peer.ECHO))) {
        Throttled below = throttled(peer);
        Transport transport = over(below, peer);
        Bytes.echo(transport, 1);
        below.recordTypes.clear();
        transport.close();
        transport.close();
        assertThat(below.recordTypes).containsExactly(0x15);
        assertEnded(transport, ClosedChannelException.class);
      }
    }

    @Test
    void byUsDoesNotWaitForRoom() throws Exception {
      try (Peer peer = new Peer(tls(TLS_1_3, Peer.ECHO))) {
        Throttled below = throttled(peer);
        Transport transport = over(below, peer);
        assertThat(transport.flush()).isTrue();
        below.room = 0;
        assertThat(transport.write(ByteBuffer.allocate(100))).isEqualTo(100);
        transport.close();
        assertThat(transport.awaitReadable(Deadline.NONE)).isTrue();
      }
    }

    @Test
    void byACorruptRecordComesAfterWhatWasGood() throws Exception {
      CountDownLatch sent = new CountDownLatch(1);
      Peer.Service service =
          socket -> {
            socket.getOutputStream().write(5);
            sent.countDown();
            Peer.ECHO.serve(socket);
          };
      try (Peer peer = new Peer(tls(TLS_1_3, service));
          Transport transport = connect(peer.secure(), TRUSTING)) {
        assertThat(transport.flush()).isTrue();
        sent.await();
        Socket raw = peer.socket();
        raw.getOutputStream().write(HexFormat.of().parseHex("1703030020" + "00".repeat(32)));
        ByteBuffer target = ByteBuffer.allocate(100);
        while (transport.read(target) == 0) {
          assertThat(transport.awaitReadable(soon())).isTrue();
        }
        assertThat(target.flip()).isEqualTo(ByteBuffer.wrap(new byte[] {5}));
        assertThatThrownBy(() -> Bytes.read(transport, 1)).isInstanceOf(SSLException.class);
        assertEnded(transport, SSLException.class);
      }
    }

    @Test
    void byPlainTextWhereTlsIsDueIsAFailure() throws Exception {
      try (Peer peer = new Peer(tls(TLS_1_3, Peer.ECHO));
          Transport transport = connect(peer.secure(), TRUSTING)) {
        peer.socket().getOutputStream().write(new byte[] {(byte) 0x81, 1, 65, 0, 0, 0});
        assertThatThrownBy(() -> Bytes.read(transport, 1)).isInstanceOf(SSLException.class);
      }
    }
  }

  @Nested
  @DisplayName("a new key")
  final class OfNewKeys {
    /** Asks for a new key before each byte. */
    private static Peer.Service asking(int times) {
      return socket -> {
        for (int i = 0; i < times; i++) {
          ((SSLSocket) socket).startHandshake();
          socket.getOutputStream().write(i);
        }
        Peer.ECHO.serve(socket);
      };
    }

    @Test
    void isAnsweredWhileBytesGoOn() throws Exception {
      try (Peer peer = new Peer(tls(TLS_1_3, asking(500)))) {
        Transport transport = connect(peer.secure(), TRUSTING);
        byte[] bytes = Bytes.read(transport, 500);
        assertThat(bytes[499]).isEqualTo((byte) 499);
        Bytes.echo(transport, 100_000);
        transport.close();
      }
    }

    @Test
    void comesManyTimesAndDoesNotHoldARead() throws Exception {
      Peer.Service service =
          socket -> {
            for (int i = 0; i < 200; i++) {
              ((SSLSocket) socket).startHandshake();
            }
            socket.getOutputStream().write(7);
            Peer.ECHO.serve(socket);
          };
      try (Peer peer = new Peer(tls(TLS_1_3, service));
          Transport transport = connect(peer.secure(), TRUSTING)) {
        ByteBuffer target = ByteBuffer.allocate(10);
        int reads = 1;
        while (transport.read(target) == 0) {
          assertThat(transport.awaitReadable(soon())).isTrue();
          reads++;
        }
        assertThat(reads).isGreaterThan(5);
        assertThat(target.get(0)).isEqualTo((byte) 7);
        Bytes.echo(transport, 1000);
      }
    }

    @Test
    void isNotWaitedForByTheReaderAndNotAskedForWithoutEnd() throws Exception {
      try (Peer peer = new Peer(tls(TLS_1_3, asking(10_000)))) {
        Throttled below = throttled(peer);
        Transport transport = over(below, peer);
        assertThat(transport.flush()).isTrue();
        below.room = 0;
        assertThat(Bytes.read(transport, 900)).hasSize(900);
        assertThatThrownBy(() -> Bytes.read(transport, 9_000))
            .isInstanceOf(SSLException.class)
            .hasMessageContaining("asks for new keys and reads no answer");
        transport.close();
      }
    }

    @Test
    void byRenegotiationIsRefused() throws Exception {
      try (Peer peer = new Peer(tls(TLS_1_2, asking(1)))) {
        Transport transport = connect(peer.secure(), TRUSTING);
        assertThatThrownBy(() -> Bytes.read(transport, 1))
            .isInstanceOf(SSLException.class)
            .hasMessageContaining("asked for a TLS renegotiation, which is refused");
        transport.close();
      }
    }
  }
}
