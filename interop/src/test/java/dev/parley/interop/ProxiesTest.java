// SPDX-License-Identifier: Apache-2.0
package dev.parley.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.parley.client.DefaultClientWebSocketSession;
import dev.parley.client.HttpClient;
import dev.parley.client.HttpRequestException;
import dev.parley.client.WebSocketOpeningException;
import dev.parley.client.WebSockets;
import dev.parley.client.transport.HttpAuthentication;
import dev.parley.client.transport.ProxyOptions;
import dev.parley.client.transport.ProxyOptions.Kind;
import dev.parley.client.transport.TlsOptions;
import dev.parley.testkit.TestCertificates;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Frame;
import dev.parley.websocket.extension.WebSocketExtensions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Our client gets through what people put in between. */
@Timeout(120)
final class ProxiesTest {
  @RegisterExtension static final Servers SERVERS = new Servers();

  private static final AtomicInteger IDS = new AtomicInteger();
  private static final TlsOptions TLS =
      TlsOptions.DEFAULT.withTrust(TestCertificates.authorityFile());

  private final EchoServer server = SERVERS.of(Peer.JETTY);
  private final String id = "proxied-" + IDS.incrementAndGet();

  @TempDir Path directory;

  private static HttpClient client(@Nullable ProxyOptions proxy) {
    return HttpClient.create(
        config ->
            config
                .proxy(proxy)
                .tls(TLS)
                .install(
                    WebSockets.PLUGIN,
                    ws ->
                        ws.extensions(
                            all -> all.install(WebSocketExtensions.perMessageDeflate()))));
  }

  private static ProxyOptions at(Kind kind, Daemon daemon) {
    ProxyOptions options =
        ProxyOptions.of(kind, kind == Kind.HTTPS ? "localhost" : "127.0.0.1", daemon.port());
    return options.withTls(TLS);
  }

  /** Echoes small and large messages, and closes as one should. */
  private void converse(@Nullable ProxyOptions proxy, String url) throws Exception {
    try (HttpClient client = client(proxy)) {
      DefaultClientWebSocketSession session = client.webSocketSession(url);
      byte[] large = new byte[1 << 20];
      new Random(4711).nextBytes(large);
      for (Frame message :
          new Frame[] {new Frame.Text("hello"), new Frame.Binary(large), new Frame.Text("")}) {
        session.send(message);
        assertThat(session.incoming().receive()).isEqualTo(message);
      }
      session.close(new CloseReason(4242, "enough"));
      assertThat(session.closeReason().get(10, TimeUnit.SECONDS))
          .isEqualTo(new CloseReason(4242, "enough"));
    }
  }

  private void through(ProxyOptions proxy) throws Exception {
    fetchTokens(proxy);
    for (boolean secure : new boolean[] {false, true}) {
      converse(proxy, address(secure));
    }
  }

  /** Plain requests of HTTP go the same way. */
  private static void fetchTokens(ProxyOptions proxy) throws IOException {
    try (TokenServer tokens = TokenServer.start();
        HttpClient client = client(proxy)) {
      for (boolean secure : new boolean[] {false, true, false, true}) {
        assertThat(client.post(tokens.url(secure), r -> r.body("me")).bodyAsText())
            .isEqualTo("token for me, null");
      }
    }
  }

  /** By address: a name may have two, of which the server has one. */
  private String address(boolean secure) {
    return server.uri(secure, id, "echo").toString().replace("localhost", "127.0.0.1");
  }

  private WebSocketOpeningException failure(ProxyOptions proxy) {
    try (HttpClient client = client(proxy)) {
      return catchThrowableOfType(
          WebSocketOpeningException.class, () -> client.webSocketSession(address(true)));
    }
  }

  private void assertWantsOthers(ProxyOptions proxy, String offered) {
    WebSocketOpeningException failure = failure(proxy);
    assertThat(failure.reason()).isEqualTo("proxy-credentials");
    assertThat(failure).hasMessageContaining(offered).hasMessageNotContaining("hunter");
    try (HttpClient client = client(proxy)) {
      HttpRequestException plain =
          catchThrowableOfType(
              HttpRequestException.class, () -> client.get(address(true).replace("wss", "https")));
      assertThat(plain.reason()).isEqualTo("proxy-credentials");
      assertThat(plain).hasMessageContaining(offered).hasMessageNotContaining("hunter");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void squidThatAsksNobody(boolean tls) throws Exception {
    try (Daemon squid = ThirdParty.squid(directory, "none", tls)) {
      through(at(tls ? Kind.HTTPS : Kind.HTTP, squid));
    }
  }

  @Test
  void squidThatAsksForBasic() throws Exception {
    try (Daemon squid = ThirdParty.squid(directory, "basic", false)) {
      ProxyOptions proxy = at(Kind.HTTP, squid);
      through(proxy.withCredentials(ThirdParty.USER, ThirdParty.PLAIN_PASSWORD));
      assertWantsOthers(proxy, "offered Basic");
      assertWantsOthers(proxy.withCredentials(ThirdParty.USER, "hunter3"), "offered Basic");
      assertWantsOthers(
          proxy.withAuthentication(HttpAuthentication.digest(ThirdParty.USER, "hunter2")),
          "offered Basic");
    }
  }

  @Test
  void squidThatAsksForDigest() throws Exception {
    try (Daemon squid = ThirdParty.squid(directory, "digest", false)) {
      ProxyOptions proxy = at(Kind.HTTP, squid);
      through(
          proxy.withAuthentication(
              HttpAuthentication.digest(ThirdParty.USER, ThirdParty.PASSWORD)));
      through(proxy.withCredentials(ThirdParty.USER, ThirdParty.PASSWORD));
      assertWantsOthers(
          proxy.withAuthentication(HttpAuthentication.digest(ThirdParty.USER, "hunter3")),
          "offered Digest");
      assertWantsOthers(proxy, "offered Digest");
    }
  }

  @Test
  void tinyproxy() throws Exception {
    try (Daemon tinyproxy = ThirdParty.tinyproxy(directory)) {
      ProxyOptions proxy = at(Kind.HTTP, tinyproxy);
      through(proxy.withCredentials(ThirdParty.USER, ThirdParty.PLAIN_PASSWORD));
      assertWantsOthers(proxy.withCredentials(ThirdParty.USER, "hunter3"), "401");
      assertWantsOthers(proxy, "407");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"SOCKS5", "SOCKS4A"})
  void dante(Kind kind) throws Exception {
    try (Daemon dante = ThirdParty.dante(directory)) {
      through(at(kind, dante));
    }
  }

  @Test
  void microsocks() throws Exception {
    try (Daemon microsocks = ThirdParty.microsocks(directory)) {
      ProxyOptions proxy = at(Kind.SOCKS5, microsocks);
      through(proxy.withCredentials(ThirdParty.USER, ThirdParty.PASSWORD));
      assertWantsOthers(proxy.withCredentials(ThirdParty.USER, "hunter3"), "SOCKS5 reply");
      assertWantsOthers(proxy, "SOCKS5 reply");
    }
  }

  /** What we tell our own relay, no server hears. */
  @Test
  void plainRequestsByBothVersionsOfHttp() throws Exception {
    for (boolean tls : new boolean[] {false, true}) {
      try (Daemon nginx = ThirdParty.nginx(directory, tls, server.port(false));
          Daemon squid = ThirdParty.squid(directory, "none", false)) {
        String url = (tls ? "https" : "http") + "://127.0.0.1:" + nginx.port() + "/asked";
        for (ProxyOptions proxy : Arrays.asList(null, at(Kind.HTTP, squid))) {
          try (HttpClient client = client(proxy)) {
            List<Thread> threads = new ArrayList<>();
            Queue<String> answers = new ConcurrentLinkedQueue<>();
            for (int i = 0; i < 20; i++) {
              threads.add(
                  Thread.ofVirtual().start(() -> answers.add(client.get(url).bodyAsText())));
            }
            for (Thread thread : threads) {
              thread.join();
            }
            assertThat(client.get(url).headers().get("Content-Length")).isEqualTo("11");
            assertThat(answers)
                .hasSize(20)
                .allMatch(answer -> answer.equals(tls ? "HTTP/2.0 []" : "HTTP/1.1 []"));
          }
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"nginx, false", "nginx, true", "haproxy, false", "haproxy, true"})
  void inFrontOfTheServer(String name, boolean tls) throws Exception {
    int behind = server.port(false);
    try (Daemon daemon =
        name.equals("nginx")
            ? ThirdParty.nginx(directory, tls, behind)
            : ThirdParty.haproxy(directory, tls, behind)) {
      converse(
          null,
          (tls ? "wss" : "ws")
              + "://localhost:"
              + daemon.port()
              + Conversation.PATH
              + id
              + "/echo");
    }
  }
}
