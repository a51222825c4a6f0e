// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.parley.testkit.MockWebSocketServer;
import dev.parley.testkit.Scenario;
import dev.parley.websocket.WebSocketException;
import dev.parley.websocket.WebSocketInterruptedException;
import dev.parley.websocket.handshake.Headers;
import dev.parley.websocket.handshake.RequestHead;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
final class AuthTest {
  private static final Duration SOON = Duration.ofSeconds(10);
  private static final String DIGEST =
      "Digest realm=\"r\", nonce=\"n\", qop=\"auth\", algorithm=SHA-256";

  @AutoClose private final MockWebSocketServer server = MockWebSocketServer.start();

  /** Returns a client that says who it is to the server. */
  private HttpClient client(Consumer<Auth.Config> auth) {
    return clientFor(config -> auth.accept(config.onlyFor(server.url())));
  }

  private static HttpClient clientFor(Consumer<Auth.Config> auth) {
    return HttpClient.create(
        config ->
            config.install(WebSockets.PLUGIN).install(Redirects.PLUGIN).install(Auth.PLUGIN, auth));
  }

  private void refuseOnce(String challenge) {
    server.enqueue(
        Scenario.reject(401, Headers.builder().add("WWW-Authenticate", challenge).build(), ""));
  }

  private static Scenario redirect(String url) {
    return Scenario.reject(302, Headers.builder().add("Location", url).build(), "");
  }

  private void redirectTo(String url) {
    server.enqueue(redirect(url));
  }

  private String path() {
    return server.takeHandshake(SOON).request().target();
  }

  private @Nullable String sent() {
    return server.takeHandshake(SOON).request().headers().get("Authorization");
  }

  private void open(HttpClient client) {
    client.webSocket(server.url("/chat?room=1"), session -> {});
  }

  private static Supplier<String> counting() {
    AtomicInteger count = new AtomicInteger();
    return () -> "t" + count.incrementAndGet();
  }

  /** Returns a plugin that sends a request that was refused to another server, changed. */
  private static HttpClientPlugin<Object, String> elsewhere(
      String url, UnaryOperator<HttpRequestBuilder> change) {
    return new HttpClientPlugin<>() {
      private final AttributeKey<String> key = new AttributeKey<>("Elsewhere");

      @Override
      public AttributeKey<String> key() {
        return key;
      }

      @Override
      public String prepare(Consumer<Object> configure) {
        return url;
      }

      @Override
      public void install(String other, HttpClient client) {
        client
            .hooks()
            .onSend(
                (request, next) -> {
                  HttpClientCall call = next.send(request);
                  boolean open = call.response().status().value() == 101;
                  return open ? call : next.send(change.apply(request.url(other)));
                });
      }
    };
  }

  /** Returns what came elsewhere, of a request that was refused here, changed and sent there. */
  private @Nullable String sentElsewhere(UnaryOperator<HttpRequestBuilder> change) {
    server.enqueue(Scenario.reject(503));
    try (MockWebSocketServer other = MockWebSocketServer.start();
        HttpClient client =
            HttpClient.create(
                config ->
                    config
                        .install(WebSockets.PLUGIN)
                        .install(elsewhere(other.url(), change))
                        .install(
                            Auth.PLUGIN, auth -> auth.bearer(counting()).onlyFor(server.url())))) {
      open(client);
      assertThat(sent()).isEqualTo("Bearer t1");
      return other.takeHandshake(SOON).request().headers().get("Authorization");
    }
  }

  @Test
  void credentialsStayBehindWhereAHookSendsTheRequestElsewhere() {
    assertThat(sentElsewhere(request -> request)).isNull();
  }

  @Test
  void credentialsThatAHookGivesAreItsOwn() {
    assertThat(sentElsewhere(request -> request.setHeader("Authorization", "Basic own")))
        .isEqualTo("Basic own");
  }

  @Test
  void bearerIsFetchedOnceAndAgainWhereItIsRefused() {
    try (HttpClient client = client(auth -> auth.bearer(counting()))) {
      open(client);
      open(client);
      refuseOnce("Bearer error=\"invalid_token\"");
      open(client);
      open(client);
    }
    assertThat(List.of(sent(), sent(), sent(), sent(), sent()))
        .containsExactly("Bearer t1", "Bearer t1", "Bearer t1", "Bearer t2", "Bearer t2");
  }

  @Test
  void bearerThatIsRefusedTwiceIsGivenUp() {
    refuseOnce("Bearer");
    refuseOnce("Bearer");
    try (HttpClient client = client(auth -> auth.bearer(counting()))) {
      assertThat(catchThrowableOfType(WebSocketUpgradeException.class, () -> open(client)))
          .hasMessageNotContaining("t1")
          .satisfies(e -> assertThat(e.response().status().value()).isEqualTo(401));
      assertThat(List.of(sent(), sent())).containsExactly("Bearer t1", "Bearer t2");
    }
  }

  /** Fifty sessions are refused with the old token before anybody has a new one. */
  @Test
  void oneRefreshServesHoweverManyWereRefused() throws Exception {
    int many = 50;
    AtomicInteger fetched = new AtomicInteger();
    CountDownLatch refused = new CountDownLatch(many);
    CountDownLatch allRefused = new CountDownLatch(1);
    Supplier<String> tokens = () -> "t" + fetched.incrementAndGet();
    try (HttpClient client = client(auth -> auth.bearer(tokens))) {
      open(client);
      for (int i = 0; i < many; i++) {
        server.enqueue(
            Scenario.empty()
                .signal(refused)
                .await(allRefused)
                .then(Scenario.reject(401).steps().getFirst()));
      }
      try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
        List<Future<?>> all = new ArrayList<>();
        for (int i = 0; i < many; i++) {
          all.add(threads.submit(() -> open(client)));
        }
        refused.await();
        allRefused.countDown();
        for (Future<?> each : all) {
          each.get();
        }
      }
    }
    assertThat(fetched).hasValue(2);
  }

  @Test
  void fetchThatFailsFailsTheOpeningAndIsTriedByTheNext() {
    AtomicInteger count = new AtomicInteger();
    Supplier<String> tokens =
        () -> {
          if (count.incrementAndGet() == 1) {
            throw new IllegalStateException("refused to the holder of s3cr3t");
          }
          return "t";
        };
    try (HttpClient client = client(auth -> auth.bearer(tokens))) {
      assertThat(catchThrowableOfType(WebSocketException.class, () -> open(client)))
          .hasMessage("no bearer token: java.lang.IllegalStateException")
          .hasCauseInstanceOf(IllegalStateException.class);
      open(client);
    }
    assertThat(sent()).isEqualTo("Bearer t");
  }

  /** A token that comes when the test gives it. */
  private static final class SlowTokens implements Supplier<String> {
    private final CountDownLatch asked = new CountDownLatch(1);
    private final CountDownLatch given = new CountDownLatch(1);

    @Override
    public String get() {
      asked.countDown();
      try {
        given.await();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
      return "t";
    }
  }

  @Test
  void waitForSomebodyElsesFetchCanBeInterrupted() throws Exception {
    SlowTokens tokens = new SlowTokens();
    try (HttpClient client = client(auth -> auth.bearer(tokens))) {
      FutureTask<Void> first = new FutureTask<>(() -> open(client), null);
      Thread.startVirtualThread(first);
      tokens.asked.await();
      FutureTask<Void> second = new FutureTask<>(() -> open(client), null);
      Thread waiting = Thread.startVirtualThread(second);
      waiting.interrupt();
      assertThat(catchThrowableOfType(ExecutionException.class, second::get))
          .hasCauseInstanceOf(WebSocketInterruptedException.class);
      tokens.given.countDown();
      first.get();
    }
  }

  @Test
  void waitForSomebodyElsesFetchEndsWithTheTimeOfTheRequest() throws Exception {
    SlowTokens tokens = new SlowTokens();
    try (HttpClient client = client(auth -> auth.bearer(tokens))) {
      FutureTask<Void> first = new FutureTask<>(() -> open(client), null);
      Thread.ofVirtual().name("fetcher").start(first);
      tokens.asked.await();
      assertThat(
              catchThrowableOfType(
                  WebSocketException.class,
                  () ->
                      client.webSocketSession(
                          request -> request.url(server.url()).timeout(Duration.ofMillis(50)))))
          .hasMessage(
              "no bearer token in time: thread fetcher has asked for one and got no answer yet")
          .hasCauseInstanceOf(SocketTimeoutException.class)
          .satisfies(e -> assertThat(new Loss.NotOpened(e).isTemporary()).isTrue());
      tokens.given.countDown();
      first.get();
    }
  }

  @Test
  void fetchThatWasInterruptedIsMadeByWhoWaitedForIt() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    AtomicInteger count = new AtomicInteger();
    Supplier<String> tokens =
        () -> {
          if (count.incrementAndGet() > 1) {
            return "t";
          }
          asked.countDown();
          try {
            new CountDownLatch(1).await();
            throw new AssertionError("never");
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new WebSocketInterruptedException("interrupted while requesting", e);
          }
        };
    try (HttpClient client = client(auth -> auth.bearer(tokens))) {
      FutureTask<Void> first = new FutureTask<>(() -> open(client), null);
      Thread fetching = Thread.startVirtualThread(first);
      asked.await();
      FutureTask<Void> second = new FutureTask<>(() -> open(client), null);
      Thread waiting = Thread.ofPlatform().start(second);
      while (waiting.getState() != Thread.State.TIMED_WAITING) {
        Thread.onSpinWait();
      }
      fetching.interrupt();
      assertThat(catchThrowableOfType(ExecutionException.class, first::get))
          .hasCauseInstanceOf(WebSocketInterruptedException.class);
      second.get();
    }
    assertThat(sent()).isEqualTo("Bearer t");
  }

  @Test
  void interruptOfAnotherThreadBehindAFailureInterruptsNobody() {
    InterruptedException elsewhere = new InterruptedException("of a pool that was shut down");
    Supplier<String> tokens =
        () -> {
          throw new IllegalStateException("no token", new ExecutionException(elsewhere));
        };
    try (HttpClient client = client(auth -> auth.bearer(tokens))) {
      assertThat(catchThrowableOfType(WebSocketException.class, () -> open(client)))
          .isNotInstanceOf(WebSocketInterruptedException.class)
          .hasRootCause(elsewhere);
      assertThat(Thread.currentThread().isInterrupted()).isFalse();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a b", "a\r\nX: y", "\u00e9"})
  void tokenThatIsNoneIsRefusedAndNotShown(String token) {
    try (HttpClient client = client(auth -> auth.bearer(() -> token))) {
      assertThat(catchThrowableOfType(WebSocketException.class, () -> open(client)))
          .hasMessageEndingWith("bearer token with a character that RFC 6750 forbids");
    }
  }

  @Test
  void basicGoesAtOnce() {
    try (HttpClient client = client(auth -> auth.basic("Aladdin", "open sesame"))) {
      open(client);
      refuseOnce("Basic realm=\"x\"");
      assertThat(catchThrowableOfType(WebSocketUpgradeException.class, () -> open(client)))
          .isNotNull();
      assertThat(sent()).isEqualTo("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
      assertThat(sent()).startsWith("Basic ");
    }
  }

  @Test
  void digestAnswersTheChallengeForTheRequestAsItIs() {
    refuseOnce(DIGEST);
    try (HttpClient client = client(auth -> auth.digest("user", "hunter2"))) {
      open(client);
      assertThat(sent()).isNull();
      assertThat(sent())
          .startsWith(
              "Digest username=\"user\", realm=\"r\", uri=\"/chat?room=1\", algorithm=SHA-256")
          .doesNotContain("hunter2");
      assertThat(client.plugin(Auth.PLUGIN).toString()).doesNotContain("user", "hunter2");
    }
  }

  @Test
  void digestAnswersForWhatARedirectLedToAndThere() {
    redirectTo(server.url("/moved?to=2"));
    refuseOnce(DIGEST);
    try (HttpClient client = client(auth -> auth.digest("user", "hunter2"))) {
      open(client);
    }
    assertThat(List.of(path(), path())).containsExactly("/chat?room=1", "/moved?to=2");
    RequestHead answered = server.takeHandshake(SOON).request();
    assertThat(answered.target()).isEqualTo("/moved?to=2");
    assertThat(answered.headers().get("Authorization")).contains("uri=\"/moved?to=2\"");
  }

  @Test
  void redirectsAreCountedOverTheAnswersToChallenges() {
    for (int i = 0; i < 6; i++) {
      redirectTo(server.url("/moved/" + i));
      if (i == 2) {
        refuseOnce(DIGEST);
      }
    }
    try (HttpClient client = client(auth -> auth.digest("user", "hunter2"))) {
      assertThat(catchThrowableOfType(WebSocketUpgradeException.class, () -> open(client)))
          .satisfies(e -> assertThat(e.reason()).isEqualTo("redirect-limit"));
    }
  }

  /** The answer to the first challenge goes along, within its origin, and is of no use there. */
  @Test
  void digestAnswersAgainWhereARedirectFollowsItsAnswer() {
    refuseOnce(DIGEST);
    redirectTo(server.url("/moved"));
    refuseOnce(DIGEST);
    refuseOnce(DIGEST);
    try (HttpClient client = client(auth -> auth.digest("user", "hunter2"))) {
      assertThat(catchThrowableOfType(WebSocketUpgradeException.class, () -> open(client)))
          .satisfies(e -> assertThat(e.response().status().value()).isEqualTo(401));
    }
    List<String> uris = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      RequestHead request = server.takeHandshake(SOON).request();
      String answer = request.headers().get("Authorization");
      uris.add(
          request.target() + (answer == null ? "" : answer.replaceAll(".*(uri=[^,]*).*", " $1")));
    }
    assertThat(uris)
        .containsExactly(
            "/chat?room=1",
            "/chat?room=1 uri=\"/chat?room=1\"",
            "/moved uri=\"/chat?room=1\"",
            "/moved uri=\"/moved\"");
  }

  @Test
  void challengeAfterAWayThroughAnotherOriginIsNotAnswered() {
    try (MockWebSocketServer other = MockWebSocketServer.start();
        HttpClient client = client(auth -> auth.digest("user", "hunter2"))) {
      redirectTo(other.url());
      other.enqueue(redirect(server.url("/chosen-by-the-other")));
      refuseOnce(DIGEST);
      assertThat(catchThrowableOfType(WebSocketUpgradeException.class, () -> open(client)))
          .satisfies(e -> assertThat(e.response().status().value()).isEqualTo(401));
      assertThat(path()).isEqualTo("/chat?room=1");
      RequestHead last = server.takeHandshake(SOON).request();
      assertThat(last.target()).isEqualTo("/chosen-by-the-other");
      assertThat(last.headers().get("Authorization")).isNull();
    }
  }

  @Test
  void requestThatSaysWhoAsksGoesAsItIs() {
    try (HttpClient client = client(auth -> auth.bearer(counting()))) {
      client.webSocket(
          request -> request.url(server.url()).header("Authorization", "Mine x"), session -> {});
    }
    assertThat(sent()).isEqualTo("Mine x");
  }

  @Test
  void credentialsAreForTheirOriginsOnly() {
    try (MockWebSocketServer other = MockWebSocketServer.start();
        HttpClient client =
            clientFor(auth -> auth.bearer(counting()).onlyFor(server.url("/whatever?x")))) {
      open(client);
      client.webSocket(other.url(), session -> {});
      assertThat(sent()).isEqualTo("Bearer t1");
      assertThat(other.takeHandshake(SOON).request().headers().get("Authorization")).isNull();
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> clientFor(auth -> auth.basic("a", "b").onlyFor("api.example.com")));
  }

  @Test
  void credentialsAreForEveryOriginWhereOneSaysSo() {
    try (MockWebSocketServer other = MockWebSocketServer.start();
        HttpClient client = clientFor(auth -> auth.bearer(counting()).forEveryOrigin())) {
      open(client);
      client.webSocket(other.url(), session -> {});
      assertThat(sent()).isEqualTo("Bearer t1");
      assertThat(other.takeHandshake(SOON).request().headers().get("Authorization"))
          .isEqualTo("Bearer t1");
      assertThat(client.plugin(Auth.PLUGIN))
          .hasToString("Auth[HttpAuthentication[Bearer], forEveryOrigin]");
    }
  }

  @Test
  void credentialsForNobodyAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> clientFor(auth -> auth.basic("a", "b")))
        .withMessage(
            "Auth for nobody, expected onlyFor and the URLs whose servers get the credentials,"
                + " or forEveryOrigin");
  }

  @Test
  void challengeOfAnotherOriginIsNotAnswered() {
    try (MockWebSocketServer other = MockWebSocketServer.start();
        HttpClient client = clientFor(auth -> auth.digest("user", "hunter2").forEveryOrigin())) {
      server.enqueue(
          Scenario.reject(302, Headers.builder().add("Location", other.url()).build(), ""));
      other.enqueue(
          Scenario.reject(401, Headers.builder().add("WWW-Authenticate", DIGEST).build(), ""));
      assertThat(catchThrowableOfType(WebSocketUpgradeException.class, () -> open(client)))
          .isNotNull();
      assertThat(sent()).isNull();
      assertThat(other.takeHandshake(SOON).request().headers().get("Authorization")).isNull();
    }
  }

  @Test
  void nobodyIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> client(auth -> {}))
        .withMessage("Auth without credentials, expected bearer, basic, digest or authentication");
  }
}
