// SPDX-License-Identifier: Apache-2.0
package dev.parley.house;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.FormatterException;
import com.google.googlejavaformat.java.ImportOrderer;
import com.google.googlejavaformat.java.JavaFormatterOptions;
import com.google.googlejavaformat.java.RemoveUnusedImports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Layout is google-java-format's and is never discussed. This test runs it, rather than Spotless,
 * because Spotless formats inside Maven's own JVM, and the parser of JDK 17 does not know our
 * pattern switches.
 *
 * <p>{@code ./dev format} runs it with {@code -Dformat.write}, which rewrites the files instead.
 */
final class FormatTest {
  @Test
  void everySourceIsFormatted() throws IOException, FormatterException {
    Formatter formatter = new Formatter(JavaFormatterOptions.defaultOptions());
    boolean write = System.getProperty("format.write") != null;
    List<String> unformatted = new ArrayList<>();
    for (Path file : Repository.files(".java")) {
      String source = Repository.read(file);
      String formatted =
          formatter.formatSource(
              ImportOrderer.reorderImports(
                  RemoveUnusedImports.removeUnusedImports(source),
                  JavaFormatterOptions.Style.GOOGLE));
      if (!formatted.equals(source)) {
        if (write) {
          Files.writeString(file, formatted);
        } else {
          unformatted.add(Repository.ROOT.relativize(file).toString());
        }
      }
    }
    assertThat(unformatted).as("files that ./dev format would change").isEmpty();
  }

  @Test
  void everySourceNamesItsLicence() {
    assertThat(Repository.files(".java"))
        .allSatisfy(
            file ->
                assertThat(Repository.read(file))
                    .startsWith("// SPDX-License-Identifier: Apache-2.0\n"));
  }
}
