// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.parley.client.Transition.Ending;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.WebSocketClosedException;
import dev.parley.websocket.WebSocketException;
import dev.parley.websocket.WebSocketInterruptedException;
import dev.parley.websocket.handshake.Headers;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** With time that a test moves, openings that it makes up, and the longest waits or any. */
final class ReconnectionTest {
  private final WebSocketException lost =
      new WebSocketException("the connection broke", new IOException("reset"));
  private static final RandomGenerator LONGEST =
      new RandomGenerator() {
        @Override
        public long nextLong() {
          throw new UnsupportedOperationException();
        }

        @Override
        public long nextLong(long bound) {
          return bound - 1;
        }
      };
  private static final ReconnectPolicy POLICY =
      ReconnectPolicy.DEFAULT
          .withDelays(Duration.ofSeconds(1), Duration.ofSeconds(10))
          .withStableTime(Duration.ofMinutes(1));

  private final List<Transition> transitions = new ArrayList<>();
  private final Deque<Supplier<DefaultClientWebSocketSession>> openings = new ArrayDeque<>();
  private int stops;

  /** Waits that are over at once, but for the clock. */
  private static class FakeTime implements Reconnection.Time {
    private long nanos = Long.MAX_VALUE - 5; // overflows soon

    @Override
    public long nanos() {
      return nanos;
    }

    @Override
    public Instant now() {
      return Instant.parse("2026-11-24T12:00:00Z");
    }

    @Override
    public boolean await(CountDownLatch latch, long nanos) throws InterruptedException {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      this.nanos += nanos;
      return latch.getCount() == 0;
    }

    void passes(Duration duration) {
      nanos += duration.toNanos();
    }
  }

  private final FakeTime time = new FakeTime();

  private Reconnection reconnection(ReconnectPolicy policy) {
    return reconnection(policy, LONGEST, time, true);
  }

  private Reconnection reconnection(
      ReconnectPolicy policy, RandomGenerator random, Reconnection.Time time, boolean ownThread) {
    return new Reconnection(
        () -> openings.remove().get(),
        policy.withListener(transitions::add),
        random,
        time,
        ownThread,
        stopped -> stops++);
  }

  private void opens(FakeSession... sessions) {
    Arrays.stream(sessions).forEach(session -> openings.add(session::opened));
  }

  private void fails(RuntimeException failure) {
    openings.add(
        () -> {
          throw failure;
        });
  }

  private static WebSocketUpgradeException refusal(int status, String... retryAfter) {
    Headers.Builder headers = Headers.builder();
    Arrays.stream(retryAfter).forEach(value -> headers.add("Retry-After", value));
    return new WebSocketUpgradeException(FakeSession.response(status, headers.build()));
  }

  private List<Duration> waits() {
    return transitions.stream()
        .filter(Transition.Waiting.class::isInstance)
        .map(waiting -> ((Transition.Waiting) waiting).delay())
        .toList();
  }

  private static List<Duration> seconds(long... seconds) {
    return Arrays.stream(seconds).mapToObj(Duration::ofSeconds).toList();
  }

  @Nested
  class BackOff {
    @Test
    void ceilingDoublesUpToTheCap() {
      for (int i = 0; i < 100; i++) {
        fails(lost);
      }
      opens(new FakeSession());
      assertThat(reconnection(POLICY).next()).isNotNull();
      assertThat(waits()).startsWith(seconds(1, 2, 4, 8, 10, 10).toArray(Duration[]::new));
      assertThat(waits().subList(4, 100)).containsOnly(Duration.ofSeconds(10));
    }

    @Test
    void ceilingDoesNotOverflow() {
      for (int i = 0; i < 70; i++) {
        fails(lost);
      }
      opens(new FakeSession());
      Duration ages = Duration.ofSeconds(Long.MAX_VALUE);
      reconnection(POLICY.withDelays(Duration.ofNanos(1), ages)).next();
      assertThat(waits()).isSorted().doesNotContain(Duration.ZERO);
      transitions.clear();
      fails(lost);
      opens(new FakeSession());
      reconnection(POLICY.withDelays(ages, ages)).next();
      assertThat(waits()).hasSize(1).allMatch(Duration::isPositive);
    }

    @Test
    void waitsAreDrawnEvenlyFromZeroToTheCeiling() {
      int draws = 10_000;
      for (int i = 0; i < draws; i++) {
        fails(lost);
      }
      opens(new FakeSession());
      Duration ceiling = Duration.ofSeconds(1);
      reconnection(POLICY.withDelays(ceiling, ceiling), new SplittableRandom(7), time, true).next();
      assertThat(waits()).hasSize(draws).allMatch(wait -> wait.compareTo(ceiling) <= 0);
      Map<Long, Long> tenths =
          waits().stream()
              .collect(Collectors.groupingBy(wait -> wait.toMillis() / 100, Collectors.counting()));
      assertThat(tenths).containsOnlyKeys(LongStream.range(0, 10).boxed().toList());
      assertThat(tenths.values()).allMatch(count -> count > 850 && count < 1150);
    }

    @Test
    void attemptsCountFromOneAgainAfterAStableSessionOnly() {
      fails(lost);
      fails(lost);
      FakeSession shortLived = new FakeSession();
      FakeSession stable = new FakeSession();
      opens(shortLived, stable, new FakeSession());
      Reconnection reconnection = reconnection(POLICY);
      assertThat(reconnection.next()).isNotNull();
      time.passes(Duration.ofMinutes(1).minusNanos(1));
      shortLived.broken(lost);
      assertThat(reconnection.goesOn(null)).isTrue();
      assertThat(waits()).isEqualTo(seconds(1, 2, 4));
      assertThat(reconnection.next()).isNotNull();
      time.passes(Duration.ofMinutes(1));
      stable.broken(lost);
      assertThat(reconnection.goesOn(null)).isTrue();
      assertThat(reconnection.next()).isNotNull();
      assertThat(waits()).isEqualTo(seconds(1, 2, 4, 1));
      assertThat(transitions).endsWith(new Transition.Opening(1), opened(3));
    }

    @Test
    void attemptsAreLimitedWherePolicySaysSo() {
      fails(lost);
      fails(lost);
      fails(lost);
      Reconnection reconnection = reconnection(POLICY.withMaxAttempts(3));
      assertThat(reconnection.next()).isNull();
      assertThat(reconnection.ending()).isEqualTo(new Ending.GaveUp(new Loss.NotOpened(lost), 3));
      assertThat(waits()).hasSize(2);
    }

    @Test
    void sessionThatIsNotStableCountsTowardsTheLimit() {
      FakeSession[] sessions = {new FakeSession(), new FakeSession()};
      opens(sessions);
      Reconnection reconnection = reconnection(POLICY.withMaxAttempts(2));
      assertThat(reconnection.next()).isNotNull();
      sessions[0].closedByPeer(CloseReason.GOING_AWAY);
      assertThat(reconnection.goesOn(null)).isTrue();
      assertThat(reconnection.next()).isNotNull();
      sessions[1].closedByPeer(CloseReason.GOING_AWAY);
      assertThat(reconnection.goesOn(null)).isFalse();
      assertThat(reconnection.ending()).isInstanceOf(Ending.GaveUp.class);
    }

    @Test
    void retryAfterIsObeyedWithACapAndTheWaitOnTop() {
      fails(refusal(503, "7"));
      fails(refusal(429, "Tue, 24 Nov 2026 12:00:20 GMT"));
      fails(refusal(503, "100000000000000000000"));
      fails(refusal(503, "soon"));
      opens(new FakeSession());
      reconnection(POLICY.withMaxRetryAfter(Duration.ofMinutes(1))).next();
      assertThat(waits()).isEqualTo(seconds(7 + 1, 20 + 2, 60 + 4, 8));
    }

    @Test
    void retryAfterOfAnotherAgeIsWaitedFor() {
      fails(refusal(503, "Fri, 31 Dec 9999 23:59:59 GMT"));
      opens(new FakeSession());
      Duration ages = ChronoUnit.FOREVER.getDuration();
      assertThat(reconnection(POLICY.withMaxRetryAfter(ages)).next()).isNotNull();
      assertThat(waits().getFirst()).isGreaterThan(Duration.ofDays(300 * 365));
    }

    @Test
    void retryAfterMayBeIgnored() {
      fails(refusal(503, "7"));
      opens(new FakeSession());
      reconnection(POLICY.withMaxRetryAfter(Duration.ZERO)).next();
      assertThat(waits()).isEqualTo(seconds(1));
    }
  }

  private static Transition opened(int session) {
    return new Transition.Opened(session, "ws://host/feed");
  }

  @Nested
  class Sessions {
    @Test
    void eachTransitionIsToldInOrder() {
      FakeSession first = new FakeSession();
      FakeSession second = new FakeSession();
      opens(first);
      fails(refusal(503));
      opens(second);
      Reconnection reconnection = reconnection(POLICY);
      assertThat(Objects.requireNonNull(reconnection.next()).delegate()).isSameAs(first);
      first.closedByPeer(CloseReason.SERVICE_RESTART);
      assertThat(reconnection.goesOn(null)).isTrue();
      assertThat(Objects.requireNonNull(reconnection.next()).delegate()).isSameAs(second);
      second.closedByPeer(CloseReason.NORMAL);
      assertThat(reconnection.goesOn(null)).isFalse();
      assertThat(transitions)
          .extracting(Transition::toString)
          .containsExactly(
              "opening, attempt 1",
              "open, session 1 to ws://host/feed",
              "closed: the peer sent 1012 (Service restart) first, we sent 1012 (Service restart)",
              "waiting for 1000 ms",
              "opening, attempt 2",
              "not opened: WebSocket upgrade failed: 503",
              "waiting for 2000 ms",
              "opening, attempt 3",
              "open, session 2 to ws://host/feed",
              "closed: the peer sent 1000 (Normal closure) first, we sent 1000 (Normal closure)",
              "stopped: done");
      assertThat(stops).isEqualTo(1);
    }

    @Test
    void applicationThatLeavesItOpenIsDone() {
      FakeSession session = new FakeSession();
      opens(session);
      Reconnection reconnection = reconnection(POLICY);
      reconnection.next();
      assertThat(reconnection.goesOn(null)).isFalse();
      assertThat(session.sent()).isEqualTo(CloseReason.NORMAL);
      assertThat(reconnection.ending()).isEqualTo(new Ending.Done());
    }

    @Test
    void applicationThatClosesItIsDone() {
      FakeSession session = new FakeSession();
      opens(session);
      Reconnection reconnection = reconnection(POLICY);
      reconnection.next();
      session.close(CloseReason.GOING_AWAY);
      assertThat(reconnection.goesOn(null)).isFalse();
      assertThat(reconnection.ending()).isEqualTo(new Ending.Done());
    }

    @Test
    void terminatedOneLeadsToTheNext() {
      FakeSession session = new FakeSession();
      opens(session, new FakeSession());
      Reconnection reconnection = reconnection(POLICY);
      reconnection.next();
      session.terminate();
      assertThat(reconnection.goesOn(null)).isTrue();
      assertThat(reconnection.next()).isNotNull();
    }

    @Test
    void whatTheApplicationThrowsForItselfEndsIt() {
      FakeSession session = new FakeSession();
      opens(session);
      Reconnection reconnection = reconnection(POLICY);
      reconnection.next();
      Exception own = new Exception("own");
      assertThat(reconnection.goesOn(own)).isFalse();
      assertThat(session.sent()).isEqualTo(CloseReason.INTERNAL_ERROR);
      assertThat(reconnection.ending()).isEqualTo(new Ending.Failed(own));
    }

    @Test
    void whatTheApplicationThrowsForItselfEndsItAlsoWhereTheSessionWasLost() {
      FakeSession session = new FakeSession();
      opens(session);
      Reconnection reconnection = reconnection(POLICY);
      reconnection.next();
      session.broken(lost);
      Error own = new StackOverflowError();
      assertThat(reconnection.goesOn(own)).isFalse();
      assertThat(reconnection.ending()).isEqualTo(new Ending.Failed(own));
    }

    @Test
    void whatTheLostSessionThrowsIsTheLoss() {
      FakeSession session = new FakeSession();
      opens(session);
      Reconnection reconnection = reconnection(POLICY);
      reconnection.next();
      session.broken(lost);
      assertThat(reconnection.goesOn(new IllegalStateException("wrapped", lost))).isTrue();
      assertThat(transitions).contains(new Transition.Lost(new Loss.Broken(lost)));
    }

    @Test
    void policyDecidesAlsoAboutANormalEnd() {
      FakeSession session = new FakeSession();
      opens(session);
      Reconnection reconnection = reconnection(POLICY.withTemporary(loss -> true));
      reconnection.next();
      session.closedByPeer(CloseReason.NORMAL);
      assertThat(reconnection.goesOn(null)).isTrue();
    }

    @Test
    void policyGivesUpWithTheLoss() {
      WebSocketUpgradeException refusal = refusal(404);
      fails(refusal);
      Reconnection reconnection = reconnection(POLICY);
      assertThat(reconnection.next()).isNull();
      assertThat(reconnection.ending()).isEqualTo(new Ending.GaveUp(new Loss.Refused(refusal), 1));
      assertThat(waits()).isEmpty();
    }
  }

  @Nested
  class Ends {
    /** Waits for real, as long as the test likes. */
    private final CountDownLatch waiting = new CountDownLatch(1);

    private final Reconnection.Time untilStopped =
        new FakeTime() {
          @Override
          public boolean await(CountDownLatch latch, long nanos) throws InterruptedException {
            waiting.countDown();
            latch.await();
            return true;
          }
        };

    @Test
    void cancellingEndsAWaitAtOnce() throws Exception {
      fails(lost);
      Reconnection reconnection = reconnection(POLICY, LONGEST, untilStopped, false);
      FutureTask<Object> next = new FutureTask<>(reconnection::next);
      Thread.ofVirtual().start(next);
      waiting.await();
      assertThat(reconnection.cancel()).isNull();
      assertThat(next.get(10, TimeUnit.SECONDS)).isNull();
      assertThat(reconnection.ending()).isEqualTo(new Ending.Done());
    }

    @Test
    void interruptEndsAWait() throws Exception {
      fails(lost);
      Reconnection reconnection = reconnection(POLICY, LONGEST, untilStopped, false);
      FutureTask<Boolean> flag =
          new FutureTask<>(
              () -> {
                assertThatExceptionOfType(WebSocketInterruptedException.class)
                    .isThrownBy(reconnection::next);
                return Thread.currentThread().isInterrupted();
              });
      Thread thread = Thread.ofVirtual().start(flag);
      waiting.await();
      thread.interrupt();
      assertThat(flag.get(10, TimeUnit.SECONDS)).isTrue();
      assertThat(reconnection.ending()).isInstanceOf(Ending.Failed.class);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void cancellingEndsAnOpeningOrDropsWhatItOpens(boolean ownThread) throws Exception {
      FakeSession session = new FakeSession();
      CountDownLatch opening = new CountDownLatch(1);
      CountDownLatch answer = new CountDownLatch(1);
      openings.add(
          () -> {
            opening.countDown();
            try {
              answer.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
              throw new WebSocketInterruptedException("interrupted while opening", e);
            }
            return session.opened();
          });
      Reconnection reconnection = reconnection(POLICY, LONGEST, time, ownThread);
      FutureTask<Boolean> interrupted =
          new FutureTask<>(
              () -> {
                assertThat(reconnection.next()).isNull();
                return Thread.currentThread().isInterrupted();
              });
      Thread.ofVirtual().start(interrupted);
      opening.await();
      assertThat(reconnection.cancel()).isNull();
      if (!ownThread) {
        answer.countDown();
      }
      assertThat(interrupted.get(10, TimeUnit.SECONDS)).isFalse();
      assertThat(session.isOpen()).isEqualTo(ownThread); // not even opened, or dropped
      assertThat(reconnection.ending()).isEqualTo(new Ending.Done());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void cancellingWhileAnOpeningIsToldOpensNothing(boolean ownThread) {
      List<Reconnection> made = new ArrayList<>();
      ReconnectPolicy policy =
          POLICY.withListener(
              transition -> {
                if (transition instanceof Transition.Opening) {
                  assertThat(made.getFirst().cancel()).isNull();
                }
              });
      made.add(reconnection(policy, LONGEST, time, ownThread)); // there is nothing to open
      assertThat(made.getFirst().next()).isNull();
      assertThat(made.getFirst().ending()).isEqualTo(new Ending.Done());
    }

    @Test
    void endThatComesWhileListenersAreToldIsToldBehindThat() {
      List<Reconnection> made = new ArrayList<>();
      ReconnectPolicy policy =
          POLICY.withListener(
              transition -> {
                if (transition instanceof Transition.Opening) {
                  made.getFirst().stop(new Ending.Done());
                }
              });
      made.add(reconnection(policy, LONGEST, time, false)); // whose own listener comes second
      assertThat(made.getFirst().next()).isNull();
      assertThat(transitions)
          .containsExactly(new Transition.Opening(1), new Transition.Stopped(new Ending.Done()));
      assertThat(stops).isEqualTo(1);
    }

    @Test
    void cancellingGivesTheSessionToClose() {
      FakeSession session = new FakeSession();
      opens(session);
      Reconnection reconnection = reconnection(POLICY);
      DefaultClientWebSocketSession open = reconnection.next();
      assertThat(reconnection.cancel()).isSameAs(open);
      session.close();
      WebSocketClosedException end =
          new WebSocketClosedException("end", dev.parley.websocket.ClosingHandshake.OPEN, null);
      assertThat(reconnection.goesOn(end)).isFalse();
      assertThat(reconnection.ending()).isEqualTo(new Ending.Done());
      assertThat(reconnection.next()).isNull();
      assertThat(stops).isEqualTo(1);
    }

    @Test
    void listenerThatThrowsEndsItAndLeavesNoSession() {
      FakeSession session = new FakeSession();
      opens(session);
      RuntimeException own = new RuntimeException("own");
      Reconnection reconnection =
          reconnection(
              POLICY.withListener(
                  transition -> {
                    if (transition instanceof Transition.Opened) {
                      throw own;
                    }
                  }));
      assertThatThrownBy(reconnection::next).isSameAs(own);
      assertThat(session.closeReason()).isDone();
      assertThat(reconnection.ending()).isEqualTo(new Ending.Failed(own));
    }
  }
}
