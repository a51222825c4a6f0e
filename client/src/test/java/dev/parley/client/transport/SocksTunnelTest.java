// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.parley.client.transport.ProxyException.Reason;
import dev.parley.client.transport.ProxyOptions.Kind;
import dev.parley.testkit.TestCertificates;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
final class SocksTunnelTest {
  private static final HexFormat HEX = HexFormat.ofDelimiter(" ");
  private static final Destination ORIGIN = new Destination(false, "origin", 80);
  private static final String ORIGIN_REQUEST = "05 01 00 03 06 6f 72 69 67 69 6e 00 50";
  private static final String GRANTED = "05 00 00 01 00 00 00 00 00 00";

  private final ReadinessLoop loop = new ReadinessLoop();
  private final SocketConnector connector =
      new SocketConnector(
          loop, new BufferPool(), TlsOptions.DEFAULT.withContext(TestCertificates.clientContext()));

  @AfterEach
  void closeLoop() {
    loop.close();
  }

  /**
   * A proxy with a script: what it expects and what it answers in turn, in hex. Then it is the
   * other end of the tunnel, unless the client was told something else than it expects.
   */
  private static Peer.Service script(Peer.Service then, String... script) {
    return socket -> {
      for (int i = 0; i < script.length; i++) {
        byte[] bytes = HEX.parseHex(script[i]);
        if (i % 2 == 1) {
          socket.getOutputStream().write(bytes);
        } else if (!HEX.formatHex(socket.getInputStream().readNBytes(bytes.length))
            .equals(script[i])) {
          return; // the client finds the end of the stream
        }
      }
      then.serve(socket);
    };
  }

  private static ProxyOptions at(Kind kind, Peer peer) {
    return ProxyOptions.of(kind, "127.0.0.1", peer.port());
  }

  private Transport connect(ProxyOptions proxy, Destination destination) throws Exception {
    return connector.withProxy(proxy).connect(destination, Deadline.after(Duration.ofSeconds(20)));
  }

  private ProxyException failure(Kind kind, String... script) throws Exception {
    try (Peer peer = new Peer(script(socket -> {}, script))) {
      return catchThrowableOfType(ProxyException.class, () -> connect(at(kind, peer), ORIGIN));
    }
  }

  @Nested
  @DisplayName("RFC 1928: SOCKS 5")
  class Socks5 {
    @ParameterizedTest
    @CsvSource({
      "origin,    05 01 00 03 06 6f 72 69 67 69 6e 00 50",
      "127.0.0.1, 05 01 00 01 7f 00 00 01 00 50",
      "1.2.3.256, 05 01 00 03 09 31 2e 32 2e 33 2e 32 35 36 00 50",
      "::1,       05 01 00 04 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01 00 50",
    })
    void isAskedForANameOrAnAddress(String host, String request) throws Exception {
      try (Peer peer = new Peer(script(Peer.ECHO, "05 01 00", "05 00", request, GRANTED));
          Transport transport = connect(at(Kind.SOCKS5, peer), new Destination(false, host, 80))) {
        Bytes.echo(transport, 1_000);
      }
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          GRANTED,
          "05 00 00 03 03 61 62 63 1f 90",
          "05 00 00 03 00 1f 90",
          "05 00 00 04 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 1f 90",
        })
    void mayTellAnyAddressOfItsOwn(String reply) throws Exception {
      try (Peer peer =
              new Peer(script(Peer.ECHO, "05 01 00", "05 00", ORIGIN_REQUEST, reply + " 68 69"));
          Transport transport = connect(at(Kind.SOCKS5, peer), ORIGIN)) {
        assertThat(Bytes.read(transport, 2)).asString().isEqualTo("hi");
        Bytes.echo(transport, 1_000);
      }
    }

    @Test
    void carriesTls() throws Exception {
      Peer.Service origin = Peer.tls(TestCertificates.serverContext(), socket -> {}, Peer.ECHO);
      String request = "05 01 00 03 09 6c 6f 63 61 6c 68 6f 73 74 01 bb";
      try (Peer peer = new Peer(script(origin, "05 01 00", "05 00", request, GRANTED));
          Transport transport =
              connect(at(Kind.SOCKS5, peer), new Destination(true, "localhost", 443))) {
        Bytes.echo(transport, 1 << 20);
      }
    }

    @ParameterizedTest
    @CsvSource({
      "1,   general failure",
      "2,   not allowed by its rules",
      "3,   network unreachable",
      "4,   host unreachable",
      "5,   connection refused",
      "6,   too many hops",
      "7,   command not supported",
      "8,   address type not supported",
      "9,   not a code of RFC 1928",
      "255, not a code of RFC 1928",
    })
    void refusesWithACode(int code, String meaning) throws Exception {
      // The rest of the reply need not come.
      ProxyException e =
          failure(Kind.SOCKS5, "05 01 00", "05 00", ORIGIN_REQUEST, "05 %02x".formatted(code));
      assertThat(e.reason()).isEqualTo(Reason.REFUSED);
      assertThat(e.code()).hasValue(code);
      assertThat(e.response()).isEmpty();
      assertThat(e.getMessage())
          .matches(
              "the proxy 127.0.0.1:\\d+ refused the tunnel to origin:80: SOCKS5 reply "
                  + code
                  + ", "
                  + meaning
                  + "; connected to 127.0.0.1:\\d+");
    }

    @Test
    void mayWantCredentials() throws Exception {
      ProxyException e = failure(Kind.SOCKS5, "05 01 00", "05 ff");
      assertThat(e.reason()).isEqualTo(Reason.CREDENTIALS);
      assertThat(e).hasMessageContaining("wants credentials; ");
    }

    @ParameterizedTest
    @CsvSource({
      "04 5a, 'something else than SOCKS: first byte 4, expected 5'",
      "48 54, 'something else than SOCKS: first byte 72, expected 5'",
      "05 02, 'chose SOCKS5 method 2, which was not offered'",
      "05 01, 'chose SOCKS5 method 1, which was not offered'",
    })
    void mustAgreeOnAMethod(String answer, String message) throws Exception {
      ProxyException e = failure(Kind.SOCKS5, "05 01 00", answer);
      assertThat(e.reason()).isEqualTo(Reason.MALFORMED);
      assertThat(e).hasMessageContaining(message + "; ");
    }

    @ParameterizedTest
    @CsvSource({
      "04 00,       MALFORMED",
      "05 00 00 02, MALFORMED",
      "05,          CLOSED",
      "05 00 00,    CLOSED",
      "05 00 00 01 00 00 00 00 00,    CLOSED",
      "05 00 00 03 ff 61 62 63 1f 90, CLOSED",
    })
    void mustReplyWhole(String reply, Reason reason) throws Exception {
      assertThat(failure(Kind.SOCKS5, "05 01 00", "05 00", ORIGIN_REQUEST, reply).reason())
          .isEqualTo(reason);
    }

    @Test
    void isNotAskedForAHostThatIsTooLong() throws Exception {
      CompletableFuture<Integer> heard = new CompletableFuture<>();
      try (Peer peer = new Peer(socket -> heard.complete(socket.getInputStream().read()))) {
        Destination tooLong = new Destination(false, "a".repeat(256), 80);
        assertThatIllegalArgumentException()
            .isThrownBy(() -> connect(at(Kind.SOCKS5, peer), tooLong))
            .withMessage("host of 256 bytes, at most 255 in SOCKS5");
        assertThat(heard.get()).isEqualTo(-1);
      }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "05", "05 00"})
    void isWaitedForUntilTheDeadline(String answer) throws Exception {
      Peer.Service silent = socket -> socket.getInputStream().readAllBytes();
      try (Peer peer = new Peer(script(silent, "05 01 00", answer))) {
        assertThatThrownBy(
                () ->
                    connector
                        .withProxy(at(Kind.SOCKS5, peer))
                        .connect(ORIGIN, Deadline.after(Duration.ofMillis(200))))
            .isInstanceOf(SocketTimeoutException.class)
            .hasMessageContaining("has not opened the tunnel to origin:80 after");
      }
    }
  }

  @Nested
  @DisplayName("RFC 1929: user and password")
  class Credentials {
    private static final String LOGIN = "01 02 6d 65 02 70 77";

    private ProxyException failure(String... script) throws Exception {
      try (Peer peer = new Peer(script(socket -> {}, script))) {
        return catchThrowableOfType(
            ProxyException.class,
            () -> connect(at(Kind.SOCKS5, peer).withCredentials("me", "pw"), ORIGIN));
      }
    }

    @Test
    void areToldWhereTheProxyWantsThem() throws Exception {
      for (String version : List.of("01", "05")) {
        try (Peer peer =
                new Peer(
                    script(
                        Peer.ECHO,
                        "05 02 00 02",
                        "05 02",
                        LOGIN,
                        version + " 00",
                        ORIGIN_REQUEST,
                        GRANTED));
            Transport transport =
                connect(at(Kind.SOCKS5, peer).withCredentials("me", "pw"), ORIGIN)) {
          Bytes.echo(transport, 10);
        }
      }
    }

    @Test
    void areNotToldWhereItDoesNot() throws Exception {
      try (Peer peer =
              new Peer(script(Peer.ECHO, "05 02 00 02", "05 00", ORIGIN_REQUEST, GRANTED));
          Transport transport =
              connect(at(Kind.SOCKS5, peer).withCredentials("me", "pw"), ORIGIN)) {
        Bytes.echo(transport, 10);
      }
    }

    @Test
    void thatAreWrongAreRefused() throws Exception {
      ProxyException e = failure("05 02 00 02", "05 02", LOGIN, "01 01");
      assertThat(e.reason()).isEqualTo(Reason.CREDENTIALS);
      assertThat(e.code()).hasValue(1);
      assertThat(e)
          .hasMessageContaining("SOCKS5 reply 1, user or password is wrong; ")
          .hasMessageNotContaining("pw");
    }

    @Test
    void thatAreNotTheWayThereAreRefused() throws Exception {
      assertThat(failure("05 02 00 02", "05 ff"))
          .hasMessageContaining("takes neither user and password nor none; ");
    }
  }

  @Nested
  @DisplayName("SOCKS 4a")
  class Socks4a {
    private static final String GRANTED_4 = "00 5a 00 00 00 00 00 00";

    @ParameterizedTest
    @CsvSource({
      "'', origin,    04 01 00 50 00 00 00 01 00 6f 72 69 67 69 6e 00",
      "me, origin,    04 01 00 50 00 00 00 01 6d 65 00 6f 72 69 67 69 6e 00",
      "'', 127.0.0.1, 04 01 00 50 7f 00 00 01 00",
      "'', ::1,       04 01 00 50 00 00 00 01 00 3a 3a 31 00",
    })
    void isAskedForANameOrAnAddress(String user, String host, String request) throws Exception {
      try (Peer peer = new Peer(script(Peer.ECHO, request, GRANTED_4 + " 68 69"))) {
        ProxyOptions proxy = at(Kind.SOCKS4A, peer);
        proxy = user.isEmpty() ? proxy : proxy.withCredentials(user, "");
        try (Transport transport = connect(proxy, new Destination(false, host, 80))) {
          assertThat(Bytes.read(transport, 2)).asString().isEqualTo("hi");
          Bytes.echo(transport, 1_000);
        }
      }
    }

    @ParameterizedTest
    @CsvSource({
      "00 5b, REFUSED,     91, rejected or failed",
      "00 5c, CREDENTIALS, 92, the user is not known there",
      "00 5d, CREDENTIALS, 93, the user is not known there",
      "00 00, REFUSED,     0,  rejected or failed",
    })
    void refusesWithACode(String reply, Reason reason, int code, String why) throws Exception {
      ProxyException e = failure(Kind.SOCKS4A, "04 01 00 50 00 00 00 01 00 6f", reply);
      assertThat(e.reason()).isEqualTo(reason);
      assertThat(e.code()).hasValue(code);
      assertThat(e).hasMessageContaining("SOCKS4 reply " + code + ", " + why + "; ");
    }

    @ParameterizedTest
    @CsvSource({"05 00, MALFORMED", "00, CLOSED", "00 5a 00 00 00 00 00, CLOSED"})
    void mustReplyWhole(String reply, Reason reason) throws Exception {
      assertThat(failure(Kind.SOCKS4A, "04 01 00 50 00 00 00 01 00 6f", reply).reason())
          .isEqualTo(reason);
    }
  }
}
