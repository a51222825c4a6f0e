// SPDX-License-Identifier: Apache-2.0
package dev.parley.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** The echo server alone, until it is killed. */
@Command(
    name = "serve",
    mixinStandardHelpOptions = true,
    usageHelpAutoWidth = true,
    description =
        "Serves the echo server on the loopback interface and prints its port on the first line.")
final class Serve implements Callable<Integer> {
  @ParentCommand @Nullable Parley parley;

  @Spec CommandSpec spec = CommandSpec.create();

  @Option(
      names = {"-p", "--port"},
      defaultValue = "0",
      description = "Where to listen. Default: any free port.")
  int port;

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (port < 0 || port > 65535) {
      throw new ParameterException(spec.commandLine(), "port " + port + ", expected 0 to 65535");
    }
    StandardStreams streams = Objects.requireNonNull(parley).streams;
    try (EchoServer server = new EchoServer(port)) {
      streams.out().write((server.port() + "\n").getBytes(StandardCharsets.US_ASCII));
      streams.out().flush();
      streams.say("echo server at " + server.url());
      server.join();
      return 0;
    }
  }
}
