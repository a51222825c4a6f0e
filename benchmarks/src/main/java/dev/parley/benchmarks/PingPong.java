// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/** Echoes on so many sessions at once, with so many messages on their way on each. */
final class PingPong implements Worker.Measure {
  /** So long at least lasts a round for each session, so that starting them is not most of it. */
  private static final long LEAST_NANOS = 200_000;

  private final Worker.Bench bench;
  private final int inFlight;
  private final List<Session> sessions = new ArrayList<>();
  private final List<Inbox> inboxes = new ArrayList<>();

  PingPong(Worker.Bench bench, int count, int inFlight) throws Exception {
    this.bench = bench;
    this.inFlight = inFlight;
    for (int i = 0; i < count; i++) {
      Inbox inbox = new Inbox();
      inboxes.add(inbox);
      sessions.add(bench.open("/echo", inbox));
    }
  }

  @Override
  public Worker.Outcome round(long nanos) throws Exception {
    LongAdder total = new LongAdder();
    long start = System.nanoTime();
    long end = start + Math.max(nanos, LEAST_NANOS * sessions.size());
    for (int i = 0; i < sessions.size(); i++) {
      Inbox inbox = inboxes.get(i);
      Payload payload = Payload.of(bench.workload());
      if (sessions.get(i) instanceof PullSession pull) {
        bench
            .threads()
            .start(
                () -> {
                  try {
                    total.add(pulled(pull, payload, end));
                    inbox.done();
                  } catch (Throwable e) {
                    inbox.failed(e);
                  }
                });
      } else {
        callBack(sessions.get(i), inbox, payload, end, total);
      }
    }
    for (Inbox inbox : inboxes) {
      inbox.await();
    }
    return new Worker.Outcome(total.sum(), System.nanoTime() - start);
  }

  private long pulled(PullSession session, Payload payload, long end) throws Exception {
    for (int i = 0; i < inFlight; i++) {
      payload.send(session);
    }
    session.flush();
    long count = 0;
    int left = inFlight;
    while (left > 0) {
      session.receive();
      count++;
      if (left < inFlight || System.nanoTime() >= end) {
        left--;
      } else if (inFlight == 1) {
        payload.answer(session);
      } else {
        payload.send(session);
      }
      if (inFlight > 1 && !session.isReady()) {
        session.flush();
      }
    }
    return count;
  }

  private void callBack(Session session, Inbox inbox, Payload payload, long end, LongAdder total)
      throws Exception {
    int[] counts = {0, inFlight}; // how many came, how many are on their way; one thread at a time
    inbox.onMessage(
        length -> {
          counts[0]++;
          if (counts[1] == inFlight && System.nanoTime() < end) {
            try {
              payload.answer(session);
            } catch (Exception e) {
              inbox.failed(e);
            }
          } else if (--counts[1] == 0) {
            total.add(counts[0]);
            inbox.done();
          }
        });
    if (inFlight == 1) {
      payload.answer(session);
      return;
    }
    Payload first = Payload.of(bench.workload());
    for (int i = 0; i < inFlight; i++) {
      first.send(session);
    }
    session.flush();
  }
}
