// SPDX-License-Identifier: Apache-2.0
package dev.parley.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The public face has every name of the specification, and no type that nobody wrote down. */
final class SpecificationNamesTest {
  private final Map<String, Set<String>> required = new LinkedHashMap<>();
  private final Set<String> additions = new TreeSet<>();
  private final Map<String, Set<String>> face = new TreeMap<>();

  SpecificationNamesTest() {
    String type = "";
    for (String line : read("specification")) {
      if (line.startsWith("+ ")) {
        additions.add(line.substring(2));
      } else if (line.startsWith("  ")) {
        members(required, type).add(line.strip());
      } else if (!line.isBlank() && !line.startsWith("#")) {
        type = line;
        required.put(type, new TreeSet<>());
      }
    }
    for (String module : new String[] {"websocket", "client", "jackson"}) {
      for (String line : read(module)) {
        if (line.startsWith("  ")) {
          members(face, type).add(line.strip());
        } else if (!line.isBlank()) {
          type = line.substring(0, line.indexOf(':'));
          face.put(type, new TreeSet<>());
        }
      }
    }
  }

  @Test
  void nothingOfTheSpecificationIsMissing() {
    assertThat(required).hasSizeGreaterThan(40);
    required.forEach(
        (type, members) -> assertThat(face.get(type)).as(type).isNotNull().containsAll(members));
  }

  @Test
  void everyOtherTypeIsWrittenDown() {
    Set<String> others = new TreeSet<>(face.keySet());
    others.removeAll(required.keySet());
    assertThat(others).isEqualTo(additions);
  }

  private static Set<String> members(Map<String, Set<String>> types, String type) {
    return types.computeIfAbsent(type, absent -> new TreeSet<>());
  }

  private static String[] read(String name) {
    return Repository.read(Repository.ROOT.resolve("house/src/test/api/" + name + ".txt"))
        .split("\n");
  }
}
