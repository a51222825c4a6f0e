// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A challenge of Digest (RFC 7616 §3.3), and its answer (§3.4). */
final class DigestChallenge {
  /** The algorithms, the strongest first. A challenge that names none means the last. */
  private enum Algorithm {
    SHA_512_256("SHA-512-256", "SHA-512/256"),
    SHA_256("SHA-256", "SHA-256"),
    MD5("MD5", "MD5");

    private final String name;
    private final String digest;

    Algorithm(String name, String digest) {
      this.name = name;
      this.digest = digest;
    }

    private static @Nullable Algorithm of(String name) {
      for (Algorithm algorithm : values()) {
        if (name.equalsIgnoreCase(algorithm.name)
            || name.equalsIgnoreCase(algorithm.name + "-sess")) {
          return algorithm;
        }
      }
      return null;
    }

    /** Hashes what is ASCII but for what came in a head, which is read as ISO 8859-1. */
    private String hash(String text) {
      return hash(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private String hash(byte[] octets) {
      try {
        return HexFormat.of().formatHex(MessageDigest.getInstance(digest).digest(octets));
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("every JDK has " + digest, e);
      }
    }
  }

  private final HttpChallenge challenge;
  private final Algorithm algorithm;
  private final boolean session;

  private DigestChallenge(HttpChallenge challenge, Algorithm algorithm, boolean session) {
    this.challenge = challenge;
    this.algorithm = algorithm;
    this.session = session;
  }

  /** Returns the strongest challenge that can be answered, or {@code null} where there is none. */
  static @Nullable DigestChallenge strongest(List<HttpChallenge> challenges) {
    DigestChallenge strongest = null;
    for (HttpChallenge challenge : challenges) {
      DigestChallenge digest = challenge.is("Digest") ? of(challenge) : null;
      if (digest != null
          && (strongest == null || digest.algorithm.compareTo(strongest.algorithm) < 0)) {
        strongest = digest;
      }
    }
    return strongest;
  }

  private static @Nullable DigestChallenge of(HttpChallenge challenge) {
    String name = Objects.requireNonNullElse(challenge.parameter("algorithm"), "MD5");
    Algorithm algorithm = Algorithm.of(name);
    if (algorithm == null
        || challenge.parameter("realm") == null
        || challenge.parameter("nonce") == null
        || (challenge.parameter("qop") != null && qop(challenge) == null)) {
      return null;
    }
    return new DigestChallenge(
        challenge, algorithm, name.toLowerCase(Locale.ROOT).endsWith("-sess"));
  }

  /** Returns the quality of protection: that of the request line, or that of an empty body too. */
  private static @Nullable String qop(HttpChallenge challenge) {
    List<String> offered =
        Arrays.stream(Objects.requireNonNullElse(challenge.parameter("qop"), "").split(","))
            .map(each -> each.strip().toLowerCase(Locale.ROOT))
            .toList();
    return offered.contains("auth") ? "auth" : offered.contains("auth-int") ? "auth-int" : null;
  }

  String answer(
      String user, String password, HttpAuthentication.Request request, String clientNonce) {
    String realm = Objects.requireNonNull(challenge.parameter("realm"));
    String nonce = Objects.requireNonNull(challenge.parameter("nonce"));
    String qop = qop(challenge);
    String secret = algorithm.hash(octets(user, realm, ":" + password));
    if (session) {
      secret = algorithm.hash(secret + ":" + nonce + ":" + clientNonce);
    }
    String asked = request.method() + ":" + request.target();
    if ("auth-int".equals(qop)) {
      asked += ":" + algorithm.hash("");
    }
    String proof =
        qop == null
            ? secret + ":" + nonce + ":" + algorithm.hash(asked)
            : String.join(":", secret, nonce, "00000001", clientNonce, qop, algorithm.hash(asked));
    StringBuilder answer = new StringBuilder("Digest ");
    boolean hashed = "true".equalsIgnoreCase(challenge.parameter("userhash"));
    if (hashed) {
      answer.append("username=").append(quoted(algorithm.hash(octets(user, realm, ""))));
    } else if (user.chars().allMatch(c -> c < 0x80)) {
      answer.append("username=").append(quoted(user));
    } else {
      answer.append("username*=UTF-8''").append(percentEncoded(user)); // RFC 8187
    }
    answer.append(", realm=").append(quoted(realm));
    answer.append(", uri=").append(quoted(request.target()));
    if (challenge.parameter("algorithm") != null) {
      answer.append(", algorithm=").append(algorithm.name).append(session ? "-sess" : "");
    }
    answer.append(", nonce=").append(quoted(nonce));
    if (qop != null) {
      answer.append(", nc=00000001, cnonce=").append(quoted(clientNonce));
      answer.append(", qop=").append(qop);
    } else if (session) {
      answer.append(", cnonce=").append(quoted(clientNonce));
    }
    answer.append(", response=").append(quoted(algorithm.hash(proof)));
    String opaque = challenge.parameter("opaque");
    if (opaque != null) {
      answer.append(", opaque=").append(quoted(opaque));
    }
    return answer.append(hashed ? ", userhash=true" : "").toString();
  }

  /** The realm counts as it came, and a head is read as ISO 8859-1; our own text is UTF-8. */
  private static byte[] octets(String user, String realm, String rest) {
    ByteArrayOutputStream octets = new ByteArrayOutputStream();
    octets.writeBytes((user + ":").getBytes(StandardCharsets.UTF_8));
    octets.writeBytes(realm.getBytes(StandardCharsets.ISO_8859_1));
    octets.writeBytes(rest.getBytes(StandardCharsets.UTF_8));
    return octets.toByteArray();
  }

  private static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  private static String percentEncoded(String text) {
    StringBuilder encoded = new StringBuilder();
    for (byte octet : text.getBytes(StandardCharsets.UTF_8)) {
      boolean plain =
          (octet >= '0' && octet <= '9')
              || (octet >= 'A' && octet <= 'Z')
              || (octet >= 'a' && octet <= 'z');
      encoded.append(plain ? Character.toString(octet) : String.format("%%%02X", octet & 0xff));
    }
    return encoded.toString();
  }
}
