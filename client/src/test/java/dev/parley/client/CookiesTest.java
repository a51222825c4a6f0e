// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.parley.client.transport.TlsOptions;
import dev.parley.testkit.MockWebSocketServer;
import dev.parley.testkit.Scenario;
import dev.parley.testkit.TestCertificates;
import dev.parley.websocket.WebSocketException;
import dev.parley.websocket.handshake.Headers;
import java.io.IOException;
import java.net.CookieHandler;
import java.net.CookieManager;
import java.net.HttpCookie;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class CookiesTest {
  private static final Duration SOON = Duration.ofSeconds(10);

  private final CookieManager manager = new CookieManager();
  @AutoClose private final MockWebSocketServer server = MockWebSocketServer.start();

  @AutoClose
  private final MockWebSocketServer secure =
      MockWebSocketServer.start(config -> config.tls(TestCertificates.serverContext()));

  @AutoClose private final HttpClient client = client(manager);

  private static HttpClient client(CookieHandler handler) {
    return HttpClient.create(
        config ->
            config
                .install(WebSockets.PLUGIN)
                .install(Redirects.PLUGIN)
                .tls(TlsOptions.DEFAULT.withTrust(TestCertificates.authorityFile()))
                .install(Cookies.PLUGIN, cookies -> cookies.handler(handler)));
  }

  private static Scenario setting(String... cookies) {
    Headers.Builder headers = Headers.builder();
    for (String cookie : cookies) {
      headers.add("Set-Cookie", cookie);
    }
    return Scenario.accept(headers.build()).echo();
  }

  private static List<String> sent(MockWebSocketServer to) {
    return to.takeHandshake(SOON).request().headers().getAll("Cookie");
  }

  private void open(String url) {
    client.webSocket(url, session -> {});
  }

  @Test
  void cookiesThatAResponseSetsComeBack() {
    server.enqueue(setting("a=1; Path=/", "b=2; Path=/chat; HttpOnly", "c=3; Path=/; Secure"));
    open(server.url("/"));
    open(server.url("/chat"));
    open(server.url("/"));
    assertThat(sent(server)).isEmpty();
    assertThat(sent(server)).singleElement().asString().contains("a=1").contains("b=2");
    assertThat(sent(server)).containsExactly("a=1");
    open(secure.url("/"));
    assertThat(sent(secure)).singleElement().asString().contains("a=1", "c=3");
  }

  @Test
  void refusalMaySetThemToo() {
    server.enqueue(
        Scenario.reject(401, Headers.builder().add("Set-Cookie", "a=1; Path=/").build(), ""));
    assertThat(catchThrowableOfType(WebSocketUpgradeException.class, () -> open(server.url("/"))))
        .isNotNull();
    assertThat(manager.getCookieStore().getCookies())
        .extracting(HttpCookie::getName)
        .containsExactly("a");
  }

  @Test
  void redirectSetsThemForTheNextStep() {
    server.enqueue(
        Scenario.reject(
            302,
            Headers.builder().add("Location", "/next").add("Set-Cookie", "a=1; Path=/").build(),
            ""));
    open(server.url("/"));
    assertThat(sent(server)).isEmpty();
    assertThat(sent(server)).containsExactly("a=1");
  }

  @Test
  void cookiesOfTheRequestComeFirst() {
    server.enqueue(setting("a=1; Path=/"));
    open(server.url("/"));
    client.webSocket(
        request -> request.url(server.url("/")).header("Cookie", "mine=0"), session -> {});
    assertThat(sent(server)).isEmpty();
    assertThat(sent(server)).containsExactly("mine=0; a=1");
  }

  @Test
  void otherHostsGetNone() throws Exception {
    HttpCookie cookie = new HttpCookie("a", "1");
    cookie.setPath("/");
    cookie.setDomain("other.example");
    cookie.setVersion(0);
    manager.getCookieStore().add(URI.create("http://other.example/"), cookie);
    open(server.url("/"));
    assertThat(sent(server)).isEmpty();
  }

  @Test
  void handlerThatFailsFailsTheOpening() {
    CookieHandler broken =
        new CookieHandler() {
          @Override
          public Map<String, List<String>> get(URI uri, Map<String, List<String>> headers)
              throws IOException {
            if (uri.getPath().equals("/get")) {
              throw new IOException("disk full");
            }
            return Map.of();
          }

          @Override
          public void put(URI uri, Map<String, List<String>> headers) throws IOException {
            throw new IOException("disk full");
          }
        };
    try (HttpClient failing = client(broken)) {
      assertThat(
              catchThrowableOfType(
                  WebSocketException.class, () -> failing.webSocketSession(server.url("/get"))))
          .hasMessage("the cookie handler has no answer: java.io.IOException");
      assertThat(
              catchThrowableOfType(
                  WebSocketException.class, () -> failing.webSocketSession(server.url("/put"))))
          .hasMessage("the cookie handler takes no cookies: java.io.IOException");
    }
  }

  @Test
  void noCookieIsShown() {
    assertThat(client.plugin(Cookies.PLUGIN)).hasToString("Cookies[CookieManager]");
  }
}
