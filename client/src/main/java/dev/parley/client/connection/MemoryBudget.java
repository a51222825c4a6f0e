// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

import dev.parley.websocket.Violation;
import dev.parley.websocket.WebSocketProtocolException;
import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How many bytes all sessions of a client together may hold of what has come in and is not yet
 * taken: messages that are being assembled, and messages that wait to be received.
 *
 * <p>Each session has a {@link Share}. Before it reads it asks for the memory that this may take;
 * afterwards it tells what it holds. What is asked for is rounded up, and counted only while the
 * read goes on. Any thread may call; nothing here waits, and nobody is called with the lock held.
 *
 * <h2>Why no session waits for ever</h2>
 *
 * <p>The budget has two halves. <b>Reading ahead</b>, where nobody is in {@code receive()}, has the
 * lower half only; past it a session is left unread, as it is where its own queue is full. So
 * queued messages never take the upper half: what fills it is being assembled for somebody who
 * waits for it. Reading ahead may wait as long as it likes, because nobody waits for it, and
 * whoever comes to receive from that session reads on for himself.
 *
 * <p><b>Who waits for a message</b> may go past the half, but only one session at a time has this
 * passage, until its message is whole. Thus messages that would not fit together come one after the
 * other, in place of all being begun and none ended. Others wait for the passage, first come, first
 * served, or for the lower half. The one that has it needs nothing but its own peer and what is
 * left of the budget, at least a half of it. So there is no circle: a session waits for the one
 * with the passage, and that one for no other session.
 *
 * <p>Three things may still go wrong, and all end. The message does not fit: if nothing is queued
 * anywhere that could make room, its session fails. Or nothing at all has come free for {@link
 * #PATIENCE} while somebody wanted memory, because a peer sends half a message and no more, or
 * nobody takes what is queued: then the session fails that holds most of a message that is not
 * whole. That is the one whose end helps most, and never one that has only whole messages. Time in
 * which nobody wants memory does not count. Or the message that has the passage stands still for so
 * long while another wants memory: then its session fails, whatever comes free elsewhere.
 *
 * <h2>What it does not see</h2>
 *
 * <p>The buffers for reads and writes; what joining a fragmented message, and decompressing a
 * frame, take while they go on; and frames that were taken. What a fragment, or a part of a large
 * frame, was decompressed to counts once it is there: it may take what nobody had granted.
 */
public final class MemoryBudget {
  /**
   * So much a session reads at once, less than its buffer holds: what a read may take is asked for.
   */
  static final int READ = 64 << 10;

  /** So much may be asked for on top of the last free byte: it is what one read may take. */
  static final long STEP = 4L * READ;

  /** For how long memory may be wanted in vain; whoever waits asks again after it. */
  static final Duration PATIENCE = Duration.ofSeconds(10);

  /** What came of asking. */
  enum Answer {
    /** Read on. */
    GRANTED,
    /** Not now: {@link Share#mayAskAgain} tells when, or {@link Sharer#goOn}. */
    WAIT,
    /** Never: the session is to fail. */
    REFUSED
  }

  private final long size;
  private final long half;
  private final LongSupplier nanoTime;
  private final ReentrantLock lock = new ReentrantLock();

  // Written under the lock; read without it to see whether there is enough.
  private volatile long used;
  private volatile long asked;

  // Of the lock.
  private @Nullable Share passage;

  /**
   * When {@link #passage} was given, or when the session that has it last read something, or last
   * waited for memory.
   */
  private long passageMovedNanos;

  private long queued;
  private final Set<Share> assembling = new LinkedHashSet<>();
  private final Set<Share> wanting = new LinkedHashSet<>();
  private final Set<Share> ahead = new LinkedHashSet<>();

  /** Somebody waits; read without the lock, as that is rare. */
  private volatile boolean contended;

  /** Since when somebody has wanted memory in vain; of no meaning while nobody does. */
  private long stuckSinceNanos;

  /** For how long somebody has wanted memory in vain; brought up to date when nobody does. */
  private long stuckNanos;

  /** Shares of sessions that ended with something queued, until that is taken or unreachable. */
  private final Set<Leftover> leftovers = new HashSet<>();

  private final ReferenceQueue<Object> unreachable = new ReferenceQueue<>();

  /** Makes a budget of so many bytes. */
  public MemoryBudget(long size) {
    this(size, System::nanoTime);
  }

  /** Makes a budget with a clock of its own. */
  MemoryBudget(long size, LongSupplier nanoTime) {
    this.size = size;
    this.half = size / 2;
    this.nanoTime = nanoTime;
  }

  /** Returns how many bytes are held. */
  public long used() {
    return used;
  }

  /** Tells whether somebody waits, or may have to. */
  boolean isTight() {
    return contended || used + asked >= half;
  }

  /** Makes the share of a session. */
  Share share(Sharer sharer) {
    return new Share(sharer);
  }

  /** The session that a share belongs to. */
  interface Sharer {
    /**
     * Wakes the thread that waits for memory, or has one read ahead where there is none; that calls
     * {@link #pass} when it is done. Does not block.
     */
    void goOn();

    /** Fails the session: it holds most while others wait. */
    void fail(WebSocketProtocolException failure);
  }

  /** What one session holds. */
  final class Share {
    private volatile @Nullable Sharer sharer;

    // Of the budget's lock. The first two are changed by the session's reader alone, which may look
    // at them without it.
    private long assembled;
    private long asking;
    private long waitingToBeTaken;
    private boolean condemned;
    private boolean forsaken;
    private boolean ended;
    private @Nullable Leftover leftover;

    /** What is asked for while it waits. */
    private long wish;

    /** Since when it is in {@link #wanting}. */
    private long wantsSinceNanos;

    /**
     * For how long it has wanted memory while {@link #passage} stood still; brought up to date when
     * it does not want it.
     */
    private long wantedNanos;

    /** What {@link #passageMovedNanos} was then: where it is another, that time is of no use. */
    private long wantedSinceMovedNanos;

    /** Waits in {@link #ahead}. */
    private volatile boolean hungry;

    /** May have another answer. */
    private volatile boolean nudged;

    private Share(Sharer sharer) {
      this.sharer = sharer;
    }

    MemoryBudget budget() {
      return MemoryBudget.this;
    }

    /**
     * Asks for the memory of one more read.
     *
     * @param held what the message being assembled takes now
     * @param more how much more that may become
     * @param wanted whether somebody waits for what is to be read
     */
    Answer ask(long held, long more, boolean wanted) {
      Victim victim = null;
      Answer answer;
      forgetUnreachable();
      lock.lock();
      try {
        boolean moved = passage != this || asking > 0; // else the last read found nothing
        account(held);
        answer = condemned ? Answer.REFUSED : judge(more, wanted);
        if (moved && passage == this) {
          passageMovedNanos = nanoTime.getAsLong();
        }
        if (answer == Answer.GRANTED) {
          asking = more;
          asked = Math.addExact(asked, more);
          boolean waited = wanting.contains(this);
          withdraw();
          wantedNanos = 0;
          if (waited) {
            moved();
          }
        } else if (answer == Answer.WAIT) {
          await(more, wanted);
          victim = wanted ? impatience() : null;
          if (victim != null && victim.share() == this) {
            victim = null;
            answer = Answer.REFUSED; // whoever asked fails the session itself
          }
        }
      } finally {
        lock.unlock();
      }
      pass(this);
      if (victim != null) {
        victim.share().fail(victim.failure());
      }
      return answer;
    }

    private void await(long more, boolean wanted) {
      wish = more;
      nudged = false;
      contended = true;
      if (wanted) {
        boolean first = wanting.isEmpty();
        if (wanting.add(this)) {
          long now = nanoTime.getAsLong();
          wantsSinceNanos = wantedSinceMovedNanos == passageMovedNanos ? now - wantedNanos : now;
          stuckSinceNanos = first ? now - stuckNanos : stuckSinceNanos;
        }
      } else {
        ahead.add(this);
        hungry = true;
      }
    }

    private void wantNoMore() {
      if (!wanting.remove(this)) {
        return;
      }
      long now = nanoTime.getAsLong();
      wantedNanos = wantedNanos(now);
      wantedSinceMovedNanos = passageMovedNanos;
      if (passage == this) {
        passageMovedNanos = now; // it stood still for want of memory
      }
      if (wanting.isEmpty()) {
        stuckNanos = now - stuckSinceNanos;
      }
    }

    private long wantedNanos(long now) {
      return now - wantsSinceNanos < now - passageMovedNanos
          ? now - wantsSinceNanos
          : now - passageMovedNanos;
    }

    private void withdraw() {
      wantNoMore();
      ahead.remove(this);
      hungry = false;
    }

    private Answer judge(long more, boolean wanted) {
      if (fits(more, half)) {
        return Answer.GRANTED;
      }
      if (!wanted) {
        return Answer.WAIT;
      }
      if (passage != this && (passage != null || !isFirst())) {
        return Answer.WAIT;
      }
      passage = this;
      if (fits(more, size)) {
        return Answer.GRANTED;
      }
      // Without the reads that go on elsewhere it might fit, or once something queued is taken.
      // Where others have more than the half, something of theirs was decoded: patience finds it.
      boolean hopeless = used >= size || (more > STEP && used + more > size);
      boolean others = used - assembled > half + STEP;
      return hopeless && !others && queued == 0 && assembled > 0 ? Answer.REFUSED : Answer.WAIT;
    }

    private boolean isFirst() {
      return wanting.isEmpty() || wanting.iterator().next() == this;
    }

    /** Returns the session that is to fail because memory was wanted in vain for too long. */
    private @Nullable Victim impatience() {
      long now = nanoTime.getAsLong();
      Share victim = null;
      if (now - stuckSinceNanos >= PATIENCE.toNanos()) {
        stuckSinceNanos = now;
        victim = largest();
      } else if (isHeldUpByPassage(now)) {
        victim = passage;
      }
      if (victim == null) {
        return null;
      }
      victim.condemned = true;
      return new Victim(victim, victim.failure(0));
    }

    private @Nullable Share largest() {
      Share most = null;
      for (Share each : assembling) {
        if (!each.condemned && (most == null || each.assembled > most.assembled)) {
          most = each;
        }
      }
      return most;
    }

    private boolean isHeldUpByPassage(long now) {
      Share has = passage;
      return has != null
          && assembling.contains(has)
          && !wanting.contains(has)
          && !has.condemned
          && wantedNanos(now) >= PATIENCE.toNanos();
    }

    /**
     * Tells what is wrong where the session is refused. What is asked for counts where it is a step
     * of the message's own, and not what any read may take.
     */
    WebSocketProtocolException failure(long more) {
      lock.lock();
      try {
        if (condemned) {
          return new WebSocketProtocolException(
              Violation.MEMORY_BUDGET_USED_UP,
              "message of at least %d bytes, not whole while another waited for %d s, memoryBudget is %d"
                  .formatted(assembled, PATIENCE.toSeconds(), size));
        }
        long least = assembled + (more > STEP ? more : 0);
        return new WebSocketProtocolException(
            Violation.MEMORY_BUDGET_USED_UP,
            "message of at least %d bytes, memoryBudget is %d, of which %d are in use by other messages"
                .formatted(least, size, used - assembled));
      } finally {
        lock.unlock();
      }
    }

    /** Tells what is held when the read is over: gives back what was asked for and not used. */
    void settle(long held) {
      if (held == 0 && assembled == 0 && asking == 0) {
        return; // as ever, where messages come whole
      }
      lock.lock();
      try {
        account(held);
      } finally {
        lock.unlock();
      }
      pass();
    }

    /** Of the lock. */
    private void account(long held) {
      asked = Math.subtractExact(asked, asking);
      asking = 0;
      change(held - assembled);
      assembled = held;
      if (held > 0) {
        assembling.add(this);
      } else {
        assembling.remove(this);
        if (passage == this) {
          passage = null;
        }
      }
    }

    /** Counts what was put in the queue. */
    void queued(long bytes) {
      lock.lock();
      try {
        if (!(ended && forsaken)) {
          waitingToBeTaken += bytes;
          queued += bytes;
          change(bytes);
        }
      } finally {
        lock.unlock();
      }
    }

    /** Counts what was taken from the queue. */
    void taken(long bytes) {
      lock.lock();
      try {
        long counted = Math.min(bytes, waitingToBeTaken); // none, where all was given back
        waitingToBeTaken -= counted;
        queued -= counted;
        change(-counted);
        if (waitingToBeTaken == 0) {
          forgetLeftover();
        }
      } finally {
        lock.unlock();
      }
      pass();
    }

    /** Stops wanting memory. */
    void leave() {
      lock.lock();
      try {
        wantNoMore();
        if (passage == this && assembled == 0) {
          passage = null;
        }
      } finally {
        lock.unlock();
      }
      pass();
    }

    /** Tells whether asking again may have another answer. */
    boolean mayAskAgain() {
      return nudged;
    }

    /** Tells whether the session is left unread until {@link Sharer#goOn}. */
    boolean isHungry() {
      return hungry;
    }

    /**
     * The application does not want what is left: once the session has ended, that counts no more.
     */
    void forsake() {
      lock.lock();
      try {
        forsaken = true;
        if (ended) {
          giveBackAll();
        }
      } finally {
        lock.unlock();
      }
      pass();
    }

    /**
     * The session has ended and assembles nothing more. What is queued counts until it is taken, is
     * forsaken, or can no longer be reached.
     *
     * @param queue what holds it
     */
    void end(Object queue) {
      lock.lock();
      try {
        account(0);
        ended = true;
        sharer = null;
        withdraw();
        if (forsaken) {
          giveBackAll();
        } else if (waitingToBeTaken > 0) {
          leftover = new Leftover(queue, this, unreachable);
          leftovers.add(leftover);
        }
      } finally {
        lock.unlock();
      }
      pass();
    }

    private void giveBackAll() {
      queued -= waitingToBeTaken;
      change(-waitingToBeTaken);
      waitingToBeTaken = 0;
      forgetLeftover();
    }

    private void forgetLeftover() {
      if (leftover != null) {
        leftovers.remove(leftover);
        leftover = null;
      }
    }

    private void goOn() {
      Sharer now = sharer;
      if (now != null) {
        now.goOn();
      }
    }

    private void fail(WebSocketProtocolException failure) {
      Sharer now = sharer;
      if (now != null) {
        now.fail(failure);
      }
    }
  }

  /** Has the next one go on that can. To be called whenever memory may have come free. */
  void pass() {
    forgetUnreachable();
    pass(null);
  }

  private void pass(@Nullable Share asker) {
    if (!contended) {
      return;
    }
    Share next;
    lock.lock();
    try {
      next = next();
      if (next == asker) {
        next = null; // it was just told
      } else if (next != null) {
        next.nudged = true;
        if (ahead.remove(next)) {
          next.hungry = false;
        }
      }
      contended = !(wanting.isEmpty() && ahead.isEmpty());
    } finally {
      lock.unlock();
    }
    if (next != null) {
      next.goOn();
    }
  }

  private @Nullable Share next() {
    Share has = passage;
    if (has != null && wanting.contains(has) && (fits(has.wish, size) || queued == 0)) {
      return has; // it goes on, or learns that it never can
    }
    if (has == null && !wanting.isEmpty()) {
      return wanting.iterator().next(); // it may have the passage
    }
    for (Share each : wanting.isEmpty() ? ahead : wanting) {
      if (fits(each.wish, half)) {
        return each;
      }
    }
    return null;
  }

  /** Costs next to nothing where there is nothing to forget. */
  private void forgetUnreachable() {
    while (unreachable.poll() instanceof Leftover gone) {
      lock.lock();
      try {
        gone.share.giveBackAll();
      } finally {
        lock.unlock();
      }
    }
  }

  private boolean fits(long more, long limit) {
    long now = used + asked;
    return now < limit && (more <= STEP || now + more <= limit);
  }

  private void change(long bytes) {
    if (bytes != 0) {
      used = Math.addExact(used, bytes);
    }
    if (bytes < 0) {
      moved();
    }
  }

  /** Memory came free, or somebody who wanted it has got it. */
  private void moved() {
    stuckNanos = 0;
    if (!wanting.isEmpty()) {
      stuckSinceNanos = nanoTime.getAsLong();
    }
  }

  private record Victim(Share share, WebSocketProtocolException failure) {}

  /** Tells when a queue that nobody took from can no longer be reached. */
  private static final class Leftover extends PhantomReference<Object> {
    private final Share share;

    private Leftover(Object queue, Share share, ReferenceQueue<Object> unreachable) {
      super(queue, unreachable);
      this.share = share;
    }
  }
}
