// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who we are, for an HTTP server or proxy (RFC 9110 §11): answers its challenges. {@link #basic}
 * and {@link #digest} are here; other schemes implement this interface.
 *
 * <p>Any number of threads may begin exchanges. An exchange is used by one thread at a time. What
 * it throws ends the opening, and reaches its caller as the cause.
 */
@FunctionalInterface
public interface HttpAuthentication {
  /** Begins an exchange: one for each opening of a connection or a session. */
  Exchange begin();

  /** The answers of one opening. It remembers what it has said, as far as its scheme needs it. */
  @FunctionalInterface
  interface Exchange {
    /**
     * Returns the value of {@code Authorization} or {@code Proxy-Authorization} for the next
     * request, or {@code null}: before the first request, to send none; after a challenge, to give
     * up.
     *
     * @param request what is asked for
     * @param challenges what the last answer asked for in turn; empty before the first request
     */
    @Nullable String credentials(Request request, List<HttpChallenge> challenges);
  }

  /**
   * What is asked for.
   *
   * @param method the method, {@code CONNECT} for a proxy
   * @param target the target as it stands in the request line
   */
  record Request(String method, String target) {
    /** Shows no query, which may hold a secret. */
    @Override
    public String toString() {
      int query = target.indexOf('?');
      return method + " " + (query < 0 ? target : target.substring(0, query) + "?...");
    }
  }

  /**
   * Returns the authentication by user and password in the clear (RFC 7617). They go with the first
   * request, so nothing is asked twice.
   *
   * @throws IllegalArgumentException if the user has a colon, or either a control character
   */
  static HttpAuthentication basic(String user, String password) {
    return PasswordAuthentication.basic(user, password);
  }

  /**
   * Returns the authentication that proves the password without telling it (RFC 7616): with
   * SHA-512/256, SHA-256 or MD5, the strongest that is offered. Costs a request, whose answer
   * brings the challenge. Where {@code auth} is not offered, but {@code auth-int} is, the proof is
   * that of an empty body, which is all that an opening has: the server refuses it for a plain
   * request with a body.
   *
   * @throws IllegalArgumentException if either has a control character
   */
  static HttpAuthentication digest(String user, String password) {
    return PasswordAuthentication.digest(user, password);
  }

  /**
   * Returns the authentication that sends the password at once as {@link #basic} does, and answers
   * as {@link #digest} where that is what is asked for.
   *
   * @throws IllegalArgumentException if the user has a colon, or either a control character
   */
  static HttpAuthentication basicOrDigest(String user, String password) {
    return PasswordAuthentication.basicOrDigest(user, password);
  }
}
