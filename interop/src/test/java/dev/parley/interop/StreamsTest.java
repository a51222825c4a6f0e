// SPDX-License-Identifier: Apache-2.0
package dev.parley.interop;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.parley.client.HttpClient;
import dev.parley.client.StreamingClientWebSocketSession;
import dev.parley.interop.StreamServer.Summary;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * One message of 300 MB passes through little memory, each way; with {@code -Dexam.full=true} one
 * of 10 GB.
 */
@Isolated("measures what the whole process holds")
final class StreamsTest {
  private static final long BYTES =
      Boolean.getBoolean("exam.full") ? 10_000_000_000L : 300_000_000L;
  private static final int SAMPLES = 10;
  private static final long MIB = 1 << 20;

  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private final long heapBefore = liveHeap();
  private final long directBefore = direct();
  private long mostHeap;
  private long mostDirect;

  @Test
  @Timeout(value = 10, unit = TimeUnit.MINUTES)
  void goesOut(TestReporter reporter) throws IOException {
    byte[] source = LongMessage.bytes();
    MessageDigest digest = LongMessage.digest();
    try (NettyProcess server = StreamServer.start();
        HttpClient client = HttpClient.create();
        StreamingClientWebSocketSession session = client.webSocketStreamingSession(server.url())) {
      long start = System.nanoTime();
      long allocated = threads.getTotalThreadAllocatedBytes();
      try (OutputStream out = session.openBinary()) {
        long sent = 0;
        while (sent < BYTES) {
          int from = LongMessage.offset(sent);
          int length = (int) Math.min(LongMessage.PIECE, BYTES - sent);
          out.write(source, from, length);
          digest.update(source, from, length);
          sample(sent, sent += length);
        }
      }
      Summary summary = summary(session);

      reporter.publishEntry("summary", summary.toString());
      assertPassed(summary, digest);
      assertConstantMemory(
          reporter, start, threads.getTotalThreadAllocatedBytes() - allocated, BYTES / 20);
      // A Ping is answered between two fragments, not behind the last.
      assertThat(summary.pongs()).isGreaterThanOrEqualTo(summary.pings() / 2);
    }
  }

  @Test
  @Timeout(value = 10, unit = TimeUnit.MINUTES)
  void comesIn(TestReporter reporter) throws IOException {
    byte[] buffer = new byte[LongMessage.PIECE];
    MessageDigest digest = LongMessage.digest();
    try (NettyProcess server = StreamServer.start();
        HttpClient client = HttpClient.create();
        StreamingClientWebSocketSession session = client.webSocketStreamingSession(server.url())) {
      long start = System.nanoTime();
      long allocated = threads.getTotalThreadAllocatedBytes();
      session.send(Long.toString(BYTES));
      try (InputStream in = session.receive().inputStream()) {
        long received = 0;
        int length = in.read(buffer);
        while (length >= 0) {
          digest.update(buffer, 0, length);
          sample(received, received += length);
          length = in.read(buffer);
        }
      }
      Summary summary = summary(session);

      reporter.publishEntry("summary", summary.toString());
      assertPassed(summary, digest);
      assertThat(summary.pongs()).isEqualTo(summary.pings());
      assertConstantMemory(
          reporter, start, threads.getTotalThreadAllocatedBytes() - allocated, BYTES + BYTES / 4);
    }
  }

  private static Summary summary(StreamingClientWebSocketSession session) throws IOException {
    try (var reader = session.receive().reader()) {
      StringBuilder text = new StringBuilder();
      int next = reader.read();
      while (next >= 0) {
        text.append((char) next);
        next = reader.read();
      }
      return Summary.parse(text.toString());
    }
  }

  private static void assertPassed(Summary summary, MessageDigest digest) {
    assertThat(summary.bytes()).isEqualTo(BYTES);
    assertThat(summary.sha256()).isEqualTo(HexFormat.of().formatHex(digest.digest()));
    assertThat(summary.fragments()).isGreaterThanOrEqualTo(BYTES >> 16);
    assertThat(summary.pings()).isEqualTo(BYTES / StreamServer.BYTES_PER_PING);
  }

  /** Looks at the memory now and then, while the message is under way. */
  private void sample(long before, long after) {
    long each = BYTES / (SAMPLES + 1);
    if (after / each > before / each && after < BYTES) {
      mostHeap = Math.max(mostHeap, liveHeap());
      mostDirect = Math.max(mostDirect, direct());
    }
  }

  private void assertConstantMemory(
      TestReporter reporter, long start, long allocated, long allocatedAtMost) {
    reporter.publishEntry(
        Map.of(
            "bytes", Long.toString(BYTES),
            "time", Duration.ofNanos(System.nanoTime() - start).toString(),
            "heap", mostHeap - heapBefore + " bytes more after a collection",
            "direct", mostDirect - directBefore + " bytes more",
            "allocated", allocated + " bytes"));
    assertThat(mostHeap).isPositive();
    assertThat(mostHeap - heapBefore).as("live heap").isLessThan(8 * MIB);
    assertThat(mostDirect - directBefore).as("direct buffers").isLessThan(2 * MIB);
    assertThat(allocated).as("allocated").isLessThan(allocatedAtMost);
  }

  private static long liveHeap() {
    System.gc();
    return ManagementFactory.getMemoryPoolMXBeans().stream()
        .filter(pool -> pool.getType() == MemoryType.HEAP)
        .map(MemoryPoolMXBean::getCollectionUsage)
        .filter(Objects::nonNull)
        .mapToLong(MemoryUsage::getUsed)
        .sum();
  }

  private static long direct() {
    return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
        .mapToLong(BufferPoolMXBean::getMemoryUsed)
        .sum();
  }
}
