// SPDX-License-Identifier: Apache-2.0
package dev.parley.exam;

import static dev.parley.exam.Certificates.authority;
import static dev.parley.exam.Certificates.certificate;
import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.client.HttpRequestBuilder;
import dev.parley.client.transport.TlsHandshakeException;
import dev.parley.client.transport.TlsHandshakeException.Reason;
import dev.parley.client.transport.TlsOptions;
import dev.parley.exam.Certificates.Identity;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whom a client trusts: those whom an authority that it trusts vouches for, strongly, today. */
final class TlsTrustTest {
  private static final Identity INTERMEDIATE = authority("between", Certificates.AUTHORITY);

  private static TlsHandshakeException refusal(Identity identity) throws Exception {
    TlsHandshakeException refusal = TlsClient.refusal(identity, "www.example");
    assertThat(refusal.reason()).isEqualTo(Reason.UNTRUSTED);
    assertThat(refusal).hasMessageStartingWith("certificate of www.example:");
    return refusal;
  }

  @Row(52)
  @Test
  void goodCertificateIsTrusted() throws Exception {
    TlsClient.opens(certificate().make(), "www.example");
  }

  @Row(52)
  @Test
  void expiredOneIsNot() throws Exception {
    Identity expired = certificate().valid(Duration.ofDays(-30), Duration.ofMinutes(-5)).make();
    assertThat(refusal(expired)).hasMessageContaining(" has expired: NotAfter: ");
  }

  @Row(52)
  @Test
  void oneThatIsNotYetValidIsNot() throws Exception {
    Identity early = certificate().valid(Duration.ofMinutes(5), Duration.ofDays(30)).make();
    assertThat(refusal(early)).hasMessageContaining(" is not valid yet: NotBefore: ");
  }

  @Row(52)
  @Test
  void expiredAuthorityBetweenIsNot() throws Exception {
    Identity between =
        authority("expired", Certificates.AUTHORITY, Duration.ofDays(-30), Duration.ofMinutes(-5));
    assertThat(refusal(certificate().by(between).make())).hasMessageContaining(" has expired: ");
  }

  @Row(52)
  @Test
  void selfSignedOneIsNot() throws Exception {
    assertUnknown(certificate().selfSigned().make());
  }

  @Row(52)
  @Test
  void oneOfAnUnknownAuthorityIsNot() throws Exception {
    // Of the same name as the one that is trusted, as a forger's would be.
    assertUnknown(certificate().by(authority("authority", null)).make());
  }

  @Row(52)
  @Test
  void oneThatIsNoAuthorityVouchesForNobody() throws Exception {
    Identity server = certificate().make();
    Identity forged = certificate().by(server).make();
    refusal(forged);
  }

  @Row(52)
  @Test
  void chainWithoutWhatIsBetweenIsNot() throws Exception {
    Identity complete = certificate().by(INTERMEDIATE).make();
    TlsClient.opens(complete, "www.example");
    assertUnknown(complete.alone());
  }

  private static void assertUnknown(Identity identity) throws Exception {
    assertThat(refusal(identity))
        .hasMessageContaining(" is not trusted: ")
        .hasMessageContaining("expected one that an authority we trust vouches for");
  }

  @Row(53)
  @Test
  void rsaKeyOf1024BitsIsTooWeak() throws Exception {
    assertWeak(certificate().key("RSA", 1024).make());
    TlsClient.opens(certificate().key("RSA", 2048).make(), "www.example");
  }

  @Row(53)
  @Test
  void authorityWithSuchAKeyIsTooWeak() throws Exception {
    Identity weak = authority("weak", Certificates.AUTHORITY, "RSA", 1024);
    assertWeak(certificate().by(weak).make());
  }

  @Row(53)
  @ParameterizedTest
  @CsvSource({"SHA1, EC, 256", "SHA1, RSA, 2048", "MD5, RSA, 2048"})
  void signatureOverABrokenHashIsTooWeak(String hash, String key, int bits) throws Exception {
    Identity between = authority("between", Certificates.AUTHORITY, key, bits);
    assertWeak(certificate().by(between).hash(hash).make());
  }

  private static void assertWeak(Identity identity) throws Exception {
    assertThat(refusal(identity))
        .hasMessageContaining(" is too weak: ")
        .hasMessageContaining("expected RSA keys of 2048 bits, and neither SHA-1 nor MD5");
  }

  @Row({52, 53})
  @ParameterizedTest
  @ValueSource(ints = {1024, 2048})
  void whoTrustsAnyoneGetsWhatHeAskedFor(int bits) throws Exception {
    Identity identity =
        certificate().key("RSA", bits).hash("SHA1").names("dns:other.example").selfSigned().make();
    TlsClient.opens(
        identity, "www.example", TlsOptions.DEFAULT, HttpRequestBuilder::insecurelyTrustingAnyone);
  }
}
