// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** A gigabyte there and back at once: one thread sends, another receives. */
final class Streams implements Worker.Measure {
  private final Worker.Bench bench;
  private final Inbox inbox = new Inbox();
  private final Session session;
  private final Payload payload;
  private int messages = Workload.STREAM_MESSAGES;

  Streams(Worker.Bench bench) throws Exception {
    this.bench = bench;
    this.session = bench.open("/echo", inbox);
    this.payload = Payload.of(bench.workload());
  }

  @Override
  public void warmUp(long nanos) throws Exception {
    long end = System.nanoTime() + nanos;
    messages = 1024;
    while (System.nanoTime() < end) {
      round(nanos);
    }
    messages = Workload.STREAM_MESSAGES;
  }

  @Override
  public Worker.Outcome round(long nanos) throws Exception {
    ManagementFactory.getMemoryPoolMXBeans().forEach(MemoryPoolMXBean::resetPeakUsage);
    long start = System.nanoTime();
    int[] left = {messages};
    inbox.onMessage(
        length -> {
          if (--left[0] == 0) {
            inbox.done();
          }
        });
    try (ExecutorService executor = Executors.newThreadPerTaskExecutor(bench.threads().factory())) {
      Future<?> sending = executor.submit(this::send);
      if (session instanceof PullSession pull) {
        executor.submit(() -> receive(pull)).get();
      } else {
        inbox.await();
      }
      sending.get();
    }
    long took = System.nanoTime() - start;
    long peak =
        ManagementFactory.getMemoryPoolMXBeans().stream()
            .filter(pool -> pool.getType() == java.lang.management.MemoryType.HEAP)
            .mapToLong(pool -> pool.getPeakUsage().getUsed())
            .sum();
    return new Worker.Outcome(messages, took, () -> "\"peakHeap\":" + peak);
  }

  private @org.jspecify.annotations.Nullable Void send() throws Exception {
    for (int i = 0; i < messages; i++) {
      payload.send(session);
    }
    session.flush();
    return null;
  }

  private @org.jspecify.annotations.Nullable Void receive(PullSession pull) throws Exception {
    for (int i = 0; i < messages; i++) {
      pull.receive();
    }
    return null;
  }
}
