// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import dev.parley.client.transport.TlsHandshakeException.Reason;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertPathBuilderResult;
import java.security.cert.CertStore;
import java.security.cert.Certificate;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.PKIXCertPathBuilderResult;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/**
 * Public keys of which a server's chain must have one, each by the SHA-256 of its
 * SubjectPublicKeyInfo (RFC 7469 §2.4).
 *
 * <p>The chain is the one that leads from the server's certificate to an authority that is trusted,
 * signature by signature, and not the list that the server sent: that one may have any certificate
 * of anybody in it, the pinned one too. JSSE validates a chain but does not tell which it was, so
 * it is built once more, by the JDK's own builder.
 */
final class PinnedKeys {
  private static final String PREFIX = "sha256/";
  private static final int HASH_BYTES = 32;

  static final PinnedKeys NONE = new PinnedKeys(Set.of());

  private final Set<String> pins;

  private PinnedKeys(Set<String> pins) {
    this.pins = pins;
  }

  /** Reads pins as curl, OkHttp and RFC 7469 write them. */
  static PinnedKeys of(String... pins) {
    Set<String> all = new LinkedHashSet<>();
    for (String pin : pins) {
      String hash = pin.startsWith(PREFIX) ? pin.substring(PREFIX.length()) : "";
      try {
        if (Base64.getDecoder().decode(hash).length != HASH_BYTES) {
          throw new IllegalArgumentException("not a hash of SHA-256");
        }
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(
            "pin '" + pin + "', expected sha256/ and 32 bytes in Base64", e);
      }
      all.add(pin.endsWith("=") ? pin : pin + "=");
    }
    if (all.isEmpty()) {
      throw new IllegalArgumentException("no pin, expected at least one");
    }
    return new PinnedKeys(all);
  }

  boolean isEmpty() {
    return pins.isEmpty();
  }

  /** Throws unless the chain of a session, by the trust that validated it, has a pinned key. */
  void require(SSLSession session, Destination destination, List<TrustManager> trust)
      throws TlsHandshakeException {
    if (isEmpty()) {
      return;
    }
    List<String> seen = new ArrayList<>();
    try {
      for (X509Certificate certificate : validated(session, trust)) {
        String pin = pin(certificate);
        if (pins.contains(pin)) {
          return;
        }
        seen.add(pin);
      }
    } catch (SSLPeerUnverifiedException | GeneralSecurityException e) {
      throw new TlsHandshakeException(
          Reason.PIN,
          "chain of " + destination + " cannot be held against the pinned keys: " + e.getMessage(),
          e);
    }
    throw new TlsHandshakeException(
        Reason.PIN,
        "chain of "
            + destination
            + " has no pinned key: its keys are "
            + String.join(", ", seen)
            + ", expected "
            + String.join(" or ", pins),
        null);
  }

  private static List<X509Certificate> validated(SSLSession session, List<TrustManager> trust)
      throws SSLPeerUnverifiedException, GeneralSecurityException {
    List<Certificate> sent = List.of(session.getPeerCertificates());
    Set<TrustAnchor> anchors = new LinkedHashSet<>();
    for (TrustManager manager : trust) {
      if (manager instanceof X509TrustManager x509) {
        for (X509Certificate issuer : x509.getAcceptedIssuers()) {
          anchors.add(new TrustAnchor(issuer, null));
        }
      }
    }
    X509CertSelector server = new X509CertSelector();
    server.setCertificate((X509Certificate) sent.getFirst());
    PKIXBuilderParameters parameters = new PKIXBuilderParameters(anchors, server);
    parameters.addCertStore(
        CertStore.getInstance("Collection", new CollectionCertStoreParameters(sent)));
    parameters.setRevocationEnabled(false); // JSSE has judged that, by the platform's settings
    CertPathBuilderResult built = CertPathBuilder.getInstance("PKIX").build(parameters);
    List<X509Certificate> chain = new ArrayList<>();
    if (built instanceof PKIXCertPathBuilderResult path) {
      for (Certificate certificate : path.getCertPath().getCertificates()) {
        chain.add((X509Certificate) certificate);
      }
      chain.add(path.getTrustAnchor().getTrustedCert());
    }
    return chain;
  }

  static String pin(X509Certificate certificate) throws NoSuchAlgorithmException {
    byte[] hash =
        MessageDigest.getInstance("SHA-256").digest(certificate.getPublicKey().getEncoded());
    return PREFIX + Base64.getEncoder().encodeToString(hash);
  }

  /** Shows the pins, which are public. */
  @Override
  public String toString() {
    return pins.toString();
  }
}
