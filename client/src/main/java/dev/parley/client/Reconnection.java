// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import dev.parley.client.Transition.Ending;
import dev.parley.client.events.ReconnectEvent;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.WebSocketException;
import dev.parley.websocket.WebSocketInterruptedException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One session after the other: opens, judges how each was lost, and waits. Used by one thread, that
 * of the {@link Reconnector} or of who iterates; {@link #cancel} and {@link #stop} by any.
 */
final class Reconnection {
  // Laws.
  // 1. There is never more than one session: the next is opened when the last has ended.
  // 2. `lock` guards `opener`, `session`, `cancelled`, `ending`, `telling` and `untold`. Nothing
  // waits with it held, and no code of the user's runs under it.
  // 3. A session that opens after the cancelling is dropped: whoever cancels is given the session
  // to close, or there is none and there will be none.
  // 4. The first ending stands, and is told once, to each listener behind all that it was told.
  // 5. A thread is interrupted only while it opens, only if it is ours, and never after that.

  private static final System.Logger LOGGER = System.getLogger("dev.parley.client");
  private static final Pattern CONTROL = Pattern.compile("\\p{Cc}");
  private static final AtomicLong NUMBERS = new AtomicLong();

  /** How time passes. Tests have their own. */
  interface Time {
    /** The clock and the waits of this machine. */
    Time SYSTEM =
        new Time() {
          @Override
          public long nanos() {
            return System.nanoTime();
          }

          @Override
          public Instant now() {
            return Instant.now();
          }

          @Override
          public boolean await(CountDownLatch latch, long nanos) throws InterruptedException {
            return latch.await(nanos, TimeUnit.NANOSECONDS);
          }
        };

    /** Returns the moment, in terms of {@link System#nanoTime}. */
    long nanos();

    /** Returns the time of day. */
    Instant now();

    /** Waits for a latch, and tells whether it came to zero in time. */
    boolean await(CountDownLatch latch, long nanos) throws InterruptedException;
  }

  private final long number = NUMBERS.incrementAndGet();
  private final Supplier<DefaultClientWebSocketSession> opening;
  private final ReconnectPolicy policy;
  private final RandomGenerator random;
  private final Time time;
  private final boolean ownThread;
  private final Consumer<Reconnection> onStopped;
  private final CountDownLatch stopped = new CountDownLatch(1);

  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable Thread opener;
  private @Nullable DefaultClientWebSocketSession session;
  private boolean cancelled;
  private @Nullable Ending ending;

  /** Listeners are being told of something else than the end. */
  private boolean telling;

  /** The end, as long as nobody tells of it. */
  private @Nullable Ending untold;

  private volatile Transition last = new Transition.Opening(1);
  private long openedNanos;
  private int attempt;
  private int sessions;

  /**
   * Makes one that has not begun.
   *
   * @param opening opens a session, or throws
   * @param ownThread whether the thread that uses this is ours to interrupt
   * @param onStopped is told, once, that there will be no more sessions
   */
  Reconnection(
      Supplier<DefaultClientWebSocketSession> opening,
      ReconnectPolicy policy,
      RandomGenerator random,
      Time time,
      boolean ownThread,
      Consumer<Reconnection> onStopped) {
    this.opening = opening;
    this.policy = policy;
    this.random = random;
    this.time = time;
    this.ownThread = ownThread;
    this.onStopped = onStopped;
  }

  /**
   * Opens the next session, however many attempts and waits that takes.
   *
   * @return the session, or {@code null} where there is none to come; {@link #ending} says why
   * @throws WebSocketInterruptedException if the thread was interrupted
   */
  @Nullable DefaultClientWebSocketSession next() {
    try {
      while (!isCancelled()) {
        attempt++;
        tell(new Transition.Opening(attempt));
        Loss loss = open();
        DefaultClientWebSocketSession opened = session();
        if (opened != null) {
          openedNanos = time.nanos();
          tell(new Transition.Opened(++sessions, opened.call().request().place()));
          return opened;
        }
        if (loss != null && !waits(loss)) {
          return null;
        }
      }
      stop(new Ending.Done());
      return null;
    } catch (Throwable e) {
      DefaultClientWebSocketSession opened = session();
      if (opened != null) {
        opened.terminate(); // of which a listener did not want to hear
      }
      throw failed(e);
    }
  }

  /** Opens a session. Returns why there is none, or nothing where there is, or was cancelled. */
  private @Nullable Loss open() {
    DefaultClientWebSocketSession opened = null;
    if (!enter()) {
      return null;
    }
    try {
      opened = opening.get();
      return null;
    } catch (WebSocketInterruptedException e) {
      if (ownThread && isCancelled()) {
        return null;
      }
      throw e;
    } catch (WebSocketUpgradeException e) {
      return new Loss.Refused(e);
    } catch (RuntimeException e) {
      return new Loss.NotOpened(e);
    } finally {
      leave(opened);
    }
  }

  /** Returns false where it was cancelled while listeners were told of the opening. */
  private boolean enter() {
    lock.lock();
    try {
      opener = ownThread && !cancelled ? Thread.currentThread() : null;
      return !cancelled;
    } finally {
      lock.unlock();
    }
  }

  private void leave(@Nullable DefaultClientWebSocketSession opened) {
    boolean dropped;
    lock.lock();
    try {
      opener = null;
      dropped = cancelled;
      session = dropped ? null : opened;
      if (dropped && ownThread) {
        boolean unused = Thread.interrupted(); // law 5: it was ours
      }
    } finally {
      lock.unlock();
    }
    if (dropped && opened != null) {
      opened.terminate();
    }
  }

  /**
   * Ends the session, if it has not ended, and tells whether there is another to come. Waits until
   * it may be opened.
   *
   * @param thrown what the application threw while it used the session; {@code null} where nothing
   * @throws WebSocketInterruptedException if the thread was interrupted
   */
  boolean goesOn(@Nullable Throwable thrown) {
    try {
      DefaultClientWebSocketSession used = Objects.requireNonNull(session(), "no session");
      boolean stable = time.nanos() - openedNanos >= nanos(policy.stableTime());
      used.close(thrown == null ? CloseReason.NORMAL : CloseReason.INTERNAL_ERROR);
      forget();
      Loss loss =
          used.closeInfo()
              .map(info -> Loss.of(info.closingHandshake(), info.failure()))
              .orElse(null);
      if (thrown != null && !(comesOfTheEnd(thrown) && (loss != null || isCancelled()))) {
        stop(new Ending.Failed(thrown));
        return false;
      }
      if (loss == null) {
        stop(new Ending.Done());
        return false;
      }
      attempt = stable ? 0 : attempt;
      return waits(loss);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Tells whether something was thrown because a session ended, as far as that can be told. */
  private static boolean comesOfTheEnd(Throwable thrown) {
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      switch (cause) {
        case WebSocketInterruptedException interrupted -> {
          return false;
        }
        case WebsocketDeserializeException unreadable -> {
          return false;
        }
        case WebSocketException end -> {
          return true;
        }
        default -> {}
      }
    }
    return false;
  }

  /** Tells of a loss, and waits if there is to be another attempt. */
  private boolean waits(Loss loss) {
    if (isCancelled()) {
      stop(new Ending.Done());
      return false;
    }
    tell(new Transition.Lost(loss));
    if (!policy.temporary().test(loss)) {
      boolean done =
          loss instanceof Loss.Closed closed && closed.reason().code() == CloseReason.NORMAL.code();
      stop(done ? new Ending.Done() : new Ending.GaveUp(loss, attempt));
      return false;
    }
    if (attempt >= policy.maxAttempts()) {
      stop(new Ending.GaveUp(loss, attempt));
      return false;
    }
    Duration retryAfter = RetryAfter.after(loss, time.now());
    if (retryAfter.compareTo(policy.maxRetryAfter()) > 0) {
      retryAfter = policy.maxRetryAfter();
    }
    Duration delay = retryAfter.plusNanos(random.nextLong(ceilingNanos() + 1));
    tell(new Transition.Waiting(delay));
    try {
      if (time.await(stopped, nanos(delay))) {
        stop(new Ending.Done());
        return false;
      }
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new WebSocketInterruptedException("interrupted while waiting to open again", e);
    }
  }

  /** Returns the most that the next wait may take: it doubles with each attempt, up to the cap. */
  private long ceilingNanos() {
    long first = nanos(policy.initialDelay());
    long cap = Math.min(nanos(policy.maxDelay()), Long.MAX_VALUE / 4);
    int doublings = Math.max(0, attempt - 1);
    return doublings >= Long.numberOfLeadingZeros(first) - 1
        ? cap
        : Math.min(cap, first << doublings);
  }

  /** A duration of centuries is as long as can be said. */
  private static long nanos(Duration duration) {
    return TimeUnit.NANOSECONDS.convert(duration);
  }

  /**
   * Makes the session that there is, if any, the last one. A wait ends at once; an opening is
   * broken off where the thread is ours, and else what it opens is dropped.
   *
   * @return the session, for the caller to close
   */
  @Nullable DefaultClientWebSocketSession cancel() {
    DefaultClientWebSocketSession open;
    lock.lock();
    try {
      cancelled = true;
      open = session;
      if (opener != null) {
        opener.interrupt();
        opener = null;
      }
    } finally {
      lock.unlock();
    }
    stopped.countDown();
    return open;
  }

  /** Ends it, if it has not ended. */
  void stop(Ending why) {
    boolean first;
    lock.lock();
    try {
      first = ending == null;
      if (first) {
        ending = why;
        untold = why;
        last = new Transition.Stopped(why);
      }
      cancelled = true;
    } finally {
      lock.unlock();
    }
    stopped.countDown();
    if (first) {
      onStopped.accept(this);
      tellEnd();
    }
  }

  /** Tells of the end, if it has come; while listeners are told of something else, later. */
  private void tellEnd() {
    Ending end;
    lock.lock();
    try {
      end = telling ? null : untold;
      untold = telling ? untold : null;
    } finally {
      lock.unlock();
    }
    if (end != null) {
      try {
        say(new Transition.Stopped(end));
      } catch (RuntimeException e) {
        log(Level.ERROR, "a listener threw when it was told of the end: " + e.getClass().getName());
      }
    }
  }

  private RuntimeException failed(Throwable failure) {
    forget();
    stop(new Ending.Failed(failure));
    return HttpClient.<RuntimeException>unchanged(failure);
  }

  /** Returns why there are no more sessions; {@code null} while there may be some. */
  @Nullable Ending ending() {
    lock.lock();
    try {
      return ending;
    } finally {
      lock.unlock();
    }
  }

  /** Returns the last transition; before the first, that which comes first. */
  Transition last() {
    return last;
  }

  boolean isCancelled() {
    lock.lock();
    try {
      return cancelled;
    } finally {
      lock.unlock();
    }
  }

  private @Nullable DefaultClientWebSocketSession session() {
    lock.lock();
    try {
      return session;
    } finally {
      lock.unlock();
    }
  }

  private void forget() {
    lock.lock();
    try {
      session = null;
    } finally {
      lock.unlock();
    }
  }

  /** Tells of a transition, and then of the end, if that came meanwhile. */
  private void tell(Transition transition) {
    if (!begins(transition)) {
      return;
    }
    try {
      say(transition);
    } finally {
      lock.lock();
      try {
        telling = false;
      } finally {
        lock.unlock();
      }
      tellEnd();
    }
  }

  /** Takes note of a transition; not of one that comes too late, behind the end. */
  private boolean begins(Transition transition) {
    lock.lock();
    try {
      telling = ending == null;
      last = telling ? transition : last;
      return telling;
    } finally {
      lock.unlock();
    }
  }

  private void say(Transition transition) {
    log(level(transition), transition.toString());
    long delay = transition instanceof Transition.Waiting wait ? nanos(wait.delay()) : 0;
    ReconnectEvent.happened(number, transition.getClass().getSimpleName(), attempt, delay);
    policy.listeners().forEach(listener -> listener.accept(transition));
  }

  /** Logs a line. What the peer said may be part of it, and must not make lines of its own. */
  void log(Level level, String message) {
    LOGGER.log(
        level, () -> "reconnecting " + number + ": " + CONTROL.matcher(message).replaceAll("?"));
  }

  private static Level level(Transition transition) {
    return switch (transition) {
      case Transition.Opening opening -> Level.DEBUG;
      case Transition.Opened opened -> Level.INFO;
      case Transition.Lost lost -> Level.INFO;
      case Transition.Waiting waiting -> Level.INFO;
      case Transition.Stopped(Ending.Done done) -> Level.INFO;
      case Transition.Stopped stopped -> Level.WARNING;
    };
  }
}
