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
  private static final int MOVES = 100;

  private final Process process;
  private final BufferedReader out;
  private final Writer in;

  Peer(String cores, List<String> command, File log) throws IOException {
    List<String> all = new ArrayList<>(List.of("taskset", "-c", cores));
    all.addAll(command);
    process = new ProcessBuilder(all).redirectError(ProcessBuilder.Redirect.appendTo(log)).start();
    out = process.inputReader(StandardCharsets.UTF_8);
    in = process.outputWriter(StandardCharsets.UTF_8);
    // One that stands still would not notice that there is nobody any more who has it go on.
    Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
  }

  /** Moves all its threads, and those to come, to other cores. */
  void moveTo(String cores) throws IOException, InterruptedException {
    String move = "taskset --all-tasks --pid --cpu-list " + cores;
    String wrong = run(move);
    for (int i = 0; i < MOVES && !wrong.isEmpty(); i++) {
      wrong = run(move); // a thread had ended meanwhile
    }
    if (!wrong.isEmpty()) {
      throw new IOException(move + ": " + wrong);
    }
  }

  /** Has it do nothing at all, not even what its timers would, until it goes on. */
  void halt() throws IOException, InterruptedException {
    String unused = run("kill -STOP"); // else it has ended, as its next line will tell
  }

  void goOn() throws IOException, InterruptedException {
    String unused = run("kill -CONT");
  }

  /** Runs a command of which only the number of the process is missing, and returns what failed. */
  private String run(String command) throws IOException, InterruptedException {
    Process running =
        new ProcessBuilder("sh", "-c", command + " " + process.pid())
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    String wrong = new String(running.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    return running.waitFor() == 0 ? "" : wrong + " ";
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
      goOn();
      in.close();
    } catch (IOException e) {
      // it has ended already
    }
    if (!process.waitFor(2, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
    }
  }
}
