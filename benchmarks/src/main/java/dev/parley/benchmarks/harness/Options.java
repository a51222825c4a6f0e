// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks.harness;

import dev.parley.benchmarks.Workload;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What the command line asks for. */
record Options(
    Path directory,
    Path server,
    Path out,
    String peers,
    String workloadNames,
    int rounds,
    double seconds,
    double warmUp,
    String profiled,
    String latencyCore,
    String serverCore,
    String clientCore) {

  static Options parse(String[] arguments) {
    Map<String, String> given = new HashMap<>();
    for (int i = 0; i < arguments.length; i += 2) {
      if (!arguments[i].startsWith("--") || i + 1 == arguments.length) {
        throw new IllegalArgumentException("not an option with its value: " + arguments[i]);
      }
      given.put(arguments[i].substring(2), arguments[i + 1]);
    }
    Path directory = Path.of(given.getOrDefault("directory", "benchmarks")).toAbsolutePath();
    String[] cores = given.getOrDefault("cores", "0,1").split(",", -1);
    return new Options(
        directory,
        Path.of(given.getOrDefault("server", directory.resolve("target/server").toString())),
        Path.of(given.getOrDefault("out", directory.resolve("target/results").toString())),
        given.getOrDefault("peers", "all"),
        given.getOrDefault("workloads", "standard"),
        Integer.parseInt(given.getOrDefault("rounds", "5")),
        Double.parseDouble(given.getOrDefault("seconds", "0.6")),
        Double.parseDouble(given.getOrDefault("warm-up", "2")),
        given.getOrDefault("profile", ""),
        given.getOrDefault("latency-core", cores[cores.length - 1]),
        cores[0],
        cores[cores.length - 1]);
  }

  /** Returns how many cores are meant by one number, or by the first and the last of a range. */
  static int count(String cores) {
    String[] ends = cores.split("-", -1);
    return Integer.parseInt(ends[ends.length - 1]) - Integer.parseInt(ends[0]) + 1;
  }

  List<String> clients(Registry registry) {
    return peers.equals("all") ? registry.names() : List.of(peers.split(",", -1));
  }

  /** Returns the workloads of the names: {@code standard}, {@code all}, or some, with stars. */
  List<Workload> workloads() {
    Set<Workload> wanted = new LinkedHashSet<>();
    for (String name : workloadNames.split(",", -1)) {
      List<Workload> some =
          Workload.ALL.stream()
              .filter(
                  workload ->
                      name.equals("all")
                          || (name.equals("standard") && workload.standard())
                          || workload.isCalled(name))
              .toList();
      if (some.isEmpty()) {
        throw new IllegalArgumentException(
            "no workload "
                + name
                + ", there are "
                + Workload.ALL.stream().map(Workload::name).toList());
      }
      wanted.addAll(some);
    }
    return List.copyOf(wanted);
  }
}
