// SPDX-License-Identifier: Apache-2.0
package dev.parley.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class InputLinesTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 100})
  void linesEndWithLfOrCrLfOrTheEnd(int atOnce) throws IOException {
    assertThat(lines("hello\nwörld\r\n\na\rb\nend", atOnce))
        .containsExactly("hello", "wörld", "", "a\rb", "end");
  }

  @Test
  void emptyInputHasNoLine() throws IOException {
    assertThat(lines("", 1)).isEmpty();
  }

  @Test
  void lastLineBreakBeginsNoLine() throws IOException {
    assertThat(lines("a\n", 1)).containsExactly("a");
  }

  @Test
  void longLinesAreWhole() throws IOException {
    String line = "0123456789".repeat(50_000);

    assertThat(lines(line + "\n" + line, Integer.MAX_VALUE)).containsExactly(line, line);
  }

  private static List<String> lines(String input, int atOnce) throws IOException {
    InputLines lines = new InputLines(in(input, atOnce));
    List<String> all = new ArrayList<>();
    for (byte[] line = lines.next(); line != null; line = lines.next()) {
      all.add(new String(line, StandardCharsets.UTF_8));
    }
    return all;
  }

  /** Gives a few bytes at a time, as a pipe may. */
  private static InputStream in(String input, int atOnce) {
    return new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)) {
      @Override
      public int read(byte[] target, int offset, int length) {
        return super.read(target, offset, Math.min(length, atOnce));
      }
    };
  }
}
