// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * When to open a session again after a loss, and what becomes of what was to be sent meanwhile.
 * Immutable; may be used for any number of {@link Reconnector}s.
 *
 * <p>The wait before an attempt is drawn evenly from zero to a ceiling that doubles with each
 * attempt: clients that lost their server together do not come back together ("full jitter").
 *
 * @param initialDelay the ceiling of the first wait. Default: half a second
 * @param maxDelay the most that the ceiling may grow to. Default: 30 seconds, which a server that
 *     is back feels soon and one that is not hardly notices
 * @param stableTime how long a session must have been open for the waits to begin small again.
 *     Default: 30 seconds. A server that accepts and drops at once is not met ever faster
 * @param maxAttempts how many attempts there may be with no stable session among them. Default:
 *     {@link Integer#MAX_VALUE}, no limit
 * @param maxRetryAfter the most that a {@code Retry-After} of the server may make us wait; what we
 *     would have waited anyway comes on top. Default: 5 minutes. Zero ignores the header
 * @param temporary tells after which losses to try again. Default: {@link Loss#isTemporary()}
 * @param unsent what {@link Reconnector#send} does while there is no session. Default: {@link
 *     Unsent.Fail}
 * @param listeners are told of each transition, in this order. Default: none
 */
public record ReconnectPolicy(
    Duration initialDelay,
    Duration maxDelay,
    Duration stableTime,
    int maxAttempts,
    Duration maxRetryAfter,
    Predicate<Loss> temporary,
    Unsent unsent,
    List<Consumer<? super Transition>> listeners) {
  /** What {@link Reconnector#send} does while there is no session. */
  public sealed interface Unsent {
    /** Throws {@link NoSessionException}: the caller decides. */
    record Fail() implements Unsent {}

    /** Drops the message and counts it: for what is stale a moment later. */
    record Drop() implements Unsent {}

    /**
     * Keeps the messages, in order, and sends them on the next session, once it has resumed. Where
     * the bounds are reached the sender waits.
     *
     * @param messages the most messages
     * @param bytes the most bytes of all together; one larger message always fits
     */
    record Keep(int messages, long bytes) implements Unsent {
      /** Validates that something can be kept. */
      public Keep {
        if (messages < 1 || bytes < 1) {
          throw new IllegalArgumentException(
              "room for %d messages and %d bytes, expected at least 1 of each"
                  .formatted(messages, bytes));
        }
      }
    }
  }

  /** Half a second, 30 seconds, no limit of attempts, the default judgement; sends fail. */
  public static final ReconnectPolicy DEFAULT =
      new ReconnectPolicy(
          Duration.ofMillis(500),
          Duration.ofSeconds(30),
          Duration.ofSeconds(30),
          Integer.MAX_VALUE,
          Duration.ofMinutes(5),
          Loss::isTemporary,
          new Unsent.Fail(),
          List.of());

  /** Validates. */
  public ReconnectPolicy {
    requirePositive("initialDelay", initialDelay);
    requirePositive("maxDelay", maxDelay);
    if (stableTime.isNegative()) {
      throw new IllegalArgumentException("stableTime of " + stableTime + ", expected zero or more");
    }
    if (maxAttempts < 1) {
      throw new IllegalArgumentException("maxAttempts of " + maxAttempts + ", expected at least 1");
    }
    if (maxRetryAfter.isNegative()) {
      throw new IllegalArgumentException(
          "maxRetryAfter of " + maxRetryAfter + ", expected zero or more");
    }
    Objects.requireNonNull(temporary, "temporary");
    Objects.requireNonNull(unsent, "unsent");
    listeners = List.copyOf(listeners);
  }

  private static void requirePositive(String name, Duration duration) {
    if (!duration.isPositive()) {
      throw new IllegalArgumentException(name + " of " + duration + ", expected more than zero");
    }
  }

  /** Returns this policy with other ceilings of the first wait and of all. */
  public ReconnectPolicy withDelays(Duration initialDelay, Duration maxDelay) {
    return new ReconnectPolicy(
        initialDelay,
        maxDelay,
        stableTime,
        maxAttempts,
        maxRetryAfter,
        temporary,
        unsent,
        listeners);
  }

  /** Returns this policy with another {@link #stableTime()}. */
  public ReconnectPolicy withStableTime(Duration stableTime) {
    return new ReconnectPolicy(
        initialDelay,
        maxDelay,
        stableTime,
        maxAttempts,
        maxRetryAfter,
        temporary,
        unsent,
        listeners);
  }

  /** Returns this policy with another {@link #maxAttempts()}. */
  public ReconnectPolicy withMaxAttempts(int maxAttempts) {
    return new ReconnectPolicy(
        initialDelay,
        maxDelay,
        stableTime,
        maxAttempts,
        maxRetryAfter,
        temporary,
        unsent,
        listeners);
  }

  /** Returns this policy with another {@link #maxRetryAfter()}. */
  public ReconnectPolicy withMaxRetryAfter(Duration maxRetryAfter) {
    return new ReconnectPolicy(
        initialDelay,
        maxDelay,
        stableTime,
        maxAttempts,
        maxRetryAfter,
        temporary,
        unsent,
        listeners);
  }

  /**
   * Returns this policy with another judgement of losses, which may ask {@link Loss#isTemporary()}
   * for those that it has no opinion of.
   */
  public ReconnectPolicy withTemporary(Predicate<Loss> temporary) {
    return new ReconnectPolicy(
        initialDelay,
        maxDelay,
        stableTime,
        maxAttempts,
        maxRetryAfter,
        temporary,
        unsent,
        listeners);
  }

  /** Returns this policy with another {@link #unsent()}. */
  public ReconnectPolicy withUnsent(Unsent unsent) {
    return new ReconnectPolicy(
        initialDelay,
        maxDelay,
        stableTime,
        maxAttempts,
        maxRetryAfter,
        temporary,
        unsent,
        listeners);
  }

  /** Returns this policy with one more listener. */
  public ReconnectPolicy withListener(Consumer<? super Transition> listener) {
    List<Consumer<? super Transition>> more = new ArrayList<>(listeners);
    more.add(Objects.requireNonNull(listener, "listener"));
    return new ReconnectPolicy(
        initialDelay, maxDelay, stableTime, maxAttempts, maxRetryAfter, temporary, unsent, more);
  }
}
