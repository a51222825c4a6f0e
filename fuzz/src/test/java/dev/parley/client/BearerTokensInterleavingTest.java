// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import static dev.parley.fuzz.Interleavings.check;
import static dev.parley.fuzz.Interleavings.sideBySide;
import static dev.parley.fuzz.Laws.require;

import dev.parley.client.transport.HttpAuthentication.Exchange;
import dev.parley.client.transport.HttpAuthentication.Request;
import dev.parley.websocket.WebSocketException;
import dev.parley.websocket.WebSocketInterruptedException;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * The laws of {@link BearerTokens}: those who need another token than the last share one fetch,
 * whoever begins it; and a fetch that failed stands in nobody's way who heard of it.
 */
final class BearerTokensInterleavingTest {
  private static final Request REQUEST = new Request("GET", "/");
  private static final String[] NAMES = {"none", "first", "second", "third"};

  /** Gives one token after the other, and counts. */
  private static final class Source implements Supplier<String> {
    final AtomicInteger fetched = new AtomicInteger();

    @Override
    public String get() {
      return NAMES[fetched.incrementAndGet()];
    }
  }

  @Test
  void twoWhoHaveNoneFetchOnce() {
    check(
        () -> {
          Source source = new Source();
          BearerTokens tokens = new BearerTokens(source);
          Runnable opening = () -> requireToken(1, ask(tokens.begin()));
          sideBySide(opening, opening);
          require(source.fetched.get() == 1, source.fetched);
        });
  }

  @Test
  void twoWhomTheSameTokenWasRefusedFetchTheNextOnce() {
    check(
        () -> {
          Source source = new Source();
          BearerTokens tokens = new BearerTokens(source);
          Exchange one = begun(tokens);
          Exchange other = begun(tokens);
          sideBySide(() -> requireToken(2, ask(one)), () -> requireToken(2, ask(other)));
          require(source.fetched.get() == 2, source.fetched);
        });
  }

  @Test
  void whoComesWhileATokenIsRenewedHasTheOldOrTheNew() {
    check(
        () -> {
          Source source = new Source();
          BearerTokens tokens = new BearerTokens(source);
          Exchange refused = begun(tokens);
          sideBySide(
              () -> requireToken(2, ask(refused)),
              () -> {
                Exchange newcomer = tokens.begin();
                String token = ask(newcomer);
                require(isToken(1, token) || isToken(2, token), String.valueOf(token));
                requireToken(isToken(1, token) ? 2 : 3, ask(newcomer));
              });
          require(source.fetched.get() <= 3, source.fetched);
          requireToken(source.fetched.get(), ask(tokens.begin()));
        });
  }

  @Test
  void whoHeardOfAFailureTriesAnewAtOnce() {
    check(
        () -> {
          Source source = new Source();
          WebSocketException failure = new WebSocketException("no");
          BearerTokens tokens =
              new BearerTokens(
                  () -> {
                    if (source.get().equals(NAMES[1])) {
                      throw failure;
                    }
                    return NAMES[2];
                  });
          AtomicInteger failures = new AtomicInteger();
          Runnable opening =
              () -> {
                String token;
                try {
                  token = ask(tokens.begin());
                } catch (WebSocketException e) {
                  require(failure.equals(e.getCause()), e);
                  failures.incrementAndGet();
                  token = ask(tokens.begin());
                }
                requireToken(2, token);
              };
          sideBySide(opening, opening);
          require(failures.get() >= 1 && source.fetched.get() == 2, source.fetched);
        });
  }

  @Test
  void interruptOfTheOneWhoFetchesIsNoFailureOfTheOther() {
    check(
        () -> {
          Source source = new Source();
          InterruptedException interrupt = new InterruptedException();
          BearerTokens tokens =
              new BearerTokens(
                  () -> {
                    if (source.get().equals(NAMES[1])) {
                      throw new WebSocketInterruptedException("no", interrupt);
                    }
                    return NAMES[2];
                  });
          AtomicInteger interrupted = new AtomicInteger();
          Runnable opening =
              () -> {
                try {
                  requireToken(2, ask(tokens.begin()));
                } catch (WebSocketInterruptedException e) {
                  interrupted.incrementAndGet();
                }
              };
          sideBySide(opening, opening);
          require(interrupted.get() == 1 && source.fetched.get() == 2, source.fetched);
        });
  }

  /** Returns an exchange that has said the first token. */
  private static Exchange begun(BearerTokens tokens) {
    Exchange exchange = tokens.begin();
    requireToken(1, ask(exchange));
    return exchange;
  }

  private static @Nullable String ask(Exchange exchange) {
    return exchange.credentials(REQUEST, List.of());
  }

  private static void requireToken(int number, @Nullable String got) {
    require(isToken(number, got), String.valueOf(got));
  }

  private static boolean isToken(int number, @Nullable String got) {
    return got != null && got.endsWith(NAMES[number]);
  }
}
