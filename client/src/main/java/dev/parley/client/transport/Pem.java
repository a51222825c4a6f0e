// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Certificates and keys in PEM files (RFC 7468), as key stores. What is wrong with a file is an
 * {@link IllegalArgumentException} that names it; no message shows what stands in it.
 */
final class Pem {
  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \\1-----", Pattern.DOTALL);

  // RFC 1421 §4.6: header fields, then an empty line. OpenSSL writes them where it encrypts.
  private static final Pattern HEADERS =
      Pattern.compile("\\s*((?:[A-Za-z-]+:[^\\r\\n]*\\r?\\n)+)\\r?\\n(.*)", Pattern.DOTALL);

  private final List<Block> blocks = new ArrayList<>();

  /** One block: its label, its header fields, mostly none, and its content. */
  private record Block(String label, String headers, String base64) {
    byte[] der() {
      return Base64.getMimeDecoder().decode(base64);
    }
  }

  /** What may go wrong with a file. */
  private interface Reading<T> {
    T read() throws IOException, GeneralSecurityException;
  }

  private Pem(Path file) {
    // Latin 1: what stands between the blocks may be anything.
    String text = reading(file, () -> Files.readString(file, StandardCharsets.ISO_8859_1));
    Matcher matcher = BLOCK.matcher(text);
    while (matcher.find()) {
      Matcher headers = HEADERS.matcher(matcher.group(2));
      blocks.add(
          headers.matches()
              ? new Block(matcher.group(1), headers.group(1), headers.group(2))
              : new Block(matcher.group(1), "", matcher.group(2)));
    }
  }

  /** Reads the certificates of authorities to trust. */
  static KeyStore authorities(Path file) {
    Pem pem = new Pem(file);
    return reading(
        file,
        () -> {
          KeyStore store = emptyStore();
          for (Certificate certificate : pem.certificates()) {
            store.setCertificateEntry("ca-" + store.size(), certificate);
          }
          return store;
        });
  }

  /**
   * Reads a client's certificate, which comes first, its chain, and its private key.
   *
   * @param keyFile may be the same file
   * @param keyPassword what the key is encrypted with; {@code null} where it is not
   * @param password what the store's entry will be locked with
   */
  static KeyStore clientCertificate(
      Path certificateFile, Path keyFile, char @Nullable [] keyPassword, char[] password) {
    List<Certificate> chain = reading(certificateFile, new Pem(certificateFile)::certificates);
    Pem keys = new Pem(keyFile);
    PrivateKey key = reading(keyFile, () -> keys.privateKey(keyPassword));
    if (!belong(chain.getFirst().getPublicKey(), key)) {
      throw new IllegalArgumentException(
          "the private key in "
              + keyFile
              + " is not that of the certificate in "
              + certificateFile);
    }
    return reading(
        certificateFile,
        () -> {
          KeyStore store = emptyStore();
          store.setKeyEntry("client", key, password, chain.toArray(Certificate[]::new));
          return store;
        });
  }

  private static <T> T reading(Path file, Reading<T> reading) {
    try {
      return reading.read();
    } catch (NoSuchFileException e) {
      throw new IllegalArgumentException("there is no file " + file, e);
    } catch (IOException e) {
      throw new IllegalArgumentException("cannot read " + file + ": " + e.getMessage(), e);
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw new IllegalArgumentException(file + ": " + e.getMessage(), e);
    }
  }

  private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    return store;
  }

  private List<Certificate> certificates() throws CertificateException {
    CertificateFactory factory = CertificateFactory.getInstance("X.509");
    List<Certificate> certificates = new ArrayList<>();
    for (Block block : blocks) {
      switch (block.label()) {
        case "CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE" ->
            certificates.add(factory.generateCertificate(new ByteArrayInputStream(block.der())));
        default -> {} // a key, or something beside the point
      }
    }
    if (certificates.isEmpty()) {
      throw new CertificateException("no certificate in PEM form");
    }
    return certificates;
  }

  private PrivateKey privateKey(char @Nullable [] password) throws GeneralSecurityException {
    byte[] curve = null;
    for (Block block : blocks) {
      switch (block.label()) {
        case "EC PARAMETERS" -> curve = block.der(); // for a key after it that names no curve
        case "PRIVATE KEY" -> {
          return PrivateKeys.ofPkcs8(block.der());
        }
        case "ENCRYPTED PRIVATE KEY" -> {
          return PrivateKeys.ofEncryptedPkcs8(block.der(), require(password));
        }
        case "RSA PRIVATE KEY" -> {
          return PrivateKeys.ofPkcs1(plain(block, password));
        }
        case "EC PRIVATE KEY" -> {
          return PrivateKeys.ofSec1(plain(block, password), curve);
        }
        default -> {} // a certificate, or something beside the point
      }
    }
    throw new IllegalArgumentException("no private key in PEM form");
  }

  private static byte[] plain(Block block, char @Nullable [] password)
      throws GeneralSecurityException {
    return block.headers().contains("ENCRYPTED")
        ? PrivateKeys.decryptOpenSsl(block.headers(), block.der(), require(password))
        : block.der();
  }

  private static char[] require(char @Nullable [] password) {
    if (password == null) {
      throw new IllegalArgumentException("private key that is encrypted: give its password");
    }
    return password;
  }

  /** Tells whether a key is a certificate's: what it signs, the certificate must confirm. */
  private static boolean belong(PublicKey certified, PrivateKey key) {
    String algorithm =
        switch (key.getAlgorithm()) {
          case "RSA" -> "SHA256withRSA";
          case "EC" -> "SHA256withECDSA";
          case "EdDSA" -> "EdDSA";
          default -> null; // TLS will find out
        };
    if (algorithm == null) {
      return true;
    }
    try {
      Signature signature = Signature.getInstance(algorithm);
      signature.initSign(key);
      signature.update(certified.getEncoded());
      byte[] signed = signature.sign();
      signature.initVerify(certified);
      signature.update(certified.getEncoded());
      return signature.verify(signed);
    } catch (GeneralSecurityException e) {
      return false; // a certificate for another kind of key, for one
    }
  }
}
