// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Opens sessions and closes them at once, in several threads. */
final class Openings implements Worker.Measure {
  private static final Receiver NOBODY =
      new Receiver() {
        @Override
        public void message(int length) {}

        @Override
        public void failed(Throwable failure) {} // the end that close asks for
      };

  private final Worker.Bench bench;

  Openings(Worker.Bench bench) {
    this.bench = bench;
  }

  @Override
  public Worker.Outcome round(long nanos) throws Exception {
    long start = System.nanoTime();
    Callable<Long> cycle =
        () -> {
          long count = 0;
          do {
            bench.open("/echo", NOBODY).close();
            count++;
          } while (System.nanoTime() < start + nanos);
          return count;
        };
    long count = 0;
    try (ExecutorService executor = Executors.newThreadPerTaskExecutor(bench.threads().factory())) {
      List<Future<Long>> counts = new ArrayList<>();
      for (int i = 0; i < bench.workload().parties(); i++) {
        counts.add(executor.submit(cycle));
      }
      for (Future<Long> each : counts) {
        count += each.get();
      }
    }
    return new Worker.Outcome(count, System.nanoTime() - start);
  }
}
