// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import java.security.AlgorithmConstraints;
import java.security.AlgorithmParameters;
import java.security.CryptoPrimitive;
import java.security.Key;
import java.security.interfaces.RSAKey;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What TLS may not use, in addition to what the platform's policy forbids: that one still allows
 * RSA keys of 1024 bits, and SHA-1 by authorities of one's own, and before JDK 24 also key
 * transport by RSA, which has no forward secrecy.
 */
final class StrongAlgorithms implements AlgorithmConstraints {
  /** Which nobody breaks today (NIST SP 800-57, RFC 9325 §4.5). */
  private static final int RSA_BITS = 2048;

  /** No pattern: a handshake asks so often that matching one showed in its profile. */
  private static final List<String> WEAK_BEGINNINGS =
      List.of("SHA1with", "SHA-1with", "MD5with", "MD2with", "TLS_RSA_");

  private static final List<String> WEAK_PROTOCOLS = List.of("SSLv2", "SSLv3", "TLSv1", "TLSv1.1");

  private static final Pattern WEAK_SUITE =
      Pattern.compile("TLS_RSA_.+|.*_SCSV|.*_(anon|NULL|EXPORT|RC4|DES|3DES|KRB5|MD5)(_.*)?");

  /** Tells whether a cipher suite has forward secrecy, authentication and strength. */
  static boolean isStrong(String suite) {
    return suite.startsWith("TLS_") && !WEAK_SUITE.matcher(suite).matches();
  }

  @Override
  public boolean permits(
      Set<CryptoPrimitive> primitives, String algorithm, @Nullable AlgorithmParameters parameters) {
    for (String beginning : WEAK_BEGINNINGS) {
      if (algorithm.regionMatches(true, 0, beginning, 0, beginning.length())) {
        return false;
      }
    }
    for (String protocol : WEAK_PROTOCOLS) {
      if (algorithm.equalsIgnoreCase(protocol)) {
        return false;
      }
    }
    return true;
  }

  @Override
  public boolean permits(Set<CryptoPrimitive> primitives, Key key) {
    return !(key instanceof RSAKey rsa) || rsa.getModulus().bitLength() >= RSA_BITS;
  }

  @Override
  public boolean permits(
      Set<CryptoPrimitive> primitives,
      String algorithm,
      Key key,
      @Nullable AlgorithmParameters parameters) {
    return permits(primitives, algorithm, parameters) && permits(primitives, key);
  }
}
