// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import java.io.IOException;
import java.net.ConnectException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Connects to whichever of several addresses answers first (RFC 8305 §5): each has a head start of
 * 250 ms over the next, which starts at once where one before it fails. The others are given up
 * when one is there. When none is, all are told.
 */
final class AddressRace {
  /** RFC 8305 §8: the recommended delay between two attempts. */
  static final Duration HEAD_START = Duration.ofMillis(250);

  /** One attempt; blocks, and is interrupted when it is not needed any more. */
  interface Attempt {
    Transport connect(SocketAddress address, Deadline deadline)
        throws IOException, InterruptedException;
  }

  private final List<? extends SocketAddress> addresses;
  private final Destination destination;
  private final Attempt attempt;
  private final ThreadFactory factory;
  private final Deadline deadline;
  private final Duration headStart;
  private final long start = System.nanoTime();

  /** What came of each attempt that has begun; {@code null} while nothing has. */
  private final List<@Nullable IOException> failures = new ArrayList<>();

  private final List<Thread> threads = new ArrayList<>();
  private final BlockingQueue<Outcome> outcomes = new LinkedBlockingQueue<>();

  // Guards the two below: a connection that comes too late for the race is closed by its attempt.
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable Transport winner;
  private boolean over;

  private record Outcome(int index, @Nullable Exception failure) {}

  AddressRace(
      List<? extends SocketAddress> addresses,
      Destination destination,
      Attempt attempt,
      ThreadFactory factory,
      Deadline deadline) {
    this(addresses, destination, attempt, factory, deadline, HEAD_START);
  }

  /** Makes a race with another head start. */
  AddressRace(
      List<? extends SocketAddress> addresses,
      Destination destination,
      Attempt attempt,
      ThreadFactory factory,
      Deadline deadline,
      Duration headStart) {
    this.addresses = addresses;
    this.destination = destination;
    this.attempt = attempt;
    this.factory = factory;
    this.deadline = deadline;
    this.headStart = headStart;
  }

  /**
   * Puts addresses into the order in which to try them (RFC 8305 §4): the two families in turn,
   * IPv6 first, each in the order of the resolver.
   */
  static List<InetAddress> interleaved(List<InetAddress> addresses) {
    Deque<InetAddress> six = new ArrayDeque<>();
    Deque<InetAddress> four = new ArrayDeque<>();
    addresses.forEach(each -> (each instanceof Inet6Address ? six : four).add(each));
    List<InetAddress> interleaved = new ArrayList<>();
    while (!six.isEmpty() || !four.isEmpty()) {
      for (Deque<InetAddress> family : List.of(six, four)) {
        if (!family.isEmpty()) {
          interleaved.add(family.remove());
        }
      }
    }
    return interleaved;
  }

  Transport run() throws IOException, InterruptedException {
    if (addresses.size() == 1) { // needs no thread
      failures.add(null);
      try {
        return attempt.connect(addresses.getFirst(), deadline);
      } catch (ThreadRefusedException e) {
        throw e;
      } catch (IOException e) {
        failures.set(0, e);
        throw failure();
      }
    }
    Transport won = null;
    try {
      won = race();
    } finally {
      end(won != null);
    }
    if (won == null) {
      throw failure();
    }
    return won;
  }

  /** Returns the first connection, or {@code null} where there is none in time. */
  private @Nullable Transport race() throws IOException, InterruptedException {
    int running = 0;
    while (true) {
      boolean more = threads.size() < addresses.size();
      if (more) {
        begin();
        running++;
      }
      more = threads.size() < addresses.size();
      Deadline next = more ? deadline.earlier(Deadline.after(headStart)) : deadline;
      Outcome outcome = outcomes.poll(Math.max(0, next.remainingNanos()), TimeUnit.NANOSECONDS);
      if (outcome == null) {
        if (deadline.isOver()) {
          return null;
        }
        continue; // the head start is over
      }
      running--;
      if (outcome.failure() == null) {
        return taken();
      }
      if (outcome.failure() instanceof ThreadRefusedException refused) {
        throw refused; // no other address would fare better
      }
      failures.set(outcome.index(), asIoException(outcome.failure()));
      if (!more && running == 0) {
        return null;
      }
    }
  }

  private void begin() throws ThreadRefusedException {
    int index = threads.size();
    failures.add(null);
    try {
      threads.add(factory.newThread(() -> connect(index)));
      threads.getLast().start();
    } catch (RuntimeException | Error e) {
      throw new ThreadRefusedException(
          "connecting to " + TransportInfo.shown(addresses.get(index)), e);
    }
  }

  private void connect(int index) {
    try {
      Transport transport = attempt.connect(addresses.get(index), deadline);
      if (wins(transport)) {
        outcomes.add(new Outcome(index, null));
      } else {
        transport.close();
      }
    } catch (IOException | InterruptedException | RuntimeException e) {
      outcomes.add(new Outcome(index, e)); // of an interrupt nobody wants to know any more
    } catch (Error e) {
      outcomes.add(new Outcome(index, new IOException(e.toString(), e))); // else the race waits
    }
  }

  private boolean wins(Transport transport) {
    lock.lock();
    try {
      if (over || winner != null) {
        return false;
      }
      winner = transport;
      return true;
    } finally {
      lock.unlock();
    }
  }

  private @Nullable Transport taken() {
    lock.lock();
    try {
      return winner;
    } finally {
      lock.unlock();
    }
  }

  /** Gives up whatever is not wanted. */
  private void end(boolean won) {
    Transport late;
    lock.lock();
    try {
      over = true;
      late = won ? null : winner;
    } finally {
      lock.unlock();
    }
    threads.forEach(Thread::interrupt);
    if (late != null) {
      late.close(); // it came as the deadline did, or the interrupt
    }
  }

  private static IOException asIoException(Exception failure) {
    return failure instanceof IOException io ? io : new IOException(failure.toString(), failure);
  }

  private IOException failure() {
    StringBuilder message = new StringBuilder("no connection to " + destination);
    List<IOException> all = new ArrayList<>();
    for (int i = 0; i < addresses.size(); i++) {
      IOException failure = i < failures.size() ? failures.get(i) : null;
      String why =
          failure != null
              ? failure.getMessage()
              : i < failures.size() ? "no answer" : "not tried, the time was over";
      String address = TransportInfo.shown(addresses.get(i));
      message.append(i == 0 ? ": " : "; ").append(address).append(": ").append(why);
      all.add(failure != null ? failure : new SocketTimeoutException(why));
    }
    boolean late = all.stream().anyMatch(SocketTimeoutException.class::isInstance);
    IOException last = all.removeLast();
    IOException failure;
    if (late) {
      long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
      failure =
          new OpeningTimeoutException(
              OpeningPhase.CONNECT, message + " after " + millis + " ms", last);
    } else {
      failure = new ConnectException(message.toString());
      failure.initCause(last);
    }
    all.forEach(failure::addSuppressed);
    return failure;
  }
}
