// SPDX-License-Identifier: Apache-2.0
package dev.parley.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.parley.client.Auth;
import dev.parley.client.Cookies;
import dev.parley.client.DefaultClientWebSocketSession;
import dev.parley.client.HttpClient;
import dev.parley.client.HttpClientConfig;
import dev.parley.client.HttpRequestBuilder;
import dev.parley.client.Redirects;
import dev.parley.client.WebSocketOpeningException;
import dev.parley.client.WebSocketUpgradeException;
import dev.parley.client.WebSockets;
import dev.parley.client.transport.Connector;
import dev.parley.client.transport.Deadline;
import dev.parley.client.transport.Destination;
import dev.parley.client.transport.OpeningPhase;
import dev.parley.client.transport.ProxyRoutes;
import dev.parley.client.transport.SocketConnector;
import dev.parley.client.transport.SocketOptions;
import dev.parley.client.transport.TlsOptions;
import dev.parley.client.transport.Transport;
import dev.parley.client.transport.TransportInfo;
import dev.parley.testkit.TestCertificates;
import dev.parley.testkit.TestCertificates.Issued;
import dev.parley.testkit.TestCertificates.Subject;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Frame;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a client can be told, in front of an nginx that wants it, with ws on Node behind it. In the
 * header {@code Seen} nginx says what it saw of the client.
 */
@Timeout(120)
final class NginxTest {
  @RegisterExtension static final Servers SERVERS = new Servers();

  private static final AtomicInteger IDS = new AtomicInteger();
  private static final TlsOptions TLS =
      TlsOptions.DEFAULT.withTrust(TestCertificates.authorityFile());
  private static final String SUITE = "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384";
  private static final String OPENSSL_SUITE = "ECDHE-ECDSA-AES256-GCM-SHA384";

  private final EchoServer node = SERVERS.of(Peer.NODE);
  private final String talk = Conversation.PATH + "nginx-" + IDS.incrementAndGet() + "/echo";
  private final int plain = Daemon.freePort();
  private final int secure = Daemon.freePort();

  private @Nullable Daemon nginx;

  @TempDir Path directory;

  @AfterEach
  void stop() {
    if (nginx != null) {
      nginx.close();
    }
  }

  /** Starts nginx with what is said here of a server that listens with and without TLS. */
  private void nginx(String server) {
    nginx(Subject.SERVER, "", server);
  }

  private void nginx(Subject subject, String outside, String server) {
    Issued issued = TestCertificates.issue(subject);
    Daemon.file(
        directory, "node.conf", ThirdParty.nginxPassesTo(node.port(false))); // to be included
    nginx =
        ThirdParty.nginx(
            directory,
            plain,
            """
            %s
            server {
              listen 127.0.0.1:%d;
              listen 127.0.0.1:%d ssl http2;
              ssl_certificate %s;
              ssl_certificate_key %s;
              %s
            }
            """
                .formatted(
                    outside, plain, secure, issued.certificateFile(), issued.keyFile(), server));
  }

  private static HttpClient client(Consumer<HttpClientConfig> configure) {
    return HttpClient.create(
        config -> {
          config.tls(TLS).install(WebSockets.PLUGIN);
          configure.accept(config);
        });
  }

  /** By address: a name may have two, of which nginx has one. */
  private String url(boolean tls, String path) {
    return tls ? "wss://127.0.0.1:" + secure + path : "ws://127.0.0.1:" + plain + path;
  }

  /** Opens a session, echoes, closes, and returns what nginx saw. */
  private static @Nullable String converse(HttpClient client, String url) throws Exception {
    return converse(client, request -> request.url(url));
  }

  private static @Nullable String converse(HttpClient client, Consumer<HttpRequestBuilder> request)
      throws Exception {
    DefaultClientWebSocketSession session = client.webSocketSession(request);
    byte[] large = new byte[1 << 20];
    new Random(4711).nextBytes(large);
    for (Frame message : new Frame[] {new Frame.Text("hello"), new Frame.Binary(large)}) {
      session.send(message);
      assertThat(session.incoming().receive()).isEqualTo(message);
    }
    session.close(new CloseReason(4242, "enough"));
    assertThat(session.closeReason().get(10, TimeUnit.SECONDS))
        .isEqualTo(new CloseReason(4242, "enough"));
    return session.call().response().headers().get("Seen");
  }

  private static void assertRefused(HttpClient client, String url, int status) {
    WebSocketUpgradeException refusal =
        catchThrowableOfType(
            WebSocketUpgradeException.class, () -> client.webSocketSession(url).terminate());
    assertThat(refusal.response().status().value()).isEqualTo(status);
  }

  private static void assertFails(
      HttpClient client, String url, OpeningPhase phase, String reason) {
    WebSocketOpeningException failure =
        catchThrowableOfType(
            WebSocketOpeningException.class, () -> client.webSocketSession(url).terminate());
    assertThat(failure.reason()).as(failure.getMessage()).isEqualTo(reason);
    assertThat(failure.phase()).isEqualTo(phase);
  }

  /** A connector that takes note of where its transports lead. */
  private record Noted(SocketConnector sockets, List<TransportInfo> transports)
      implements Connector {
    @Override
    public Transport connect(Destination destination, Deadline deadline)
        throws IOException, InterruptedException {
      Transport transport = sockets.connect(destination, deadline);
      transports.add(transport.info());
      return transport;
    }
  }

  @Test
  void redirectsAreFollowedAndCredentialsStayBehind() throws Exception {
    nginx(
        """
        add_header Seen "$scheme [$http_authorization]" always;
        location = /moved { return 307 %s; }
        location = /secured { return 307 https://127.0.0.1:%d%s; }
        location = /unsecured { return 307 http://127.0.0.1:%d%s; }
        location = /loop { return 307 /loop; }
        location /talk/ { include node.conf; }
        """
            .formatted(talk, secure, talk, plain, talk));
    try (HttpClient stays = client(config -> {});
        HttpClient follows = client(config -> config.install(Redirects.PLUGIN))) {
      for (boolean tls : new boolean[] {false, true}) {
        assertRefused(stays, url(tls, "/moved"), 307);
        assertThat(
                converse(
                    follows,
                    request -> request.url(url(tls, "/moved")).header("Authorization", "secret")))
            .isEqualTo(tls ? "https [secret]" : "http [secret]");
      }
      assertThat(
              converse(
                  follows,
                  request -> request.url(url(false, "/secured")).header("Authorization", "secret")))
          .isEqualTo("https []");
      assertFails(follows, url(true, "/unsecured"), OpeningPhase.RESPONSE, "redirect-insecure");
      assertFails(follows, url(true, "/loop"), OpeningPhase.RESPONSE, "redirect-limit");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void basicAuthentication(boolean tls) throws Exception {
    byte[] hash =
        MessageDigest.getInstance("SHA-1")
            .digest(ThirdParty.PASSWORD.getBytes(StandardCharsets.UTF_8));
    Daemon.file(
        directory,
        "users",
        ThirdParty.USER + ":{SHA}" + Base64.getEncoder().encodeToString(hash) + "\n");
    nginx(
        """
        add_header Seen "$remote_user" always;
        location /talk/ {
          auth_basic "exam";
          auth_basic_user_file users;
          include node.conf;
        }
        """);
    try (HttpClient nobody = client(config -> {});
        HttpClient user =
            client(
                config ->
                    config.install(
                        Auth.PLUGIN,
                        auth ->
                            auth.basic(ThirdParty.USER, ThirdParty.PASSWORD)
                                .onlyFor(url(tls, talk))));
        HttpClient other =
            client(
                config ->
                    config.install(
                        Auth.PLUGIN,
                        auth -> auth.basic(ThirdParty.USER, "hunter2").onlyFor(url(tls, talk))))) {
      assertThat(converse(user, url(tls, talk))).isEqualTo(ThirdParty.USER);
      assertRefused(nobody, url(tls, talk), 401);
      assertRefused(other, url(tls, talk), 401);
    }
  }

  /** A cookie comes with a refusal, the next with an upgrade; and each is sent back. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void cookies(boolean tls) throws Exception {
    nginx(
        Subject.SERVER,
        "map $cookie_step $next { default 1; 1 2; 2 3; }",
        """
        add_header Seen "$cookie_step" always;
        add_header Set-Cookie "step=$next; Path=/talk; HttpOnly" always;
        location /talk/ {
          if ($cookie_step = "") { return 403; }
          include node.conf;
        }
        """);
    try (HttpClient forgets = client(config -> {});
        HttpClient remembers = client(config -> config.install(Cookies.PLUGIN))) {
      assertRefused(forgets, url(tls, talk), 403);
      assertRefused(forgets, url(tls, talk), 403);
      assertRefused(remembers, url(tls, talk), 403);
      assertThat(converse(remembers, url(tls, talk))).isEqualTo("1");
      assertThat(converse(remembers, url(tls, talk))).isEqualTo("2");
    }
  }

  @Test
  void unixDomainSockets() throws Exception {
    Path open = directory.resolve("plain.sock");
    Path sealed = directory.resolve("tls.sock");
    nginx(
        """
        listen unix:%s;
        listen unix:%s ssl;
        add_header Seen "$remote_addr $scheme $host" always;
        location /talk/ { include node.conf; }
        location = /plain { return 200 "$remote_addr $scheme"; }
        """
            .formatted(open, sealed));
    try (HttpClient client = client(config -> {})) {
      assertThat(converse(client, "ws+unix:" + open + ":" + talk))
          .isEqualTo("unix: http localhost");
      assertThat(converse(client, "wss+unix:" + sealed + ":" + talk))
          .isEqualTo("unix: https localhost");
      assertThat(converse(client, request -> request.url(url(true, talk)).unixSocket(sealed)))
          .isEqualTo("unix: https 127.0.0.1");
      assertThat(client.get("http+unix:" + open + ":/plain").bodyAsText()).isEqualTo("unix: http");
      assertThat(client.get("https+unix:" + sealed + ":/plain").bodyAsText())
          .isEqualTo("unix: https");
    }
  }

  @Test
  void clientCertificate() throws Exception {
    Issued own = TestCertificates.issue(Subject.CLIENT);
    nginx(
        """
        ssl_verify_client on;
        ssl_client_certificate %s;
        add_header Seen "$ssl_client_verify $ssl_client_s_dn" always;
        location /talk/ { include node.conf; }
        """
            .formatted(TestCertificates.authorityFile()));
    try (HttpClient nobody = client(config -> {});
        HttpClient somebody =
            client(
                config ->
                    config.tls(TLS.withClientCertificate(own.certificateFile(), own.keyFile())))) {
      assertThat(converse(somebody, url(true, talk))).isEqualTo("SUCCESS CN=client");
      assertRefused(nobody, url(true, talk), 400); // nginx wants to say it in HTTP
    }
  }

  private static String pin(Path pem) throws IOException, GeneralSecurityException {
    try (InputStream in = Files.newInputStream(pem)) {
      byte[] key =
          CertificateFactory.getInstance("X.509")
              .generateCertificate(in)
              .getPublicKey()
              .getEncoded();
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(key);
      return "sha256/" + Base64.getEncoder().encodeToString(hash);
    }
  }

  @Test
  void pinnedKeys() throws Exception {
    String server = pin(TestCertificates.issue(Subject.SERVER).certificateFile());
    String authority = pin(TestCertificates.authorityFile());
    String other = pin(TestCertificates.issue(Subject.CLIENT).certificateFile());
    nginx("location /talk/ { include node.conf; }");
    for (String pin : List.of(server, authority)) {
      try (HttpClient client = client(config -> config.tls(TLS.withPinnedKeys(other, pin)))) {
        converse(client, url(true, talk));
      }
    }
    try (HttpClient client = client(config -> config.tls(TLS.withPinnedKeys(other)))) {
      assertFails(client, url(true, talk), OpeningPhase.TLS, "tls-pin");
    }
  }

  /** What both sides say of a connection. */
  private void assertSpeaks(TlsOptions tls, String protocol, String suite, String seen)
      throws Exception {
    List<TransportInfo> transports = new ArrayList<>();
    try (HttpClient client =
        client(config -> config.tls(tls).connector(sockets -> new Noted(sockets, transports)))) {
      assertThat(converse(client, url(true, talk))).isEqualTo(seen);
    }
    assertThat(transports).hasSize(1);
    SSLSession session = Objects.requireNonNull(transports.getFirst().tls());
    assertThat(session.getProtocol()).isEqualTo(protocol);
    assertThat(session.getCipherSuite()).isEqualTo(suite);
  }

  @Test
  void protocolAndCipherThatTheServerWants() throws Exception {
    nginx(
        """
        ssl_protocols TLSv1.2;
        ssl_ciphers %s;
        add_header Seen "$ssl_protocol $ssl_cipher" always;
        location /talk/ { include node.conf; }
        """
            .formatted(OPENSSL_SUITE));
    try (HttpClient newer = client(config -> config.tls(TLS.withProtocols("TLSv1.3")));
        HttpClient another =
            client(
                config ->
                    config.tls(TLS.withCipherSuites("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256")))) {
      assertSpeaks(TLS, "TLSv1.2", SUITE, "TLSv1.2 " + OPENSSL_SUITE);
      assertFails(newer, url(true, talk), OpeningPhase.TLS, "tls-version");
      assertFails(another, url(true, talk), OpeningPhase.TLS, "tls-version");
    }
  }

  @Test
  void protocolAndCipherThatTheClientWants() throws Exception {
    nginx(
        """
        ssl_protocols TLSv1.2 TLSv1.3;
        add_header Seen "$ssl_protocol $ssl_cipher" always;
        location /talk/ { include node.conf; }
        """);
    assertSpeaks(
        TLS.withProtocols("TLSv1.2").withCipherSuites(SUITE),
        "TLSv1.2",
        SUITE,
        "TLSv1.2 " + OPENSSL_SUITE);
    assertSpeaks(
        TLS.withCipherSuites("TLS_AES_128_GCM_SHA256"),
        "TLSv1.3",
        "TLS_AES_128_GCM_SHA256",
        "TLSv1.3 TLS_AES_128_GCM_SHA256");
  }

  /** nginx would speak HTTP/2 too: to plain requests it does, to a WebSocket it must not. */
  @Test
  void applicationProtocol() throws Exception {
    nginx(
        """
        add_header Seen "[$ssl_alpn_protocol]" always;
        location /talk/ { include node.conf; }
        location = /plain { return 200 "$ssl_alpn_protocol"; }
        """);
    try (HttpClient usual = client(config -> {});
        HttpClient silent = client(config -> config.tls(TLS.withApplicationProtocols()))) {
      assertThat(converse(usual, url(true, talk))).isEqualTo("[http/1.1]");
      assertThat(converse(silent, url(true, talk))).isEqualTo("[]");
      assertThat(usual.get(url(true, "/plain")).bodyAsText()).isEqualTo("h2");
    }
  }

  @Test
  void anyoneIsTrustedByOneRequestOnly() throws Exception {
    nginx(Subject.SELF_SIGNED, "", "location /talk/ { include node.conf; }");
    try (HttpClient client = client(config -> {})) {
      assertFails(client, url(true, talk), OpeningPhase.TLS, "tls-untrusted");
      converse(client, request -> request.url(url(true, talk)).insecurelyTrustingAnyone());
      assertFails(client, url(true, talk), OpeningPhase.TLS, "tls-untrusted");
    }
  }

  @Test
  void nameThatOnlyTheResolverKnows() throws Exception {
    Subject named = new Subject("server", "dns:nginx.example", -1, 30, false);
    List<String> asked = new ArrayList<>();
    nginx(
        named,
        "",
        """
        add_header Seen "$host [$ssl_server_name]" always;
        location /talk/ { include node.conf; }
        """);
    try (HttpClient client =
        client(
            config ->
                config.resolver(
                    name -> {
                      asked.add(name);
                      if (name.equals("nginx.example")) {
                        return List.of(InetAddress.getLoopbackAddress());
                      }
                      throw new UnknownHostException(name);
                    }))) {
      assertThat(converse(client, "ws://nginx.example:" + plain + talk))
          .isEqualTo("nginx.example []");
      assertThat(converse(client, "wss://nginx.example:" + secure + talk))
          .isEqualTo("nginx.example [nginx.example]");
      assertFails(
          client, "ws://other.example:" + plain + talk, OpeningPhase.LOOK_UP, "unknown-host");
      assertThat(asked).containsExactly("nginx.example", "nginx.example", "other.example");
      assertFails(client, url(true, talk), OpeningPhase.TLS, "tls-hostname");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void localAddress(boolean tls) throws Exception {
    SocketOptions leaving =
        SocketOptions.DEFAULT.withLocalAddress(InetAddress.getByName("127.0.0.2"));
    nginx(
        """
        add_header Seen "$remote_addr" always;
        location /talk/ {
          allow 127.0.0.2;
          deny all;
          include node.conf;
        }
        """);
    try (HttpClient usual = client(config -> {});
        HttpClient bound = client(config -> config.sockets(leaving))) {
      assertRefused(usual, url(tls, talk), 403);
      assertThat(converse(bound, url(tls, talk))).isEqualTo("127.0.0.2");
    }
  }

  /** Tells by whose port nginx was connected to: ours, or one of the proxy's. */
  private void assertGoes(ProxyRoutes routes, String url, int first, boolean straight)
      throws Exception {
    List<TransportInfo> transports = new ArrayList<>();
    try (HttpClient client =
        client(
            config ->
                config.proxies(routes).connector(sockets -> new Noted(sockets, transports)))) {
      String seen = converse(client, url);
      assertThat(transports).hasSize(1);
      TransportInfo info = transports.getFirst();
      assertThat(((InetSocketAddress) info.remote()).getPort()).isEqualTo(first);
      String ours = Integer.toString(((InetSocketAddress) info.local()).getPort());
      if (straight) {
        assertThat(seen).isEqualTo(ours);
      } else {
        assertThat(seen).isNotBlank().isNotEqualTo(ours);
      }
    }
  }

  @Test
  void routesOfASelectorAndOfTheEnvironment() throws Exception {
    nginx(
        """
        add_header Seen "$remote_port" always;
        location /talk/ { include node.conf; }
        """);
    try (Daemon squid = ThirdParty.squid(directory, "none", false)) {
      InetSocketAddress proxy =
          new InetSocketAddress(InetAddress.getLoopbackAddress(), squid.port());
      String url = "http://127.0.0.1:" + squid.port();
      Map<String, String> both = Map.of("http_proxy", url, "https_proxy", url);
      for (boolean tls : new boolean[] {false, true}) {
        int port = tls ? secure : plain;
        String to = url(tls, talk);
        assertGoes(ProxyRoutes.of(ProxySelector.of(proxy)), to, squid.port(), false);
        assertGoes(ProxyRoutes.of(ProxySelector.of(null)), to, port, true);
        assertGoes(ProxyRoutes.ofEnvironment(both), to, squid.port(), false);
        assertGoes(ProxyRoutes.ofEnvironment(Map.of("all_proxy", url)), to, squid.port(), false);
        assertGoes(
            ProxyRoutes.ofEnvironment(Map.of("all_proxy", url, "no_proxy", "127.0.0.0/8")),
            to,
            port,
            true);
        assertGoes(
            ProxyRoutes.ofEnvironment(Map.of("http_proxy", url)),
            to,
            tls ? port : squid.port(),
            tls);
      }
    }
  }

  /** The same client fetches the token, without one, and shows it; another one where it is old. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void tokenThatIsFetchedByHttpAndRefreshed(boolean tls) throws Exception {
    AtomicInteger fetched = new AtomicInteger();
    List<HttpClient> self = new ArrayList<>();
    nginx(
        """
        add_header Seen "$http_authorization" always;
        add_header WWW-Authenticate "Bearer" always;
        location = /token {
          if ($request_method != POST) { return 405; }
          return 200 "token-$arg_n$http_authorization";
        }
        location = /me {
          if ($http_authorization != "Bearer token-2") { return 401; }
          return 200 "it is me";
        }
        location /talk/ {
          if ($http_authorization != "Bearer token-2") { return 401; }
          include node.conf;
        }
        """);
    try (HttpClient client =
            client(
                config ->
                    config.install(
                        Auth.PLUGIN,
                        auth ->
                            auth.bearer(
                                    () ->
                                        self.getFirst()
                                            .post(
                                                url(tls, "/token?n=" + fetched.incrementAndGet()),
                                                request -> request.body("grant"))
                                            .bodyAsText())
                                .onlyFor(url(tls, talk))));
        HttpClient nobody = client(config -> {})) {
      self.add(client);
      assertRefused(nobody, url(tls, talk), 401);

      assertThat(converse(client, url(tls, talk))).isEqualTo("Bearer token-2");
      assertThat(fetched).hasValue(2);
      assertThat(client.get(url(tls, "/me")).bodyAsText()).isEqualTo("it is me");
      assertThat(converse(client, url(tls, talk))).isEqualTo("Bearer token-2");
      assertThat(fetched).hasValue(2);
    }
  }
}
