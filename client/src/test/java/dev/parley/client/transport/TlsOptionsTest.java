// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.parley.testkit.TestCertificates;
import dev.parley.testkit.TestCertificates.Issued;
import dev.parley.testkit.TestCertificates.Subject;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.util.Base64;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
final class TlsOptionsTest {
  private static final char[] PASSWORD = "secret".toCharArray();

  private static Certificate[] certificates(Path pem) throws Exception {
    try (InputStream in = Files.newInputStream(pem)) {
      return CertificateFactory.getInstance("X.509")
          .generateCertificates(in)
          .toArray(Certificate[]::new);
    }
  }

  private static KeyStore empty() throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    return store;
  }

  private static TlsOptions trusting() throws Exception {
    KeyStore store = empty();
    store.setCertificateEntry("ca", certificates(TestCertificates.authorityFile())[0]);
    return TlsOptions.DEFAULT.withTrust(store);
  }

  private static KeyStore keys() throws Exception {
    Issued client = TestCertificates.issue(Subject.CLIENT);
    Certificate[] chain = certificates(client.certificateFile());
    String pem = Files.readString(client.keyFile(), StandardCharsets.US_ASCII);
    byte[] der = Base64.getMimeDecoder().decode(pem.replaceAll("-----[A-Z ]+-----", ""));
    PrivateKey key =
        KeyFactory.getInstance(chain[0].getPublicKey().getAlgorithm())
            .generatePrivate(new PKCS8EncodedKeySpec(der));
    KeyStore store = empty();
    store.setKeyEntry("client", key, PASSWORD, chain);
    return store;
  }

  /** Talks to a server that wants a client certificate. */
  private static void talk(TlsOptions options, Subject server) throws Exception {
    talk(options, server, UnaryOperator.identity());
  }

  private static void talk(
      TlsOptions options, Subject server, UnaryOperator<Destination> destination) throws Exception {
    Peer.Service service =
        Peer.tls(
            TestCertificates.issue(server).context(),
            socket -> socket.setNeedClientAuth(true),
            Peer.ECHO);
    try (Peer peer = new Peer(service);
        ReadinessLoop loop = new ReadinessLoop();
        Transport transport =
            new SocketConnector(loop, new BufferPool(), options)
                .connect(destination.apply(peer.secure()), soon())) {
      Bytes.echo(transport, 100);
    }
  }

  private static Deadline soon() {
    return Deadline.after(Duration.ofSeconds(20));
  }

  @Test
  void trustAndKeysMayComeFromStores() throws Exception {
    talk(trusting().withClientCertificate(keys(), PASSWORD), Subject.SERVER);
  }

  @Test
  void keysMayComeFromAManager() throws Exception {
    var factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(keys(), PASSWORD);
    talk(trusting().withClientCertificate(factory.getKeyManagers()[0]), Subject.SERVER);
  }

  @Test
  void trustAndKeysMayComeFromPemFiles() throws Exception {
    Issued client = TestCertificates.issue(Subject.CLIENT);
    TlsOptions options = TlsOptions.DEFAULT.withTrust(TestCertificates.authorityFile());
    talk(options.withClientCertificate(client.certificateFile(), client.keyFile()), Subject.SERVER);
  }

  @Test
  void keysAreKeptWhereAnyoneIsTrusted() throws Exception {
    TlsOptions options = TlsOptions.DEFAULT.withClientCertificate(keys(), PASSWORD);
    talk(options, Subject.SELF_SIGNED, Destination::insecurelyTrustingAnyone);
  }

  @Test
  void whoWasTrustedOnceIsNotTrustedTheNextTime() throws Exception {
    Peer.Service service =
        Peer.tls(TestCertificates.issue(Subject.SELF_SIGNED).context(), socket -> {}, Peer.ECHO);
    try (Peer peer = new Peer(service);
        ReadinessLoop loop = new ReadinessLoop()) {
      SocketConnector connector = new SocketConnector(loop, new BufferPool(), trusting());
      try (Transport transport =
          connector.connect(peer.secure().insecurelyTrustingAnyone(), soon())) {
        Bytes.echo(transport, 100);
      }
      assertThatThrownBy(() -> connector.connect(peer.secure(), soon()))
          .isInstanceOf(SSLException.class);
    }
  }

  /** Talks to a server of both versions of TLS, and returns what was agreed on. */
  private static SSLSession agreed(TlsOptions options) throws Exception {
    Peer.Service service = Peer.tls(TestCertificates.serverContext(), socket -> {}, Peer.ECHO);
    try (Peer peer = new Peer(service);
        ReadinessLoop loop = new ReadinessLoop();
        Transport transport =
            new SocketConnector(loop, new BufferPool(), options).connect(peer.secure(), soon())) {
      Bytes.echo(transport, 100);
      return Objects.requireNonNull(transport.info().tls());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void protocolIsTheChosenOne(String protocol) throws Exception {
    assertThat(agreed(trusting().withProtocols(protocol)).getProtocol()).isEqualTo(protocol);
  }

  @Test
  void shorterKeysAreAskedForFirstWhereNobodySaidOtherwise() {
    SSLEngine engine = TlsOptions.DEFAULT.engine(new Destination(true, "localhost", 443));
    assertThat(engine.getEnabledCipherSuites())
        .startsWith("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384")
        .hasSameSizeAs(engine.getSSLParameters().getCipherSuites())
        .doesNotHaveDuplicates();
    assertThat(TlsOptions.shortKeysFirst(suites("TLS_AES_256_GCM_SHA384")))
        .containsExactly("TLS_AES_256_GCM_SHA384");
    String[] chosen = suites("TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256");
    assertThat(TlsOptions.shortKeysFirst(chosen.clone())).isEqualTo(chosen);
    String[] without = suites("TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256");
    assertThat(TlsOptions.shortKeysFirst(without.clone())).isEqualTo(without);
  }

  @Test
  void orderOfTheSuitesIsWhatTheJvmWasTold() {
    String[] told = suites("TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256");
    System.setProperty("jdk.tls.client.cipherSuites", String.join(",", told));
    try {
      assertThat(TlsOptions.shortKeysFirst(told.clone())).isEqualTo(told);
    } finally {
      System.clearProperty("jdk.tls.client.cipherSuites");
    }
  }

  private static String[] suites(String... suites) {
    return suites;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "TLS_AES_256_GCM_SHA384",
        "TLS_CHACHA20_POLY1305_SHA256",
        "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"
      })
  void cipherSuiteIsTheChosenOne(String suite) throws Exception {
    assertThat(agreed(trusting().withCipherSuites(suite)).getCipherSuite()).isEqualTo(suite);
  }

  @ParameterizedTest
  @ValueSource(strings = {"SSLv3", "TLSv1", "TLSv1.1", "TLSv1.4", "tlsv1.3", ""})
  void protocolThatIsNoneIsRefused(String protocol) {
    assertThatThrownBy(() -> TlsOptions.DEFAULT.withProtocols("TLSv1.3", protocol))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("protocol '" + protocol + "', expected TLSv1.2 or TLSv1.3");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "TLS_RSA_WITH_AES_128_GCM_SHA256",
        "TLS_ECDH_anon_WITH_AES_128_CBC_SHA",
        "TLS_ECDHE_ECDSA_WITH_NULL_SHA",
        "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
        "TLS_EMPTY_RENEGOTIATION_INFO_SCSV",
        "no such suite"
      })
  void weakCipherSuiteIsRefused(String suite) {
    assertThatThrownBy(() -> TlsOptions.DEFAULT.withCipherSuites(suite))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("cipher suite '" + suite + "', expected ");
  }

  @Test
  void choiceOfNothingIsRefused() {
    assertThatThrownBy(() -> TlsOptions.DEFAULT.withProtocols())
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> TlsOptions.DEFAULT.withCipherSuites())
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @CsvSource({"'', ''", "http/1.1, http/1.1", "x-own:http/1.1, x-own"})
  void applicationProtocolsAreOffered(String names, String chosen) throws Exception {
    CompletableFuture<String> seen = new CompletableFuture<>();
    Peer.Service service =
        Peer.tls(
            TestCertificates.serverContext(),
            socket ->
                socket.setHandshakeApplicationProtocolSelector(
                    (s, offered) -> {
                      seen.complete(String.join(":", offered));
                      return offered.getFirst();
                    }),
            Peer.ECHO);
    TlsOptions options =
        trusting().withApplicationProtocols(names.isEmpty() ? new String[0] : names.split(":"));
    try (Peer peer = new Peer(service);
        ReadinessLoop loop = new ReadinessLoop();
        Transport transport =
            new SocketConnector(loop, new BufferPool(), options).connect(peer.secure(), soon())) {
      Bytes.echo(transport, 100);
    }
    assertThat(seen.getNow("")).isEqualTo(names);
    assertThat(names).startsWith(chosen);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "h2", "h3", "a b", "\u00e9"})
  void applicationProtocolThatIsNoneIsRefused(String name) {
    assertThatThrownBy(() -> TlsOptions.DEFAULT.withApplicationProtocols("http/1.1", name))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("application protocol '" + name + "'");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "sha256/",
        "sha1/JguGDZ5/I3IyI76xzcK2yWeOz5ZAQcVT0V5TbzIONkI=",
        "JguGDZ5/I3IyI76xzcK2yWeOz5ZAQcVT0V5TbzIONkI=",
        "sha256/JguGDZ5_I3IyI76xzcK2yWeOz5ZAQcVT0V5TbzIONkI=",
        "sha256/JguGDZ5/I3IyI76xzcK2yWeOz5ZAQcVT0V5TbzION==",
      })
  void pinThatIsNoneIsRefused(String pin) {
    assertThatThrownBy(() -> TlsOptions.DEFAULT.withPinnedKeys(pin))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("pin '" + pin + "', expected sha256/ and 32 bytes in Base64");
  }

  @Test
  void pinsAndAContextExcludeEachOther() {
    String pin = "sha256/JguGDZ5/I3IyI76xzcK2yWeOz5ZAQcVT0V5TbzIONkI=";
    SSLContext context = TestCertificates.clientContext();
    assertThatThrownBy(() -> TlsOptions.DEFAULT.withContext(context).withPinnedKeys(pin))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageEndingWith("expected withTrust");
    assertThatThrownBy(() -> TlsOptions.DEFAULT.withPinnedKeys(pin).withContext(context))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageEndingWith("expected withTrust");
    assertThatThrownBy(() -> TlsOptions.DEFAULT.withPinnedKeys())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no pin, expected at least one");
  }

  @Test
  void showsWhatIsSetAndNoKey() throws Exception {
    assertThat(trusting().withClientCertificate(keys(), PASSWORD).withProtocols("TLSv1.3"))
        .hasToString(
            "TlsOptions[trust=own, clientCertificate=true, pins=[], Speech[protocols=[TLSv1.3],"
                + " cipherSuites=[], applicationProtocols=[http/1.1]]]");
    assertThat(TlsOptions.DEFAULT.toString()).startsWith("TlsOptions[trust=platform, ");
  }

  @Test
  void storesThatCannotBeUsedAreRefused() throws Exception {
    KeyStore keys = keys();
    assertThatThrownBy(() -> TlsOptions.DEFAULT.withClientCertificate(keys, "wrong".toCharArray()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("key store that cannot be used");
    KeyStore notLoaded = KeyStore.getInstance("PKCS12");
    assertThatThrownBy(() -> TlsOptions.DEFAULT.withTrust(notLoaded))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("trust store that cannot be used");
    KeyStore empty = empty();
    assertThatThrownBy(() -> TlsOptions.DEFAULT.withTrust(empty))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("trust store without a certificate");
  }
}
