// SPDX-License-Identifier: Apache-2.0
package dev.parley.interop;

import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Another host, as far as the network can tell: a network namespace of Linux and a cable to it. It
 * can be made to vanish. Needs root, and {@code ip}; elsewhere the test is skipped and says so.
 *
 * <p>Addresses are from those that RFC 2544 sets aside for such tests, a pair of them by the number
 * of this process, so that builds may run side by side.
 */
final class RemoteHost implements AutoCloseable {
  private static final String MAC = "02:00:00:00:00:02";

  private final String name = "parley-" + ProcessHandle.current().pid();
  private final String cable = "pa" + ProcessHandle.current().pid();
  private final String here;
  private final String there;

  private RemoteHost() {
    int pair = (int) (ProcessHandle.current().pid() % (1 << 15)) << 2;
    String prefix = "198.%d.%d.".formatted(18 + (pair >> 16), pair >> 8 & 0xff);
    here = prefix + ((pair & 0xff) + 1);
    there = prefix + ((pair & 0xff) + 2);
  }

  /** Sets up the host, or skips the test. */
  static RemoteHost start() throws IOException {
    RemoteHost host = new RemoteHost();
    if (!"root".equals(System.getProperty("user.name")) || !runs("netns add " + host.name)) {
      abort("no root here, or no network namespaces: no host that could vanish");
    }
    try {
      host.connect();
      return host;
    } catch (Throwable e) {
      host.close();
      throw e;
    }
  }

  private void connect() throws IOException {
    ip("link add %s type veth peer name eth0 netns %s address %s".formatted(cable, name, MAC));
    ip("address add %s/30 dev %s".formatted(here, cable));
    ip("link set %s up".formatted(cable));
    // As if a router stood between: whether the host is there is nobody's knowledge on this side.
    ip("neighbour add %s lladdr %s dev %s".formatted(there, MAC, cable));
    ip("-n %s address add %s/30 dev eth0".formatted(name, there));
    ip("-n %s link set eth0 up".formatted(name));
  }

  String address() {
    return there;
  }

  /** Returns what has a command run on this host. */
  List<String> prefix() {
    return List.of("ip", "netns", "exec", name);
  }

  /** Takes nothing from us any more and sends us nothing, not even a refusal. */
  void vanish() throws IOException {
    ip("-n %s route add blackhole %s/32".formatted(name, here));
  }

  private static void ip(String arguments) throws IOException {
    if (!runs(arguments)) {
      throw new IOException("ip " + arguments + " failed");
    }
  }

  private static boolean runs(String arguments) {
    List<String> command = new ArrayList<>(List.of("ip"));
    command.addAll(List.of(arguments.split(" ", -1)));
    try {
      Process process = new ProcessBuilder(command).inheritIO().start();
      return process.onExit().join().exitValue() == 0;
    } catch (IOException missing) {
      return false;
    }
  }

  @Override
  public void close() throws IOException {
    boolean unused = runs("link delete " + cable); // not there yet, where setting up failed
    ip("netns delete " + name);
  }
}
