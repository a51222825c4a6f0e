// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import java.net.IDN;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.NoSuchAlgorithmException;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Whom to trust, and who we are, over TLS. Immutable.
 *
 * <p>Whatever is set here, the server is told the host's name (SNI; not for addresses), and its
 * certificate must be for that host, by its alternative names: also with a custom {@link
 * SSLContext}, whatever its trust managers say, but for {@link #insecurelyTrustingAnyone()}. What
 * is weak is refused even where the platform still allows it: TLS below 1.2, key transport by RSA,
 * RSA keys under 2048 bits, and certificates signed with SHA-1 or MD5.
 */
public final class TlsOptions {
  /** Trusts whom the platform trusts, has no client certificate. */
  public static final TlsOptions DEFAULT = new TlsOptions(null, List.of(), List.of(), false);

  private final @Nullable SSLContext context; // null: the platform's, loaded when needed first
  private final List<KeyManager> keys;
  private final List<TrustManager> trust;
  private final boolean insecure;

  private TlsOptions(
      @Nullable SSLContext context,
      List<KeyManager> keys,
      List<TrustManager> trust,
      boolean insecure) {
    this.context = context;
    this.keys = keys;
    this.trust = trust;
    this.insecure = insecure;
  }

  /** Returns options with a context that brings its own keys and trust, in place of these. */
  public TlsOptions withContext(SSLContext context) {
    return new TlsOptions(context, List.of(), List.of(), false);
  }

  /**
   * Returns options that trust the certificates of a store, and no others.
   *
   * @throws IllegalArgumentException if the store is empty or cannot be used
   */
  public TlsOptions withTrust(KeyStore certificates) {
    try {
      if (certificates.size() == 0) {
        throw new IllegalArgumentException("trust store without a certificate");
      }
      var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(certificates);
      return of(keys, List.of(factory.getTrustManagers()), false);
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("trust store that cannot be used", e);
    }
  }

  /**
   * Returns options with client certificates: the private keys of a store, and their chains.
   *
   * @throws IllegalArgumentException if the store cannot be used, or the password is wrong
   */
  public TlsOptions withClientCertificate(KeyStore keys, char[] password) {
    try {
      var factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      factory.init(keys, password);
      return of(List.of(factory.getKeyManagers()), trust, insecure);
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("key store that cannot be used", e);
    }
  }

  /** Returns options with client certificates that a key manager chooses. */
  public TlsOptions withClientCertificate(KeyManager keys) {
    return of(List.of(keys), trust, insecure);
  }

  /**
   * Returns options that accept every certificate of anybody for any host. Whoever is on the way
   * reads and changes all that is sent. Only for experiments.
   */
  public TlsOptions insecurelyTrustingAnyone() {
    return of(keys, List.of(new TrustAnyone()), true);
  }

  private static TlsOptions of(List<KeyManager> keys, List<TrustManager> trust, boolean insecure) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      // An empty array would mean "none", null means "the platform's".
      context.init(
          keys.isEmpty() ? null : keys.toArray(KeyManager[]::new),
          trust.isEmpty() ? null : trust.toArray(TrustManager[]::new),
          null);
      return new TlsOptions(context, keys, trust, insecure);
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("keys or trust that cannot be used", e);
    }
  }

  /** Makes the engine of a client that connects to a destination. */
  SSLEngine engine(Destination destination) {
    SSLEngine engine = context().createSSLEngine(destination.host(), destination.port());
    engine.setUseClientMode(true);
    SSLParameters parameters = engine.getSSLParameters();
    if (insecure) {
      parameters.setEndpointIdentificationAlgorithm("");
    } else {
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      parameters.setAlgorithmConstraints(new StrongAlgorithms());
    }
    if (!destination.isAddress()) {
      parameters.setServerNames(List.of(serverName(destination.host())));
    }
    parameters.setApplicationProtocols(new String[] {"http/1.1"});
    engine.setSSLParameters(parameters);
    return engine;
  }

  /** Throws unless the certificate of a session is for the destination's host. */
  void requireIdentity(SSLSession session, Destination destination) throws TlsHandshakeException {
    if (!insecure) {
      ServerIdentity.require(session, destination);
    }
  }

  private static SNIHostName serverName(String host) {
    // RFC 6066 §3: without the trailing dot. The bytes, because the constructor for strings refuses
    // underscores, which names do have.
    String name = IDN.toASCII(host.endsWith(".") ? host.substring(0, host.length() - 1) : host);
    return new SNIHostName(name.getBytes(StandardCharsets.US_ASCII));
  }

  private SSLContext context() {
    try {
      return context != null ? context : SSLContext.getDefault();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("the platform's TLS context cannot be loaded", e);
    }
  }

  /** Extended, so that the JDK adds no check of its own. */
  private static final class TrustAnyone extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
