// SPDX-License-Identifier: Apache-2.0
package dev.parley.exam;

import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.jspecify.annotations.Nullable;

/**
 * A certificate about to be made, with all that can be wrong with one. By default: for {@code
 * www.example}, valid now, with an EC key, by {@link #AUTHORITY}. Each method changes this one.
 */
final class Certificates {
  private static final char[] PASSWORD = "changeit".toCharArray();
  private static final AtomicLong SERIAL = new AtomicLong(1);

  /** RSA keys take long to make: there is one of each size. */
  private static final Map<Integer, KeyPair> RSA = new ConcurrentHashMap<>();

  /** Whom the clients of these tests trust. */
  static final Identity AUTHORITY = authority("authority", null);

  private String commonName = "server";
  private List<GeneralName> names = List.of(new GeneralName(GeneralName.dNSName, "www.example"));
  private boolean authority;
  private Duration from = Duration.ofDays(-1);
  private Duration until = Duration.ofDays(30);
  private String key = "EC";
  private int bits = 256;
  private String hash = "SHA256";
  private @Nullable Identity issuer = AUTHORITY;

  private Certificates() {}

  /** A certificate with its key, and those that vouch for it, without the root. */
  record Identity(PrivateKey key, List<X509Certificate> chain, boolean root) {
    X509Certificate certificate() {
      return chain.get(0);
    }

    /** Returns what presents only the certificate, and not those that vouch for it. */
    Identity alone() {
      return new Identity(key, List.of(certificate()), root);
    }

    /** Returns the context of a server that presents the chain. */
    SSLContext context() {
      try {
        KeyStore store = emptyStore();
        store.setKeyEntry("server", key, PASSWORD, chain.toArray(Certificate[]::new));
        var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, PASSWORD);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), null, null);
        return context;
      } catch (GeneralSecurityException | IOException e) {
        throw new AssertionError(e);
      }
    }
  }

  static Certificates certificate() {
    return new Certificates();
  }

  /** Makes an authority: a root, or one below another. */
  static Identity authority(String name, @Nullable Identity issuer) {
    return authority(name, issuer, "EC", 256);
  }

  static Identity authority(String name, @Nullable Identity issuer, String key, int bits) {
    return authority(certificate().commonName(name).key(key, bits), issuer);
  }

  static Identity authority(String name, Identity issuer, Duration from, Duration until) {
    return authority(certificate().commonName(name).valid(from, until), issuer);
  }

  private static Identity authority(Certificates authority, @Nullable Identity issuer) {
    authority.authority = true;
    authority.issuer = issuer;
    return authority.names().make();
  }

  /** Returns a store with the certificates to trust. */
  static KeyStore trust(Identity... authorities) {
    try {
      KeyStore store = emptyStore();
      for (Identity each : authorities) {
        store.setCertificateEntry("authority-" + store.size(), each.certificate());
      }
      return store;
    } catch (GeneralSecurityException | IOException e) {
      throw new AssertionError(e);
    }
  }

  private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load((InputStream) null, null);
    return store;
  }

  Certificates commonName(String name) {
    commonName = name;
    return this;
  }

  /** Sets the alternative names, each as in {@code dns:www.example} or {@code ip:192.0.2.1}. */
  Certificates names(String... alternatives) {
    names = new ArrayList<>();
    for (String alternative : alternatives) {
      int colon = alternative.indexOf(':');
      int type = alternative.startsWith("ip:") ? GeneralName.iPAddress : GeneralName.dNSName;
      names.add(new GeneralName(type, alternative.substring(colon + 1)));
    }
    return this;
  }

  Certificates valid(Duration from, Duration until) {
    this.from = from;
    this.until = until;
    return this;
  }

  Certificates key(String algorithm, int bits) {
    this.key = algorithm;
    this.bits = bits;
    return this;
  }

  Certificates hash(String name) {
    hash = name;
    return this;
  }

  Certificates by(Identity issuer) {
    this.issuer = issuer;
    return this;
  }

  Certificates selfSigned() {
    issuer = null;
    return this;
  }

  Identity make() {
    try {
      return make(key.equals("RSA") ? RSA.computeIfAbsent(bits, b -> pair()) : pair());
    } catch (GeneralSecurityException | CertIOException | OperatorCreationException e) {
      throw new AssertionError(e);
    }
  }

  private KeyPair pair() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance(key);
      generator.initialize(bits);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private Identity make(KeyPair pair)
      throws GeneralSecurityException, CertIOException, OperatorCreationException {
    X500Name subject = new X500Name("CN=" + commonName);
    Instant now = Instant.now();
    var builder =
        new JcaX509v3CertificateBuilder(
            issuer == null
                ? subject
                : X500Name.getInstance(issuer.certificate().getSubjectX500Principal().getEncoded()),
            BigInteger.valueOf(SERIAL.getAndIncrement()),
            Date.from(now.plus(from)),
            Date.from(now.plus(until)),
            subject,
            pair.getPublic());
    if (authority) {
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
    }
    if (!names.isEmpty()) {
      GeneralNames alternatives = new GeneralNames(names.toArray(GeneralName[]::new));
      builder.addExtension(Extension.subjectAlternativeName, false, alternatives);
    }
    PrivateKey signer = issuer == null ? pair.getPrivate() : issuer.key();
    String algorithm = hash + "with" + (signer.getAlgorithm().equals("EC") ? "ECDSA" : "RSA");
    X509Certificate made =
        new JcaX509CertificateConverter()
            .getCertificate(builder.build(new JcaContentSignerBuilder(algorithm).build(signer)));
    List<X509Certificate> chain = new ArrayList<>(List.of(made));
    if (issuer != null && !issuer.root()) {
      chain.addAll(issuer.chain());
    }
    return new Identity(pair.getPrivate(), List.copyOf(chain), issuer == null);
  }
}
