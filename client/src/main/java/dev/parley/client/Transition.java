// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import java.time.Duration;

/**
 * What becomes of a {@link Reconnector} or of {@link ReconnectingSessions}, step by step. Told to
 * the listeners of the {@link ReconnectPolicy}, on the thread that opens the sessions, which waits
 * for them; the last one, where {@link ReconnectingSessions#close} ends it, on the thread of that,
 * unless listeners are just being told of another: then behind it, on the same thread. {@code
 * toString} says it in one line for a log, and holds no secret.
 *
 * <pre>
 *               ┌──────────── Waiting &lt;───────────┐
 *               v                                 │ temporary
 *   start ──&gt; Opening ──&gt; Opened ──&gt; ( session ) ──&gt; Lost ──&gt; Stopped: gave up
 *               │                         │         ^
 *               └─────────────────────────┼─────────┘
 *                                         └──&gt; Stopped: done, failed
 * </pre>
 */
public sealed interface Transition {
  /**
   * A session is about to be opened.
   *
   * @param attempt which attempt this is, from 1, since the start or the last stable session
   */
  record Opening(int attempt) implements Transition {
    @Override
    public String toString() {
      return "opening, attempt " + attempt;
    }
  }

  /**
   * A session is open.
   *
   * @param session which session this is, from 1
   * @param place its URL without the query
   */
  record Opened(int session, String place) implements Transition {
    @Override
    public String toString() {
      return "open, session " + session + " to " + place;
    }
  }

  /**
   * A session was lost, or could not be opened.
   *
   * @param loss what happened
   */
  record Lost(Loss loss) implements Transition {
    @Override
    public String toString() {
      return loss.toString();
    }
  }

  /**
   * The next attempt comes later.
   *
   * @param delay how much later
   */
  record Waiting(Duration delay) implements Transition {
    @Override
    public String toString() {
      return "waiting for " + delay.toMillis() + " ms";
    }
  }

  /**
   * There will be no more sessions. The last of the transitions.
   *
   * @param ending why
   */
  record Stopped(Ending ending) implements Transition {
    @Override
    public String toString() {
      return "stopped: " + ending;
    }
  }

  /** Why there are no more sessions. */
  sealed interface Ending {
    /** The application is done, or the peer is: it closed with 1000. */
    record Done() implements Ending {
      @Override
      public String toString() {
        return "done";
      }
    }

    /**
     * The policy does not want another attempt after this.
     *
     * @param loss the last loss
     * @param attempts how many attempts there have been, since the start or the last stable session
     */
    record GaveUp(Loss loss, int attempts) implements Ending {
      @Override
      public String toString() {
        return "gave up after attempt " + attempts + ", " + loss;
      }
    }

    /**
     * The application threw: its handler for reasons of its own, a listener, or the policy.
     *
     * @param failure what was thrown
     */
    record Failed(Throwable failure) implements Ending {
      @Override
      public String toString() {
        return "failed, " + failure.getClass().getName(); // whose message is the application's own
      }
    }
  }
}
