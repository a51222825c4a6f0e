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
    Latencies latencies = new Latencies();
    boolean virtual = bench.workload().virtual();
    if (session instanceof PullSession pull) {
      Worker.Measure measure = nanos -> pulled(pull, payload, latencies.of(nanos));
      return virtual ? nanos -> onVirtualThread(() -> measure.round(nanos)) : measure;
    }
    return virtual && !bench.client().callsBackOnVirtualThreads()
        ? nanos -> onVirtualThread(() -> waited(session, inbox, payload, latencies.of(nanos)))
        : nanos -> calledBack(session, inbox, payload, latencies.of(nanos));
  }

  private static Worker.Outcome onVirtualThread(Callable<Worker.Outcome> round) throws Exception {
    try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
      return executor.submit(round).get();
    }
  }

  /** The caller's thread sends and receives. */
  private static Worker.Outcome pulled(PullSession session, Payload payload, Latencies latencies)
      throws Exception {
    for (long now = latencies.start(); now < latencies.end(); now = latencies.add(now)) {
      payload.answer(session);
      session.receive();
    }
    return latencies.outcome();
  }

  /** The client's own thread sends the next message from the callback of the last. */
  private static Worker.Outcome calledBack(
      Session session, Inbox inbox, Payload payload, Latencies latencies) throws Exception {
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
  private static Worker.Outcome waited(
      Session session, Inbox inbox, Payload payload, Latencies latencies) throws Exception {
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

  /** The times of all round trips of a round. One array serves all rounds: it is no client's. */
  private static final class Latencies {
    private static final int SHORTEST_NANOS = 2_000; // no round trip takes less

    private long[] all = {};
    private long nanos;
    private int count;
    private long started;
    private long last;

    /** Makes ready for a round that takes so long. */
    Latencies of(long nanos) {
      int most = (int) (nanos / SHORTEST_NANOS) + 1024;
      if (all.length < most) {
        all = new long[most];
      }
      this.nanos = nanos;
      count = 0;
      return this;
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
      return new Worker.Outcome(
          count,
          last - started,
          () -> {
            Arrays.sort(all, 0, count);
            return Meter.latencies(all, count);
          });
    }
  }
}
