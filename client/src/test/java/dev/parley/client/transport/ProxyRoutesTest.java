// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.parley.client.transport.ProxyOptions.Kind;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
final class ProxyRoutesTest {
  private static final Destination WS = new Destination(false, "host.example", 80);
  private static final Destination WSS = new Destination(true, "host.example", 443);

  private static Deadline soon() {
    return Deadline.after(Duration.ofSeconds(20));
  }

  /** Returns a socket whose port nobody else can get to listen at. */
  private static Socket closedPort() throws IOException {
    Socket held = new Socket();
    held.bind(null);
    return held;
  }

  private static SocketConnector connector(ReadinessLoop loop, ProxyRoutes routes) {
    return new SocketConnector(loop, new BufferPool(), TlsOptions.DEFAULT).withProxies(routes);
  }

  private static String to(ProxyRoutes routes, Destination destination) {
    return routes.to(destination).stream()
        .map(route -> route.map(ProxyOptions::toString).orElse("straight"))
        .toList()
        .toString();
  }

  @Nested
  final class OfTheEnvironment {
    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        value = {
          "https_proxy=http://p:1                      | straight          | http://p:1",
          "HTTPS_PROXY=http://p:1                      | straight          | http://p:1",
          "http_proxy=p:1                              | http://p:1        | straight",
          "HTTP_PROXY=http://evil:1                    | straight          | straight",
          "all_proxy=socks5h://p                       | socks5://p:1080   | socks5://p:1080",
          "ALL_PROXY=https://u:secret@p https_proxy=q:2 | https://p:443    | http://q:2",
          "https_proxy=  HTTPS_PROXY=p:1               | straight          | http://p:1",
          "''                                          | straight          | straight",
        })
    void namesTheProxies(String variables, String ws, String wss) {
      ProxyRoutes routes = ProxyRoutes.ofEnvironment(environment(variables));
      assertThat(to(routes, WS)).isEqualTo("[" + ws + "]");
      assertThat(to(routes, WSS)).isEqualTo("[" + wss + "]");
      assertThat(routes.toString()).doesNotContain("secret");
    }

    private static Map<String, String> environment(String variables) {
      Map<String, String> environment = new HashMap<>();
      for (String variable : variables.split(" ", -1)) {
        int equals = variable.indexOf('=');
        if (equals > 0) {
          environment.put(variable.substring(0, equals), variable.substring(equals + 1));
        }
      }
      return environment;
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        value = {
          "host.example         | host.example    | true",
          "host.example         | HOST.example    | true",
          "example              | host.example    | true",
          ".example             | host.example    | true",
          ".example.            | host.example    | true",
          "ost.example          | host.example    | false",
          "host.example:443     | host.example    | true",
          "host.example:8443    | host.example    | false",
          "*                    | host.example    | true",
          "other, host.example  | host.example    | true",
          "other host.example   | host.example    | true",
          "10.0.0.0/8           | 10.1.2.3        | true",
          "10.0.0.0/8           | 11.1.2.3        | false",
          "10.1.2.3             | 10.1.2.3        | true",
          "10.1.2.3:443         | 10.1.2.3        | true",
          "10.1.2.3/31          | 10.1.2.2        | true",
          "2                    | 10.1.2.2        | false",
          "::1                  | ::1             | true",
          "[::1]:443            | 0:0:0:0:0:0:0:1 | true",
          "fe80::/10            | febf::1         | true",
          "fe80::/10            | fec0::1         | false",
          "fe80::/10            | 10.0.0.1        | false",
          "[::1]/8              | ::1             | false",
          "10.0.0.0/x, 999.1/8  | 10.0.0.1        | false",
          "', ,'                | host.example    | false",
        })
    void exceptsHosts(String none, String host, boolean straight) {
      ProxyRoutes routes = ProxyRoutes.ofEnvironment(Map.of("all_proxy", "p:1", "no_proxy", none));
      assertThat(to(routes, new Destination(true, host, 443)))
          .isEqualTo(straight ? "[straight]" : "[http://p:1]");
    }

    @ParameterizedTest
    @ValueSource(strings = {"ftp://u:secret@p:1", "http://u:secret@", "http://p:99999"})
    void isRefusedWhereItMakesNoSense(String url) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> ProxyRoutes.ofEnvironment(Map.of("https_proxy", url)))
          .withMessageStartingWith("variable https_proxy: ")
          .withMessageNotContaining("secret");
    }

    @Test
    void ofThisProcessCanBeRead() {
      assertThat(ProxyRoutes.ofEnvironment().to(WSS)).hasSize(1);
    }
  }

  private static final class Selecting extends ProxySelector {
    final List<URI> asked = new ArrayList<>();
    final List<String> failed = new ArrayList<>();
    private final List<Proxy> proxies;

    Selecting(Proxy... proxies) {
      this.proxies = List.of(proxies);
    }

    @Override
    public List<Proxy> select(URI uri) {
      asked.add(uri);
      return proxies;
    }

    @Override
    public void connectFailed(URI uri, SocketAddress address, IOException cause) {
      failed.add(uri + " " + address + " " + cause.getClass().getSimpleName());
    }
  }

  private static Proxy proxy(Proxy.Type type, String host, int port) {
    return new Proxy(type, InetSocketAddress.createUnresolved(host, port));
  }

  @Nested
  final class OfASelector {
    @Test
    void areItsProxiesInTheirOrder() {
      Selecting selector =
          new Selecting(
              proxy(Proxy.Type.HTTP, "h", 1), proxy(Proxy.Type.SOCKS, "s", 2), Proxy.NO_PROXY);
      ProxyRoutes routes = ProxyRoutes.of(selector);
      assertThat(to(routes, WSS)).isEqualTo("[http://h:1, socks5://s:2, straight]");
      assertThat(to(routes, new Destination(false, "::1", 8080))).startsWith("[http://h:1");
      assertThat(selector.asked)
          .containsExactly(
              URI.create("https://host.example:443/"), URI.create("http://[::1]:8080/"));
      assertThat(to(ProxyRoutes.of(new Selecting()), WS)).isEqualTo("[straight]");
    }

    /** Selects a proxy of each kind at a port, and then the straight way. */
    private static Selecting ofEachKind(int port) {
      return new Selecting(
          proxy(Proxy.Type.HTTP, "127.0.0.1", port),
          proxy(Proxy.Type.SOCKS, "127.0.0.1", port),
          Proxy.NO_PROXY);
    }

    @Test
    void areTriedUntilOneIsThereAndTheOthersReported() throws Exception {
      try (Socket held = closedPort();
          Peer peer = new Peer(Peer.ECHO);
          ReadinessLoop loop = new ReadinessLoop()) {
        int closed = held.getLocalPort();
        Selecting selector = ofEachKind(closed);
        SocketConnector connector = connector(loop, ProxyRoutes.of(selector));
        try (Transport transport = connector.connect(peer.plain(), soon())) {
          Bytes.echo(transport, 100);
        }
        assertThat(selector.failed)
            .hasSize(2)
            .allMatch(
                failure ->
                    failure.endsWith("127.0.0.1/<unresolved>:" + closed + " ProxyException"));
      }
    }

    @Test
    void areNotTriedFurtherWhereAProxyRefuses() throws Exception {
      Peer.Service refusing =
          socket -> {
            socket.getInputStream().read();
            socket
                .getOutputStream()
                .write("HTTP/1.1 403 No\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
          };
      try (Peer peer = new Peer(refusing);
          ReadinessLoop loop = new ReadinessLoop()) {
        Selecting selector =
            new Selecting(proxy(Proxy.Type.HTTP, "127.0.0.1", peer.port()), Proxy.NO_PROXY);
        SocketConnector connector = connector(loop, ProxyRoutes.of(selector));
        assertThatThrownBy(() -> connector.connect(peer.plain(), soon()))
            .isInstanceOfSatisfying(
                ProxyException.class,
                e -> assertThat(e.reason()).isEqualTo(ProxyException.Reason.REFUSED));
        assertThat(selector.failed).as("proxies that could not be connected to").isEmpty();
      }
    }

    @Test
    void areTriedWithinTheDeadlineAfterAProxyThatIsSilent() throws Exception {
      try (Peer peer = new Peer(Peer.ECHO);
          SocketConnectorTest.Silence silence = new SocketConnectorTest.Silence();
          ReadinessLoop loop = new ReadinessLoop()) {
        int port = silence.destination().port();
        Selecting selector = ofEachKind(port);
        SocketConnector connector = connector(loop, ProxyRoutes.of(selector));
        Deadline deadline = Deadline.after(Duration.ofSeconds(3));
        try (Transport transport = connector.connect(peer.plain(), deadline)) {
          Bytes.echo(transport, 100);
        }
        assertThat(selector.failed)
            .hasSize(2)
            .allMatch(failure -> failure.endsWith(":" + port + " OpeningTimeoutException"));
      }
    }

    @Test
    void areTriedAfterANameThatNobodyKnows() throws Exception {
      try (Peer peer = new Peer(Peer.ECHO);
          ReadinessLoop loop = new ReadinessLoop()) {
        ProxyOptions proxy = ProxyOptions.of(Kind.HTTP, "127.0.0.1", peer.port());
        List<Optional<ProxyOptions>> ways = List.of(Optional.empty(), Optional.of(proxy));
        SocketConnector connector =
            connector(loop, destination -> ways)
                .withResolver(
                    host -> {
                      throw new UnknownHostException(host);
                    });
        assertThatThrownBy(() -> connector.connect(WS, soon()))
            .as("what the second way, which answers with what it was sent, came to")
            .isInstanceOfSatisfying(
                ProxyException.class,
                e -> assertThat(e.reason()).isEqualTo(ProxyException.Reason.MALFORMED))
            .satisfies(
                e ->
                    assertThat(e.getSuppressed())
                        .hasOnlyElementsOfType(UnknownHostException.class));
      }
    }

    @Test
    void areNotToldOfADestinationThatFailsBehindAProxy() {
      Selecting selector = new Selecting();
      ProxyRoutes routes = ProxyRoutes.of(selector);
      Optional<ProxyOptions> proxy = Optional.of(ProxyOptions.of(Kind.HTTP, "p", 1));
      routes.failed(WSS, proxy, new SSLHandshakeException("certificate"));
      routes.failed(WSS, proxy, new OpeningTimeoutException(OpeningPhase.TLS, "no answer", null));
      routes.failed(WSS, proxy, new OpeningTimeoutException(OpeningPhase.PROXY, "no tunnel", null));
      assertThat(selector.failed).isEmpty();
    }
  }

  @Test
  void lastFailureIsToldWithThoseBeforeIt() throws Exception {
    try (Socket held = closedPort();
        ReadinessLoop loop = new ReadinessLoop()) {
      int closed = held.getLocalPort();
      ProxyOptions proxy = ProxyOptions.of(Kind.HTTP, "127.0.0.1", closed);
      ProxyRoutes routes = d -> List.of(Optional.of(proxy), Optional.empty());
      SocketConnector connector = connector(loop, routes);
      assertThatThrownBy(
              () -> connector.connect(new Destination(false, "127.0.0.1", closed), soon()))
          .isInstanceOf(ConnectException.class)
          .satisfies(
              e -> assertThat(e.getSuppressed()).hasOnlyElementsOfType(ProxyException.class));
    }
  }
}
