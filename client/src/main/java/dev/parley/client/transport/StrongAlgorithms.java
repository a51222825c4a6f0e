// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import java.security.AlgorithmConstraints;
import java.security.AlgorithmParameters;
import java.security.CryptoPrimitive;
import java.security.Key;
import java.security.interfaces.RSAKey;
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

  private static final Pattern WEAK =
      Pattern.compile(
          "((SHA-?1|MD5|MD2)with.+)|SSLv[23]|TLSv1(\\.1)?|TLS_RSA_.+", Pattern.CASE_INSENSITIVE);

  private static final Pattern WEAK_SUITE =
      Pattern.compile("TLS_RSA_.+|.*_SCSV|.*_(anon|NULL|EXPORT|RC4|DES|3DES|KRB5|MD5)(_.*)?");

  /** Tells whether a cipher suite has forward secrecy, authentication and strength. */
  static boolean isStrong(String suite) {
    return suite.startsWith("TLS_") && !WEAK_SUITE.matcher(suite).matches();
  }

  @Override
  public boolean permits(
      Set<CryptoPrimitive> primitives, String algorithm, @Nullable AlgorithmParameters parameters) {
    return !WEAK.matcher(algorithm).matches();
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
