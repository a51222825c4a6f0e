// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import static dev.parley.fuzz.Interleavings.check;
import static dev.parley.fuzz.Interleavings.sideBySide;
import static dev.parley.fuzz.Laws.require;

import java.io.IOException;
import java.net.ProtocolFamily;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.Pipe;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.AbstractSelectableChannel;
import java.nio.channels.spi.AbstractSelector;
import java.nio.channels.spi.SelectorProvider;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * The laws of {@link Registration}, each interleaving by itself. The selector is a fake: a key with
 * an interest, and a channel that is always ready; a test makes the passes of the loop.
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
          require(key.wakeUps.get() == 1 && !key.isValid(), key.wakeUps);
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
          require(key.wakeUps.get() == 1 && !key.isValid(), key.wakeUps);
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

  /** A key of a channel that is always ready for the same operations. */
  private static final class FakeKey extends SelectionKey {
    final AtomicInteger wakeUps = new AtomicInteger();
    private final AtomicInteger interest = new AtomicInteger();
    private final AtomicBoolean valid = new AtomicBoolean(true);
    private final int ready;
    private final FakeSelector selector = new FakeSelector(this);
    final FakeLeadSelector lead = new FakeLeadSelector(this);
    private final FakeChannel channel = new FakeChannel(this);

    FakeKey(int ready) {
      this.ready = ready;
    }

    /** Makes a registration that the loop alone signals. */
    Registration register() {
      return register(0);
    }

    Registration register(int leads) {
      try {
        return new Registration(new ReadinessLoop(leads), selector, channel);
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }

    /** Does as the loop does in one pass. */
    void pass(Registration registration, long pass) {
      if (readyOps() != 0) {
        boolean unused = registration.signal(pass);
      }
    }

    @Override
    public SelectableChannel channel() {
      return channel;
    }

    @Override
    public Selector selector() {
      return selector;
    }

    @Override
    public boolean isValid() {
      return valid.get();
    }

    @Override
    public void cancel() {
      valid.set(false);
    }

    @Override
    public int interestOps() {
      return interest.get();
    }

    @Override
    public SelectionKey interestOps(int ops) {
      interest.set(ops);
      return this;
    }

    @Override
    public int interestOpsOr(int ops) {
      requireValid();
      return interest.getAndUpdate(before -> before | ops);
    }

    @Override
    public int interestOpsAnd(int ops) {
      requireValid();
      return interest.getAndUpdate(before -> before & ops);
    }

    private void requireValid() {
      if (!valid.get()) {
        throw new CancelledKeyException();
      }
    }

    @Override
    public int readyOps() {
      return interest.get() & ready;
    }
  }

  private static final class FakeSelector extends Selector {
    final FakeKey key;

    FakeSelector(FakeKey key) {
      this.key = key;
    }

    @Override
    public Selector wakeup() {
      key.wakeUps.incrementAndGet();
      return this;
    }

    @Override
    public boolean isOpen() {
      return true;
    }

    @Override
    public SelectorProvider provider() {
      throw new UnsupportedOperationException();
    }

    @Override
    public Set<SelectionKey> keys() {
      return Set.of(key);
    }

    @Override
    public Set<SelectionKey> selectedKeys() {
      return Set.of(key);
    }

    @Override
    public int selectNow() {
      return 0;
    }

    @Override
    public int select(long timeout) {
      return 0;
    }

    @Override
    public int select() {
      return 0;
    }

    @Override
    public int select(Consumer<SelectionKey> action) {
      return 0;
    }

    @Override
    public void close() {}
  }

  /** The selector of a thread that waits by itself; of one thread at a time. */
  private static final class FakeLeadSelector extends AbstractSelector {
    final AtomicInteger opened = new AtomicInteger();
    final AtomicInteger closed = new AtomicInteger();
    private final AtomicBoolean woken = new AtomicBoolean();
    private final FakeKey key;

    FakeLeadSelector(FakeKey key) {
      super(new FakeProvider(key));
      this.key = key;
    }

    @Override
    public Selector wakeup() {
      woken.set(true);
      return this;
    }

    @Override
    public int select(Consumer<SelectionKey> action, long timeout) {
      while ((key.ready & SelectionKey.OP_READ) == 0 && !woken.get()) {
        Thread.onSpinWait();
      }
      return woken.getAndSet(false) ? 0 : 1;
    }

    @Override
    public int selectNow(Consumer<SelectionKey> action) {
      return 0;
    }

    @Override
    protected void implCloseSelector() {
      closed.incrementAndGet();
    }

    @Override
    protected SelectionKey register(
        AbstractSelectableChannel channel, int ops, @Nullable Object attachment) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Set<SelectionKey> keys() {
      return Set.of();
    }

    @Override
    public Set<SelectionKey> selectedKeys() {
      return Set.of();
    }

    @Override
    public int selectNow() {
      throw new UnsupportedOperationException();
    }

    @Override
    public int select(long timeout) {
      throw new UnsupportedOperationException();
    }

    @Override
    public int select() {
      throw new UnsupportedOperationException();
    }
  }

  /** Opens the one selector that is lent. */
  private static final class FakeProvider extends SelectorProvider {
    private final FakeKey key;

    FakeProvider(FakeKey key) {
      this.key = key;
    }

    @Override
    public AbstractSelector openSelector() {
      key.lead.opened.incrementAndGet();
      return key.lead;
    }

    @Override
    public DatagramChannel openDatagramChannel() {
      throw new UnsupportedOperationException();
    }

    @Override
    public DatagramChannel openDatagramChannel(ProtocolFamily family) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Pipe openPipe() {
      throw new UnsupportedOperationException();
    }

    @Override
    public ServerSocketChannel openServerSocketChannel() {
      throw new UnsupportedOperationException();
    }

    @Override
    public SocketChannel openSocketChannel() {
      throw new UnsupportedOperationException();
    }
  }

  private static final class FakeChannel extends SelectableChannel {
    private final FakeKey key;

    FakeChannel(FakeKey key) {
      this.key = key;
    }

    @Override
    public SelectorProvider provider() {
      return new FakeProvider(key);
    }

    @Override
    public int validOps() {
      return SelectionKey.OP_READ | SelectionKey.OP_WRITE;
    }

    @Override
    public boolean isRegistered() {
      return true;
    }

    @Override
    public SelectionKey keyFor(Selector selector) {
      return key;
    }

    @Override
    public SelectionKey register(Selector selector, int ops, @Nullable Object attachment) {
      return selector == key.lead ? new FakeKey(0) : key;
    }

    @Override
    public SelectableChannel configureBlocking(boolean block) {
      return this;
    }

    @Override
    public boolean isBlocking() {
      return false;
    }

    @Override
    public Object blockingLock() {
      return this;
    }

    @Override
    protected void implCloseChannel() {
      key.cancel();
    }
  }
}
