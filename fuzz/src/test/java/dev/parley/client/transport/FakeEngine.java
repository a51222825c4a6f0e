// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import static dev.parley.fuzz.Races.giveWay;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.KeyManagementException;
import java.security.SecureRandom;
import java.security.Security;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLContextSpi;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocketFactory;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSessionContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * An engine without keys, whose handshake is over: a record is a letter and a byte. Like the JDK's,
 * it does one thing at a time, and what TLS itself has to say goes before anything else. It gives
 * way before that.
 */
final class FakeEngine extends SSLEngine {
  /** A byte of the application. */
  static final byte DATA = 'D';

  /** Asks for a new key, as a KeyUpdate does. */
  static final byte NEW_KEY = 'K';

  /** Answers that. */
  static final byte ANSWER = 'A';

  /** Was changed on its way. */
  static final byte CORRUPT = 'C';

  /** Tells the peer of that. */
  static final byte ALERT = 'X';

  static final byte CLOSE_NOTIFY = 'N';

  private static final int RECORD = 2;
  private static final Destination SERVER = new Destination(true, "localhost", 1);

  private final ReentrantLock lock = new ReentrantLock();
  private final SSLSession session;
  private int answers;
  private boolean closing; // has an alert or close_notify to say, or has said it
  private boolean failed;
  private boolean said;

  private FakeEngine(SSLSession session) {
    this.session = session;
  }

  /**
   * Makes a transport with such an engine.
   *
   * @param session of TLS 1.3, with localhost
   */
  static TlsTransport connect(Transport below, SSLSession session) {
    TlsOptions options = TlsOptions.DEFAULT.withContext(new Context(new FakeEngine(session)));
    try {
      return TlsTransport.connect(below, SERVER, options, new BufferPool(), Deadline.NONE);
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public SSLEngineResult unwrap(ByteBuffer source, ByteBuffer[] targets, int offset, int count)
      throws SSLException {
    giveWay();
    lock.lock();
    try {
      if (source.remaining() < RECORD) {
        return result(Status.BUFFER_UNDERFLOW, 0, 0);
      }
      byte kind = source.get();
      byte value = source.get();
      switch (kind) {
        case DATA -> targets[offset].put(value);
        case NEW_KEY -> answers++;
        default -> {
          closing = true;
          failed = true;
          throw new SSLException("Tag mismatch");
        }
      }
      return result(Status.OK, RECORD, kind == DATA ? 1 : 0);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public SSLEngineResult wrap(ByteBuffer[] sources, int offset, int count, ByteBuffer target) {
    ByteBuffer source = sources[offset];
    giveWay();
    lock.lock();
    try {
      if (said) {
        return result(Status.CLOSED, 0, 0);
      }
      if (answers > 0 && !failed) {
        answers--;
        target.put(ANSWER).put((byte) 0);
        return result(Status.OK, 0, RECORD);
      }
      if (closing) {
        said = true;
        target.put(failed ? ALERT : CLOSE_NOTIFY).put((byte) 0);
        return result(Status.CLOSED, 0, RECORD);
      }
      if (!source.hasRemaining()) {
        throw new AssertionError("an empty record");
      }
      target.put(DATA).put(source.get());
      return result(Status.OK, 1, RECORD);
    } finally {
      lock.unlock();
    }
  }

  private SSLEngineResult result(Status status, int consumed, int produced) {
    return new SSLEngineResult(status, status(), consumed, produced);
  }

  @Override
  public HandshakeStatus getHandshakeStatus() {
    giveWay();
    lock.lock();
    try {
      return status();
    } finally {
      lock.unlock();
    }
  }

  private HandshakeStatus status() {
    return !said && (closing || answers > 0)
        ? HandshakeStatus.NEED_WRAP
        : HandshakeStatus.NOT_HANDSHAKING;
  }

  @Override
  public void closeOutbound() {
    lock.lock();
    try {
      closing = true;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public SSLSession getSession() {
    return session;
  }

  @Override
  public void beginHandshake() {}

  @Override
  public @Nullable Runnable getDelegatedTask() {
    return null;
  }

  @Override
  public SSLParameters getSSLParameters() {
    return new SSLParameters();
  }

  @Override
  public void setSSLParameters(SSLParameters parameters) {}

  @Override
  public void setUseClientMode(boolean client) {}

  // What a TlsTransport does not ask for.

  @Override
  public void closeInbound() {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean isInboundDone() {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean isOutboundDone() {
    throw new UnsupportedOperationException();
  }

  @Override
  public String[] getSupportedCipherSuites() {
    throw new UnsupportedOperationException();
  }

  @Override
  public String[] getEnabledCipherSuites() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void setEnabledCipherSuites(String[] suites) {
    throw new UnsupportedOperationException();
  }

  @Override
  public String[] getSupportedProtocols() {
    throw new UnsupportedOperationException();
  }

  @Override
  public String[] getEnabledProtocols() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void setEnabledProtocols(String[] protocols) {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean getUseClientMode() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void setNeedClientAuth(boolean need) {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean getNeedClientAuth() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void setWantClientAuth(boolean want) {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean getWantClientAuth() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void setEnableSessionCreation(boolean create) {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean getEnableSessionCreation() {
    throw new UnsupportedOperationException();
  }

  /** Has one engine. */
  private static final class Context extends SSLContext {
    Context(SSLEngine engine) {
      super(new Engines(engine), Security.getProviders()[0], "TLS");
    }
  }

  private static final class Engines extends SSLContextSpi {
    private final SSLEngine engine;

    Engines(SSLEngine engine) {
      this.engine = engine;
    }

    @Override
    protected SSLEngine engineCreateSSLEngine(String host, int port) {
      return engine;
    }

    @Override
    protected SSLEngine engineCreateSSLEngine() {
      throw new UnsupportedOperationException();
    }

    @Override
    protected SSLSessionContext engineGetClientSessionContext() {
      throw new UnsupportedOperationException();
    }

    @Override
    protected SSLSessionContext engineGetServerSessionContext() {
      throw new UnsupportedOperationException();
    }

    @Override
    protected SSLSocketFactory engineGetSocketFactory() {
      throw new UnsupportedOperationException();
    }

    @Override
    protected SSLServerSocketFactory engineGetServerSocketFactory() {
      throw new UnsupportedOperationException();
    }

    @Override
    protected void engineInit(
        KeyManager @Nullable [] keys,
        TrustManager @Nullable [] trust,
        @Nullable SecureRandom random)
        throws KeyManagementException {
      throw new KeyManagementException("no keys");
    }
  }
}
