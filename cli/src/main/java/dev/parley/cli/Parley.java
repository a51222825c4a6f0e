// SPDX-License-Identifier: Apache-2.0
package dev.parley.cli;

import dev.parley.client.DefaultClientWebSocketSession;
import dev.parley.client.HttpClient;
import dev.parley.client.HttpRequestBuilder;
import dev.parley.websocket.WebSocketException;
import dev.parley.websocket.WebSocketExtension;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The command itself: a session with the server of a URL, or with an echo server of its own. */
@Command(
    name = "parley",
    mixinStandardHelpOptions = true,
    versionProvider = Parley.Version.class,
    usageHelpAutoWidth = true,
    sortOptions = false,
    subcommands = {Serve.class, Autobahn.class},
    description = {
      "Holds a WebSocket conversation.",
      "On a terminal it is interactive. Fed from a pipe, it sends each line of standard input as a"
          + " message and prints each message received as a line.",
      ""
    },
    footer = {
      "",
      "Exit status: 0 closed normally; 1 refused, failed or closed abnormally; 2 wrong usage."
    })
public final class Parley implements Callable<Integer> {
  private static final Duration WAIT_AFTER_EXECUTE = Duration.ofSeconds(2); // as wscat does

  final StandardStreams streams;

  @Spec CommandSpec spec = CommandSpec.create();

  @Mixin ConnectOptions options = new ConnectOptions();

  @Parameters(
      arity = "0..1",
      paramLabel = "URL",
      description = "Where to connect: ws://... or wss://... Default: an echo server of its own.")
  @Nullable String url;

  @Option(
      names = {"-b", "--binary"},
      description = "Send each line as a binary message.")
  boolean binary;

  @Option(
      names = {"-x", "--execute"},
      paramLabel = "MESSAGE",
      description =
          "Send this message, print what comes, close; standard input is not read. May be"
              + " repeated.")
  List<String> execute = List.of();

  @Option(
      names = {"-w", "--wait"},
      paramLabel = "SECONDS",
      converter = Seconds.class,
      description =
          "How long to go on printing after the last message before closing. Default: 2 after -x,"
              + " 0 at the end of standard input.")
  @Nullable Duration wait;

  private Parley(StandardStreams streams) {
    this.streams = streams;
  }

  /** Runs the command and exits with its status. */
  public static void main(String[] arguments) {
    System.exit(run(StandardStreams.ofProcess(), arguments));
  }

  /** Runs the command; returns its exit status. */
  static int run(StandardStreams streams, String... arguments) {
    CommandLine line = new CommandLine(new Parley(streams));
    line.setOut(writer(streams.out()));
    line.setErr(writer(streams.err()));
    line.setParameterExceptionHandler(
        (e, given) -> {
          streams.say(String.valueOf(e.getMessage()));
          streams.err().println("Try 'parley --help'.");
          return CommandLine.ExitCode.USAGE;
        });
    line.setExecutionExceptionHandler(
        (e, command, given) -> {
          switch (e) {
            case WebSocketException failure -> streams.say(Ending.of(failure).why());
            case IOException failure -> streams.say(String.valueOf(failure.getMessage()));
            default -> {
              streams.say("this is a bug of parley: " + e);
              e.printStackTrace(streams.err());
            }
          }
          return CommandLine.ExitCode.SOFTWARE;
        });
    return line.execute(arguments);
  }

  private static PrintWriter writer(OutputStream stream) {
    return new PrintWriter(new OutputStreamWriter(stream, StandardCharsets.UTF_8), true);
  }

  @Override
  public Integer call() throws IOException {
    if (url != null) {
      return converse(url);
    }
    try (EchoServer server = new EchoServer(0)) {
      return converse(server.url());
    }
  }

  private int converse(String url) throws IOException {
    try (HttpClient client = client(spec, options)) {
      DefaultClientWebSocketSession session =
          open(
              spec,
              client,
              request -> {
                request.url(url);
                options.addTo(request);
              });
      Ending ending = converse(session);
      // The last words have been heard: a peer that keeps the connection all the same is left.
      CompletableFuture.delayedExecutor(1, TimeUnit.SECONDS).execute(session::terminate);
      if (ending.status() != 0 || interactive()) {
        streams.say(ending.why());
      }
      return ending.status();
    }
  }

  private Ending converse(DefaultClientWebSocketSession session) throws IOException {
    if (interactive()) {
      streams.say("connected" + agreed(session) + "; Ctrl-D closes");
      return Prompt.run(session, binary);
    }
    boolean reading = execute.isEmpty();
    Messages messages =
        reading
            ? new InputLines(streams.in())
            : Messages.of(
                execute.stream().map(text -> text.getBytes(StandardCharsets.UTF_8)).toList());
    Duration patience = wait != null ? wait : reading ? Duration.ZERO : WAIT_AFTER_EXECUTE;
    return new Pipe(session, streams.out(), messages, binary, patience).run();
  }

  private boolean interactive() {
    return streams.terminal() && execute.isEmpty();
  }

  private static String agreed(DefaultClientWebSocketSession session) {
    String subprotocol = session.call().response().headers().get("Sec-WebSocket-Protocol");
    String extensions =
        session.extensions().stream()
            .map(WebSocketExtension::name)
            .collect(Collectors.joining(", "));
    return (subprotocol == null ? "" : ", " + subprotocol)
        + (extensions.isEmpty() ? "" : ", " + extensions);
  }

  /** Makes the client; what is wrong with the options is wrong usage. */
  HttpClient client(CommandSpec command, ConnectOptions options) {
    try {
      return options.client(streams.err());
    } catch (IllegalArgumentException e) {
      throw new ParameterException(command.commandLine(), String.valueOf(e.getMessage()), e);
    }
  }

  /** Opens a session; what is wrong with the request is wrong usage. */
  static DefaultClientWebSocketSession open(
      CommandSpec command, HttpClient client, Consumer<HttpRequestBuilder> request) {
    try {
      return client.webSocketSession(request);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(command.commandLine(), String.valueOf(e.getMessage()), e);
    }
  }

  /** Knows the version from the jar. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = Parley.class.getPackage().getImplementationVersion();
      return new String[] {"parley " + (version == null ? "(not from a jar)" : version)};
    }
  }
}
