// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.CryptoPrimitive;
import java.security.Key;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class StrongAlgorithmsTest {
  private static final Set<CryptoPrimitive> ANY = Set.of(CryptoPrimitive.SIGNATURE);
  private final StrongAlgorithms algorithms = new StrongAlgorithms();

  private static Key key(String algorithm, int bits) throws NoSuchAlgorithmException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
    generator.initialize(bits);
    return generator.generateKeyPair().getPublic();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "TLSv1.2",
        "TLSv1.3",
        "TLS_AES_128_GCM_SHA256",
        "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
        "SHA256withRSA",
        "SHA384withECDSA",
        "RSASSA-PSS",
        "Ed25519",
        "SHA-1",
        "MD5",
        "TLS"
      })
  void strongOnesMayBeUsed(String algorithm) {
    assertThat(algorithms.permits(ANY, algorithm, null)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SSLv3",
        "TLSv1",
        "TLSv1.1",
        "TLS_RSA_WITH_AES_128_GCM_SHA256",
        "SHA1withRSA",
        "SHA1withECDSA",
        "sha-1WITHrsa",
        "MD5withRSA",
        "MD2withRSA",
        "tlsv1",
        "tls_rsa_with_aes_128_gcm_sha256"
      })
  void weakOnesMayNot(String algorithm) {
    assertThat(algorithms.permits(ANY, algorithm, null)).isFalse();
  }

  @Test
  void keysNeedTheirBits() throws Exception {
    Key small = key("RSA", 1024);
    assertThat(algorithms.permits(ANY, small)).isFalse();
    assertThat(algorithms.permits(ANY, "SHA256withRSA", small, null)).isFalse();
    Key large = key("RSA", 2048);
    assertThat(algorithms.permits(ANY, large)).isTrue();
    assertThat(algorithms.permits(ANY, "SHA256withRSA", large, null)).isTrue();
    assertThat(algorithms.permits(ANY, "SHA1withRSA", large, null)).isFalse();
    assertThat(algorithms.permits(ANY, key("EC", 256))).isTrue();
  }
}
