// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import dev.parley.client.Transition.Ending;
import dev.parley.websocket.WebSocketInterruptedException;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * One session after the other, for a loop; made by {@link HttpClient#sessions}. Never more than one
 * session is open. There is one iteration, by one thread at a time.
 *
 * <p>{@code hasNext} ends the session before, waits as the {@link ReconnectPolicy} says, and opens
 * the next. There is a next one where the last was lost and the policy calls that temporary. Where
 * the session is still open when the loop comes round, the application is done: the session is
 * closed with {@link dev.parley.websocket.CloseReason#NORMAL} and the loop ends; likewise where the
 * application or the peer has closed it so. {@code session.terminate()} leads to the next session.
 * Where the policy gives up, {@code hasNext} throws what the last loss says: {@link
 * WebSocketUpgradeException}, {@link WebSocketOpeningException}, {@link
 * dev.parley.websocket.WebSocketClosedException} and their like.
 *
 * <p>What a session throws when it is lost is caught inside of the loop, or leaves it; then the
 * next session comes, where the policy wants one:
 *
 * {@snippet :
 * try (HttpClient client = HttpClient.create();
 *     var sessions = client.sessions(request -> request.url(url), ReconnectPolicy.DEFAULT)) {
 *   for (var session : sessions) {
 *     try {
 *       session.send("subscribe prices");
 *       for (Frame frame : session.incoming()) {
 *         if (frame instanceof Frame.Text price) {
 *           System.out.println(price.readText());
 *         }
 *       }
 *     } catch (WebSocketException lost) {
 *       System.out.println("Lost: " + lost.getMessage());
 *     }
 *   }
 * }
 * }
 *
 * <p>Waiting and opening are ended by an interrupt, with {@link WebSocketInterruptedException} and
 * the flag set again; the loop has ended then. Leaving the loop early leaves its session open until
 * {@link #close}.
 */
public final class ReconnectingSessions
    implements Iterable<DefaultClientWebSocketSession>, AutoCloseable {
  private final Reconnection reconnection;
  private final Sessions iterator = new Sessions();

  ReconnectingSessions(Reconnection reconnection) {
    this.reconnection = reconnection;
  }

  /** Returns the sessions. Always the same iterator: there is one iteration. */
  @Override
  public Iterator<DefaultClientWebSocketSession> iterator() {
    return iterator;
  }

  /** Returns the last transition, which tells the state: opening, open, waiting, stopped. */
  public Transition state() {
    return reconnection.last();
  }

  /**
   * Ends it: closes the session that is open, as {@link WebSocketSession#close()}; a wait ends at
   * once. An opening goes on for at most {@code openTimeout}, and what it opens is dropped. May be
   * called by any thread. Closing again does nothing but wait.
   *
   * @throws WebSocketInterruptedException if the thread was interrupted; it ends all the same
   */
  @Override
  public void close() {
    DefaultClientWebSocketSession open = reconnection.cancel();
    try {
      if (open != null) {
        open.close();
      }
    } finally {
      reconnection.stop(new Ending.Done());
    }
  }

  @Override
  public String toString() {
    return "ReconnectingSessions[" + state() + "]";
  }

  private final class Sessions implements Iterator<DefaultClientWebSocketSession> {
    private @Nullable DefaultClientWebSocketSession next;
    private boolean begun;

    @Override
    public boolean hasNext() {
      if (next == null && reconnection.ending() == null) {
        if (!begun || reconnection.goesOn(null)) {
          begun = true;
          next = reconnection.next();
        }
      }
      return next != null
          || switch (reconnection.ending()) {
            case Ending.GaveUp gaveUp -> throw gaveUp.loss().failure();
            case Ending.Failed failed ->
                throw HttpClient.<RuntimeException>unchanged(failed.failure());
            case Ending.Done done -> false;
            case null -> throw new IllegalStateException("neither a session nor an end");
          };
    }

    @Override
    public DefaultClientWebSocketSession next() {
      DefaultClientWebSocketSession session = hasNext() ? next : null;
      if (session == null) {
        throw new NoSuchElementException("there are no more sessions");
      }
      next = null;
      return session;
    }
  }
}
