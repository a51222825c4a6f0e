// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import static dev.parley.fuzz.Laws.require;
import static dev.parley.fuzz.Races.giveWay;

import dev.parley.testkit.TestCertificates;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSession;

/**
 * A wire with a server of the JDK's TLS at its end, which has its say when a test lets it, or when
 * somebody waits. What the server says and what is said to it lies in memory.
 */
final class ServedWire implements Transport {
  /** In what came: the answer to a new key, or another record with nothing for the application. */
  static final int SILENT = -1;

  private static final Destination SERVER = new Destination(true, "localhost", 1);
  private static final InetSocketAddress NOWHERE = InetSocketAddress.createUnresolved("nowhere", 1);
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);
  private static final int SIZE = 64 << 10;

  private final SSLEngine server = TestCertificates.serverContext().createSSLEngine();
  private final ByteBuffer toServer = ByteBuffer.allocate(SIZE);
  private final ByteBuffer toClient = ByteBuffer.allocate(SIZE).flip();
  private final ByteBuffer plain = ByteBuffer.allocate(SIZE);
  private final AtomicBoolean reading = new AtomicBoolean();
  private final AtomicBoolean writing = new AtomicBoolean();
  private volatile boolean closed;

  /** Makes a wire whose server speaks TLS 1.3. */
  ServedWire() {
    server.setUseClientMode(false);
    server.setEnabledProtocols(new String[] {"TLSv1.3"});
  }

  /** Shakes hands. */
  TlsTransport connect() {
    TlsOptions options = TlsOptions.DEFAULT.withContext(TestCertificates.clientContext());
    try {
      TlsTransport client =
          TlsTransport.connect(this, SERVER, options, new BufferPool(), Deadline.NONE);
      require(client.flush(), "something that is not flushed");
      require(serve().stream().allMatch(came -> came == SILENT), "more than a handshake");
      while (toClient.hasRemaining()) { // the server's tickets
        require(client.read(ByteBuffer.allocate(1)) == 0, "more than a handshake");
      }
      return client;
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** Returns a session, made by the JDK's engines alone. */
  static SSLSession session() {
    ServedWire wire = new ServedWire();
    SSLEngine client = TestCertificates.clientContext().createSSLEngine("localhost", 1);
    client.setUseClientMode(true);
    ByteBuffer plain = ByteBuffer.allocate(SIZE);
    try {
      client.beginHandshake();
      while (client.getHandshakeStatus() != HandshakeStatus.NOT_HANDSHAKING) {
        switch (client.getHandshakeStatus()) {
          case NEED_TASK -> client.getDelegatedTask().run();
          case NEED_WRAP -> {
            SSLEngineResult unused = client.wrap(NOTHING, wire.toServer);
          }
          default -> {
            List<Integer> unused = wire.serve();
            SSLEngineResult result = client.unwrap(wire.toClient, plain);
            require(result.getStatus() == Status.OK, result);
          }
        }
      }
    } catch (SSLException e) {
      throw new AssertionError(e);
    }
    return client.getSession();
  }

  /** Has the server take all that came, and returns it: bytes, or {@link #SILENT}. */
  List<Integer> serve() {
    List<Integer> came = new ArrayList<>();
    toServer.flip();
    try {
      for (boolean more = true; more; ) {
        switch (server.getHandshakeStatus()) {
          case NEED_TASK -> server.getDelegatedTask().run();
          case NEED_WRAP -> say(NOTHING);
          default -> more = take(came);
        }
      }
    } catch (SSLException e) {
      throw new AssertionError("the server found a record that was torn or out of order", e);
    } finally {
      toServer.compact();
    }
    return came;
  }

  private boolean take(List<Integer> came) throws SSLException {
    SSLEngineResult result = server.unwrap(toServer, plain.clear());
    if (result.getStatus() != Status.OK) {
      require(!toServer.hasRemaining(), "a record was not written to its end");
      return false;
    }
    plain.flip();
    if (!plain.hasRemaining()) {
      came.add(SILENT);
    }
    while (plain.hasRemaining()) {
      came.add((int) plain.get());
    }
    return true;
  }

  /** Has the server ask for a new key, and then say a byte. */
  void askForNewKey(int value) {
    try {
      server.beginHandshake();
      say(ByteBuffer.wrap(new byte[] {(byte) value}));
    } catch (SSLException e) {
      throw new AssertionError(e);
    }
  }

  private void say(ByteBuffer source) throws SSLException {
    toClient.compact();
    try {
      do {
        SSLEngineResult result = server.wrap(source, toClient);
        require(result.getStatus() == Status.OK, result);
      } while (source.hasRemaining());
    } finally {
      toClient.flip();
    }
  }

  @Override
  public int read(ByteBuffer target) throws IOException {
    begin(reading);
    int count = Math.min(target.remaining(), toClient.remaining());
    target.put(target.position(), toClient, toClient.position(), count);
    target.position(target.position() + count);
    toClient.position(toClient.position() + count);
    end(reading);
    return count;
  }

  @Override
  public int write(ByteBuffer source) throws IOException {
    begin(writing);
    int count = source.remaining();
    toServer.put(source);
    end(writing);
    return count;
  }

  private void begin(AtomicBoolean busy) throws ClosedChannelException {
    require(busy.compareAndSet(false, true), "two at a time");
    giveWay();
    if (closed) {
      end(busy);
      throw new ClosedChannelException();
    }
  }

  private static void end(AtomicBoolean busy) {
    giveWay();
    busy.set(false);
  }

  @Override
  public boolean flush() {
    giveWay();
    return true;
  }

  /** Lets the server have its say, to the end of the handshake. */
  @Override
  public boolean awaitReadable(Deadline deadline) {
    List<Integer> unused = serve();
    return true;
  }

  @Override
  public boolean awaitWritable(Deadline deadline) {
    throw new UnsupportedOperationException("there is room");
  }

  @Override
  public void onReadable(Runnable task) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void close() {
    closed = true;
  }

  @Override
  public TransportInfo info() {
    return new TransportInfo(NOWHERE, NOWHERE, null);
  }
}
