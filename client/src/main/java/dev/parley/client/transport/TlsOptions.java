// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import java.io.IOException;
import java.net.IDN;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.NoSuchAlgorithmException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.function.BiConsumer;
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
 * SSLContext}, whatever its trust managers say. What is weak is refused even where the platform
 * still allows it: TLS below 1.2, key transport by RSA, RSA keys under 2048 bits, and certificates
 * signed with SHA-1 or MD5.
 *
 * <p>There is no option to trust anybody: a single connection may, with {@link
 * Destination#insecurelyTrustingAnyone()}.
 */
public final class TlsOptions {
  private static final List<String> PROTOCOLS = List.of("TLSv1.2", "TLSv1.3");
  private static final List<String> HTTP = List.of("http/1.1");

  /** RFC 7301 §6: names of what this client does not speak. */
  private static final Set<String> OTHER_HTTP = Set.of("h2", "h2c", "h3", "http/1.0", "http/0.9");

  /** Trusts whom the platform trusts, has no client certificate. */
  public static final TlsOptions DEFAULT =
      new TlsOptions(
          null, List.of(), List.of(), PinnedKeys.NONE, new Speech(List.of(), List.of(), HTTP));

  private final @Nullable SSLContext context; // null: the platform's, loaded when needed first
  private final List<KeyManager> keys;
  private final List<TrustManager> trust;
  private final PinnedKeys pins;
  private final Speech speech;

  /** What is offered to the server; no protocols and no suites stand for the platform's. */
  private record Speech(
      List<String> protocols, List<String> cipherSuites, List<String> applicationProtocols) {}

  private TlsOptions(
      @Nullable SSLContext context,
      List<KeyManager> keys,
      List<TrustManager> trust,
      PinnedKeys pins,
      Speech speech) {
    this.context = context;
    this.keys = keys;
    this.trust = trust;
    this.pins = pins;
    this.speech = speech;
  }

  /**
   * Returns options with a context that brings its own keys and trust, in place of these.
   *
   * @throws IllegalArgumentException if there are pinned keys: nobody knows whom a context trusts
   */
  public TlsOptions withContext(SSLContext context) {
    Objects.requireNonNull(context, "context");
    requirePinsCanBeJudged(pins.isEmpty());
    return new TlsOptions(context, List.of(), List.of(), pins, speech);
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
      return with(keys, List.of(managers(certificates)));
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("trust store that cannot be used", e);
    }
  }

  /**
   * Returns options that trust the certificates of a PEM file, as an authority hands them out, and
   * no others.
   *
   * @throws IllegalArgumentException if the file has no certificate or cannot be read
   */
  public TlsOptions withTrust(Path pem) {
    return withTrust(Pem.authorities(pem));
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
      return with(List.of(factory.getKeyManagers()), trust);
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("key store that cannot be used", e);
    }
  }

  /** Returns options with client certificates that a key manager chooses. */
  public TlsOptions withClientCertificate(KeyManager keys) {
    return with(List.of(keys), trust);
  }

  /**
   * Returns options with a client certificate in PEM files, as they were issued: the certificate,
   * its chain after it, and the private key in PKCS #8, PKCS #1 or SEC 1 form.
   *
   * @param certificates the certificate comes first
   * @param key may be the same file
   * @throws IllegalArgumentException if a file lacks what it is to have or cannot be read, if the
   *     key is encrypted, or if it is not that of the certificate
   */
  public TlsOptions withClientCertificate(Path certificates, Path key) {
    return withPem(certificates, key, null);
  }

  /**
   * Returns options with a client certificate in PEM files whose private key is encrypted, in PKCS
   * #8 or as OpenSSL did it before.
   *
   * @param certificates the certificate comes first, its chain after it
   * @param key may be the same file
   * @param password what the key is encrypted with
   * @throws IllegalArgumentException as {@link #withClientCertificate(Path, Path)}; or if the
   *     password is wrong, or the JDK does not know the cipher
   */
  public TlsOptions withClientCertificate(Path certificates, Path key, char[] password) {
    return withPem(certificates, key, Objects.requireNonNull(password, "password"));
  }

  private TlsOptions withPem(Path certificates, Path key, char @Nullable [] keyPassword) {
    // Nobody else sees the store: its password need not be remembered.
    char[] password = UUID.randomUUID().toString().toCharArray();
    return withClientCertificate(
        Pem.clientCertificate(certificates, key, keyPassword, password), password);
  }

  /**
   * Returns options that also ask for a key: of the chain that leads from the server's certificate
   * to an authority that is trusted, both included, at least one must have one of these public
   * keys. What else a server sends does not count. In place of keys pinned before.
   *
   * <p>Pin a key of your own in reserve: where the pinned ones are lost, nobody gets through.
   *
   * @param pins each {@code sha256/} and the SHA-256 of the key (its SubjectPublicKeyInfo, RFC
   *     7469) in Base64; the message of a failure shows those of the chain
   * @throws IllegalArgumentException if a pin is none, or there is none; or if there is a context
   *     of your own: nobody knows whom it trusts
   */
  public TlsOptions withPinnedKeys(String... pins) {
    PinnedKeys pinned = PinnedKeys.of(pins);
    requirePinsCanBeJudged(context == null || !keys.isEmpty() || !trust.isEmpty());
    return new TlsOptions(context, keys, trust, pinned, speech);
  }

  private static void requirePinsCanBeJudged(boolean trustIsKnown) {
    if (!trustIsKnown) {
      throw new IllegalArgumentException(
          "pinned keys with an SSLContext, whose trust nobody can look at; expected withTrust");
    }
  }

  /**
   * Returns options with these versions of TLS. Default: what the platform enables, but nothing
   * below 1.2.
   *
   * @param protocols {@code TLSv1.3}, {@code TLSv1.2}, or both
   * @throws IllegalArgumentException if there is none, or another
   */
  public TlsOptions withProtocols(String... protocols) {
    List<String> all = requireSome("protocol", protocols);
    for (String protocol : all) {
      if (!PROTOCOLS.contains(protocol)) {
        throw new IllegalArgumentException(
            "protocol '" + protocol + "', expected TLSv1.2 or TLSv1.3");
      }
    }
    return with(new Speech(all, speech.cipherSuites(), speech.applicationProtocols()));
  }

  /**
   * Returns options with these cipher suites, in order of preference. Default: what the platform
   * enables, in its order, but none without forward secrecy; and where it begins with the two
   * suites of AES-256 and AES-128 in TLS 1.3, the shorter keys are asked for first, as browsers do.
   * The system property {@code jdk.tls.client.cipherSuites} is left as it is.
   *
   * @param suites by their standard names, as in {@code TLS_AES_128_GCM_SHA256}; each belongs to
   *     either TLS 1.3 or 1.2, so that a version without a suite is not spoken
   * @throws IllegalArgumentException if there is none, or one that the platform does not know or
   *     that has no forward secrecy, no authentication or no strength
   */
  public TlsOptions withCipherSuites(String... suites) {
    List<String> all = requireSome("cipher suite", suites);
    Set<String> known = Set.of(contextOrDefault().getSupportedSSLParameters().getCipherSuites());
    for (String suite : all) {
      if (!known.contains(suite) || !StrongAlgorithms.isStrong(suite)) {
        throw new IllegalArgumentException(
            "cipher suite '"
                + suite
                + "', expected one that the platform knows, with forward secrecy and authentication");
      }
    }
    return with(new Speech(speech.protocols(), all, speech.applicationProtocols()));
  }

  /**
   * Returns options that name these protocols to the server by ALPN (RFC 7301), in order of
   * preference. Default: {@code http/1.1}, which is what a WebSocket is opened with.
   *
   * @param names none, for servers that trip over the extension
   * @throws IllegalArgumentException if a name is not of 1 to 255 ASCII characters, or is that of
   *     another HTTP, such as {@code h2}, which the client would then have to speak
   */
  public TlsOptions withApplicationProtocols(String... names) {
    for (String name : names) {
      boolean sendable =
          !name.isEmpty() && name.length() <= 255 && name.chars().allMatch(c -> c > 32 && c < 127);
      if (!sendable || OTHER_HTTP.contains(name)) {
        throw new IllegalArgumentException(
            "application protocol '"
                + name
                + "', expected 1 to 255 ASCII characters, and HTTP/1.1");
      }
    }
    return with(new Speech(speech.protocols(), speech.cipherSuites(), List.of(names)));
  }

  private static List<String> requireSome(String what, String... names) {
    if (names.length == 0) {
      throw new IllegalArgumentException("no " + what + ", expected at least one");
    }
    return List.of(names);
  }

  private TlsOptions with(Speech speech) {
    return new TlsOptions(context, keys, trust, pins, speech);
  }

  private TlsOptions with(List<KeyManager> keys, List<TrustManager> trust) {
    return new TlsOptions(context(keys, trust), keys, trust, pins, speech);
  }

  private static SSLContext context(List<KeyManager> keys, List<TrustManager> trust) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      // An empty array would mean "none", null means "the platform's".
      context.init(
          keys.isEmpty() ? null : keys.toArray(KeyManager[]::new),
          trust.isEmpty() ? null : trust.toArray(TrustManager[]::new),
          null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("keys or trust that cannot be used", e);
    }
  }

  private static TrustManager[] managers(@Nullable KeyStore certificates)
      throws GeneralSecurityException {
    var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(certificates);
    return factory.getTrustManagers();
  }

  /**
   * Returns a context for another client of HTTP, whose engines keep to these options.
   *
   * @param failed hears of each failure of TLS
   */
  SSLContext context(boolean trustsAnyone, BiConsumer<Destination, IOException> failed) {
    return new TlsContext(this, contextOrDefault(), trustsAnyone, failed);
  }

  /** Makes the engine of a client that connects to a destination. */
  SSLEngine engine(Destination destination) {
    return engine(destination, destination.port());
  }

  /**
   * Makes the engine of a client that connects to a destination.
   *
   * @param port by which sessions are kept, beside the host
   */
  SSLEngine engine(Destination destination, int port) {
    // A context of its own: no session with somebody unknown is ever resumed as one with a friend.
    SSLContext using =
        destination.trustsAnyone() ? context(keys, List.of(new TrustAnyone())) : contextOrDefault();
    SSLEngine engine = using.createSSLEngine(destination.host(), port);
    engine.setUseClientMode(true);
    SSLParameters parameters = engine.getSSLParameters();
    if (destination.trustsAnyone()) {
      parameters.setEndpointIdentificationAlgorithm("");
    } else {
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      parameters.setAlgorithmConstraints(new StrongAlgorithms());
    }
    if (!destination.isAddress()) {
      parameters.setServerNames(List.of(serverName(destination.host())));
    }
    if (!speech.protocols().isEmpty()) {
      parameters.setProtocols(speech.protocols().toArray(String[]::new));
    }
    String[] suites = parameters.getCipherSuites();
    if (!speech.cipherSuites().isEmpty()) {
      parameters.setCipherSuites(speech.cipherSuites().toArray(String[]::new));
    } else if (suites != null) { // which an engine of somebody else need not tell
      parameters.setCipherSuites(shortKeysFirst(suites));
    }
    parameters.setApplicationProtocols(speech.applicationProtocols().toArray(String[]::new));
    engine.setSSLParameters(parameters);
    return engine;
  }

  /**
   * Asks for AES-128 before AES-256 in TLS 1.3, as browsers do: nobody breaks either, and both the
   * keys of an idle session and the handshake, with SHA-256, are shorter. Whoever has ordered the
   * suites otherwise than the platform does has a reason.
   */
  static String[] shortKeysFirst(String[] suites) {
    boolean platformsOrder =
        suites.length > 1
            && suites[0].equals("TLS_AES_256_GCM_SHA384")
            && suites[1].equals("TLS_AES_128_GCM_SHA256")
            && System.getProperty("jdk.tls.client.cipherSuites") == null;
    if (platformsOrder) {
      suites[1] = suites[0];
      suites[0] = "TLS_AES_128_GCM_SHA256";
    }
    return suites;
  }

  /**
   * Throws unless the certificate of a session is for the destination's host, and its chain has a
   * pinned key where there are any.
   */
  void requireIdentity(SSLSession session, Destination destination) throws TlsHandshakeException {
    if (destination.trustsAnyone()) {
      return;
    }
    ServerIdentity.require(session, destination);
    if (!pins.isEmpty()) {
      pins.require(session, destination, trust.isEmpty() ? platformTrust() : trust);
    }
  }

  private static List<TrustManager> platformTrust() {
    try {
      return List.of(managers(null));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the platform's trust cannot be loaded", e);
    }
  }

  private static SNIHostName serverName(String host) {
    // RFC 6066 §3: without the trailing dot. The bytes, because the constructor for strings refuses
    // underscores, which names do have.
    String name = IDN.toASCII(host.endsWith(".") ? host.substring(0, host.length() - 1) : host);
    return new SNIHostName(name.getBytes(StandardCharsets.US_ASCII));
  }

  private SSLContext contextOrDefault() {
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

  /** Shows what is set, and no key. */
  @Override
  public String toString() {
    return "TlsOptions[trust="
        + (context == null || (trust.isEmpty() && !keys.isEmpty())
            ? "platform"
            : trust.isEmpty() ? "context" : "own")
        + ", clientCertificate="
        + !keys.isEmpty()
        + ", pins="
        + pins
        + ", "
        + speech
        + "]";
  }
}
