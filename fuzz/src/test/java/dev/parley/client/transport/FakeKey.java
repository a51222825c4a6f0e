// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import java.io.IOException;
import java.net.ProtocolFamily;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedChannelException;
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
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A key of a channel that is always ready for the same operations, and the channel. It says of
 * itself what its selector found when it looked.
 */
final class FakeKey extends SelectionKey {
  private final AtomicInteger interest = new AtomicInteger();
  private final AtomicBoolean valid = new AtomicBoolean(true);
  private final int ready;
  final FakeLeadSelector lead = new FakeLeadSelector(this);
  private final FakeChannel channel = new FakeChannel(this);
  private volatile FakeSelector selector = new FakeSelector();
  private int found; // of who looks

  FakeKey(int ready) {
    this.ready = ready;
  }

  /** Makes a registration that the loop alone signals. */
  Registration register() {
    return register(0);
  }

  Registration register(int leads) {
    try {
      Registration registration = new Registration(new ReadinessLoop(leads), channel);
      SelectionKey unused = registration.showTo(selector);
      return registration;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Does as the loop does in one pass. */
  void pass(Registration registration, long pass) {
    if (look()) {
      boolean unused = registration.signal(this, pass);
    }
  }

  /** Looks what is ready of what is of interest now, and returns whether something is. */
  boolean look() {
    found = interest.get() & ready;
    return found != 0;
  }

  /** Returns whether something that was found is of interest still. */
  boolean isFound() {
    found &= interest.get();
    return found != 0;
  }

  /** Tells whether no selector has the key any more, nor gets it: its channel is closed. */
  boolean isGone() {
    return !valid.get() && !selector.keys().contains(this);
  }

  private FakeKey join(FakeSelector other, @Nullable Object attachment) {
    selector = other;
    Object unused = attach(attachment);
    other.add(this);
    return this;
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
    return found;
  }

  /** The selector of a thread that waits by itself; of one thread at a time. */
  static final class FakeLeadSelector extends AbstractSelector {
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
    private final ReentrantLock lock = new ReentrantLock();
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
    public SelectionKey register(Selector selector, int ops, @Nullable Object attachment)
        throws ClosedChannelException {
      if (!(selector instanceof FakeSelector other)) {
        return new FakeKey(0); // a Lead needs none
      }
      lock.lock();
      try {
        if (!isOpen()) {
          throw new ClosedChannelException();
        }
        return key.join(other, attachment);
      } finally {
        lock.unlock();
      }
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
      lock.lock(); // as the JDK does: whoever registers it is before, or refused
      try {
        key.cancel();
      } finally {
        lock.unlock();
      }
    }
  }
}
