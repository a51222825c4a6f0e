// SPDX-License-Identifier: Apache-2.0
package dev.parley.cli;

import dev.parley.client.ClientWebSocketSession;
import dev.parley.client.HttpClient;
import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.Callable;
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

/**
 * The client under test of a fuzzing server that speaks as Autobahn's does: it asks for the number
 * of cases, sends back whatever comes in each, and has the reports written.
 */
@Command(
    name = "autobahn",
    mixinStandardHelpOptions = true,
    usageHelpAutoWidth = true,
    sortOptions = false,
    description = "Plays the client under test for an Autobahn-style fuzzing server.")
final class Autobahn implements Callable<Integer> {
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

  @Override
  public Integer call() throws IOException {
    StandardStreams streams = Objects.requireNonNull(parley).streams;
    CaseNumbers wanted = wanted();
    PrintStream out = new PrintStream(streams.out(), true, StandardCharsets.UTF_8);
    // The server may ask for every parameter only where all of them are offered (RFC 7692 §7.1).
    options.compression = options.compression.withClientNoContextTakeover(true);
    try (HttpClient client = parley.client(spec, options)) {
      int count = caseCount(client);
      IntStream numbers = wanted == null ? IntStream.rangeClosed(1, count) : wanted.upTo(count);
      numbers.forEach(
          number -> out.println("case " + number + "/" + count + ": " + runCase(client, number)));
      try (ClientWebSocketSession session = open(client, "/updateReports", null)) {
        session.incoming().forEach(frame -> {}); // it closes when the reports are written
      }
    }
    return 0;
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
          options.addTo(request);
        });
  }
}
