// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks.harness;

import dev.parley.benchmarks.Workload;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;

/** The clients of {@code clients.properties}, in its order. */
final class Registry {
  private final Path directory;
  private final Map<String, Entry> entries = new LinkedHashMap<>();

  /** How to start one client. */
  record Entry(
      String name,
      String title,
      String adapter,
      String classpath,
      List<String> options,
      String tls,
      boolean writes,
      Set<String> workloads) {
    /** Tells whether the client is measured with a workload: mostly it is with all. */
    boolean takesPartIn(Workload workload) {
      return workloads.isEmpty() || workloads.stream().anyMatch(workload::isCalled);
    }
  }

  Registry(Path directory) throws IOException {
    this.directory = directory;
    Path file = directory.resolve("clients.properties");
    Properties properties = new Properties();
    try (Reader reader = Files.newBufferedReader(file)) {
      properties.load(reader);
    }
    for (String line : Files.readAllLines(file)) { // Properties forget the order
      int end = line.indexOf(".class=");
      if (end > 0 && !line.startsWith("#")) {
        String name = line.substring(0, end);
        entries.put(name, entry(name, properties));
      }
    }
  }

  private Entry entry(String name, Properties properties) {
    StringBuilder classpath = new StringBuilder(directory.resolve("target/classes").toString());
    for (String part : properties.getProperty(name + ".classpath", "").split(":", -1)) {
      if (!part.isBlank()) {
        classpath.append(':').append(directory).append('/').append(part.strip());
      }
    }
    String options = properties.getProperty(name + ".options", "").strip();
    String workloads = properties.getProperty(name + ".workloads", "").strip();
    return new Entry(
        name,
        properties.getProperty(name + ".title", name),
        properties.getProperty(name + ".class"),
        classpath.toString(),
        options.isEmpty() ? List.of() : List.of(options.split("\\s+", -1)),
        properties.getProperty(name + ".tls", "jdk"),
        !properties.getProperty(name + ".written", "told").equals("untold"),
        workloads.isEmpty() ? Set.of() : Set.of(workloads.split(",", -1)));
  }

  List<String> names() {
    return List.copyOf(entries.keySet());
  }

  Entry of(String name) {
    Entry entry = entries.get(name);
    if (entry == null) {
      throw new IllegalArgumentException("no client " + name + ", there are " + names());
    }
    return entry;
  }
}
