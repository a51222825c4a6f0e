// SPDX-License-Identifier: Apache-2.0
package dev.parley.interop;

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The servers that run. Each is started when it is first asked for, once for all test classes, and
 * stopped behind the last of them.
 */
final class Servers implements BeforeAllCallback {
  private @Nullable Running running;

  @Override
  public void beforeAll(ExtensionContext context) {
    running =
        context
            .getRoot()
            .getStore(ExtensionContext.Namespace.GLOBAL)
            .getOrComputeIfAbsent(Running.class, key -> new Running(), Running.class);
  }

  /** Returns the running server; aborts the test where the machine cannot have it. */
  EchoServer of(Peer peer) {
    return Objects.requireNonNull(running, "not registered as an extension")
        .servers
        .computeIfAbsent(peer, Peer::start);
  }

  private static final class Running implements AutoCloseable {
    private final Map<Peer, EchoServer> servers = new EnumMap<>(Peer.class);

    @Override
    public void close() {
      servers.values().forEach(EchoServer::close);
    }
  }
}
