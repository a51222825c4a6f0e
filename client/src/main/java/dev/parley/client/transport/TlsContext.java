// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import java.io.IOException;
import java.security.KeyManagementException;
import java.security.SecureRandom;
import java.util.function.BiConsumer;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLContextSpi;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocketFactory;
import javax.net.ssl.SSLSessionContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * {@link TlsOptions} for a client that asks for an {@link SSLContext} and makes its engines by
 * itself: those are ours, see {@link TlsEngine}. It makes them for a host, and nothing else.
 */
final class TlsContext extends SSLContext {
  /**
   * Makes a context.
   *
   * @param below the context that the options themselves stand on
   * @param trustsAnyone see {@link Destination#insecurelyTrustingAnyone()}
   * @param failed hears of each failure of TLS, in our words
   */
  TlsContext(
      TlsOptions options,
      SSLContext below,
      boolean trustsAnyone,
      BiConsumer<Destination, IOException> failed) {
    super(
        new Engines(options, below, trustsAnyone, failed),
        below.getProvider(),
        below.getProtocol());
  }

  private static final class Engines extends SSLContextSpi {
    private final TlsOptions options;
    private final SSLContext below;
    private final boolean trustsAnyone;
    private final BiConsumer<Destination, IOException> failed;

    Engines(
        TlsOptions options,
        SSLContext below,
        boolean trustsAnyone,
        BiConsumer<Destination, IOException> failed) {
      this.failed = failed;
      this.options = options;
      this.below = below;
      this.trustsAnyone = trustsAnyone;
    }

    @Override
    protected SSLEngine engineCreateSSLEngine(String host, int port) {
      boolean bracketed = host.startsWith("[");
      Destination destination =
          new Destination(
              true,
              bracketed ? host.substring(1, host.length() - 1) : host,
              port,
              trustsAnyone,
              null);
      return new TlsEngine(
          options.engine(destination), options, destination, e -> failed.accept(destination, e));
    }

    @Override
    protected SSLParameters engineGetDefaultSSLParameters() {
      return below.getDefaultSSLParameters();
    }

    @Override
    protected SSLParameters engineGetSupportedSSLParameters() {
      return below.getSupportedSSLParameters();
    }

    @Override
    protected SSLSessionContext engineGetClientSessionContext() {
      return below.getClientSessionContext();
    }

    @Override
    protected SSLSessionContext engineGetServerSessionContext() {
      return below.getServerSessionContext();
    }

    // Where no host is named none can be checked: SSLContextSpi lets these be refused.

    @Override
    protected SSLEngine engineCreateSSLEngine() {
      throw new UnsupportedOperationException("an engine for nobody in particular");
    }

    @Override
    protected SSLSocketFactory engineGetSocketFactory() {
      throw new UnsupportedOperationException("a socket, expected an engine to be asked for");
    }

    @Override
    protected SSLServerSocketFactory engineGetServerSocketFactory() {
      throw new UnsupportedOperationException("a server's socket, expected a client's engine");
    }

    @Override
    protected void engineInit(
        KeyManager @Nullable [] keys,
        TrustManager @Nullable [] trust,
        @Nullable SecureRandom random)
        throws KeyManagementException {
      throw new KeyManagementException("keys and trust are those of the options");
    }
  }
}
