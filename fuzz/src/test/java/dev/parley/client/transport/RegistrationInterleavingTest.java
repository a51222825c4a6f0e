// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import static dev.parley.fuzz.Interleavings.check;
import static dev.parley.fuzz.Interleavings.sideBySide;
import static dev.parley.fuzz.Laws.require;

import java.nio.channels.SelectionKey;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * The laws of {@link Registration}, each interleaving by itself. The selector is a fake, as is the
 * channel, which is always ready; a test makes the passes of the loop.
 */
final class RegistrationInterleavingTest {
  /** The pass in which the loop drops its interest in what nobody waits for. */
  private static final int DROP = 4;

  @Test
  void readerIsSignalledWhetherItComesBeforeOrAfterTheDrop() {
    check(
        () -> {
          FakeKey key = new FakeKey(SelectionKey.OP_READ);
          Registration registration = aboutToDrop(key);
          AtomicBoolean over = new AtomicBoolean();
          sideBySide(
              () -> {
                require(await(() -> registration.awaitReadable(Deadline.NONE)), "not signalled");
                over.set(true);
              },
              () -> {
                for (int pass = DROP; !over.get(); pass++) {
                  key.pass(registration, pass);
                }
              });
        });
  }

  @Test
  void writerIsSignalledWheneverTheLoopLooks() {
    check(
        () -> {
          FakeKey key = new FakeKey(SelectionKey.OP_WRITE);
          Registration registration = key.register();
          AtomicBoolean over = new AtomicBoolean();
          sideBySide(
              () -> {
                require(
                    await(() -> registration.awaitWritable(SelectionKey.OP_WRITE, Deadline.NONE)),
                    "not signalled");
                over.set(true);
              },
              () -> {
                for (int pass = 1; !over.get(); pass++) {
                  key.pass(registration, pass);
                }
              });
        });
  }

  @Test
  void closingWakesReaderAndWriterAndLetsTheKeyGoOnce() {
    check(
        () -> {
          FakeKey key = new FakeKey(0);
          Registration registration = key.register();
          sideBySide(
              () ->
                  require(await(() -> registration.awaitReadable(Deadline.NONE)), "not signalled"),
              () ->
                  require(
                      await(() -> registration.awaitWritable(SelectionKey.OP_WRITE, Deadline.NONE)),
                      "not signalled"),
              registration::close);
          require(!key.isValid(), "left open");
        });
  }

  @Test
  void taskRunsOnceWhetherItIsLeftBeforeOrAfterTheDrop() {
    check(
        () -> {
          FakeKey key = new FakeKey(SelectionKey.OP_READ);
          Registration registration = aboutToDrop(key);
          AtomicInteger runs = new AtomicInteger();
          sideBySide(
              () -> registration.onReadable(runs::incrementAndGet),
              () -> key.pass(registration, DROP));
          for (int pass = DROP + 1; pass <= 3 * DROP; pass++) {
            key.pass(registration, pass);
            long until = registration.unattendedUntil();
            Runnable task = until == 0 ? null : registration.unattended(until);
            if (task != null) {
              task.run();
            }
          }
          require(runs.get() == 1, runs);
        });
  }

  @Test
  void taskRunsWhetherTheLoopLooksBeforeOrAfterAThreadSelectsForItself() {
    check(
        () -> {
          FakeKey key = new FakeKey(SelectionKey.OP_READ);
          Registration registration = key.register(1);
          registration.onReadable(() -> {});
          AtomicInteger runs = new AtomicInteger();
          sideBySide(
              () -> {
                require(await(() -> registration.awaitReadable(Deadline.NONE)), "not signalled");
                registration.onReadable(runs::incrementAndGet);
              },
              () -> {
                for (int pass = 1; pass <= DROP; pass++) {
                  key.pass(registration, pass);
                }
              });
          for (int pass = DROP + 1; pass <= 3 * DROP; pass++) {
            key.pass(registration, pass);
            long until = registration.unattendedUntil();
            Runnable task = until == 0 ? null : registration.unattended(until);
            if (task != null) {
              task.run();
            }
          }
          require(runs.get() == 1, runs);
          require(key.lead.closed.get() == 1, key.lead.closed);
        });
  }

  @Test
  void closingWakesWhoSelectsForItselfAndLeavesItNoKey() {
    check(
        () -> {
          FakeKey key = new FakeKey(0);
          Registration registration = key.register(1);
          sideBySide(
              () ->
                  require(await(() -> registration.awaitReadable(Deadline.NONE)), "not signalled"),
              registration::close);
          require(!key.isValid(), "left open");
          require(key.lead.closed.get() == key.lead.opened.get(), key.lead.closed);
        });
  }

  @Test
  void selectorOfItsOwnIsGivenBackOnceWhetherTheSessionRestsOrEnds() {
    check(
        () -> {
          FakeKey key = new FakeKey(SelectionKey.OP_READ);
          Registration registration = key.register(1);
          require(await(() -> registration.awaitReadable(Deadline.NONE)), "not signalled");
          require(key.lead.opened.get() == 1 && key.lead.closed.get() == 0, "not lent");
          sideBySide(() -> registration.onReadable(() -> {}), registration::close);
          require(key.lead.closed.get() == 1, key.lead.closed);
        });
  }

  /** Returns a registration with interest in reading, which the next pass would drop. */
  private static Registration aboutToDrop(FakeKey key) {
    Registration registration = key.register();
    Deadline over = Deadline.after(Duration.ZERO); // made here, for Lincheck has a clock of its own
    require(!await(() -> registration.awaitReadable(over)), "signalled");
    for (int pass = 1; pass < DROP; pass++) {
      key.pass(registration, pass);
    }
    return registration;
  }

  private interface Wait {
    boolean run() throws InterruptedException;
  }

  private static boolean await(Wait wait) {
    try {
      return wait.run();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
