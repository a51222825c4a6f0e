// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks.harness;

import dev.parley.benchmarks.Corpus;
import dev.parley.benchmarks.Worker;
import dev.parley.benchmarks.Workload;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Measures clients, and writes {@code benchmarks.json}, {@code benchmarks.html}, {@code
 * performance.svg}.
 */
public final class Harness {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /**
   * The same for every client: a heap that nobody fills, the collector that costs least on one
   * core.
   */
  private static final List<String> OPTIONS =
      List.of(
          "-Xms512m",
          "-Xmx2g",
          "-Xmn128m",
          "-XX:+UseSerialGC",
          "-XX:-UsePerfData",
          "--enable-native-access=ALL-UNNAMED");

  /**
   * The heap is in memory before anything is measured, but where memory is what is measured. Else
   * each page of it costs 12 µs when it is used first, and whoever allocates little is a long time
   * in the pages that nobody has used: with 120 bytes a round trip, one in 34.
   */
  private static final String PAGES = "-XX:+AlwaysPreTouch";

  private final Options options;
  private final Registry registry;
  private final Path logs;
  private final ObjectNode results = JSON.createObjectNode();

  private Harness(Options options) throws IOException {
    this.options = options;
    this.registry = new Registry(options.directory());
    this.logs = options.out().resolve("logs");
    Files.createDirectories(logs);
  }

  /** Runs; see the usage of {@code benchmarks/run}. */
  public static void main(String[] arguments) throws Exception {
    Harness harness;
    try {
      Options options = Options.parse(arguments);
      harness = new Harness(options);
      options.workloads();
      options.clients(harness.registry).forEach(harness.registry::of);
    } catch (IllegalArgumentException e) { // a name that there is not, say
      say(e.getMessage());
      System.exit(2);
      return;
    }
    harness.run();
  }

  private void run() throws Exception {
    long start = System.nanoTime();
    results.set("machine", Machine.describe(JSON.createObjectNode(), options.directory()));
    ObjectNode method = results.putObject("method");
    method.put("rounds", options.rounds());
    method.put("seconds", options.seconds());
    method.put("warmUp", options.warmUp());
    method.put("jvmOptions", String.join(" ", OPTIONS) + " " + PAGES);
    method.put("latencyCore", options.latencyCore());
    method.put("serverCore", options.serverCore());
    method.put("clientCore", options.clientCore());
    ObjectNode clients = results.putObject("clients");
    for (String name : options.clients(registry)) {
      clients
          .putObject(name)
          .put("title", registry.of(name).title())
          .put("tls", registry.of(name).tls())
          .put("tellsWritten", registry.of(name).writes());
    }
    ObjectNode workloads = results.putObject("workloads");
    List<Workload> wanted = options.workloads();
    for (Workload workload : wanted) {
      say(workload.title() + " (" + (wanted.indexOf(workload) + 1) + " of " + wanted.size() + ")");
      measure(workload, workloads.putObject(workload.name()));
      write(); // so that a run that is cut short is not lost
    }
    results.put("minutes", Math.round((System.nanoTime() - start) / 6e9) / 10.0);
    write();
    say(options.out().resolve("benchmarks.html").toString());
  }

  private void write() throws IOException {
    Files.writeString(
        options.out().resolve("benchmarks.json"),
        JSON.writerWithDefaultPrettyPrinter().writeValueAsString(results));
    Page.write(results, options.out());
  }

  private static void say(@Nullable String line) {
    System.err.println("benchmarks: " + line);
  }

  /** A client that is ready, and where its rounds go. */
  private record Running(String name, Peer worker, ArrayNode rounds, ObjectNode result) {}

  private void measure(Workload workload, ObjectNode result) throws Exception {
    boolean shared = workload.kind().sharesCore();
    String serverCore = shared ? options.latencyCore() : options.serverCore();
    String clientCore = shared ? options.latencyCore() : options.clientCore();
    Path corpus = options.out().resolve("corpus");
    Path certificate = options.out().resolve("certificate.pem");
    Corpus.write(corpus);
    List<String> command = new ArrayList<>(List.of(options.server().toString()));
    command.addAll(List.of("--corpus", corpus.toString(), "--certificate", certificate.toString()));
    boolean late = workload.kind() == Workload.Kind.LATE_ROUND_TRIP;
    if (late) {
      command.add("--batch");
    }
    result.put("title", workload.title());
    result.put("kind", workload.kind().name().toLowerCase(Locale.ROOT));
    result.put("size", workload.size());
    result.put("batch", late);
    ObjectNode clients = result.putObject("clients");
    Peer server = new Peer(serverCore, command, log("server"));
    List<Running> running = new ArrayList<>();
    try {
      String ports = server.line("", 30);
      if (ports == null) {
        throw new IOException("the server did not start, see " + logs);
      }
      // Thousands of sessions of each client would be too many open files at once.
      boolean alone = workload.parties() >= 1_000;
      for (String name : options.clients(registry)) {
        if (!registry.of(name).takesPartIn(workload)) {
          continue;
        }
        start(workload, name, ports.split(" ", -1), certificate, clientCore, clients, running);
        if (alone) {
          rounds(workload, running, server);
        }
      }
      rounds(workload, running, server);
    } finally {
      for (Running each : running) {
        each.worker().end();
      }
      server.end();
      Files.deleteIfExists(corpus);
      Files.deleteIfExists(certificate);
    }
  }

  private void start(
      Workload workload,
      String name,
      String[] ports,
      Path certificate,
      String core,
      ObjectNode clients,
      List<Running> running)
      throws Exception {
    Registry.Entry entry = registry.of(name);
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(OPTIONS);
    if (workload.kind() != Workload.Kind.IDLE) {
      command.add(PAGES);
    }
    command.add("-XX:ActiveProcessorCount=" + Options.count(core));
    command.addAll(entry.options());
    if (name.equals(options.profiled())) {
      command.add(recording(workload));
    }
    command.addAll(List.of("-cp", entry.classpath(), Worker.class.getName(), entry.adapter()));
    command.addAll(List.of(workload.name(), ports[0], ports[1], certificate.toString()));
    command.addAll(List.of("" + options.seconds(), "" + options.warmUp()));
    // All cores compile while it warms up, but the client is not to reckon with them.
    Peer worker =
        new Peer(options.serverCore() + "," + core, command, log(workload.name() + "." + name));
    String line = line(worker, 180 + (long) (Worker.MOST_WARM_UPS_TO_OPEN * options.warmUp()));
    if (line.startsWith("ready")) {
      worker.moveTo(core);
      worker.halt();
      ((ObjectNode) results.get("clients").get(name)).put("version", line.substring(6));
      ObjectNode result = clients.putObject(name);
      running.add(new Running(name, worker, JSON.createArrayNode(), result));
    } else {
      worker.end();
      if (!line.equals("unsupported")) {
        say("  " + name + " " + line);
        clients.putObject(name).put("failed", line);
      }
    }
  }

  /**
   * Says how a JVM tells where its CPU time goes, in a file beside the results. What is recorded of
   * each of our messages is left out: else another way would be sampled than they go without.
   */
  private String recording(Workload workload) {
    return String.join(
        ",",
        "-XX:StartFlightRecording=jdk.CPUTimeSample#enabled=true",
        "+dev.parley.MessageReceived#enabled=false",
        "+dev.parley.MessageSent#enabled=false",
        "filename=" + options.out().resolve(workload.name() + ".jfr"));
  }

  /**
   * Has all rounds of those that are ready, in turn, and ends them. One more comes first and does
   * not count: in it the compilers of all catch up.
   */
  private void rounds(Workload workload, List<Running> running, Peer server) throws Exception {
    boolean idle = workload.kind() == Workload.Kind.IDLE;
    int rounds = idle ? 1 : 1 + options.rounds();
    for (int i = 0; i < rounds; i++) {
      for (Running each : List.copyOf(running)) {
        if (!round(each, server)) {
          running.remove(each);
          each.worker().end();
        } else if (i == 0 && !idle) {
          each.rounds().removeAll();
        }
      }
    }
    for (Running each : running) {
      summarise(workload, each);
      each.worker().end();
    }
    running.clear();
  }

  /** Has one round while all others stand still: their timers would be in its way. */
  private boolean round(Running client, Peer server) throws IOException, InterruptedException {
    client.worker().goOn();
    long start = System.nanoTime();
    long cpu = server.cpuNanos();
    String line;
    try {
      client.worker().say("round");
      line = line(client.worker(), 600);
    } catch (IOException e) {
      line = "failed " + e;
    }
    if (!line.startsWith("{")) {
      say("  " + client.name() + " " + line);
      client.result().put("failed", line);
      return false;
    }
    ObjectNode round = (ObjectNode) JSON.readTree(line);
    double busy = (double) (server.cpuNanos() - cpu) / (System.nanoTime() - start);
    client.worker().halt();
    round.put("serverBusy", Math.round(busy * 100) / 100.0);
    client.rounds().add(round);
    return true;
  }

  private static String line(Peer worker, long seconds) throws IOException {
    try {
      String line = worker.line(Worker.MARK, seconds);
      return line == null ? "failed: ended, see its log" : line;
    } catch (TimeoutException e) {
      return "failed: " + e.getMessage();
    }
  }

  private void summarise(Workload workload, Running client) {
    Summary.of(workload.kind(), client.rounds()).into(client.result());
    client.result().set("rounds", client.rounds());
    say("  %-18s %s".formatted(client.name(), Summary.line(client.result())));
  }

  private File log(String name) {
    return logs.resolve(name + ".log").toFile();
  }
}
