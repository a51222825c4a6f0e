// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import java.io.IOException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One channel in a {@link ReadinessLoop}: who waits for it, and what the selector is to look for.
 */
final class Registration {
  // Laws.
  //
  // Keys are level triggered: what is ready is found ready again in every pass. So there is no
  // "ready" permit to keep, and a signal may be spurious but never stale. Two fields tell who
  // waits; they change by compare-and-set only (close: get-and-set, and CLOSED is final).
  //
  //   reader     read interest                       meaning
  //   NOBODY     on, or being turned on              nobody waits
  //   a Thread   on, or being turned on              it is parked, or about to park
  //   a Lead     off, or being turned off            a platform thread selects for itself
  //   DROPPED    off, or being turned off            nobody waits; ready when last seen, or new
  //
  //   writer     write interest
  //   NOBODY     off, or about to be turned off      nobody waits
  //   a Thread   on, or being turned on by it        it is parked, or about to park
  //
  // Read interest stays on, because turning it off and on costs a system call each and a wake-up of
  // the loop. The loop drops it only when it found the key ready with nobody waiting in STRIKES
  // passes in a row, and everybody whom it has woken has had a turn. Write interest is on only
  // while somebody waits: sockets are mostly writable.
  //
  // A platform thread need not be woken by another thread: it can select by itself, and then the
  // loop is not to see the channel. It takes a Lead for that, a selector of its own, and leaves
  // DROPPED behind, so that it finds interest off the next time. The Lead stays here, registered,
  // while the session is busy, and goes back to the loop when it rests. A virtual thread would hold
  // its carrier in select; it parks.
  //
  //  1. Bytes come between the read that returned 0 and the wait: interest is on, or the waiter
  //     turns it on; the next pass finds the key and sees the thread.
  //  2. The loop drops while a thread comes to wait: the loop first turns interest off, then tries
  //     NOBODY -> DROPPED. If that fails, it turns interest on again before its next select. If it
  //     succeeds, whoever sees DROPPED turns interest on after the loop turned it off.
  //  3. Interest is turned on while the loop goes to sleep: the loop sets `selecting`, then applies
  //     changes of interest, then sleeps; we change interest, then read `selecting`. Either the
  //     loop sees the change, or we see the flag and wake the loop up.
  //  4. Who moves the state from DROPPED to NOBODY or a Thread turns interest on. While it is off,
  //     the loop cannot find the key and cannot drop again.
  //  5. Deadline or interrupt against signal: one compare-and-set wins. If the signal wins, the
  //     wait ends as signalled and the interrupt stays set for the next wait. If the waiter wins,
  //     interest stays on, and what is ready is found again.
  //  6. The state is the waiting thread itself, so the loop wakes exactly whom it took out, before
  //     its pass is over; virtual threads by way of a Signaller.
  //     Parking returns for no reason at times; the waiter looks at the state again.
  //  7. The loop turns write interest off, then looks for a waiting writer; a writer first makes
  //     itself known, then turns interest on. Whatever the order, the writer is signalled or
  //     interest stays on.
  //  8. `task` against drop: the loop sets DROPPED, then looks for a task; onReadable sets the
  //     task, then looks for DROPPED. One of the two sees the other; if both do, the loop merely
  //     finds the key ready once more.
  //  9. close sets CLOSED in both fields before it closes the channel, then unparks whom it took
  //     out. Who turned interest on too late finds the key cancelled, and its field CLOSED. Where
  //     there is a key, the thread of the loop closes the channel: the selector guards the keys
  //     that it is to let go by a monitor, at which virtual threads would queue up behind the loop,
  //     and get their next turn late; until then the loop would find what they closed ready again
  //     and again.
  // 10. Until somebody waits on the loop there is no key, and who closes the channel needs no loop.
  //     A selector that was shown the channel meanwhile has to let go of it, without which the
  //     descriptor stays open: who shows it writes `key`, then looks whether it was cancelled; who
  //     closes it cancels it, then reads `key`. One of the two, or both, wake the loop up.
  // 11. Lead against loop: who leads turns interest off after it made itself known. A loop that
  //     finds the key ready all the same turns interest off too, then looks at the state again and
  //     turns it on if by now somebody relies on it (as in 2): nobody who came later finds it off.
  // 12. `lead` holds a Lead that nobody uses; who takes it out has it alone. Who leads puts it back
  //     before it leaves the state; close takes it out after CLOSED. Whoever finds it last, with
  //     the state CLOSED, lets it go, without which the descriptor stays open.

  private static final System.Logger LOGGER = System.getLogger("dev.parley.client.transport");

  private enum State {
    NOBODY,
    DROPPED,
    CLOSED
  }

  // So many passes may find bytes that nobody waits for before interest is dropped: time for the
  // thread that was just signalled to come and read.
  private static final int STRIKES = 4;

  /** Up to this a wait has its own timer, which is more precise than those of the loop. */
  private static final long SOON_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private final ReadinessLoop loop;
  private final SelectableChannel channel;

  private static final AtomicReferenceFieldUpdater<Registration, Object> READER =
      AtomicReferenceFieldUpdater.newUpdater(Registration.class, Object.class, "reader");
  private static final AtomicReferenceFieldUpdater<Registration, Object> WRITER =
      AtomicReferenceFieldUpdater.newUpdater(Registration.class, Object.class, "writer");
  private static final AtomicReferenceFieldUpdater<Registration, @Nullable Runnable> TASK =
      AtomicReferenceFieldUpdater.newUpdater(Registration.class, Runnable.class, "task");
  private static final AtomicReferenceFieldUpdater<Registration, @Nullable Lead> LEAD =
      AtomicReferenceFieldUpdater.newUpdater(Registration.class, Lead.class, "lead");

  private volatile @Nullable SelectionKey key; // null until somebody waits on the loop
  private volatile Object reader = State.DROPPED;
  private volatile Object writer = State.NOBODY;
  private volatile @Nullable Runnable task;
  private volatile @Nullable Lead lead;

  // Of the loop's thread alone.
  private int strikes;
  private long lastPass;
  private long unattendedUntil;
  private boolean listed;

  Registration(ReadinessLoop loop, SelectableChannel channel) {
    this.loop = loop;
    this.channel = channel;
  }

  boolean awaitReadable(Deadline deadline) throws InterruptedException {
    if (!Thread.currentThread().isVirtual()) {
      if (Thread.interrupted()) { // A selector that finds bytes at once would not tell.
        throw new InterruptedException();
      }
      Lead mine = takeLead();
      if (mine != null && lead(mine, deadline)) {
        return true;
      }
    }
    return follow(deadline);
  }

  /** Waits to be signalled by the loop. */
  private boolean follow(Deadline deadline) throws InterruptedException {
    Thread me = Thread.currentThread();
    Object before = come(me);
    if (before == State.DROPPED) {
      turnOn(SelectionKey.OP_READ);
    }
    return before == State.CLOSED || park(READER, me, deadline);
  }

  /**
   * Waits on a selector of the thread's own.
   *
   * @return false where nothing came for a while, or the deadline did
   */
  private boolean lead(Lead mine, Deadline deadline) throws InterruptedException {
    boolean found = false;
    try {
      Object before = come(mine);
      if (before == State.NOBODY) {
        turnOff();
      }
      // A loop that is closed wakes whoever selects, also if it does so only later.
      found = before == State.CLOSED || (!loop.isClosed() && mine.await(deadline));
    } catch (IOException e) {
      LOGGER.log(System.Logger.Level.DEBUG, "a thread cannot select for itself, so it parks", e);
    } finally {
      lead = mine;
      boolean open = READER.compareAndSet(this, mine, State.DROPPED) || reader != State.CLOSED;
      if (!found || !open) {
        letLeadGo();
      }
      found |= !open;
    }
    if (!found && Thread.interrupted()) {
      throw new InterruptedException();
    }
    return found;
  }

  private @Nullable Lead takeLead() {
    Lead kept = LEAD.getAndSet(this, null);
    return kept != null ? kept : loop.lend(channel);
  }

  private void letLeadGo() {
    Lead unused = LEAD.getAndSet(this, null);
    if (unused != null) {
      loop.takeBack(unused);
    }
  }

  /** Makes a reader known, and returns what it found: the state before. */
  private Object come(Object me) {
    while (true) {
      Object before = reader;
      if (before instanceof Thread || before instanceof Lead) {
        throw new IllegalStateException(
            "somebody waits already, expected one at a time: " + before);
      }
      if (before == State.CLOSED || READER.compareAndSet(this, before, me)) {
        return before;
      }
    }
  }

  /** Waits for OP_WRITE, or OP_CONNECT. */
  boolean awaitWritable(int operation, Deadline deadline) throws InterruptedException {
    Thread me = Thread.currentThread();
    while (true) {
      Object before = writer;
      if (before == State.CLOSED) {
        return true;
      }
      if (before instanceof Thread other) {
        throw new IllegalStateException(other + " waits already, expected one at a time");
      }
      if (WRITER.compareAndSet(this, before, me)) {
        turnOn(operation);
        return park(WRITER, me, deadline);
      }
    }
  }

  private boolean park(
      AtomicReferenceFieldUpdater<Registration, Object> slot, Thread me, Deadline deadline)
      throws InterruptedException {
    ReadinessLoop.Timer timer = null;
    try {
      while (slot.get(this) == me) {
        long remaining = deadline.remainingNanos();
        if (Thread.interrupted()) {
          if (slot.compareAndSet(this, me, State.NOBODY)) {
            throw new InterruptedException();
          }
          me.interrupt();
        } else if (remaining <= 0) {
          return !slot.compareAndSet(this, me, State.NOBODY);
        } else if (deadline.isNone() || timer != null) {
          LockSupport.park(this);
        } else {
          timer = me.isVirtual() && remaining > SOON_NANOS ? loop.unparkLater(me, remaining) : null;
          if (timer == null) {
            LockSupport.parkNanos(this, remaining);
          }
        }
      }
      return true;
    } finally {
      if (timer != null) {
        timer.cancel();
      }
    }
  }

  void onReadable(Runnable task) {
    letLeadGo();
    this.task = task;
    if (READER.compareAndSet(this, State.DROPPED, State.NOBODY)) {
      turnOn(SelectionKey.OP_READ);
    }
    if (reader == State.CLOSED) {
      Runnable late = TASK.getAndSet(this, null);
      if (late != null) {
        late.run(); // a read tells that it is closed
      }
    }
  }

  private void turnOn(int operation) {
    try {
      SelectionKey known = key;
      SelectionKey shown = known == null ? loop.show(this) : known;
      try {
        shown.interestOpsOr(operation);
      } catch (CancelledKeyException e) {
        // Closed; by law 9 nobody will wait for long.
      }
      loop.wakeUpIfSelecting(shown.selector());
    } catch (ClosedChannelException e) {
      return; // likewise
    } catch (IOException e) {
      LOGGER.log(System.Logger.Level.DEBUG, "a channel cannot be waited for, so it is closed", e);
      Runnable waiting = close();
      if (waiting != null) {
        waiting.run(); // a read tells that it is closed
      }
    }
  }

  /** Shows the channel to a selector, with no interest in it yet. Under the lock of the loop. */
  SelectionKey showTo(Selector selector) throws ClosedChannelException {
    SelectionKey shown = key;
    if (shown == null) {
      shown = channel.register(selector, 0, this);
      key = shown;
    }
    return shown;
  }

  private void turnOff() {
    SelectionKey shown = key;
    try {
      if (shown != null) {
        shown.interestOpsAnd(~SelectionKey.OP_READ);
      }
    } catch (CancelledKeyException e) {
      return; // Closed, which whoever came finds out.
    }
  }

  /**
   * Signals whom the selector found ready. Called by the loop.
   *
   * @return whether the loop should give way before it selects again: somebody is on the way to
   *     read what would be found ready at once
   */
  boolean signal(SelectionKey key, long pass) {
    int ready = key.readyOps();
    if ((ready & ~SelectionKey.OP_READ) != 0) {
      key.interestOpsAnd(SelectionKey.OP_READ);
      if (writer instanceof Thread thread && WRITER.compareAndSet(this, thread, State.NOBODY)) {
        loop.wake(thread);
      }
    }
    return (ready & SelectionKey.OP_READ) != 0 && signalReader(key, pass);
  }

  private boolean signalReader(SelectionKey key, long pass) {
    Object before = reader;
    if (before == State.NOBODY && loop.isSignalling()) {
      return true; // whoever was signalled may have had no turn yet
    }
    strikes = pass - lastPass > 1 ? 1 : strikes + 1;
    lastPass = pass;
    if (before instanceof Thread thread) {
      strikes = 0;
      if (READER.compareAndSet(this, thread, State.NOBODY)) {
        loop.wake(thread);
      }
      return true;
    }
    if (before == State.NOBODY && strikes < STRIKES) {
      return true;
    }
    key.interestOpsAnd(~SelectionKey.OP_READ);
    if (before == State.NOBODY && READER.compareAndSet(this, State.NOBODY, State.DROPPED)) {
      lookAgainIfUnattended();
    } else {
      Object now = reader; // once: whoever comes and goes in between relies on it
      if (now instanceof Thread || now == State.NOBODY) {
        key.interestOpsOr(SelectionKey.OP_READ);
      }
    }
    return false;
  }

  private void lookAgainIfUnattended() {
    if (task != null) {
      unattendedUntil = System.nanoTime() + ReadinessLoop.GRACE_NANOS;
      if (!listed) {
        listed = true;
        loop.lookAgain(this);
      }
    }
  }

  /** Returns when to look again at a channel whose interest was dropped. Of the loop. */
  long unattendedUntil() {
    return unattendedUntil;
  }

  /**
   * Looks again at a channel whose interest was dropped. Called by the loop.
   *
   * @return the task to run if still nobody came to wait
   */
  @Nullable Runnable unattended(long now) {
    listed = false;
    if (reader != State.DROPPED) {
      return null;
    }
    if (unattendedUntil - now > 0) { // Somebody came and went, and then it was dropped again.
      listed = true;
      loop.lookAgain(this);
      return null;
    }
    return TASK.getAndSet(this, null);
  }

  /**
   * Closes the channel and wakes up who waits for it.
   *
   * @return the task that did not run
   */
  @Nullable Runnable close() {
    Object formerReader = READER.getAndSet(this, State.CLOSED);
    Object formerWriter = WRITER.getAndSet(this, State.CLOSED);
    try {
      if (formerReader != State.CLOSED) {
        if (key == null) {
          closeChannel();
        } else {
          loop.handOver(this::closeChannel);
        }
        loop.deregister();
      }
    } finally {
      unpark(formerReader);
      unpark(formerWriter);
      letLeadGo();
    }
    return TASK.getAndSet(this, null);
  }

  boolean isClosed() {
    return reader == State.CLOSED;
  }

  private void closeChannel() {
    try {
      channel.close();
    } catch (IOException e) {
      LOGGER.log(System.Logger.Level.DEBUG, "closing a channel, which is given up anyway", e);
    } finally {
      SelectionKey shown = key;
      if (shown != null) {
        loop.wakeUpIfSelecting(shown.selector());
      }
    }
  }

  private static void unpark(Object former) {
    if (former instanceof Thread thread) {
      LockSupport.unpark(thread);
    } else if (former instanceof Lead inUse) {
      inUse.wakeUp();
    }
  }
}
