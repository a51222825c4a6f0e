// SPDX-License-Identifier: Apache-2.0
package dev.parley.exam;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
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
      A number stays with its situation; those that are missing are not in use. Some situations are played at full length only with
      `-Dexam.full=true`; their rows say so.

      """;

  /** A test class, perhaps with what is to be found in it. */
  private static final Pattern NAMED = Pattern.compile("`([A-Z]\\w*Test(?:\\.\\w+)*)`");

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

  /** What is proved in another module is named by hand, so its names are held against the code. */
  @Test
  void everyTestOfAnotherModuleExists() throws IOException {
    Map<String, Path> sources = new HashMap<>();
    Path root = Path.of(Objects.requireNonNull(System.getProperty("parley.root")));
    try (DirectoryStream<Path> modules = Files.newDirectoryStream(root, Files::isDirectory)) {
      for (Path module : modules) {
        Path tests = module.resolve("src/test/java");
        if (Files.isDirectory(tests)) {
          try (Stream<Path> files = Files.walk(tests)) {
            files.forEach(file -> sources.put(file.getFileName().toString(), file));
          }
        }
      }
    }
    List<String> named = new ArrayList<>();
    List<String> missing = new ArrayList<>();
    for (String line : rows()) {
      String[] cells = line.split("\\|", -1);
      Matcher names = NAMED.matcher(cells.length > 2 ? cells[2] : "");
      while (names.find()) {
        named.add(names.group(1));
        if (!exists(names.group(1), sources)) {
          missing.add(names.group(1));
        }
      }
    }
    assertThat(named).isNotEmpty();
    assertThat(missing).as("tests that rows.txt names and nobody has").isEmpty();
  }

  /** Tells whether there is such a class, and within it such classes and methods. */
  private static boolean exists(String name, Map<String, Path> sources) throws IOException {
    String[] parts = name.split("\\.", -1);
    Path source = sources.get(parts[0] + ".java");
    if (source == null) {
      return false;
    }
    String code = Files.readString(source);
    for (String part : parts) {
      if (!Pattern.compile("(class " + part + "\\b|void " + part + "\\()").matcher(code).find()) {
        return false;
      }
    }
    return true;
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
