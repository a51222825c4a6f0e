// SPDX-License-Identifier: Apache-2.0
package dev.parley.exam;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.platform.commons.support.ReflectionSupport;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.launcher.Launcher;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * Runs the exam again and again in one JVM, because what fails once in a hundred times is not
 * green. Its name keeps it out of {@code mvn verify}; {@code ./dev exam 100} runs it.
 *
 * <p>{@code -Dexam.times} says how often, {@code -Dexam.classes} which classes, as a regular
 * expression to be found in the name. What happens is told in {@code exam/target/exam.log}.
 */
final class Repetition {
  private static final int TIMES = Integer.getInteger("exam.times", 1);
  private static final Pattern CLASSES = Pattern.compile(System.getProperty("exam.classes", ""));
  private static final Path LOG =
      Path.of(Objects.requireNonNull(System.getProperty("parley.root")), "exam/target/exam.log");

  private final AtomicInteger tests = new AtomicInteger();
  private final AtomicInteger failures = new AtomicInteger();

  /** How long what took, by its unique identifier without the engine. */
  private final Map<String, List<Duration>> times = new ConcurrentSkipListMap<>();

  @Test
  @Timeout(value = 1, unit = TimeUnit.DAYS)
  void everyRowIsGreenEveryTime() {
    List<Class<?>> classes =
        ReflectionSupport.findAllClassesInPackage(
            "dev.parley.exam",
            type -> type.getEnclosingClass() == null,
            name -> name.endsWith("Test") && CLASSES.matcher(name).find());
    assertThat(classes).isNotEmpty();
    LauncherDiscoveryRequest request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(classes.stream().map(DiscoverySelectors::selectClass).toList())
            .build();
    Launcher launcher = LauncherFactory.create();
    for (int round = 1; round <= TIMES; round++) {
      long start = System.nanoTime();
      int before = tests.get();
      launcher.execute(request, new Told());
      Duration time = Duration.ofNanos(System.nanoTime() - start);
      tell(
          "round %d of %d: %d tests, %d failed so far, %d ms"
              .formatted(round, TIMES, tests.get() - before, failures.get(), time.toMillis()));
    }
    times.forEach(Repetition::tellTimes);
    tell("%d times, %d tests, %d failed".formatted(TIMES, tests.get(), failures.get()));
    assertThat(tests).hasPositiveValue();
    assertThat(failures).as("failures among %s tests", tests).hasValue(0);
  }

  private final class Told implements TestExecutionListener {
    private final Map<String, Long> starts = new ConcurrentHashMap<>();

    @Override
    public void executionStarted(TestIdentifier test) {
      starts.put(test.getUniqueId(), System.nanoTime());
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
      long start = Objects.requireNonNull(starts.remove(test.getUniqueId()));
      if (test.isTest()) {
        tests.incrementAndGet();
      }
      if (test.getSource().orElse(null) instanceof ClassSource source) {
        String name = source.getClassName().replaceFirst(".*\\.", "");
        times
            .computeIfAbsent(name, type -> Collections.synchronizedList(new ArrayList<>()))
            .add(Duration.ofNanos(System.nanoTime() - start));
      }
      if (result.getStatus() != TestExecutionResult.Status.SUCCESSFUL) {
        failures.incrementAndGet();
        StringWriter trace = new StringWriter();
        result.getThrowable().ifPresent(failure -> failure.printStackTrace(new PrintWriter(trace)));
        tell("%s %s%n%s".formatted(result.getStatus(), test.getUniqueId(), trace));
      }
    }

    @Override
    public void executionSkipped(TestIdentifier test, String reason) {
      failures.incrementAndGet();
      tell("SKIPPED %s: %s".formatted(test.getUniqueId(), reason));
    }
  }

  private static void tellTimes(String type, List<Duration> all) {
    Collections.sort(all);
    tell(
        "%s: median %d ms, longest %d ms"
            .formatted(type, all.get(all.size() / 2).toMillis(), all.getLast().toMillis()));
  }

  private static void tell(String what) {
    String line =
        LocalTime.now(ZoneId.systemDefault()).truncatedTo(ChronoUnit.SECONDS) + " " + what;
    try {
      Files.writeString(LOG, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
