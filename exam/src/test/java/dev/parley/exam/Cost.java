// SPDX-License-Identifier: Apache-2.0
package dev.parley.exam;

import static dev.parley.exam.Trial.SOON;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.management.JMException;
import javax.management.ObjectName;
import javax.management.ReflectionException;

/** What an act costs. For tests that run alone. */
final class Cost {
  private static final int REPETITIONS = 3;
  private static final int TURNS = 7;
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private Cost() {}

  /** Something to be measured. */
  interface Act {
    void run() throws Exception;
  }

  /**
   * Returns the memory that an act takes from the heap at its best: garbage included, and what the
   * server takes, so that a bound that holds for this holds for the client.
   */
  static long allocation(Act act) throws Exception {
    return least(THREADS::getTotalThreadAllocatedBytes, act);
  }

  /** Returns the processor time that an act takes on the thread that calls, at its best. */
  static Duration processorTime(Act act) throws Exception {
    return Duration.ofNanos(least(THREADS::getCurrentThreadCpuTime, act));
  }

  /**
   * Returns how many times the processor time of one act another takes, on the thread that calls.
   * They take turns, so that what the compiler is about hits both alike, and the median of the
   * turns counts: in a lucky one another thread may do some of the work.
   */
  static double timesTheTimeOf(Act one, Act other) throws Exception {
    double[] times = new double[TURNS];
    for (int i = 0; i < TURNS; i++) {
      long ofOne = spent(THREADS::getCurrentThreadCpuTime, one);
      times[i] = (double) spent(THREADS::getCurrentThreadCpuTime, other) / ofOne;
    }
    Arrays.sort(times);
    return times[TURNS / 2];
  }

  private static long least(LongSupplier meter, Act act) throws Exception {
    long least = Long.MAX_VALUE;
    for (int i = 0; i < REPETITIONS; i++) {
      least = Math.min(least, spent(meter, act));
    }
    return least;
  }

  private static long spent(LongSupplier meter, Act act) throws Exception {
    long before = meter.getAsLong();
    act.run();
    return meter.getAsLong() - before;
  }

  /** Returns how many bytes are alive on the heap, as a collection just found. */
  static long liveHeap() {
    System.gc();
    return ManagementFactory.getMemoryPoolMXBeans().stream()
        .filter(pool -> pool.getType() == MemoryType.HEAP)
        .map(MemoryPoolMXBean::getCollectionUsage)
        .filter(Objects::nonNull)
        .mapToLong(MemoryUsage::getUsed)
        .sum();
  }

  /**
   * Returns how many bytes of the C library's allocator are in use: what zlib has is among them,
   * and direct buffers are. Unlike the memory that is resident, it tells of single kilobytes. Only
   * glibc and a JDK from 23 on tell.
   */
  static OptionalLong allocatedOutsideTheHeap() {
    String told;
    try {
      told = diagnosis("systemNativeHeapInfo");
    } catch (ReflectionException e) {
      return OptionalLong.empty(); // there is no such command
    } catch (JMException e) {
      throw new AssertionError(e);
    }
    int arenas = told.lastIndexOf("</heap>");
    if (arenas < 0) {
      return OptionalLong.empty(); // the library does not tell
    }
    String all = told.substring(arenas);
    return OptionalLong.of(
        bytes(all, "system", "current")
            + bytes(all, "total", "mmap")
            - bytes(all, "total", "fast")
            - bytes(all, "total", "rest"));
  }

  private static long bytes(String told, String element, String type) {
    Matcher size =
        Pattern.compile("<" + element + " type=\"" + type + "\"[^>]* size=\"(\\d+)\"")
            .matcher(told);
    if (!size.find()) {
      throw new AssertionError("no " + element + " " + type + " in " + told);
    }
    return Long.parseLong(size.group(1));
  }

  /** Returns how many objects of a class are alive. */
  static int live(Class<?> type) {
    try {
      Matcher line =
          Pattern.compile("\\d+:\\s+(\\d+)\\s+\\d+\\s+" + Pattern.quote(type.getName()) + "\\s")
              .matcher(diagnosis("gcClassHistogram", (Object) new String[0]));
      return line.find() ? Integer.parseInt(line.group(1)) : 0;
    } catch (JMException e) {
      throw new AssertionError(e);
    }
  }

  private static String diagnosis(String command, Object... arguments) throws JMException {
    return (String)
        ManagementFactory.getPlatformMBeanServer()
            .invoke(
                new ObjectName("com.sun.management:type=DiagnosticCommand"),
                command,
                arguments,
                Stream.of(arguments).map(each -> each.getClass().getName()).toArray(String[]::new));
  }

  /**
   * Waits until a measure is down to a bound, and returns what it is then. It looks again and
   * again: nobody tells when what a process holds gets less. A virtual thread does so, as it is
   * none of those that are counted.
   */
  static long settled(LongSupplier measure, long bound) throws InterruptedException {
    CountDownLatch down = new CountDownLatch(1);
    Runnable look =
        () -> {
          if (measure.getAsLong() <= bound) {
            down.countDown();
          }
        };
    try (ScheduledExecutorService looks =
        Executors.newSingleThreadScheduledExecutor(Thread.ofVirtual().factory())) {
      Future<?> looking = looks.scheduleWithFixedDelay(look, 0, 10, TimeUnit.MILLISECONDS);
      boolean unused = down.await(SOON.toSeconds(), TimeUnit.SECONDS); // the measure tells more
      looking.cancel(false);
    }
    return measure.getAsLong();
  }
}
