// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.parley.testkit.MockWebSocketServer;
import dev.parley.testkit.Scenario;
import dev.parley.testkit.TestCertificates;
import dev.parley.testkit.TestCertificates.Subject;
import dev.parley.websocket.handshake.Headers;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The exam holds more: what is followed and what is not, row 15 and 16. */
final class RedirectsTest {
  private static final Duration SOON = Duration.ofSeconds(10);

  private static Scenario redirect(String location) {
    return Scenario.reject(302, Headers.builder().add("Location", location).build(), "");
  }

  @Test
  void keptHeadersGoAlong() {
    try (MockWebSocketServer from = MockWebSocketServer.start();
        MockWebSocketServer to = MockWebSocketServer.start();
        HttpClient client =
            HttpClient.create(
                config ->
                    config
                        .install(WebSockets.PLUGIN)
                        .install(Redirects.PLUGIN, redirects -> redirects.keep("x-trace")))) {
      from.enqueue(redirect(to.url("/there")));
      try (var session =
          client.webSocketSession(
              from.url(),
              request ->
                  request
                      .header("X-Trace", "1")
                      .header("X-Trace", "2")
                      .header("X-Other", "3")
                      .header("Host", "mine.example"))) {
        assertThat(session.call().request().url()).hasToString(to.url("/there"));
        assertThat(session.call().request().headers().getAll("X-Trace")).containsExactly("1", "2");
      }
      Headers there = to.takeHandshake(SOON).request().headers();
      assertThat(there.getAll("X-Trace")).containsExactly("1", "2");
      assertThat(there.get("X-Other")).isNull();
      assertThat(there.get("Host")).isEqualTo("localhost:" + to.port());
    }
  }

  @Test
  void whoIsTrustedInsecurelyVouchesForNobodyElse() {
    try (MockWebSocketServer from =
            MockWebSocketServer.start(
                config -> config.tls(TestCertificates.issue(Subject.SELF_SIGNED).context()));
        MockWebSocketServer to =
            MockWebSocketServer.start(
                config -> config.tls(TestCertificates.issue(Subject.SELF_SIGNED).context()));
        HttpClient client =
            HttpClient.create(
                config -> config.install(WebSockets.PLUGIN).install(Redirects.PLUGIN))) {
      from.enqueue(redirect("/again"));
      client.webSocket(
          request -> request.url(from.url()).insecurelyTrustingAnyone(), session -> {});
      from.enqueue(redirect(to.url()));
      assertThat(
              catchThrowableOfType(
                      WebSocketOpeningException.class,
                      () ->
                          client.webSocketSession(
                              from.url(), HttpRequestBuilder::insecurelyTrustingAnyone))
                  .reason())
          .isEqualTo("tls-untrusted");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"Authorization", "cookie", "PROXY-AUTHORIZATION", "Cookie2", "host"})
  void secretsCannotBeKept(String name) {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                HttpClient.create(
                    config -> config.install(Redirects.PLUGIN, r -> r.keep("X-Trace", name))))
        .withMessageContaining("must not go to another origin");
  }

  @Test
  void showsWhatIsKept() {
    try (HttpClient client = HttpClient.create(config -> config.install(Redirects.PLUGIN))) {
      assertThat(client.plugin(Redirects.PLUGIN))
          .hasToString("Redirects[keep=[Accept-Language, Origin, User-Agent]]");
    }
  }
}
