// SPDX-License-Identifier: Apache-2.0
package dev.parley.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.UnixOperatingSystemMXBean;
import dev.parley.client.DefaultClientWebSocketSession;
import dev.parley.client.HttpClient;
import dev.parley.client.WebSocketSession;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Frame;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Ten thousand sessions that nobody reads from live without a thread each. */
final class IdleSessionsTest {
  private static final int SESSIONS = 10_000;

  /** What a JVM with a test runner, a client and a few replies on their way may have. */
  private static final long FEW_THREADS = 200;

  @TempDir Path directory;

  @Test
  @Timeout(180)
  void idleSessionsAnswerPingsWithoutThreads() throws Exception {
    if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system) {
      assumeTrue(
          system.getMaxFileDescriptorCount() > SESSIONS + 1_000,
          "the system allows a process too few open files");
    }
    try (NettyProcess server = CrowdServer.start();
        HttpClient client = HttpClient.create()) {
      List<DefaultClientWebSocketSession> sessions =
          inParallel(Collections.nCopies(SESSIONS, () -> client.webSocketSession(server.url())));
      assertThat(threads()).as("threads, all sessions open").isLessThan(FEW_THREADS);

      try (var curious = client.webSocketSession(server.url())) {
        for (int round = 0; round < 2; round++) {
          curious.send("is everybody there");
          assertThat(curious.incoming().receive(Duration.ofSeconds(30)))
              .contains(new Frame.Text(SESSIONS + " pongs"));
        }
      }
      assertThat(threads()).as("threads, all sessions pinged").isLessThan(FEW_THREADS);

      inParallel(sessions.stream().map(IdleSessionsTest::closing).toList());
      assertThat(sessions)
          .allSatisfy(
              session -> assertThat(session.closeReason().join()).isEqualTo(CloseReason.NORMAL));
    }
  }

  private static Callable<Boolean> closing(WebSocketSession session) {
    return () -> {
      session.close();
      return true;
    };
  }

  private static <T> List<T> inParallel(List<? extends Callable<T>> tasks)
      throws InterruptedException, ExecutionException {
    try (ExecutorService executor =
        Executors.newFixedThreadPool(64, Thread.ofVirtual().factory())) {
      List<T> results = new ArrayList<>();
      for (Future<T> result : executor.invokeAll(tasks)) {
        results.add(result.get());
      }
      return results;
    }
  }

  /** Counts the platform threads and the virtual ones: each is a line with its number and name. */
  private long threads() throws IOException {
    Path dump = directory.resolve("threads.txt");
    Files.deleteIfExists(dump);
    ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
        .dumpThreads(dump.toString(), HotSpotDiagnosticMXBean.ThreadDumpFormat.TEXT_PLAIN);
    try (Stream<String> lines = Files.lines(dump)) {
      return lines.filter(line -> line.startsWith("#")).count();
    }
  }
}
