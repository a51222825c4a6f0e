// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import static dev.parley.fuzz.Interleavings.check;
import static dev.parley.fuzz.Interleavings.sideBySide;
import static dev.parley.fuzz.Laws.require;

import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.time.Duration;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * The laws of {@link ReadinessLoop}, with its own thread: no wake-up gets lost, be it of somebody
 * who waits, of a timer, or of the end of the last channel; and a selector that is in use has a
 * thread. The selectors are fakes, in which no time goes by: what is not woken sleeps for ever.
 */
final class ReadinessLoopInterleavingTest {
  private static final Duration LONG = Duration.ofHours(1);

  /** A loop, and what it was made of. */
  private static final class Model {
    final ConcurrentLinkedQueue<FakeSelector> selectors = new ConcurrentLinkedQueue<>();
    final ConcurrentLinkedQueue<Thread> threads = new ConcurrentLinkedQueue<>();
    final ReadinessLoop loop;

    /**
     * Makes one.
     *
     * @param linger how long its thread stays when there is nothing to do
     */
    Model(Duration linger) {
      loop = new ReadinessLoop(this::open, this::thread, linger);
    }

    private FakeSelector open() {
      FakeSelector selector = new FakeSelector();
      selectors.add(selector);
      return selector;
    }

    private Thread thread(Runnable task) {
      Thread thread = Thread.ofPlatform().unstarted(task);
      threads.add(thread);
      return thread;
    }

    Registration register(FakeKey key) throws IOException {
      return loop.register(key.channel());
    }

    /** Waits until all threads are over, after which nothing may be left open. */
    void join() {
      for (Thread next = threads.poll(); next != null; next = threads.poll()) {
        try {
          next.join();
        } catch (InterruptedException e) {
          throw new AssertionError(e);
        }
      }
      for (FakeSelector selector : selectors) {
        require(!selector.isOpen(), "a selector was left open");
      }
    }
  }

  private static void awaitReadable(Registration registration) {
    try {
      require(registration.awaitReadable(Deadline.NONE), "not signalled");
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static void awaitWritable(Registration registration) {
    try {
      require(registration.awaitWritable(SelectionKey.OP_WRITE, Deadline.NONE), "not signalled");
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void whoComesToWaitWhileTheLoopGoesToSleepIsSignalled() {
    check(
        () -> {
          Model model = new Model(LONG);
          FakeKey key = new FakeKey(SelectionKey.OP_READ);
          Registration registration = registered(model, key);
          sideBySide(() -> awaitReadable(registration)); // while the loop's thread begins
          require(key.isValid(), "closed");
          model.loop.close();
          model.join();
        });
  }

  @Test
  void readerAndWriterOfOneChannelAreBothSignalled() {
    check(
        () -> {
          Model model = new Model(LONG);
          FakeKey key = new FakeKey(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
          Registration registration = registered(model, key);
          sideBySide(() -> awaitReadable(registration), () -> awaitWritable(registration));
          require(key.isValid(), "closed");
          model.loop.close();
          model.join();
        });
  }

  @Test
  void timerThatIsDueFirstIsRunThoughTheLoopGoesToSleepForAnother() {
    check(
        () -> {
          Model model = new Model(LONG);
          AtomicBoolean early = new AtomicBoolean();
          AtomicBoolean late = new AtomicBoolean();
          ReadinessLoop.Timer unused = model.loop.schedule(() -> late.set(true), LONG);
          sideBySide(
              () -> {
                ReadinessLoop.Timer unusedToo =
                    model.loop.schedule(() -> early.set(true), Duration.ZERO);
                while (!early.get()) {
                  Thread.onSpinWait();
                }
              });
          model.loop.close();
          model.join();
          require(!late.get(), "run too early");
        });
  }

  @Test
  void loopFindsThatTheLastChannelIsGone() {
    check(
        () -> {
          Model model = new Model(Duration.ZERO);
          Registration registration = registered(model, new FakeKey(SelectionKey.OP_READ));
          sideBySide(() -> close(registration)); // while the loop's thread begins
          model.join();
        });
  }

  @Test
  void whoComesWhileTheThreadEndsHasAnotherOrKeepsIt() {
    check(
        () -> {
          Model model = new Model(Duration.ZERO);
          Runnable session =
              () -> {
                FakeKey key = new FakeKey(SelectionKey.OP_READ);
                Registration registration = registered(model, key);
                awaitReadable(registration);
                require(key.isValid(), "closed by a thread that ended");
                close(registration);
              };
          sideBySide(session, session);
          model.join();
        });
  }

  @Test
  void timerThatIsSetWhileTheThreadEndsIsRunOnce() {
    check(
        () -> {
          Model model = new Model(Duration.ZERO);
          AtomicInteger runs = new AtomicInteger();
          Runnable setter =
              () -> {
                ReadinessLoop.Timer unused =
                    model.loop.schedule(runs::incrementAndGet, Duration.ZERO);
              };
          sideBySide(setter, setter);
          model.join();
          require(runs.get() == 2, runs);
        });
  }

  @Test
  void whatIsHandedOverWhileTheLoopGoesToSleepIsRun() {
    check(
        () -> {
          Model model = new Model(LONG);
          Registration unused = registered(model, new FakeKey(0));
          AtomicBoolean run = new AtomicBoolean();
          sideBySide(
              () -> {
                model.loop.handOver(() -> run.set(true));
                while (!run.get()) {
                  Thread.onSpinWait();
                }
              });
          model.loop.close();
          model.join();
        });
  }

  @Test
  void whatIsHandedOverWhileTheThreadEndsIsRunOnce() {
    check(
        () -> {
          Model model = new Model(Duration.ZERO);
          AtomicInteger runs = new AtomicInteger();
          Registration registration = registered(model, new FakeKey(0));
          sideBySide(
              () -> model.loop.handOver(runs::incrementAndGet),
              () -> {
                close(registration);
                model.loop.handOver(runs::incrementAndGet);
              });
          model.join();
          require(runs.get() == 2, runs);
        });
  }

  @Test
  void whatIsHandedOverWhileTheLoopIsClosedIsRunOnce() {
    check(
        () -> {
          Model model = new Model(LONG);
          Registration unused = registered(model, new FakeKey(0));
          AtomicInteger runs = new AtomicInteger();
          sideBySide(() -> model.loop.handOver(runs::incrementAndGet), model.loop::close);
          model.join();
          require(runs.get() == 1, runs);
        });
  }

  @Test
  void whoComesWhileTheLoopIsClosedIsRefusedOrWoken() {
    check(
        () -> {
          Model model = new Model(LONG);
          sideBySide(
              () -> {
                FakeKey key = new FakeKey(0);
                Registration registration;
                try {
                  registration = model.register(key);
                } catch (IOException e) {
                  return; // the loop is closed
                }
                awaitReadable(registration);
                require(!key.isValid(), "woken for nothing");
              },
              model.loop::close);
          model.join();
        });
  }

  @Test
  void channelThatIsClosedWhileItIsShownIsLetGo() {
    check(
        () -> {
          Model model = new Model(LONG);
          FakeKey key = new FakeKey(0);
          Registration registration = registered(model, key);
          sideBySide(
              () -> awaitReadable(registration),
              () -> {
                close(registration);
                while (!key.isGone()) {
                  Thread.onSpinWait();
                }
              });
          model.loop.close();
          model.join();
        });
  }

  private static void close(Registration registration) {
    Runnable unused = registration.close();
  }

  private static Registration registered(Model model, FakeKey key) {
    try {
      return model.register(key);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
