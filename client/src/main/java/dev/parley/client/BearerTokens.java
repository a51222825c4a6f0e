// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import dev.parley.client.transport.Deadline;
import dev.parley.client.transport.HttpAuthentication;
import dev.parley.client.transport.HttpChallenge;
import dev.parley.websocket.WebSocketException;
import dev.parley.websocket.WebSocketInterruptedException;
import java.net.SocketTimeoutException;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The token of all sessions of a client, and how to get the next one (RFC 6750 §2.1). */
final class BearerTokens implements HttpAuthentication {
  // Laws.
  //
  // `current` is the last token, or that which somebody is fetching. Whoever needs another one than
  // it puts a new future there, by compare-and-set: the one who succeeds fetches, on his own
  // thread and with no lock held, and all others wait for his result. A fetch that failed is taken
  // away again, so that the next who comes tries anew.
  //
  // Who fetches may send a request through this client: it must not wait for itself.

  private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9._~+/-]+=*");

  private final Supplier<String> tokens;
  private final AtomicReference<@Nullable Fetch> current = new AtomicReference<>();

  /** One call for a token, told from others by which it is. */
  private static final class Fetch {
    private final CompletableFuture<String> token = new CompletableFuture<>();
    private final Thread fetcher = Thread.currentThread();

    boolean isUnderWayHere() {
      return fetcher == Thread.currentThread() && !token.isDone();
    }
  }

  BearerTokens(Supplier<String> tokens) {
    this.tokens = Objects.requireNonNull(tokens, "tokens");
  }

  @Override
  public Exchange begin() {
    return begin(Deadline.NONE);
  }

  /** Begins an exchange that waits for somebody else's fetch until then. */
  Exchange begin(Deadline deadline) {
    return new OneExchange(deadline);
  }

  private final class OneExchange implements Exchange {
    private final Deadline deadline;
    private @Nullable Fetch used;
    private boolean refreshed;

    OneExchange(Deadline deadline) {
      this.deadline = deadline;
    }

    @Override
    public @Nullable String credentials(Request request, List<HttpChallenge> challenges) {
      Fetch underWay = current.get();
      if (underWay != null && underWay.isUnderWayHere()) {
        return null; // this is the request for the token
      }
      if (used != null) {
        if (refreshed) {
          return null; // the new one was refused too
        }
        refreshed = true;
      }
      Fetch refused = used;
      String token = null;
      while (token == null) {
        Fetch fetch = otherThan(refused);
        used = fetch;
        token = await(fetch, deadline);
      }
      return "Bearer " + token;
    }
  }

  private Fetch otherThan(@Nullable Fetch refused) {
    Fetch now = current.get();
    if (now != null && now != refused) {
      return now;
    }
    Fetch next = new Fetch();
    Fetch before = current.compareAndExchange(now, next);
    if (before != now) {
      // Somebody was faster. Where his fetch has failed by now there is none: ours to try again.
      return before == null ? otherThan(refused) : before;
    }
    try {
      next.token.complete(require(tokens.get()));
    } catch (Throwable e) {
      current.compareAndSet(next, null);
      next.token.completeExceptionally(e);
    }
    return next;
  }

  private static String require(String token) {
    if (!TOKEN.matcher(token).matches()) {
      throw new WebSocketException("bearer token with a character that RFC 6750 forbids");
    }
    return token;
  }

  /** Returns the token; {@code null} where somebody else, who fetched it, was interrupted. */
  private static @Nullable String await(Fetch fetch, Deadline deadline) {
    try {
      return fetch.token.get(deadline.remainingNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new WebSocketInterruptedException("interrupted while waiting for a token", e);
    } catch (TimeoutException e) {
      String who = fetch.fetcher.getName().isEmpty() ? "" : " " + fetch.fetcher.getName();
      String message =
          "no bearer token in time: thread" + who + " has asked for one and got no answer yet";
      SocketTimeoutException late = new SocketTimeoutException(message); // what Loss takes for time
      late.initCause(e);
      throw new WebSocketException(message, late);
    } catch (ExecutionException e) {
      Throwable failure = Objects.requireNonNull(e.getCause(), "cause");
      InterruptedException interrupt = interruptBehind(failure);
      if (interrupt != null && fetch.fetcher != Thread.currentThread()) {
        return null;
      }
      if (interrupt != null) {
        Thread.currentThread().interrupt();
        throw new WebSocketInterruptedException("interrupted while fetching a token", interrupt);
      }
      throw new WebSocketException("no bearer token: " + HttpClient.shown(failure), failure);
    }
  }

  /** Returns the interrupt of the thread that fetched; that of another thread is none. */
  private static @Nullable InterruptedException interruptBehind(Throwable failure) {
    Throwable cause = failure;
    while (cause != null
        && !(cause instanceof ExecutionException || cause instanceof CompletionException)) {
      if (cause instanceof InterruptedException interrupt) {
        return interrupt;
      }
      cause = cause.getCause();
    }
    return null;
  }

  @Override
  public String toString() {
    return "HttpAuthentication[Bearer]";
  }
}
