// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks;

import dev.parley.benchmarks.Settings.Compression;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Opens thousands of sessions and looks at what they hold when they do nothing. Each has echoed one
 * message, as sessions have that were of use; those that compress with context takeover have not,
 * for a window that holds a message cannot be let go.
 */
final class Idle implements Worker.Measure {
  /** Where a client keeps threads for each session, so many sessions tell enough. */
  private static final int MOST_THREADS = 4_000;

  private final Worker.Bench bench;
  private final List<Session> sessions = new ArrayList<>(); // so that they are not collected
  private final List<Session> warm = new ArrayList<>();
  private final Inbox inbox = new Inbox(); // of all: they are opened one by one, and then silent

  Idle(Worker.Bench bench) {
    this.bench = bench;
  }

  @Override
  public void warmUp(long nanos) throws Exception {
    for (int i = 0; i < 100; i++) { // what is made once, for all
      open(new Inbox()).close();
    }
    for (int i = 0; i < 200; i++) { // and what is let go while more are opened
      warm.add(open(inbox));
    }
    resident(512 << 20); // the whole young generation is, before and after
  }

  /** Allocates and lets go so many bytes. */
  private static void resident(int bytes) {
    int allocated = 0;
    while (allocated < bytes) {
      allocated += new byte[1 << 20].length;
    }
  }

  @Override
  public Worker.Outcome round(long nanos) throws Exception {
    Held before = Held.now();
    long start = System.nanoTime();
    int wanted = bench.workload().parties();
    String ended = "";
    while (sessions.size() < wanted && ended.isEmpty()) {
      try {
        sessions.add(open(inbox));
        if (ManagementFactory.getThreadMXBean().getThreadCount() > MOST_THREADS) {
          ended = "threads";
        }
      } catch (Exception | OutOfMemoryError e) {
        if (sessions.size() < 500) {
          throw e;
        }
        e.printStackTrace();
        ended = e.toString();
      }
    }
    long took = System.nanoTime() - start;
    Held after = Held.now();
    int count = sessions.size();
    String figures =
        "\"heap\":%d,\"direct\":%d,\"resident\":%d,\"native\":%d,\"threads\":%d,\"ended\":\"%s\""
            .formatted(
                (after.heap - before.heap) / count,
                (after.direct - before.direct) / count,
                (after.resident - before.resident) / count,
                Math.max(
                    0, (after.resident - before.resident - (after.heap - before.heap)) / count),
                after.threads - before.threads,
                ended.replaceAll("[^A-Za-z0-9 .:]", ""));
    return new Worker.Outcome(count, took, () -> figures);
  }

  private Session open(Inbox inbox) throws Exception {
    Session session = bench.open("/echo", inbox);
    if (bench.workload().compression() != Compression.TAKEOVER) {
      inbox.onMessage(length -> inbox.done());
      Payload.of(bench.workload()).sendNow(session);
      if (session instanceof PullSession pull) {
        pull.receive();
      } else {
        inbox.await();
      }
    }
    return session;
  }

  /** What the JVM holds, after it has let go what it can. */
  private record Held(long heap, long direct, long resident, int threads) {
    static Held now() throws Exception {
      for (int i = 0; i < 3; i++) {
        System.gc();
        Thread.sleep(300); // for cleaners, and clients that let go late
      }
      long direct =
          ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
              .mapToLong(BufferPoolMXBean::getMemoryUsed)
              .sum();
      return new Held(
          ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed(),
          direct,
          residentNow(),
          ManagementFactory.getThreadMXBean().getThreadCount());
    }

    private static long residentNow() throws IOException {
      for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
        if (line.startsWith("VmRSS:")) {
          return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
        }
      }
      return 0;
    }
  }
}
