// SPDX-License-Identifier: Apache-2.0
package dev.parley.house;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** The files of the checkout that is being built. */
final class Repository {
  static final Path ROOT =
      Path.of(
          Objects.requireNonNull(System.getProperty("parley.root"), "system property parley.root"));

  private Repository() {}

  /** Returns every file with the given ending, outside of what is built, fetched or hidden. */
  static List<Path> files(String ending) {
    try (Stream<Path> paths = Files.walk(ROOT)) {
      return paths
          .filter(Files::isRegularFile)
          .filter(path -> path.toString().endsWith(ending))
          .filter(path -> ours(ROOT.relativize(path)))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String read(Path path) {
    try {
      return Files.readString(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean ours(Path relative) {
    for (Path part : relative) {
      String name = part.toString();
      if (name.equals("target") || name.equals("node_modules") || name.startsWith(".")) {
        return false;
      }
    }
    return true;
  }
}
