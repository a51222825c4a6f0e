// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.parley.benchmarks.harness.Harness;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Runs one short round of some workloads, if the server can be built on this machine. */
@Timeout(value = 3, unit = TimeUnit.MINUTES) // each workload starts JVMs
final class HarnessTest {
  private static final Path BENCHMARKS =
      Path.of(Objects.requireNonNull(System.getProperty("parley.root")), "benchmarks");

  @TempDir static Path directory;

  @BeforeAll
  static void buildServer() throws Exception {
    assumeTrue(
        System.getProperty("os.name").toLowerCase(Locale.ROOT).equals("linux"),
        "the server needs epoll");
    assumeTrue(succeeds("taskset", "--version"), "no taskset");
    assumeTrue(
        succeeds(
            "gcc",
            "-O2",
            BENCHMARKS.resolve("server/server.c").toString(),
            "-o",
            directory.resolve("server").toString(),
            "-lssl",
            "-lcrypto",
            "-lz"),
        "no gcc, or no headers of OpenSSL 3 and zlib");
  }

  @Test
  void everyKindOfWorkloadIsMeasured() throws Exception {
    Harness.main(
        new String[] {
          "--directory",
          BENCHMARKS.toString(),
          "--server",
          directory.resolve("server").toString(),
          "--out",
          directory.toString(),
          "--cores",
          "0",
          "--peers",
          "parley,raw,raw-messages",
          "--workloads",
          "roundtrip-64,roundtrip-64-tls-virtual,inflight-64,send-64,receive-1k-text-tls,"
              + "deflate-receive-takeover,open",
          "--rounds",
          "1",
          "--seconds",
          "0.05",
          "--warm-up",
          "0.05"
        });

    String results = Files.readString(directory.resolve("benchmarks.json"));
    assertThat(results).doesNotContain("\"failed\"");
    assertThat(results.split("\"compiledMillis\"", -1)).as("rounds").hasSize(14 + 1);
    assertThat(Files.readString(directory.resolve("benchmarks.html")))
        .contains("Round trip of 64 bytes over TLS, from a virtual thread", "<svg");
    assertThat(directory.resolve("performance.svg")).exists();
  }

  private static boolean succeeds(String... command) throws InterruptedException {
    try {
      return new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(directory.resolve("build.log").toFile())
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      return false;
    }
  }
}
