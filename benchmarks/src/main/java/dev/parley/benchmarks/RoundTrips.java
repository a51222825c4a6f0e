// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks;

import java.util.Arrays;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;

/** One message there and back, again and again. */
final class RoundTrips {
  private RoundTrips() {}

  static Worker.Measure on(Worker.Bench bench) throws Exception {
    Inbox inbox = new Inbox();
    Session session = bench.open("/echo", inbox);
    Payload payload = Payload.of(bench.workload());
    boolean virtual = bench.workload().virtual();
    Worker.Measure measure =
        session instanceof PullSession pull
            ? nanos -> pulled(pull, payload, nanos)
            : virtual
                ? nanos -> waited(session, inbox, payload, nanos)
                : nanos -> calledBack(session, inbox, payload, nanos);
    return virtual ? nanos -> onVirtualThread(() -> measure.round(nanos)) : measure;
  }

  private static Worker.Outcome onVirtualThread(Callable<Worker.Outcome> round) throws Exception {
    try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
      return executor.submit(round).get();
    }
  }

  /** The caller's thread sends and receives. */
  private static Worker.Outcome pulled(PullSession session, Payload payload, long nanos)
      throws Exception {
    Latencies latencies = new Latencies(nanos);
    for (long now = latencies.start(); now < latencies.end(); now = latencies.add(now)) {
      payload.answer(session);
      session.receive();
    }
    return latencies.outcome();
  }

  /** The client's own thread sends the next message from the callback of the last. */
  private static Worker.Outcome calledBack(
      Session session, Inbox inbox, Payload payload, long nanos) throws Exception {
    Latencies latencies = new Latencies(nanos);
    inbox.onMessage(
        length -> {
          if (latencies.addNow() < latencies.end()) {
            try {
              payload.answer(session);
            } catch (Exception e) {
              inbox.failed(e);
            }
          } else {
            inbox.done();
          }
        });
    latencies.start();
    payload.answer(session);
    inbox.await();
    return latencies.outcome();
  }

  /** The caller's thread sends, and waits until the callback wakes it. */
  private static Worker.Outcome waited(Session session, Inbox inbox, Payload payload, long nanos)
      throws Exception {
    Latencies latencies = new Latencies(nanos);
    Signal signal = new Signal(Thread.currentThread());
    inbox.onMessage(length -> signal.set());
    for (long now = latencies.start(); now < latencies.end(); now = latencies.add(now)) {
      payload.answer(session);
      signal.await();
      inbox.check();
    }
    return latencies.outcome();
  }

  /** Wakes one thread, in the cheapest way there is. */
  private static final class Signal {
    private final Thread waiting;
    private volatile boolean here;

    Signal(Thread waiting) {
      this.waiting = waiting;
    }

    void set() {
      here = true;
      LockSupport.unpark(waiting);
    }

    void await() {
      while (!here) {
        LockSupport.park(this);
      }
      here = false;
    }
  }

  /** The times of all round trips of a round. */
  private static final class Latencies {
    private final long[] all;
    private final long nanos;
    private int count;
    private long started;
    private long last;

    Latencies(long nanos) {
      this.nanos = nanos;
      this.all = new long[(int) (nanos / 2_000) + 1024]; // none is under two microseconds
    }

    long start() {
      started = System.nanoTime();
      last = started;
      return started;
    }

    long end() {
      return started + nanos;
    }

    long addNow() {
      return add(last);
    }

    /** Adds one that began at a time, and returns the present, when the next one begins. */
    long add(long began) {
      long now = System.nanoTime();
      if (count < all.length) {
        all[count++] = now - began;
      }
      last = now;
      return now;
    }

    Worker.Outcome outcome() {
      long[] sorted = Arrays.copyOf(all, count);
      Arrays.sort(sorted);
      return new Worker.Outcome(count, last - started, Meter.latencies(sorted));
    }
  }
}
