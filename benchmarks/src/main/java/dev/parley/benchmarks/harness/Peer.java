// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks.harness;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** A process on given cores that is talked to in lines, and ends when its input does. */
final class Peer {
  private final Process process;
  private final BufferedReader out;
  private final Writer in;

  Peer(String cores, List<String> command, File log) throws IOException {
    List<String> all = new ArrayList<>(List.of("taskset", "-c", cores));
    all.addAll(command);
    process = new ProcessBuilder(all).redirectError(ProcessBuilder.Redirect.appendTo(log)).start();
    out = process.inputReader(StandardCharsets.UTF_8);
    in = process.outputWriter(StandardCharsets.UTF_8);
  }

  /** Moves all its threads, and those to come, to other cores. */
  void moveTo(String cores) throws IOException, InterruptedException {
    String pid = Long.toString(process.pid());
    Process move =
        new ProcessBuilder("taskset", "--all-tasks", "--pid", "--cpu-list", cores, pid)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    String wrong = new String(move.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    if (move.waitFor() != 0) {
      throw new IOException("a client cannot be moved to " + cores + ": " + wrong);
    }
  }

  void say(String line) throws IOException {
    in.write(line + "\n");
    in.flush();
  }

  /**
   * Returns what comes after a mark in the next line that has it; kills the process after a time.
   */
  @Nullable String line(String mark, long seconds) throws IOException, TimeoutException {
    AtomicBoolean late = new AtomicBoolean();
    Thread watch =
        Thread.startVirtualThread(
            () -> {
              try {
                Thread.sleep(seconds * 1000);
                late.set(true);
                process.destroyForcibly();
              } catch (InterruptedException e) {
                // it came in time
              }
            });
    try {
      String line;
      while ((line = out.readLine()) != null) {
        if (line.startsWith(mark)) {
          return line.substring(mark.length());
        }
      }
      if (late.get()) {
        throw new TimeoutException("no answer within " + seconds + " seconds");
      }
      return null;
    } finally {
      watch.interrupt();
    }
  }

  /** Returns the CPU time that the process has used. */
  long cpuNanos() {
    return process.info().totalCpuDuration().map(java.time.Duration::toNanos).orElse(0L);
  }

  void end() throws InterruptedException {
    try {
      in.close();
    } catch (IOException e) {
      // it has ended already
    }
    if (!process.waitFor(2, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
    }
  }
}
