// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks.clients;

import dev.parley.benchmarks.Receiver;
import dev.parley.benchmarks.Session;
import dev.parley.benchmarks.Settings;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * As {@link RawVirtual}, but the virtual threads wait for a selector that stays interested, and all
 * for whom one look at it found something are woken together: what waiting in a session's own
 * thread takes at least, as long as they read before it looks again. With thousands they do not,
 * and it finds the same again.
 */
public final class RawSignalled extends RawBlocking {
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable Signals signals;

  /** Makes one. */
  public RawSignalled() {}

  @Override
  public boolean supports(Settings settings) {
    return super.supports(settings) && settings.tls() == null;
  }

  @Override
  public boolean prefersVirtualThreads() {
    return true;
  }

  @Override
  public Session open(URI uri, Settings settings, Receiver receiver) throws IOException {
    RawWire wire = new Wire(uri, signals());
    RawSession session =
        session(settings, wire, new RawFrames(settings, wire.direct()), wire.buffer(256));
    session.open(uri, settings);
    return session;
  }

  private Signals signals() throws IOException {
    lock.lock();
    try {
      if (signals == null) {
        signals = new Signals();
      }
      return signals;
    } finally {
      lock.unlock();
    }
  }

  /** Who waits for a channel. */
  private static final class Waiter extends AtomicReference<@Nullable Thread> {
    private static final long serialVersionUID = 1;
  }

  private static final class Wire extends RawWire.Plain {
    private final Waiter waiter = new Waiter();

    Wire(URI uri, Signals signals) throws IOException {
      super(uri, true);
      channel.configureBlocking(false);
      signals.register(channel, waiter);
    }

    @Override
    public int read(ByteBuffer room) throws IOException {
      while (true) {
        Thread me = Thread.currentThread();
        waiter.set(me);
        while (waiter.get() == me) {
          LockSupport.park(this);
        }
        int count = super.read(room);
        if (count != 0) {
          return count;
        }
      }
    }
  }

  /** One thread that looks, and one virtual thread that wakes all whom a look found. */
  private static final class Signals {
    private final Selector selector = Selector.open();
    private final Queue<Runnable> arriving = new ConcurrentLinkedQueue<>();
    private final Queue<List<Thread>> found = new ConcurrentLinkedQueue<>();
    private final Thread waker = Thread.ofVirtual().name("raw-waker").start(this::wake);
    private List<Thread> ready = new ArrayList<>(); // of the thread that looks

    Signals() throws IOException {
      Thread.ofPlatform().daemon().name("raw-signals").start(this::look);
    }

    void register(SocketChannel channel, Waiter waiter) {
      arriving.add(
          () -> {
            try {
              channel.register(selector, SelectionKey.OP_READ, waiter);
            } catch (IOException e) {
              throw new IllegalStateException(e);
            }
          });
      selector.wakeup();
    }

    @SuppressWarnings("ThreadPriorityCheck") // whoever was woken is to read before the next look
    private void look() {
      try {
        while (true) {
          selector.select(this::take);
          for (Runnable next; (next = arriving.poll()) != null; ) {
            next.run();
          }
          if (!ready.isEmpty()) {
            found.add(ready);
            ready = new ArrayList<>();
            LockSupport.unpark(waker);
          }
          Thread.yield();
        }
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }

    private void take(SelectionKey key) {
      Thread waiting = ((Waiter) key.attachment()).getAndSet(null);
      if (waiting != null) {
        ready.add(waiting);
      }
    }

    private void wake() {
      while (true) {
        List<Thread> all = found.poll();
        if (all == null) {
          LockSupport.park(this);
        } else {
          all.forEach(LockSupport::unpark);
        }
      }
    }
  }
}
