// SPDX-License-Identifier: Apache-2.0
package dev.parley.cli;

import dev.parley.client.ClientWebSocketSession;
import dev.parley.client.HttpClient;
import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The client under test of a fuzzing server that speaks as Autobahn's does: it asks for the number
 * of cases, sends back whatever comes in each, asks for the verdict, and has the reports written.
 */
@Command(
    name = "autobahn",
    mixinStandardHelpOptions = true,
    usageHelpAutoWidth = true,
    sortOptions = false,
    description = "Plays the client under test for an Autobahn-style fuzzing server.")
final class Autobahn implements Callable<Integer> {
  /**
   * How long to wait for one. A server that has no such page, or says nothing there, is asked for
   * none any more.
   */
  private static final Duration VERDICT = Duration.ofSeconds(10);

  /** Autobahn's server answers when it has written the reports: some thousand files. */
  private static final Duration REPORTS = Duration.ofMinutes(10);

  /** Autobahn's words for a case in which nothing is wrong. */
  private static final Set<String> RIGHT = Set.of("OK", "INFORMATIONAL");

  private static final JsonMapper JSON = new JsonMapper();

  @ParentCommand @Nullable Parley parley;

  @Spec CommandSpec spec = CommandSpec.create();

  @Mixin ConnectOptions options = new ConnectOptions();

  @Parameters(paramLabel = "URL", description = "The fuzzing server, as in ws://127.0.0.1:9001")
  String url = "";

  @Option(
      names = "--cases",
      paramLabel = "CASES",
      description = "Which cases to run, as in 1-16,20. Default: all of them.")
  @Nullable String cases;

  @Option(
      names = "--agent",
      paramLabel = "NAME",
      defaultValue = "parley",
      description = "The name to appear in the reports. Default: ${DEFAULT-VALUE}.")
  String agent = "parley";

  /** What is known of a server that may tell no verdicts. */
  private enum Telling {
    UNKNOWN,
    NEVER,
    ALWAYS
  }

  private Telling telling = Telling.UNKNOWN;
  private int wrong;

  @Override
  public Integer call() throws IOException, InterruptedException {
    StandardStreams streams = Objects.requireNonNull(parley).streams;
    CaseNumbers wanted = wanted();
    PrintStream out = new PrintStream(streams.out(), true, StandardCharsets.UTF_8);
    // Some servers ask only for parameters that were offered; Autobahn's cases want all of them.
    options.compression = options.compression.withClientNoContextTakeover(true);
    try (HttpClient client = parley.client(spec, options)) {
      int count = caseCount(client);
      IntStream numbers = wanted == null ? IntStream.rangeClosed(1, count) : wanted.upTo(count);
      for (int number : numbers.toArray()) {
        out.println("case " + number + "/" + count + ": " + result(client, number));
      }
      try (ClientWebSocketSession session = open(client, "/updateReports", null)) {
        session.incoming().forEach(frame -> {}); // it closes when the reports are written
      }
    }
    return wrong == 0 ? 0 : 1;
  }

  /**
   * Runs a case, and once more where the verdict is not the best: the echo of a message is lost
   * where what follows it breaks a rule and this thread is held up in between. The last run counts,
   * for the server too; but that of the first is told until the connection of the second is gone.
   */
  private String result(HttpClient client, int number) throws InterruptedException {
    String end = runCase(client, number);
    String verdict = verdict(client, number);
    if (isWrong(verdict)) {
      end = runCase(client, number);
      verdict = verdict(client, number);
    }
    if (isWrong(verdict)) {
      TimeUnit.SECONDS.sleep(1);
      verdict = verdict(client, number);
    }
    wrong += isWrong(verdict) ? 1 : 0;
    return verdict == null ? end : verdict + ", " + end;
  }

  private boolean isWrong(@Nullable String verdict) {
    return verdict == null ? telling == Telling.ALWAYS : !RIGHT.contains(verdict);
  }

  /** Returns the server's word for how a case went, or {@code null} where it does not tell. */
  private @Nullable String verdict(HttpClient client, int number) {
    if (telling == Telling.NEVER) {
      return null;
    }
    String verdict;
    try (ClientWebSocketSession session = open(client, "/getCaseStatus", number)) {
      Frame status = session.incoming().receive(VERDICT).orElse(null);
      if (status == null) {
        return null; // it may tell that of the next
      }
      JsonNode told = JSON.readTree(status instanceof Frame.Text text ? text.readText() : "{}");
      verdict = told.path("behavior").asString("");
    } catch (WebSocketException | JacksonException e) {
      verdict = ""; // the same as none; it costs no case
    }
    if (verdict.isEmpty()) {
      telling = telling == Telling.UNKNOWN ? Telling.NEVER : telling;
      return null;
    }
    telling = Telling.ALWAYS;
    return Printable.line(verdict);
  }

  private @Nullable CaseNumbers wanted() {
    try {
      return cases == null ? null : new CaseNumbers(cases);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
  }

  private int caseCount(HttpClient client) {
    try (ClientWebSocketSession session = open(client, "/getCaseCount", null)) {
      if (session.incoming().receive() instanceof Frame.Text count) {
        return Integer.parseInt(count.readText().strip());
      }
      throw new WebSocketException("no number of cases came, is this a fuzzing server?");
    } catch (NumberFormatException e) {
      throw new WebSocketException("what came is no number of cases", e);
    }
  }

  /**
   * Echoes until the server closes; many cases are there to be failed, so a failure is a result.
   */
  private String runCase(HttpClient client, int number) {
    try (ClientWebSocketSession session = open(client, "/runCase", number)) {
      for (Frame frame : session.incoming()) {
        switch (frame) {
          case Frame.Text text -> session.send(text);
          case Frame.Binary binary -> session.send(binary);
          case Frame.Close close -> {
            return Printable.line(Ending.of(close).why());
          }
          case Frame.Ping ping -> {}
          case Frame.Pong pong -> {}
        }
      }
      return "ended without a Close";
    } catch (WebSocketException e) {
      return Printable.line(Ending.of(e).why());
    }
  }

  private ClientWebSocketSession open(HttpClient client, String path, @Nullable Integer number) {
    return Parley.open(
        spec,
        client,
        request -> {
          request.url(url);
          request.path(request.path().replaceFirst("/$", "") + path);
          if (number != null) {
            request.parameter("case", number.toString());
          }
          if (!path.equals("/getCaseCount")) {
            request.parameter("agent", agent);
          }
          if (path.equals("/updateReports") && options.connectTimeout == null) {
            request.timeout(REPORTS);
          }
          options.addTo(request);
        });
  }
}
