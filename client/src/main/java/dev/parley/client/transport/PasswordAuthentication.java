// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Basic and Digest, or one of them. */
final class PasswordAuthentication implements HttpAuthentication {
  private static final SecureRandom RANDOM = new SecureRandom();

  private final String user;
  private final String password;
  private final boolean basic;
  private final boolean digest;
  private final Supplier<String> clientNonces;

  private PasswordAuthentication(
      String user, String password, boolean basic, boolean digest, Supplier<String> clientNonces) {
    requireText("user", user);
    requireText("password", password);
    if (basic && user.indexOf(':') >= 0) {
      throw new IllegalArgumentException("user with a colon, expected none (RFC 7617 §2)");
    }
    this.user = user;
    this.password = password;
    this.basic = basic;
    this.digest = digest;
    this.clientNonces = clientNonces;
  }

  static PasswordAuthentication basic(String user, String password) {
    return new PasswordAuthentication(user, password, true, false, () -> "");
  }

  static PasswordAuthentication digest(String user, String password) {
    return digest(user, password, PasswordAuthentication::clientNonce);
  }

  static PasswordAuthentication digest(
      String user, String password, Supplier<String> clientNonces) {
    return new PasswordAuthentication(user, password, false, true, clientNonces);
  }

  static PasswordAuthentication basicOrDigest(String user, String password) {
    return new PasswordAuthentication(
        user, password, true, true, PasswordAuthentication::clientNonce);
  }

  private static String clientNonce() {
    byte[] nonce = new byte[16];
    RANDOM.nextBytes(nonce);
    return HexFormat.of().formatHex(nonce);
  }

  private static void requireText(String what, String text) {
    if (Objects.requireNonNull(text, what).chars().anyMatch(Character::isISOControl)) {
      throw new IllegalArgumentException(what + " with a control character, expected none");
    }
  }

  @Override
  public Exchange begin() {
    return new OneExchange();
  }

  private final class OneExchange implements Exchange {
    private boolean toldBasic;
    private @Nullable Request answered;

    @Override
    public @Nullable String credentials(Request request, List<HttpChallenge> challenges) {
      if (basic && !toldBasic && (challenges.isEmpty() || offers(challenges))) {
        toldBasic = true;
        byte[] credentials = (user + ":" + password).getBytes(StandardCharsets.UTF_8);
        return "Basic " + Base64.getEncoder().encodeToString(credentials);
      }
      DigestChallenge challenge = digest ? DigestChallenge.strongest(challenges) : null;
      if (challenge == null || request.equals(answered)) {
        // Asked again, the password is wrong. The nonce cannot be too old: it came a moment ago.
        return null;
      }
      answered = request; // the first, or one that a redirect led to: an answer is for one alone
      return challenge.answer(user, password, request, clientNonces.get());
    }

    private static boolean offers(List<HttpChallenge> challenges) {
      return challenges.stream().anyMatch(challenge -> challenge.is("Basic"));
    }
  }

  /** Shows which schemes; no user and no password. */
  @Override
  public String toString() {
    return "HttpAuthentication[" + (basic ? digest ? "Basic or Digest" : "Basic" : "Digest") + "]";
  }
}
