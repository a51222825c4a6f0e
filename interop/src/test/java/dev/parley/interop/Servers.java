// SPDX-License-Identifier: Apache-2.0
package dev.parley.interop;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import javax.net.ssl.SSLContext;
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
    return running().of(peer);
  }

  /** Returns a context that trusts the servers and nobody else. */
  SSLContext trust() {
    return running().tls.client();
  }

  private Running running() {
    return Objects.requireNonNull(running, "not registered as an extension");
  }

  private static final class Running implements AutoCloseable {
    private final Path directory = Path.of("target", "servers").toAbsolutePath();
    private final Map<Peer, EchoServer> servers = new EnumMap<>(Peer.class);
    private final TestTls tls;

    Running() {
      try {
        Files.createDirectories(directory);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      tls = new TestTls(directory);
    }

    EchoServer of(Peer peer) {
      return servers.computeIfAbsent(peer, absent -> absent.start(directory, tls));
    }

    @Override
    public void close() {
      servers.values().forEach(EchoServer::close);
    }
  }
}
