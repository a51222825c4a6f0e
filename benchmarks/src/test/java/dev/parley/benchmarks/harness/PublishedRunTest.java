// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks.harness;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What the documents show of a run is what its figures say, which lie beside them. */
final class PublishedRunTest {
  private static final Path DOCS =
      Path.of(Objects.requireNonNull(System.getProperty("parley.root")), "docs");
  private static final String BOUNDS = "\n## What bounds what is not reached\n";

  private final JsonNode results;
  private final String document;

  PublishedRunTest() throws IOException {
    results =
        JsonMapper.builder().build().readTree(Files.readString(DOCS.resolve("performance.json")));
    document = Files.readString(DOCS.resolve("performance.md"));
  }

  @Test
  void pageAndPictureAreDrawnOfThem(@TempDir Path directory) throws IOException {
    Page.write(results, directory);

    assertThat(directory.resolve("benchmarks.html"))
        .hasSameTextualContentAs(DOCS.resolve("performance.html"));
    assertThat(directory.resolve("performance.svg"))
        .hasSameTextualContentAs(DOCS.resolve("performance.svg"));
  }

  @Test
  void tablesAreMadeOfThem() {
    assertThat(Tables.in(document, results)).isEqualTo(document);
  }

  @Test
  void whatBoundsEachGoalThatIsNotMetIsSaid() {
    assertThat(document).contains(BOUNDS);
    String bounds = document.substring(document.indexOf(BOUNDS));

    assertThat(Goals.of(results))
        .isNotEmpty()
        .filteredOn(goal -> !goal.met().orElse(false))
        .allSatisfy(goal -> assertThat(bounds).contains("**" + goal.what() + "**"));
  }
}
