// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import dev.parley.client.ReconnectPolicy.Unsent;
import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketException;
import dev.parley.websocket.WebSocketInterruptedException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps messages while there is no session, and sends them in order when there is one. A virtual
 * thread of its own sends: the thread of a caller may be interrupted, which would leave a message
 * in doubt.
 */
final class Outbox {
  // Laws.
  // 1. `lock` guards all fields. Nothing is sent, and no code of the user's runs, with it held.
  // 2. The first message stays in `messages` while it is being sent. It is taken off when its
  // `send` has returned (sent) or thrown (in doubt, or never to be sent), and stays where nothing
  // of it was begun.
  // 3. Only the thread `sender` takes messages off.

  /** A session, as far as it can take messages. */
  @FunctionalInterface
  interface Way {
    /**
     * Sends a message; see {@link DefaultClientWebSocketSession#sendIfOpen}.
     *
     * @return false where nothing of it was begun
     * @throws IllegalArgumentException if it must not be sent; nothing of it was begun
     */
    boolean sendIfOpen(Frame message);
  }

  private final Unsent.Keep bounds;
  private final BiConsumer<Frame, WebSocketException> inDoubt;
  private final Thread sender;

  private final ReentrantLock lock = new ReentrantLock();

  /** Something below has changed. */
  private final Condition changed = lock.newCondition();

  private final ArrayDeque<Frame> messages = new ArrayDeque<>();
  private long bytes;
  private @Nullable Way way;
  private boolean refusing;
  private boolean ended;

  /**
   * Makes an empty one; {@link #start} begins it.
   *
   * @param threads makes its thread
   * @param inDoubt is told of a message that was sent in part, or perhaps, or, with an {@link
   *     IllegalArgumentException} as the cause, that cannot be sent; must not throw
   */
  Outbox(Unsent.Keep bounds, ThreadFactory threads, BiConsumer<Frame, WebSocketException> inDoubt) {
    this.bounds = bounds;
    this.inDoubt = inDoubt;
    this.sender = threads.newThread(this::send);
  }

  void start() {
    sender.start();
  }

  /**
   * Takes a message; waits for room. The thread that tells of a message in doubt does not wait: it
   * is the one that makes room.
   *
   * @param opens whether this is the thread that opens the next session: while there is none it
   *     cannot wait for room either
   * @throws NoSessionException if there will be no more sessions, or nobody could make room
   * @throws WebSocketInterruptedException if the thread was interrupted; the message was not taken
   */
  void put(Frame message, boolean opens) {
    int size = message.length();
    boolean taken =
        await(
            () -> refusing || hasRoom(size) || (opens && way == null),
            Long.MAX_VALUE,
            () -> {
              boolean takes = !refusing && hasRoom(size);
              if (takes) {
                messages.add(message);
                bytes += size;
              }
              return takes;
            });
    if (!taken) {
      throw new NoSessionException(
          opens
              ? "no room, and no session to make any, on the thread that opens the next one"
              : "the reconnector has stopped");
    }
  }

  private boolean hasRoom(int size) {
    return messages.isEmpty()
        || Thread.currentThread() == sender
        || (messages.size() < bounds.messages() && bytes + size <= bounds.bytes());
  }

  /** Lets what is kept go out by a session. */
  void attach(Way session) {
    change(() -> way = session);
  }

  /** Lets nothing more go out until there is another session. */
  void detach() {
    change(() -> way = null);
  }

  /** Takes no more; whoever waits for room is told. */
  void refuse() {
    change(() -> refusing = true);
  }

  /**
   * Waits until all is sent, there is no session to send it by, or the time is over.
   *
   * @throws WebSocketInterruptedException if the thread was interrupted
   */
  void awaitSent(Duration timeout) {
    boolean unused =
        await(
            () -> messages.isEmpty() || way == null,
            TimeUnit.NANOSECONDS.convert(timeout), // which is for ever where it is for ages
            messages::isEmpty);
  }

  /**
   * Ends it, after the last session has ended, and waits for its thread: afterwards nothing is in
   * between.
   */
  void end() {
    change(
        () -> {
          refusing = true;
          ended = true;
          way = null;
        });
    boolean interrupted = false;
    while (sender != Thread.currentThread()) {
      try {
        sender.join();
        break;
      } catch (InterruptedException e) {
        interrupted = true; // not for long: there is nothing left that the thread could wait for
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Returns what is kept, in order. */
  List<Frame> messages() {
    lock.lock();
    try {
      return List.copyOf(messages);
    } finally {
      lock.unlock();
    }
  }

  private void send() {
    for (; ; ) {
      Frame message;
      Way session;
      lock.lock();
      try {
        while (!ended && (way == null || messages.isEmpty())) {
          changed.awaitUninterruptibly();
        }
        if (ended) {
          return;
        }
        message = messages.getFirst();
        session = way;
      } finally {
        lock.unlock();
      }
      if (session != null) {
        send(message, session);
      }
    }
  }

  private void send(Frame message, Way session) {
    try {
      if (session.sendIfOpen(message)) {
        takeOff(message);
      } else {
        give(session);
      }
    } catch (IllegalArgumentException e) {
      takeOff(message); // the fault is its own: the session can take the next one
      inDoubt.accept(
          message, new WebSocketException("the message cannot be sent: " + e.getMessage(), e));
    } catch (Throwable e) {
      takeOff(message);
      give(session);
      inDoubt.accept(
          message,
          e instanceof WebSocketException failure
              ? failure
              : new WebSocketException("the message could not be sent: " + HttpClient.shown(e), e));
    }
  }

  private void takeOff(Frame message) {
    change(
        () -> {
          messages.removeFirst();
          bytes -= message.length();
        });
  }

  /** Gives a session up, unless there is another by now. */
  private void give(Way session) {
    change(() -> way = session.equals(way) ? null : way);
  }

  private void change(Runnable change) {
    lock.lock();
    try {
      change.run();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Waits for a condition, and does something under the same lock. */
  private boolean await(BooleanSupplier condition, long nanos, BooleanSupplier then) {
    try {
      lock.lockInterruptibly();
      try {
        long left = nanos;
        while (!condition.getAsBoolean() && left > 0) {
          left = changed.awaitNanos(left);
        }
        changed.signalAll();
        return then.getAsBoolean();
      } finally {
        lock.unlock();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new WebSocketInterruptedException("interrupted while waiting for the outbox", e);
    }
  }
}
