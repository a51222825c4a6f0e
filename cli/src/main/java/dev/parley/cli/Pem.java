// SPDX-License-Identifier: Apache-2.0
package dev.parley.cli;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Certificates and keys in PEM files (RFC 7468), as key stores. What is wrong with a file is an
 * {@link IllegalArgumentException} that names it.
 */
final class Pem {
  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \\1-----", Pattern.DOTALL);

  private final Path file;
  private final List<Certificate> certificates = new ArrayList<>();
  private final List<PrivateKey> keys = new ArrayList<>();

  private Pem(Path file) {
    this.file = file;
    try {
      // Latin 1: what stands between the blocks may be anything.
      Matcher blocks = BLOCK.matcher(Files.readString(file, StandardCharsets.ISO_8859_1));
      while (blocks.find()) {
        add(blocks.group(1), Base64.getMimeDecoder().decode(blocks.group(2)));
      }
    } catch (NoSuchFileException e) {
      throw new IllegalArgumentException("there is no file " + file, e);
    } catch (IOException e) {
      throw new IllegalArgumentException("cannot read " + file + ": " + e.getMessage(), e);
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException(file + ": " + e.getMessage(), e);
    }
  }

  /** Reads the certificates of authorities to trust. */
  static KeyStore authorities(Path file) {
    Pem pem = new Pem(file).requireCertificate();
    try {
      KeyStore store = emptyStore();
      for (Certificate certificate : pem.certificates) {
        store.setCertificateEntry("ca-" + store.size(), certificate);
      }
      return store;
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalArgumentException(file + ": " + e.getMessage(), e);
    }
  }

  /**
   * Reads a client's certificate, which comes first, its chain, and its private key.
   *
   * @param keyFile may be the same file
   * @param password what the store's entry will be locked with
   */
  static KeyStore clientCertificate(Path certificateFile, Path keyFile, char[] password) {
    Pem chain = new Pem(certificateFile).requireCertificate();
    Pem key = new Pem(keyFile);
    if (key.keys.isEmpty()) {
      throw new IllegalArgumentException(keyFile + " has no private key in PEM form");
    }
    try {
      KeyStore store = emptyStore();
      store.setKeyEntry(
          "client", key.keys.getFirst(), password, chain.certificates.toArray(Certificate[]::new));
      return store;
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalArgumentException(certificateFile + ": " + e.getMessage(), e);
    }
  }

  private Pem requireCertificate() {
    if (certificates.isEmpty()) {
      throw new IllegalArgumentException(file + " has no certificate in PEM form");
    }
    return this;
  }

  private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    return store;
  }

  private void add(String label, byte[] der) throws GeneralSecurityException {
    switch (label) {
      case "CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE" ->
          certificates.add(certificate(der));
      case "PRIVATE KEY" -> keys.add(privateKey(der));
      case "RSA PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY" ->
          throw new IllegalArgumentException(
              file
                  + " has a key of an older or an encrypted form; convert it first: "
                  + "openssl pkcs8 -topk8 -nocrypt -in "
                  + file
                  + " -out key.pem");
      default -> {} // EC PARAMETERS and the like: beside the point
    }
  }

  private static Certificate certificate(byte[] der) throws CertificateException {
    return CertificateFactory.getInstance("X.509")
        .generateCertificate(new ByteArrayInputStream(der));
  }

  /** The form names its algorithm only by number; each factory takes what is its own. */
  private static PrivateKey privateKey(byte[] der) throws GeneralSecurityException {
    for (String algorithm : List.of("RSA", "EC", "EdDSA", "RSASSA-PSS")) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
      } catch (InvalidKeySpecException e) {
        // not of this algorithm; the next one
      }
    }
    throw new InvalidKeySpecException("private key of an unknown algorithm");
  }
}
