// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import static dev.parley.fuzz.Laws.require;
import static dev.parley.fuzz.Races.giveWay;
import static dev.parley.fuzz.Races.race;

import dev.parley.client.ReconnectPolicy.Unsent;
import dev.parley.client.Transition.Ending;
import dev.parley.fuzz.Races.Round;
import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketException;
import dev.parley.websocket.WebSocketInterruptedException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The laws of {@link Reconnection}, and so of {@link Reconnector} and {@link ReconnectingSessions}:
 * whoever closes while another session is being opened leaves none open behind; there is never more
 * than one; the end is told once, and nothing behind it; and no thread keeps an interrupt that was
 * for its opening.
 */
@Timeout(value = 1, unit = TimeUnit.HOURS)
final class ReconnectionRaceTest {
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final Ending DONE = new Ending.Done();

  /** Waits take no time, but are over where there is nothing more to wait for. */
  private static final Reconnection.Time TIME =
      new Reconnection.Time() {
        @Override
        public long nanos() {
          return 0;
        }

        @Override
        public Instant now() {
          return Instant.EPOCH;
        }

        @Override
        public boolean await(CountDownLatch latch, long nanos) {
          giveWay();
          return latch.getCount() == 0;
        }
      };

  /** A reconnection, all that it opened, and all that it told. */
  private static final class Model {
    final Reconnection reconnection;
    private final boolean ownThread;
    private final Queue<RacingSession> opened = new ConcurrentLinkedQueue<>();
    private final Queue<Transition> told = new ConcurrentLinkedQueue<>();
    private final AtomicInteger stops = new AtomicInteger();
    private final AtomicReference<@Nullable String> broken = new AtomicReference<>();

    Model(boolean ownThread) {
      this.ownThread = ownThread;
      ReconnectPolicy policy =
          ReconnectPolicy.DEFAULT
              .withDelays(Duration.ofNanos(1), Duration.ofNanos(1))
              .withTemporary(loss -> true)
              .withListener(this::tell);
      reconnection =
          new Reconnection(
              this::open,
              policy,
              new SplittableRandom(1),
              TIME,
              ownThread,
              stopped -> stops.incrementAndGet());
    }

    private DefaultClientWebSocketSession open() {
      giveWay();
      if (Thread.currentThread().isInterrupted()) {
        throw new WebSocketInterruptedException(
            "interrupted while opening", new InterruptedException());
      }
      requireThat(opened.stream().noneMatch(RacingSession::isOpen), "two sessions at once");
      RacingSession session = new RacingSession();
      opened.add(session);
      giveWay();
      return session.opened();
    }

    private void tell(Transition transition) {
      giveWay();
      told.add(transition);
      requireNoInterrupt();
      giveWay();
    }

    void requireNoInterrupt() {
      requireThat(
          !(ownThread && Thread.currentThread().isInterrupted()), "interrupted, and does not open");
    }

    /** For threads of whose errors nobody hears. */
    private void requireThat(boolean met, String law) {
      if (!met) {
        broken.compareAndSet(null, law);
      }
    }

    /** Breaks off so many sessions, one after the other, unless there are no more to come. */
    @SuppressWarnings("ThreadPriorityCheck") // there may be more threads than processors
    void terminate(int sessions) {
      for (int ended = 0; ended < sessions; ) {
        RacingSession open = opened.stream().filter(RacingSession::isOpen).findFirst().orElse(null);
        if (open != null) {
          open.terminate();
          ended++;
        } else if (reconnection.isCancelled()) {
          return;
        } else {
          Thread.yield();
        }
      }
    }

    /** What must hold of every end. */
    void check() {
      require(broken.get() == null, "" + broken);
      require(DONE.equals(reconnection.ending()), "" + reconnection.ending());
      require(opened.stream().noneMatch(RacingSession::isOpen), "a session is left open");
      List<Transition> all = List.copyOf(told);
      Transition stopped = new Transition.Stopped(DONE);
      require(all.stream().filter(stopped::equals).count() == 1, all);
      require(all.getLast().equals(stopped) && reconnection.last().equals(stopped), all);
      require(stops.get() == 1, stops);
    }
  }

  /** A reconnector whose handler waits for the end of each session. */
  private static Reconnector reconnector(Model model, Unsent unsent) {
    Reconnector reconnector =
        new Reconnector(
            model.reconnection,
            session -> {
              model.requireNoInterrupt();
              session.closeReason().join();
              model.requireNoInterrupt();
            },
            unsent,
            SOON);
    reconnector.start();
    return reconnector;
  }

  private static void requireEnded(Reconnector reconnector, Model model) {
    require(DONE.equals(reconnector.awaitEnd(SOON).orElse(null)), reconnector.state());
    model.check();
  }

  @Test
  void reconnectorIsClosedWhileItOpens() {
    race(
        () -> {
          Model model = new Model(true);
          Reconnector reconnector = reconnector(model, new Unsent.Fail());
          return new Round(
              List.of(reconnector::close, () -> model.terminate(3)),
              () -> requireEnded(reconnector, model));
        });
  }

  @Test
  void reconnectorIsClosedByTwo() {
    race(
        () -> {
          Model model = new Model(true);
          Reconnector reconnector = reconnector(model, new Unsent.Fail());
          return new Round(
              List.of(reconnector::close, reconnector::close, () -> model.terminate(1)),
              () -> requireEnded(reconnector, model));
        });
  }

  @Test
  void whatIsKeptIsSentOnceOrIsLeft() {
    race(
        () -> {
          Model model = new Model(true);
          List<Frame> doubtful = new ArrayList<>();
          ReconnectHandler handler =
              new ReconnectHandler() {
                @Override
                public void run(ClientWebSocketSession session) {
                  session.closeReason().join();
                }

                @Override
                public void inDoubt(Frame message, WebSocketException failure) {
                  doubtful.add(message); // by one thread, which is over in the end
                }
              };
          Reconnector reconnector =
              new Reconnector(model.reconnection, handler, new Unsent.Keep(8, 100), SOON);
          reconnector.start();
          List<Frame> accepted = new ArrayList<>();
          return new Round(
              List.of(
                  () -> {
                    for (byte number = 0; number < 3; number++) {
                      Frame message = new Frame.Binary(new byte[] {number});
                      try {
                        reconnector.send(message);
                        accepted.add(message);
                      } catch (NoSessionException e) {
                        break; // closed, and takes no more
                      }
                    }
                  },
                  reconnector::close,
                  () -> model.terminate(1)),
              () -> {
                requireEnded(reconnector, model);
                List<Frame> found = new ArrayList<>();
                model.opened.forEach(session -> found.addAll(session.sent()));
                require(inOrder(found), found);
                found.addAll(doubtful);
                found.addAll(reconnector.unsent());
                found.sort((one, other) -> one.data()[0] - other.data()[0]);
                require(found.equals(accepted), found + " of " + accepted);
              });
        });
  }

  private static boolean inOrder(List<Frame> messages) {
    for (int i = 1; i < messages.size(); i++) {
      if (messages.get(i - 1).data()[0] >= messages.get(i).data()[0]) {
        return false;
      }
    }
    return true;
  }

  @Test
  void loopIsClosedByAnotherThread() {
    race(
        () -> {
          Model model = new Model(false);
          ReconnectingSessions sessions = new ReconnectingSessions(model.reconnection);
          return new Round(
              List.of(
                  () -> {
                    for (DefaultClientWebSocketSession session : sessions) {
                      session.terminate();
                    }
                  },
                  sessions::close),
              model::check);
        });
  }

  @Test
  void loopThatLeavesItsSessionOpenIsClosedByTwo() {
    race(
        () -> {
          Model model = new Model(false);
          ReconnectingSessions sessions = new ReconnectingSessions(model.reconnection);
          return new Round(
              List.of(
                  () -> {
                    boolean unused = sessions.iterator().hasNext();
                  },
                  sessions::close,
                  sessions::close),
              model::check);
        });
  }

  @Test
  void whoCancelsIsGivenTheSessionOrThereIsNone() {
    race(
        () -> {
          Model model = new Model(true);
          AtomicReference<@Nullable DefaultClientWebSocketSession> given = new AtomicReference<>();
          AtomicReference<@Nullable DefaultClientWebSocketSession> got = new AtomicReference<>();
          return new Round(
              List.of(
                  () -> {
                    got.set(model.reconnection.next());
                    require(!Thread.interrupted(), "interrupted, and does not open");
                  },
                  () -> given.set(model.reconnection.cancel())),
              () -> {
                RacingSession last = model.opened.isEmpty() ? null : model.opened.peek();
                boolean open = last != null && last.isOpen();
                require(open == (given.get() != null), "a session that nobody closes");
                require(given.get() == null || given.get() == got.get(), "another session");
              });
        });
  }
}
