// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Sends to the sink for as long as a round lasts, then asks whether all has arrived; the round ends
 * with the answer, so that nothing is counted which only waits in a queue.
 */
final class Sends implements Worker.Measure {
  private final Worker.Bench bench;
  private final Inbox inbox = new Inbox();
  private final Session session;
  private final Payload payload;
  private final int threads;

  Sends(Worker.Bench bench) throws Exception {
    this.bench = bench;
    this.session = bench.open("/sink", inbox);
    this.payload = Payload.of(bench.workload());
    this.threads =
        bench.workload().kind() == Workload.Kind.SEND_THREADS ? bench.workload().parties() : 1;
  }

  @Override
  public Worker.Outcome round(long nanos) throws Exception {
    int[] answer = {0};
    inbox.onMessage(
        length -> {
          answer[0] = length;
          inbox.done();
        });
    long start = System.nanoTime();
    long count = threads == 1 ? send(start + nanos) : sendInThreads(start + nanos);
    session.flush();
    session.sendNow("?" + count + " " + count * bench.workload().size());
    if (session instanceof PullSession pull) {
      answer[0] = pull.receive();
    } else {
      inbox.await();
    }
    if (answer[0] != 1) {
      throw new IllegalStateException(
          "the server has not got what was sent: " + count + " messages");
    }
    return new Worker.Outcome(count, System.nanoTime() - start);
  }

  private long send(long end) throws Exception {
    int batch = Math.max(1, Math.min(128, (64 << 10) / bench.workload().size()));
    boolean now = bench.workload().kind() == Workload.Kind.SEND_NOW;
    long count = 0;
    do {
      if (now) {
        sendNow(batch);
      } else {
        send(batch);
      }
      count += batch;
    } while (System.nanoTime() < end);
    return count;
  }

  // Methods of their own, which are compiled as any other.

  private void send(int batch) throws Exception {
    for (int i = 0; i < batch; i++) {
      payload.send(session);
    }
  }

  private void sendNow(int batch) throws Exception {
    for (int i = 0; i < batch; i++) {
      payload.sendNow(session);
    }
  }

  private long sendInThreads(long end) throws Exception {
    Callable<Long> sending = () -> send(end);
    try (ExecutorService executor = Executors.newThreadPerTaskExecutor(bench.threads().factory())) {
      List<Future<Long>> counts = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        counts.add(executor.submit(sending));
      }
      long sum = 0;
      for (Future<Long> count : counts) {
        sum += count.get();
      }
      return sum;
    }
  }
}
