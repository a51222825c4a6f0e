// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks.clients;

import dev.parley.benchmarks.Client;
import dev.parley.benchmarks.Receiver;
import dev.parley.benchmarks.Session;
import dev.parley.benchmarks.Settings;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import javax.net.ssl.SSLSocket;

/**
 * No client: what a blocking socket takes and gives. It writes frames that were encoded before, and
 * of those it reads it looks at the heads alone. Plain it is a channel with buffers outside of the
 * heap, over TLS the JDK's socket.
 */
public class RawBlocking implements Client {
  private final boolean noDelay;

  /** Makes one as it should be, which leaves no segment waiting for the answer to another. */
  public RawBlocking() {
    this(true);
  }

  /** Makes one with the socket option TCP_NODELAY, or without. */
  RawBlocking(boolean noDelay) {
    this.noDelay = noDelay;
  }

  @Override
  public String version() {
    return System.getProperty("java.version");
  }

  @Override
  public boolean supports(Settings settings) {
    return settings.compression() == Settings.Compression.NONE && settings.senders() == 1;
  }

  @Override
  public boolean prefersVirtualThreads() {
    return false;
  }

  @Override
  public Session open(URI uri, Settings settings, Receiver receiver) throws IOException {
    RawWire wire =
        settings.tls() == null
            ? new RawWire.Plain(uri, noDelay)
            : new RawWire.Secure(
                (SSLSocket)
                    settings.tls().getSocketFactory().createSocket(uri.getHost(), uri.getPort()));
    int room = settings.sessions() > 1 ? 256 : 128 << 10;
    RawFrames frames = new RawFrames(settings, wire.direct());
    RawSession session = session(settings, wire, frames, wire.buffer(room));
    session.open(uri, settings);
    return session;
  }

  /** Makes a session of a connection that nothing was written to, and nothing read from. */
  RawSession session(Settings settings, RawWire wire, RawFrames frames, ByteBuffer in) {
    return new RawSession(wire, frames, in);
  }

  @Override
  public void close() {}
}
