// SPDX-License-Identifier: Apache-2.0
package dev.parley.exam;

import dev.parley.testkit.TestCertificates;
import dev.parley.testkit.TestCertificates.Subject;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Base64;

/** Pins, made as RFC 7469 says and by no code of the client's. */
final class Pins {
  static final String SERVER = of(TestCertificates.issue(Subject.SERVER).certificateFile());
  static final String AUTHORITY = of(TestCertificates.authorityFile());

  /** Of nobody. */
  static final String OTHER = "sha256/" + Base64.getEncoder().encodeToString(new byte[32]);

  private Pins() {}

  static String of(X509Certificate certificate) {
    try {
      byte[] key = certificate.getPublicKey().getEncoded();
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(key);
      return "sha256/" + Base64.getEncoder().encodeToString(hash);
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static String of(Path pem) {
    try (InputStream in = Files.newInputStream(pem)) {
      return of((X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in));
    } catch (IOException | GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }
}
