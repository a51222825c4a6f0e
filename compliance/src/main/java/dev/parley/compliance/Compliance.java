// SPDX-License-Identifier: Apache-2.0
package dev.parley.compliance;

import dev.parley.testkit.TestCertificates;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.ServiceLoader;
import java.util.function.Predicate;
import java.util.logging.LogManager;

/**
 * The command: runs the suite against every client on the class path, or serves it.
 *
 * <pre>
 * [--clients NAME,…] [--cases 1-3,9.1,14.2.7] [--out DIR] [--tls] [--patience MILLIS]
 * --serve PORT
 * </pre>
 */
public final class Compliance {
  private final PrintStream out;
  private List<String> names = List.of();
  private Predicate<String> cases = id -> true;
  private Path directory = Path.of("target", "compliance");
  private Duration patience = Duration.ofSeconds(5);
  private boolean tls;
  private int port = -1;

  private Compliance(PrintStream out) {
    this.out = out;
  }

  /** Runs the command. */
  public static void main(String... arguments) throws IOException, InterruptedException {
    LogManager.getLogManager().reset(); // clients that fail have much to say
    Compliance command = new Compliance(System.out);
    command.read(Arrays.asList(arguments));
    if (command.port >= 0) {
      command.serve();
    } else {
      command.run();
    }
    System.exit(0); // some of the clients leave threads behind
  }

  private void read(List<String> arguments) {
    var next = arguments.iterator();
    while (next.hasNext()) {
      switch (next.next()) {
        case "--clients" -> names = List.of(next.next().split(",", -1));
        case "--cases" -> cases = selection(next.next());
        case "--out" -> directory = Path.of(next.next());
        case "--patience" -> patience = Duration.ofMillis(Long.parseLong(next.next()));
        case "--tls" -> tls = true;
        case "--serve" -> port = Integer.parseInt(next.next());
        default ->
            throw new IllegalArgumentException(
                "options are --clients, --cases, --out, --patience, --tls and --serve");
      }
    }
  }

  /** Reads a selection: {@code 1-3} for sections, {@code 9.1} for what begins so. */
  static Predicate<String> selection(String text) {
    Predicate<String> any = id -> false;
    for (String part : text.split(",", -1)) {
      int dash = part.indexOf('-');
      if (dash < 0) {
        any = any.or(id -> (id + ".").startsWith(part + "."));
      } else {
        int from = Integer.parseInt(part.substring(0, dash));
        int to = Integer.parseInt(part.substring(dash + 1));
        any =
            any.or(
                id -> {
                  int section = Integer.parseInt(id.substring(0, id.indexOf('.')));
                  return from <= section && section <= to;
                });
      }
    }
    return any;
  }

  private void serve() throws IOException, InterruptedException {
    try (FuzzingServer server = FuzzingServer.start(port, null, patience, Catalogue.cases())) {
      out.println(server.uri() + " plays " + server.numbered().size() + " cases");
      Thread.currentThread().join();
    }
  }

  private void run() throws IOException, InterruptedException {
    List<Section> sections = Catalogue.sections();
    List<Case> chosen =
        sections.stream().flatMap(Section::cases).filter(one -> cases.test(one.id())).toList();
    Report report = new Report(sections);
    var context = tls ? TestCertificates.serverContext() : null;
    try (FuzzingServer server = FuzzingServer.start(0, context, patience, chosen)) {
      for (ClientUnderTest client : clients()) {
        try (client) {
          if (tls && !client.trust(TestCertificates.clientContext())) {
            out.println(
                client.title()
                    + ": left out, its adapter cannot be told to trust the test certificate");
            continue;
          }
          report.add(client, run(client, new Runner(server, patience), chosen));
        }
        report.write(directory); // after each, for a run takes a while
        out.println("written: " + directory.resolve("compliance.html"));
      }
    }
  }

  private List<ClientUnderTest> clients() {
    List<ClientUnderTest> found = new ArrayList<>();
    ServiceLoader.load(ClientUnderTest.class).forEach(found::add);
    found.sort(Comparator.comparing(client -> !client.name().equals("parley"))); // first
    if (names.isEmpty()) {
      return found;
    }
    List<ClientUnderTest> wanted = new ArrayList<>();
    for (String name : names) {
      wanted.add(
          found.stream()
              .filter(client -> client.name().equals(name))
              .findFirst()
              .orElseThrow(() -> new IllegalArgumentException("no client has the name " + name)));
    }
    return wanted;
  }

  private List<Result> run(ClientUnderTest client, Runner runner, List<Case> chosen)
      throws InterruptedException {
    List<Result> results = runner.again(client, runner.run(client, chosen));
    out.print(client.title() + ":");
    for (Verdict verdict : Verdict.values()) {
      long count = results.stream().filter(one -> one.finding().verdict() == verdict).count();
      out.print(" " + count + " " + verdict.name().toLowerCase(Locale.ROOT));
    }
    out.println();
    return results;
  }
}
