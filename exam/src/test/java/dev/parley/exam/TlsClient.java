// SPDX-License-Identifier: Apache-2.0
package dev.parley.exam;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.parley.client.HttpClient;
import dev.parley.client.HttpRequestBuilder;
import dev.parley.client.WebSocketOpeningException;
import dev.parley.client.WebSockets;
import dev.parley.client.transport.OpeningPhase;
import dev.parley.client.transport.TlsHandshakeException;
import dev.parley.client.transport.TlsOptions;
import dev.parley.testkit.RawFrame;
import dev.parley.websocket.Frame;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** The client's side of the TLS laboratory. */
final class TlsClient {
  static final String TLS_1_2 = "TLSv1.2";
  static final String TLS_1_3 = "TLSv1.3";

  /** Trusts the authority of these tests. */
  static final TlsOptions TRUSTING =
      TlsOptions.DEFAULT.withTrust(Certificates.trust(Certificates.AUTHORITY));

  private TlsClient() {}

  static HttpClient client(TlsOptions tls, Duration timeout) {
    return HttpClient.create(
        config -> config.install(WebSockets.PLUGIN, ws -> ws.timeout(timeout)).tls(tls));
  }

  static HttpClient client() {
    return client(TRUSTING, Duration.ofSeconds(20));
  }

  /** Asserts that a session opens with a server that presents a chain. */
  static void opens(Certificates.Identity identity, String host) throws Exception {
    opens(identity, host, TRUSTING);
  }

  static void opens(Certificates.Identity identity, String host, TlsOptions tls) throws Exception {
    opens(identity, host, tls, request -> {});
  }

  static void opens(
      Certificates.Identity identity,
      String host,
      TlsOptions tls,
      Consumer<HttpRequestBuilder> request)
      throws Exception {
    TlsServer.Talk greeting =
        secured -> {
          secured.open();
          secured.send(RawFrame.text("hello"));
          secured.in().readAllBytes();
        };
    try (TlsServer server = new TlsServer(TlsServer.jsse(identity.context(), TLS_1_3, greeting));
        HttpClient client = client(tls, Duration.ofSeconds(20));
        var session = client.webSocketSession(server.url(host), request)) {
      assertThat(session.incoming().receive()).isEqualTo(new Frame.Text("hello"));
      session.terminate();
    }
  }

  /** Returns why a client that trusts the authority refuses a chain, in both versions of TLS. */
  static TlsHandshakeException refusal(Certificates.Identity identity, String host)
      throws Exception {
    TlsHandshakeException tls12 = refusal(identity, host, TRUSTING, TLS_1_2);
    TlsHandshakeException tls13 = refusal(identity, host, TRUSTING, TLS_1_3);
    assertThat(tls12.reason()).isEqualTo(tls13.reason());
    return tls13;
  }

  /** Returns why a client refuses a chain, of whose server no byte of HTTP is seen. */
  static TlsHandshakeException refusal(
      Certificates.Identity identity, String host, TlsOptions tls, String protocol)
      throws Exception {
    AtomicInteger received = new AtomicInteger();
    TlsServer.Talk counting =
        secured -> {
          while (secured.in().read() >= 0) {
            received.incrementAndGet();
          }
        };
    try (TlsServer server = new TlsServer(TlsServer.jsse(identity.context(), protocol, counting))) {
      TlsHandshakeException refusal =
          refusal(failure(tls, Duration.ofSeconds(20), server.url(host)));
      Throwable unused = server.end(); // the connection is closed, by an alert or without
      assertThat(received).as("bytes of HTTP").hasValue(0);
      return refusal;
    }
  }

  /** Returns how an opening fails. */
  static WebSocketOpeningException failure(TlsOptions tls, Duration timeout, String url) {
    try (HttpClient client = client(tls, timeout)) {
      WebSocketOpeningException failure =
          catchThrowableOfType(WebSocketOpeningException.class, () -> client.webSocketSession(url));
      assertThat(failure).as("failure of the opening").isNotNull();
      return failure;
    }
  }

  /** Returns the TLS failure in that of an opening, which agrees with it. */
  static TlsHandshakeException refusal(WebSocketOpeningException failure) {
    assertThat(failure.phase()).isEqualTo(OpeningPhase.TLS);
    if (!(failure.getCause() instanceof TlsHandshakeException refusal)) {
      throw new AssertionError("a failure that is not of TLS", failure);
    }
    assertThat(failure.reason()).isEqualTo(refusal.reason().word());
    assertThat(failure)
        .hasMessageContaining(refusal.getMessage())
        .hasMessageMatching("(?s).*; connected to 127\\.0\\.0\\.1:\\d+( over TLSv1\\.[23])?");
    return refusal;
  }
}
