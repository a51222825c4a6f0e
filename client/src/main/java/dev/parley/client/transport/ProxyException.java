// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import dev.parley.websocket.handshake.ResponseHead;
import java.io.IOException;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** There is no tunnel through the proxy; the message names the proxy and says how far it came. */
public final class ProxyException extends IOException {
  /** Why there is no tunnel. */
  public enum Reason {
    /** The proxy has no address, or does not take the connection. */
    UNREACHABLE("proxy-unreachable"),
    /** TLS with an HTTPS proxy failed; the cause says why. */
    TLS("proxy-tls"),
    /** The proxy wants credentials, or others: 407, or what SOCKS has for it. */
    CREDENTIALS("proxy-credentials"),
    /** The proxy does not open the tunnel: a status, or a reply code of SOCKS, says why. */
    REFUSED("proxy-refused"),
    /** What answered does not speak the proxy's protocol, or breaks its rules. */
    MALFORMED("proxy-malformed"),
    /** The proxy broke off before the tunnel was open. */
    CLOSED("proxy-closed");

    private final String word;

    Reason(String word) {
      this.word = word;
    }

    /** Returns the word that stays the same from release to release. */
    public String word() {
      return word;
    }
  }

  private static final long serialVersionUID = 1;
  private static final int NO_CODE = -1;

  /** Why there is no tunnel. */
  private final Reason reason;

  /** What the proxy answered, if it answered with a number. */
  private final int code;

  private final transient @Nullable ResponseHead response;

  private ProxyException(
      Reason reason,
      int code,
      @Nullable ResponseHead response,
      String message,
      @Nullable Throwable cause) {
    super(message, cause);
    this.reason = reason;
    this.code = code;
    this.response = response;
  }

  ProxyException(Reason reason, String message, @Nullable Throwable cause) {
    this(reason, NO_CODE, null, message, cause);
  }

  /** Makes an exception for a reply of SOCKS. */
  ProxyException(Reason reason, int code, String message) {
    this(reason, code, null, message, null);
  }

  /** Makes an exception for an answer of HTTP. */
  ProxyException(Reason reason, ResponseHead response, String message) {
    this(reason, response.status(), response, message, null);
  }

  /** Returns why there is no tunnel. */
  public Reason reason() {
    return reason;
  }

  /** Returns the HTTP status, or the reply code of SOCKS; empty where none came. */
  public OptionalInt code() {
    return code == NO_CODE ? OptionalInt.empty() : OptionalInt.of(code);
  }

  /** Returns the proxy's answer, {@code Proxy-Authenticate} and all; only of an HTTP proxy. */
  public Optional<ResponseHead> response() {
    return Optional.ofNullable(response);
  }
}
