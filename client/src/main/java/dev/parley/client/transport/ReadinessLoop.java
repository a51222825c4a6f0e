// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Tells who waits for a channel that it is ready, and runs timers: one selector and one daemon
 * thread for all channels of a client.
 *
 * <p>It never reads or writes; the thread that waits does so by itself. The loop's thread starts
 * when it is needed first, ends a second after nothing is registered and no timer is set, and
 * starts again when needed. What it runs must be quick and must not block; a task that throws harms
 * nobody else.
 */
public final class ReadinessLoop implements AutoCloseable {
  /** A task to be run later, once. */
  public final class Timer implements Comparable<Timer> {
    private @Nullable Runnable task; // null when it was cancelled, or has begun to run
    private final long due;
    private final long number;

    private Timer(Runnable task, long due, long number) {
      this.task = task;
      this.due = due;
      this.number = number;
    }

    /** Forgets the task, unless it has begun to run. May be called at any time. */
    public void cancel() {
      lock.lock();
      try {
        if (task != null) {
          task = null;
          timers.noteCancelled();
        }
      } finally {
        lock.unlock();
      }
    }

    boolean isCancelled() {
      return task == null;
    }

    private @Nullable Runnable begin() {
      Runnable begun = task;
      task = null;
      return begun;
    }

    @Override
    public int compareTo(Timer other) {
      return due == other.due
          ? Long.signum(number - other.number)
          : Long.signum(due - other.due); // nanoTime may overflow, differences do not
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return this == other;
    }

    @Override
    public int hashCode() {
      return Long.hashCode(number);
    }
  }

  /** A task to be run again and again, a millisecond after each time that it is asked for. */
  public final class Ticker {
    private final Runnable task;
    private long due;
    private boolean waits;

    private Ticker(Runnable task) {
      this.task = task;
    }

    /**
     * Has the task run in a millisecond, once however often this is called until then. It takes no
     * memory, unlike {@link ReadinessLoop#schedule}.
     *
     * @throws UncheckedIOException if the loop needs a thread, or a selector, and does not get it
     */
    public void schedule() {
      lock.lock();
      try {
        @Nullable Selector selector = closed ? null : start();
        if (selector != null && !waits) {
          due = System.nanoTime() + TICK_NANOS;
          waits = true;
          tickers.addLast(this);
          wakeUpIfAsleepAt(due, selector);
        }
      } catch (IOException e) {
        throw new UncheckedIOException("no timer could be set", e);
      } finally {
        lock.unlock();
      }
    }
  }

  /** What is run together. */
  private final class Moment implements Runnable {
    private final long due;
    private final List<Runnable> tasks = new ArrayList<>();

    private Moment(long due) {
      this.due = due;
    }

    @Override
    public void run() {
      lock.lock();
      try {
        moments.remove(this); // from now on nothing is added
      } finally {
        lock.unlock();
      }
      for (Runnable task : tasks) {
        if (closed) {
          return;
        }
        runGuarded(task);
      }
    }
  }

  // Laws.
  //
  // `lock` guards the timers, the tickers, the moments, what was handed over, and which selector is
  // in use;
  // nothing waits while it is held, and no task runs. A selector that is in use has a thread that
  // is not about to end: it ends only after it found, under the lock, nothing to do, and took its
  // selector out of use; then another thread may start with another selector. Whoever registers,
  // sets a timer or hands over does so under the lock too; what was handed over while a selector
  // was in use, its thread runs, if need be as the last thing it does.
  //
  // No wake-up gets lost: the thread sets `selecting`, then looks at timers and interests, then
  // sleeps. Others change timers or interests, then look at `selecting` and wake the selector up if
  // it is set; a wake-up that comes before the sleep ends it at once. So threads that change
  // something while the loop is busy pay no system call; nor do they for a timer that is due after
  // `sleepsUntil`, when the loop looks by itself. That is from the pass before while it plans the
  // next one, but then it sees the timer.

  /** How long bytes may lie there before {@link Transport#onReadable}'s task is run. */
  static final long GRACE_NANOS = TimeUnit.MILLISECONDS.toNanos(4);

  private static final System.Logger LOGGER = System.getLogger("dev.parley.client.transport");
  private static final long LINGER_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
  private static final long MOMENT_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
  private static final long FOREVER_NANOS = Long.MAX_VALUE / 2; // a time so far away is after now
  private static final long END = -1;
  private static final int FAILURES = 100;

  /**
   * A selector that hands over so many keys may hold back more, up to its next turns: the JDK asks
   * the system for 256 to 1,024 at once. All these turns are one pass. Otherwise a key of thousands
   * that are ready together would never be found in two passes in a row.
   */
  private static final int FULL = 256;

  /**
   * How many platform threads may wait with a selector of their own, which takes two descriptors
   * and some kilobytes of native memory; the others are woken by the loop.
   */
  private static final int LEADS = 32;

  /**
   * So often the loop looks for platform threads that wait in vain. Who has waited ever since the
   * last time is in no hurry: it can be woken by the loop, and its selector serve somebody else.
   */
  static final long PATROL_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  // It outlives whoever came first, and must not keep what belongs to that one.
  private static final ThreadFactory THREADS =
      Thread.ofPlatform()
          .name("parley-readiness")
          .daemon()
          .inheritInheritableThreadLocals(false)
          .factory();

  /** Where a loop has its selectors from. */
  interface Selectors {
    /** Opens another one. */
    Selector open() throws IOException;
  }

  private final int leads;
  private final Selectors selectors;
  private final ThreadFactory threads;
  private final long lingerNanos;
  private final ReentrantLock lock = new ReentrantLock();
  private final ArrayDeque<Lead> freeLeads = new ArrayDeque<>(2);
  private int lentLeads;
  private final List<Lead> leadsInUse = new ArrayList<>(2);
  private long patrolDue;
  private final TimerQueue timers = new TimerQueue();
  private final ArrayDeque<Ticker> tickers = new ArrayDeque<>(2); // first due, first in
  private final List<Moment> moments =
      new ArrayList<>(2); // those to come for which there is a task
  private final ArrayDeque<Runnable> handedOver = new ArrayDeque<>(2);
  private @Nullable Selector inUse;
  private long timersMade;
  private long sleepsUntil;
  private volatile boolean closed; // written under the lock

  // Not the selector's keys, which are for those who have waited.
  private final AtomicInteger registered = new AtomicInteger();

  private volatile boolean selecting;

  // Of the loop's thread alone.
  private final Consumer<SelectionKey> signal = this::signal; // else one would be made each time
  private final ArrayDeque<Registration> unattended = new ArrayDeque<>();
  private long pass;
  private long lingersUntil;
  private boolean givesWay;
  private Signaller signaller = new Signaller();

  /** Makes a loop that has no thread yet. */
  public ReadinessLoop() {
    this(LEADS);
  }

  /** Makes a loop that lends at most so many selectors to threads that wait by themselves. */
  ReadinessLoop(int leads) {
    this(leads, Selector::open, THREADS, LINGER_NANOS);
  }

  /** Makes a loop whose threads come from a factory. */
  ReadinessLoop(ThreadFactory threads) {
    this(LEADS, Selector::open, threads, LINGER_NANOS);
  }

  /** Makes a loop of other parts, which lends no selector. */
  ReadinessLoop(Selectors selectors, ThreadFactory threads, Duration linger) {
    this(0, selectors, threads, linger.toNanos());
  }

  private ReadinessLoop(int leads, Selectors selectors, ThreadFactory threads, long lingerNanos) {
    this.leads = leads;
    this.selectors = selectors;
    this.threads = threads;
    this.lingerNanos = lingerNanos;
  }

  /**
   * Registers a channel, which must be non-blocking and from then on be closed through its
   * registration. The selector sees it when somebody waits for it first.
   */
  Registration register(SelectableChannel channel) throws IOException {
    lock.lock();
    try {
      if (closed) {
        throw new IOException("the readiness loop is closed");
      }
      Selector unused = start(); // where there can be no thread, none can be waited for
      registered.incrementAndGet();
      return new Registration(this, channel);
    } finally {
      lock.unlock();
    }
  }

  /** Has a registration show its channel to the selector in use. */
  SelectionKey show(Registration registration) throws IOException {
    lock.lock();
    try {
      if (closed) {
        throw new IOException("the readiness loop is closed");
      }
      return registration.showTo(start());
    } finally {
      lock.unlock();
    }
  }

  /**
   * Has a task run on the loop's thread, once, when the delay is over; with a delay of zero, as
   * soon as possible. After {@link #close} nothing is run any more.
   *
   * @param quick must not block
   * @throws UncheckedIOException if the loop needs a thread, or a selector, and does not get it
   */
  public Timer schedule(Runnable quick, Duration delay) {
    lock.lock();
    try {
      Timer timer = timer(quick, Deadline.nanos(delay));
      if (!closed) {
        add(timer, start());
      }
      return timer;
    } catch (IOException e) {
      throw new UncheckedIOException("no timer could be set", e);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Has a task run on the loop's thread, once, together with those of others: at points of time
   * that are the same for all, 5 ms apart. Thousands of sessions, each with a timer of its own,
   * would wake the loop all the time, and keep it busy with putting them in order. After {@link
   * #close} nothing is run any more.
   *
   * @param quick must not block
   * @param away after how many times 5 ms at least; it may be one time more
   * @throws UncheckedIOException if the loop needs a thread, or a selector, and does not get it
   */
  public void runTogether(Runnable quick, int away) {
    lock.lock();
    try {
      if (!closed) {
        Selector selector = start();
        long earliest = System.nanoTime() + away * MOMENT_NANOS;
        momentAt(earliest + MOMENT_NANOS - Math.floorMod(earliest, MOMENT_NANOS), selector)
            .tasks
            .add(quick);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("no timer could be set", e);
    } finally {
      lock.unlock();
    }
  }

  private Moment momentAt(long due, Selector selector) {
    for (int i = moments.size() - 1; i >= 0; i--) { // the last is the likeliest
      if (moments.get(i).due == due) {
        return moments.get(i);
      }
    }
    Moment made = new Moment(due);
    add(new Timer(made, due, timersMade++), selector);
    moments.add(made); // last: nobody is to find one whose timer could not be set
    return made;
  }

  /**
   * Makes what runs a task on the loop's thread, see {@link Ticker}. After {@link #close} nothing
   * is run any more.
   *
   * @param quick must not block
   */
  public Ticker ticker(Runnable quick) {
    return new Ticker(quick);
  }

  /**
   * Has a thread unparked when so much time is over; returns {@code null} where the loop has no
   * thread, or is closed. A virtual thread that parks with a timeout has the JDK's thread for
   * delays woken, when it begins and when it ends: a sixth of what opening a session costs.
   */
  @Nullable Timer unparkLater(Thread waiting, long nanos) {
    lock.lock();
    try {
      if (inUse == null || closed) {
        return null;
      }
      Timer timer = timer(() -> LockSupport.unpark(waiting), nanos);
      add(timer, inUse);
      return timer;
    } finally {
      lock.unlock();
    }
  }

  private Timer timer(Runnable quick, long nanos) {
    return new Timer(quick, System.nanoTime() + nanos, timersMade++);
  }

  private void add(Timer timer, Selector selector) {
    timers.add(timer);
    wakeUpIfAsleepAt(timer.due, selector);
  }

  private void wakeUpIfAsleepAt(long due, Selector selector) {
    if (due - sleepsUntil < 0) {
      wakeUpIfSelecting(selector);
    }
  }

  /**
   * Has a task run on the loop's thread as soon as possible; by the caller where the loop has no
   * thread, or is closed. It is run in any case, once.
   *
   * <p>A virtual thread that the loop starts gets its turn among those that the loop wakes. One
   * that another thread starts may wait for as long as any of these is ready: the scheduler of the
   * JDK takes what one thread gave it until there is nothing left of it.
   *
   * @param quick must not block
   */
  public void handOver(Runnable quick) {
    lock.lock();
    try {
      if (inUse != null && !closed) {
        handedOver.add(quick);
        wakeUpIfSelecting(inUse);
        return;
      }
    } finally {
      lock.unlock();
    }
    quick.run();
  }

  /** Returns the selector in use, and starts a thread with a new one where there is none. */
  private Selector start() throws IOException {
    if (inUse != null) {
      return inUse;
    }
    Selector selector = selectors.open();
    try {
      threads.newThread(() -> run(selector)).start();
    } catch (RuntimeException | Error e) {
      selector.close();
      throw new ThreadRefusedException("the readiness loop", e);
    }
    inUse = selector;
    return selector;
  }

  void wakeUpIfSelecting(Selector selector) {
    if (selecting) {
      selector.wakeup();
    }
  }

  /** Forgets a registration whose channel was closed. */
  void deregister() {
    if (registered.decrementAndGet() > 0) {
      return;
    }
    lock.lock();
    try {
      if (inUse != null) { // it may be unused from now on, and ends when it has lingered
        wakeUpIfAsleepAt(System.nanoTime() + lingerNanos, inUse);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Lends a selector that looks at a channel, or returns {@code null} where there is none to be
   * had.
   */
  @Nullable Lead lend(SelectableChannel channel) {
    Lead lead;
    lock.lock();
    try {
      if (closed || lentLeads == leads) {
        return null;
      }
      lentLeads++;
      lead = freeLeads.pollLast();
    } finally {
      lock.unlock();
    }
    try {
      lead = lead == null ? new Lead(channel.provider()) : lead;
      lead.attach(channel);
      watch(lead);
      return lead;
    } catch (IOException | RuntimeException e) {
      LOGGER.log(System.Logger.Level.DEBUG, "no selector to lend, so the loop will signal", e);
      if (lead == null) {
        lent(-1);
      } else {
        takeBack(lead);
      }
      return null;
    }
  }

  private void watch(Lead lead) {
    lock.lock();
    try {
      if (leadsInUse.isEmpty()) {
        patrolDue = System.nanoTime() + PATROL_NANOS;
        if (inUse != null) {
          wakeUpIfAsleepAt(patrolDue, inUse);
        }
      }
      leadsInUse.add(lead);
    } finally {
      lock.unlock();
    }
  }

  private void unwatch(Lead lead) {
    lock.lock();
    try {
      leadsInUse.remove(lead);
    } finally {
      lock.unlock();
    }
  }

  /** Takes back a selector that was lent. Nobody uses it any more. */
  void takeBack(Lead lead) {
    boolean kept = false;
    unwatch(lead);
    try {
      lead.detach();
      lock.lock();
      try {
        kept = !closed && inUse != null && freeLeads.offerLast(lead);
      } finally {
        lock.unlock();
      }
    } catch (IOException e) {
      report(e);
    } finally {
      lent(-1);
      if (!kept) {
        close(lead);
      }
    }
  }

  private void lent(int change) {
    lock.lock();
    try {
      lentLeads += change;
    } finally {
      lock.unlock();
    }
  }

  private static void close(Lead lead) {
    try {
      lead.close();
    } catch (IOException e) {
      report(e);
    }
  }

  void lookAgain(Registration registration) {
    unattended.add(registration);
  }

  /**
   * Closes every channel that somebody waits for, or has waited for, forgets all timers, and ends
   * the thread. Tasks given to {@link Transport#onReadable} are run once more, so that those who
   * read for nobody find the end. Any other channel is closed when somebody waits for it, or closes
   * its transport.
   */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      timers.clear();
      tickers.clear();
      moments.clear();
      if (inUse != null) {
        inUse.wakeup();
      }
      leadsInUse.forEach(Lead::wakeUp);
    } finally {
      lock.unlock();
    }
  }

  boolean isClosed() {
    return closed;
  }

  private void run(Selector selector) {
    lingersUntil = System.nanoTime() + lingerNanos;
    int failures = 0;
    while (true) {
      try {
        if (!runPass(selector)) {
          break;
        }
        failures = 0;
      } catch (Throwable e) {
        report(e);
        if (++failures == FAILURES) {
          end(selector);
          break;
        }
      }
    }
    abandon(selector);
  }

  private boolean runPass(Selector selector) throws IOException {
    selecting = true;
    long timeout = plan(selector);
    if (timeout == END) {
      return false;
    }
    int found;
    boolean signalled;
    try {
      found = timeout > 0 ? selector.select(signal, timeout) : selector.selectNow(signal);
    } finally {
      selecting = false;
      signalled = signaller.flush();
    }
    if (found < FULL) {
      pass++;
    }
    runHandedOver();
    long now = System.nanoTime();
    runTimers(now);
    patrol(now);
    runUnattended(now);
    giveWay(signalled);
    return true;
  }

  /** Lets who was signalled read before the same bytes are found ready again. */
  @SuppressWarnings("ThreadPriorityCheck") // without the yield all works, with more passes
  private void giveWay(boolean signalled) {
    if (!givesWay) {
      return;
    }
    givesWay = false;
    if (!signalled && signaller.isBusy()) {
      signaller.awaitTurn();
    } else {
      Thread.yield();
    }
  }

  /** Wakes a thread that something was found for, in this pass. Of the loop's thread. */
  void wake(Thread waiting) {
    if (waiting.isVirtual()) {
      signaller.add(waiting);
    } else {
      LockSupport.unpark(waiting);
    }
  }

  /** Tells whether some of those who were signalled may not have had their turn. Likewise. */
  boolean isSignalling() {
    return signaller.isBusy();
  }

  /**
   * Returns how many milliseconds to select at most, or END after taking the selector out of use.
   */
  private long plan(Selector selector) {
    lock.lock();
    try {
      long now = System.nanoTime();
      boolean unused = registered.get() == 0 && timers.isEmpty() && tickers.isEmpty();
      if (closed || (unused && lingersUntil - now <= 0)) {
        end(selector);
        return END;
      }
      if (!unused) {
        lingersUntil = now + lingerNanos;
      }
      if (!handedOver.isEmpty()) {
        return 0;
      }
      long due = registered.get() == 0 ? lingersUntil : now + FOREVER_NANOS;
      if (!leadsInUse.isEmpty() && patrolDue - due < 0) {
        due = patrolDue;
      }
      Timer first = timers.first();
      if (first != null && first.due - due < 0) {
        due = first.due;
      }
      if (!tickers.isEmpty() && tickers.getFirst().due - due < 0) {
        due = tickers.getFirst().due;
      }
      if (!unattended.isEmpty() && unattended.getFirst().unattendedUntil() - due < 0) {
        due = unattended.getFirst().unattendedUntil();
      }
      sleepsUntil = due;
      return Math.max(0, TimeUnit.NANOSECONDS.toMillis(due - now + 999_999));
    } finally {
      lock.unlock();
    }
  }

  private void signal(SelectionKey key) {
    try {
      givesWay |= ((Registration) key.attachment()).signal(key, pass);
    } catch (CancelledKeyException e) {
      // Its channel was closed meanwhile, and whoever waited was woken up by that.
      return;
    }
  }

  private void runHandedOver() {
    while (true) {
      Runnable task;
      lock.lock();
      try {
        task = handedOver.poll();
      } finally {
        lock.unlock();
      }
      if (task == null) {
        return;
      }
      runGuarded(task);
    }
  }

  private void runTimers(long now) {
    while (true) {
      Runnable task;
      lock.lock();
      try {
        task = pollDue(now);
      } finally {
        lock.unlock();
      }
      if (task == null) {
        return;
      }
      runGuarded(task);
    }
  }

  private @Nullable Runnable pollDue(long now) {
    Timer first = timers.first();
    if (first != null && first.due - now <= 0) {
      timers.removeFirst();
      return first.begin();
    }
    if (!tickers.isEmpty() && tickers.getFirst().due - now <= 0) {
      Ticker ticker = tickers.removeFirst();
      ticker.waits = false;
      return ticker.task;
    }
    return null;
  }

  private void patrol(long now) {
    lock.lock();
    try {
      if (!leadsInUse.isEmpty() && patrolDue - now <= 0) {
        patrolDue = now + PATROL_NANOS;
        leadsInUse.forEach(Lead::wakeUpIfInVain);
      }
    } finally {
      lock.unlock();
    }
  }

  private void runUnattended(long now) {
    for (int i = unattended.size();
        i > 0 && unattended.getFirst().unattendedUntil() - now <= 0;
        i--) {
      runGuarded(unattended.removeFirst().unattended(now));
    }
  }

  private static void runGuarded(@Nullable Runnable task) {
    try {
      if (task != null) {
        task.run();
      }
    } catch (Throwable e) {
      report(e);
    }
  }

  static void report(Throwable e) {
    try {
      LOGGER.log(System.Logger.Level.ERROR, "failure on the thread of the readiness loop", e);
    } catch (Throwable another) {
      // Out of memory, most likely: that it cannot be told must not end the loop for all others.
      if (!e.equals(another)) {
        e.addSuppressed(another);
      }
    }
  }

  /** Takes a selector out of use. Its thread owns nothing of the loop from then on. */
  private void end(Selector selector) {
    lock.lock();
    try {
      if (selector.equals(inUse)) {
        inUse = null;
        selecting = false;
        signaller.end();
        signaller = new Signaller();
        unattended.clear();
        freeLeads.forEach(ReadinessLoop::close);
        freeLeads.clear();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Closes what is registered with a selector that is no longer in use. */
  private void abandon(Selector selector) {
    runHandedOver();
    try (selector) {
      for (SelectionKey key : new ArrayList<>(selector.keys())) {
        runGuarded(((Registration) key.attachment()).close());
      }
    } catch (IOException e) {
      report(e);
    }
  }
}
