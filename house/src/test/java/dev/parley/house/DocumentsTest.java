// SPDX-License-Identifier: Apache-2.0
package dev.parley.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * Documents tell the truth: their Java is code that is compiled and run, their links lead
 * somewhere.
 */
final class DocumentsTest {
  private static final Pattern JAVA_BLOCK = Pattern.compile("(?s)```java\\n(.*?)```");
  private static final Pattern SNIPPET =
      Pattern.compile("(?ms)^( *)\\* \\{@snippet :\\n(.*?)^\\1\\* }$");
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)#:\\s]+)(#[^)]*)?\\)");

  @Test
  void everyJavaBlockStandsInASourceFile() {
    String sources = sources();
    List<String> strays = new ArrayList<>();
    int blocks = 0;
    for (Path document : Repository.files(".md")) {
      Matcher matcher = JAVA_BLOCK.matcher(Repository.read(document));
      while (matcher.find()) {
        blocks++;
        if (!sources.contains(squeezed(matcher.group(1)))) {
          strays.add(Repository.ROOT.relativize(document) + ":\n" + matcher.group(1));
        }
      }
    }
    assertThat(strays).as("blocks of Java that no source file contains").isEmpty();
    assertThat(blocks).as("blocks of Java in documents").isPositive();
  }

  /** In the Javadoc itself each line has a star in front, so that it does not count as a source. */
  @Test
  void everySnippetOfJavadocStandsInASourceFile() {
    String sources = sources();
    List<String> strays = new ArrayList<>();
    int snippets = 0;
    for (Path file : Repository.files(".java")) {
      Matcher matcher = SNIPPET.matcher(Repository.read(file));
      while (matcher.find()) {
        snippets++;
        String snippet = matcher.group(2).replaceAll("(?m)^ *\\* ?", "");
        if (!sources.contains(squeezed(snippet))) {
          strays.add(Repository.ROOT.relativize(file) + ":\n" + snippet);
        }
      }
    }
    assertThat(strays).as("snippets of Javadoc that no source file contains").isEmpty();
    assertThat(snippets).as("snippets in Javadoc").isPositive();
  }

  private static String sources() {
    return Repository.files(".java").stream()
        .map(Repository::read)
        .map(DocumentsTest::squeezed)
        .collect(Collectors.joining("\n"));
  }

  @Test
  void everyLinkWithinTheRepositoryLeadsSomewhere() {
    List<String> broken = new ArrayList<>();
    for (Path document : Repository.files(".md")) {
      Matcher matcher = LINK.matcher(Repository.read(document));
      while (matcher.find()) {
        Path target = document.resolveSibling(matcher.group(1)).normalize();
        if (!Files.exists(target)) {
          broken.add(Repository.ROOT.relativize(document) + " -> " + matcher.group(1));
        }
      }
    }
    assertThat(broken).isEmpty();
  }

  /** Layout aside, so that a block may be indented otherwise than in its source. */
  private static String squeezed(String text) {
    return text.replaceAll("\\s+", " ").strip();
  }
}
