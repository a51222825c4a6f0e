// SPDX-License-Identifier: Apache-2.0
package dev.parley.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The launcher, as a shell runs it. If the command is not built yet, this is its first start. */
@EnabledOnOs(
    value = {OS.LINUX, OS.MAC},
    disabledReason = "the launcher is a shell script")
@Timeout(value = 10, unit = TimeUnit.MINUTES) // a first start builds
final class LauncherTest {
  private static final Path LAUNCHER = Repository.ROOT.resolve("parley");

  @TempDir Path directory;

  private record Run(int status, String out) {}

  @Test
  void linesOfAPipeComeBackInAnyLocale() throws Exception {
    for (String locale : List.of("C", "C.UTF-8", "")) {
      assertThat(run(Map.of("LANG", locale, "LC_ALL", ""), "hello\nwörld\n", LAUNCHER.toString()))
          .as("LANG=" + locale)
          .isEqualTo(new Run(0, "hello\nwörld\n"));
    }
  }

  @Test
  void argumentsAreUtf8InAnyLocale() throws Exception {
    assertThat(
            run(
                Map.of("LANG", "C", "LC_ALL", "C"),
                "",
                "/bin/sh", // the test's own JVM may not be able to pass such an argument on
                "-c",
                "exec \"$0\" -w 0 -x \"$(printf 'two words, w\\303\\266rld')\"",
                LAUNCHER.toString()))
        .isEqualTo(new Run(0, "two words, wörld\n"));
  }

  @Test
  void startsThroughALinkFromAnyDirectory() throws Exception {
    Path first = Files.createSymbolicLink(directory.resolve("first link"), LAUNCHER);
    Path second = Files.createSymbolicLink(directory.resolve("second"), first.getFileName());

    assertThat(run(Map.of(), "hello\n", second.toString())).isEqualTo(new Run(0, "hello\n"));
  }

  @Test
  void passesOverAJavaHomeThatIsTooOldOrNone() throws Exception {
    assertThat(run(Map.of("JAVA_HOME", directory.toString()), "hello\n", LAUNCHER.toString()))
        .isEqualTo(new Run(0, "hello\n"));
  }

  @Test
  void exitStatusIsThatOfTheCommand() throws Exception {
    assertThat(run(Map.of(), "", LAUNCHER.toString(), "--no-such-option").status()).isEqualTo(2);
  }

  @Test
  void servesOnThePortOfTheFirstLine() throws Exception {
    Process server = start(Map.of(), LAUNCHER.toString(), "serve", "--port", "0");
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(server.getInputStream(), StandardCharsets.UTF_8))) {
      int port = Integer.parseInt(lines.readLine());

      assertThat(run(Map.of(), "hello\n", LAUNCHER.toString(), "ws://127.0.0.1:" + port))
          .isEqualTo(new Run(0, "hello\n"));
    } finally {
      server.destroy();
      server.waitFor();
    }
  }

  private Run run(Map<String, String> environment, String input, String... command)
      throws IOException, InterruptedException {
    Process process = start(environment, command);
    process.getOutputStream().write(input.getBytes(StandardCharsets.UTF_8));
    process.getOutputStream().close();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Run(process.waitFor(), out);
  }

  private Process start(Map<String, String> environment, String... command) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
    builder.environment().putAll(environment);
    return builder.redirectError(new File(directory.toFile(), "err")).start();
  }
}
