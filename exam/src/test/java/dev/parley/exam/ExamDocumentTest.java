// SPDX-License-Identifier: Apache-2.0
package dev.parley.exam;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.platform.commons.annotation.Testable;
import org.junit.platform.commons.support.AnnotationSupport;
import org.junit.platform.commons.support.ReflectionSupport;

/**
 * Holds {@code docs/exam.md} against the tests, so that no row is without one. {@code ./dev exam}
 * writes it anew.
 */
final class ExamDocumentTest {
  private static final String HEAD =
      """
      # The exam

      What a hostile server, a bad network or a careless caller does to the client, and the tests that prove what happens then.
      `mvn verify` runs them all. `./dev exam` makes this page from the tests' annotations; a row without a test breaks the build.

      """;

  private final TreeMap<Integer, TreeSet<String>> tests = new TreeMap<>();

  @Test
  void everyRowHasItsTests() throws IOException {
    for (Class<?> type :
        ReflectionSupport.findAllClassesInPackage("dev.parley.exam", t -> true, name -> true)) {
      collect(type);
    }
    List<Integer> bare = new ArrayList<>();
    StringBuilder page = new StringBuilder(HEAD);
    for (String line : rows()) {
      String[] cells = line.split("\\|", -1);
      if (cells.length == 1) {
        page.append(page.charAt(page.length() - 2) == '\n' ? "" : "\n");
        page.append("## ")
            .append(line)
            .append("\n\n| # | situation | tests |\n| --: | --- | --- |\n");
        continue;
      }
      int row = Integer.parseInt(cells[0].strip());
      TreeSet<String> proofs = tests.getOrDefault(row, new TreeSet<>());
      String later = cells.length > 2 ? cells[2].strip() : "";
      if (proofs.isEmpty() && later.isEmpty()) {
        bare.add(row);
      }
      String all = proofs.isEmpty() ? "" : '`' + String.join("`, `", proofs) + '`';
      String missing = later.isEmpty() ? "" : '*' + later + '*';
      page.append("| ").append(row).append(" | ").append(cells[1].strip()).append(" | ");
      page.append(all).append(all.isEmpty() || missing.isEmpty() ? "" : "; ").append(missing);
      page.append(" |\n");
      tests.remove(row);
    }
    assertThat(bare).as("rows without a test").isEmpty();
    assertThat(tests).as("tests of rows that do not exist").isEmpty();
    Path document =
        Path.of(Objects.requireNonNull(System.getProperty("parley.root")), "docs/exam.md");
    if (System.getProperty("exam.write") != null) {
      Files.writeString(document, page);
    }
    assertThat(page.toString()).isEqualTo(Files.readString(document));
  }

  private void collect(Class<?> type) {
    for (Method method : type.getDeclaredMethods()) {
      if (AnnotationSupport.isAnnotated(method, Testable.class)) {
        for (Row row : rowsOf(method)) {
          for (int number : row.value()) {
            tests
                .computeIfAbsent(number, n -> new TreeSet<>())
                .add(name(method.getDeclaringClass()) + "." + method.getName());
          }
        }
      }
    }
  }

  /** Returns the annotation of the method, or else the nearest of the classes around it. */
  private static List<Row> rowsOf(Method method) {
    Row own = method.getAnnotation(Row.class);
    for (Class<?> type = method.getDeclaringClass();
        own == null && type != null;
        type = type.getEnclosingClass()) {
      own = type.getAnnotation(Row.class);
    }
    return own == null ? List.of() : List.of(own);
  }

  private static String name(Class<?> type) {
    return type.getName().substring(type.getPackageName().length() + 1).replace('$', '.');
  }

  private static List<String> rows() throws IOException {
    try (InputStream rows =
        Objects.requireNonNull(ExamDocumentTest.class.getResourceAsStream("rows.txt"))) {
      return new String(rows.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.isBlank() && !line.startsWith("#"))
          .toList();
    }
  }
}
