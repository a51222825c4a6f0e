// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

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
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

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
    Peer.Service service =
        Peer.tls(
            TestCertificates.issue(server).context(),
            socket -> socket.setNeedClientAuth(true),
            Peer.ECHO);
    try (Peer peer = new Peer(service);
        ReadinessLoop loop = new ReadinessLoop();
        Transport transport =
            new SocketConnector(loop, new BufferPool(), options)
                .connect(peer.secure(), Deadline.after(Duration.ofSeconds(20)))) {
      Bytes.echo(transport, 100);
    }
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
  void keysAreKeptWhereAnyoneIsTrusted() throws Exception {
    TlsOptions options = TlsOptions.DEFAULT.withClientCertificate(keys(), PASSWORD);
    talk(options.insecurelyTrustingAnyone(), Subject.SELF_SIGNED);
  }

  @Test
  void trustInStoresEndsTrustInAnyone() throws Exception {
    KeyStore store = empty();
    store.setCertificateEntry("ca", certificates(TestCertificates.authorityFile())[0]);
    TlsOptions options = TlsOptions.DEFAULT.insecurelyTrustingAnyone().withTrust(store);
    assertThatThrownBy(() -> talk(options, Subject.SELF_SIGNED)).isInstanceOf(SSLException.class);
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
