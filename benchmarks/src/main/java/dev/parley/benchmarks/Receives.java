// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks;

/**
 * Asks the source for as many messages as came in the time of a round before, and takes them. The
 * round ends with the last of them.
 */
final class Receives implements Worker.Measure {
  /** So many messages are taken by one call of a method, which then is compiled as any other. */
  private static final int PART = 1_000;

  private final Inbox inbox = new Inbox();
  private final Session session;
  private final int expected;
  private double perNano;

  Receives(Worker.Bench bench) throws Exception {
    Workload workload = bench.workload();
    this.session =
        bench.open(
            "/source?size=" + workload.size() + "&type=" + (workload.text() ? "text" : "binary"),
            inbox);
    this.expected = workload.size();
  }

  @Override
  public Worker.Outcome round(long nanos) throws Exception {
    long count = Math.max(16, Math.min((long) (perNano * nanos), 200_000_000));
    long start = System.nanoTime();
    if (session instanceof PullSession pull) {
      pull.sendNow(Long.toString(count));
      for (long left = count; left > 0; left -= PART) {
        take(pull, (int) Math.min(left, PART));
      }
    } else {
      long[] left = {count};
      inbox.onMessage(
          length -> {
            check(length);
            if (--left[0] == 0) {
              inbox.done();
            }
          });
      session.sendNow(Long.toString(count));
      inbox.await();
    }
    long took = System.nanoTime() - start;
    perNano = (double) count / took;
    return new Worker.Outcome(count, took);
  }

  private void take(PullSession pull, int count) throws Exception {
    for (int i = 0; i < count; i++) {
      check(pull.receive());
    }
  }

  /** Asks for more and more: the first messages say nothing about the speed of the later ones. */
  @Override
  public void warmUp(long nanos) throws Exception {
    long end = System.nanoTime() + nanos;
    for (long part = 1_000_000;
        System.nanoTime() < end;
        part = Math.min(part * 4, Math.max(nanos / 8, 1_000_000))) {
      round(part);
    }
  }

  private void check(int length) {
    if (length != expected) {
      throw new IllegalStateException("a message of " + length + ", expected " + expected);
    }
  }
}
