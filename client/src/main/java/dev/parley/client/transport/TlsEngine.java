// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * An engine in the hands of another client than ours: it keeps to the {@link TlsOptions} whatever
 * it is told, but for ALPN, which is that client's; it judges the server before a byte of HTTP is
 * sent; and it says in our words why it fails. The engine below does the rest.
 */
final class TlsEngine extends SSLEngine {
  private final SSLEngine below;
  private final TlsOptions options;
  private final Destination destination;
  private final TlsDiagnosis diagnosis;
  private final Consumer<IOException> failed;

  // Reading and writing may be on two threads.
  private volatile boolean answered;
  private volatile boolean established;
  private volatile boolean received;

  /**
   * Makes an engine.
   *
   * @param failed hears why TLS failed, whatever the client makes of it
   */
  TlsEngine(
      SSLEngine below, TlsOptions options, Destination destination, Consumer<IOException> failed) {
    super(destination.host(), destination.port());
    this.below = below;
    this.options = options;
    this.destination = destination;
    this.diagnosis = new TlsDiagnosis(destination);
    this.failed = failed;
  }

  @Override
  public SSLEngineResult wrap(ByteBuffer[] sources, int offset, int count, ByteBuffer target)
      throws SSLException {
    try {
      return judged(below.wrap(sources, offset, count, target));
    } catch (SSLException e) {
      throw diagnosed(e);
    }
  }

  @Override
  public SSLEngineResult unwrap(ByteBuffer source, ByteBuffer[] targets, int offset, int count)
      throws SSLException {
    try {
      SSLEngineResult result = below.unwrap(source, targets, offset, count);
      answered |= result.bytesConsumed() > 0;
      received |= result.bytesProduced() > 0;
      return judged(result);
    } catch (SSLException e) {
      throw diagnosed(e);
    }
  }

  /** Judges the server as soon as the handshake is over; our last part of it is not sent yet. */
  private SSLEngineResult judged(SSLEngineResult result) throws TlsHandshakeException {
    if (result.getHandshakeStatus() == HandshakeStatus.FINISHED && !established) {
      options.requireIdentity(below.getSession(), destination);
      established = true;
    }
    return result;
  }

  private SSLException diagnosed(SSLException e) {
    SSLException diagnosed =
        e instanceof TlsHandshakeException
            ? e
            : established ? diagnosis.ofSession(e, received) : diagnosis.ofHandshake(e, answered);
    failed.accept(diagnosed);
    return diagnosed;
  }

  @Override
  public void closeInbound() throws SSLException {
    below.closeInbound();
  }

  /** Takes the protocols of ALPN, and nothing else. */
  @Override
  public void setSSLParameters(SSLParameters wanted) {
    SSLParameters parameters = below.getSSLParameters();
    String[] protocols = wanted.getApplicationProtocols();
    if (protocols != null && protocols.length > 0) {
      parameters.setApplicationProtocols(protocols);
    }
    below.setSSLParameters(parameters);
  }

  @Override
  public SSLParameters getSSLParameters() {
    return below.getSSLParameters();
  }

  @Override
  public @Nullable Runnable getDelegatedTask() {
    return below.getDelegatedTask();
  }

  @Override
  public void beginHandshake() throws SSLException {
    below.beginHandshake();
  }

  @Override
  public HandshakeStatus getHandshakeStatus() {
    return below.getHandshakeStatus();
  }

  @Override
  public SSLSession getSession() {
    return below.getSession();
  }

  @Override
  public @Nullable SSLSession getHandshakeSession() {
    return below.getHandshakeSession();
  }

  @Override
  public String getApplicationProtocol() {
    return below.getApplicationProtocol();
  }

  @Override
  public String getHandshakeApplicationProtocol() {
    return below.getHandshakeApplicationProtocol();
  }

  @Override
  public void setHandshakeApplicationProtocolSelector(
      BiFunction<SSLEngine, List<String>, String> selector) {
    below.setHandshakeApplicationProtocolSelector(selector);
  }

  @Override
  public BiFunction<SSLEngine, List<String>, String> getHandshakeApplicationProtocolSelector() {
    return below.getHandshakeApplicationProtocolSelector();
  }

  @Override
  public boolean isInboundDone() {
    return below.isInboundDone();
  }

  @Override
  public void closeOutbound() {
    below.closeOutbound();
  }

  @Override
  public boolean isOutboundDone() {
    return below.isOutboundDone();
  }

  @Override
  public String[] getSupportedCipherSuites() {
    return below.getSupportedCipherSuites();
  }

  @Override
  public String[] getEnabledCipherSuites() {
    return below.getEnabledCipherSuites();
  }

  @Override
  public String[] getSupportedProtocols() {
    return below.getSupportedProtocols();
  }

  @Override
  public String[] getEnabledProtocols() {
    return below.getEnabledProtocols();
  }

  @Override
  public boolean getUseClientMode() {
    return true;
  }

  @Override
  public boolean getNeedClientAuth() {
    return false;
  }

  @Override
  public boolean getWantClientAuth() {
    return false;
  }

  @Override
  public boolean getEnableSessionCreation() {
    return below.getEnableSessionCreation();
  }

  // What the options decide, or what is a server's: nobody may change it.

  @Override
  public void setUseClientMode(boolean client) {
    if (!client) {
      throw new UnsupportedOperationException("server mode, expected a client's");
    }
  }

  @Override
  public void setEnabledCipherSuites(String[] suites) {}

  @Override
  public void setEnabledProtocols(String[] protocols) {}

  @Override
  public void setNeedClientAuth(boolean need) {}

  @Override
  public void setWantClientAuth(boolean want) {}

  @Override
  public void setEnableSessionCreation(boolean create) {}
}
