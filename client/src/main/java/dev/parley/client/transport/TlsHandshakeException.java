// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import javax.net.ssl.SSLHandshakeException;
import org.jspecify.annotations.Nullable;

/**
 * A TLS handshake failed, and no byte of HTTP was sent; the message says why in plain words, the
 * cause in those of TLS.
 */
public final class TlsHandshakeException extends SSLHandshakeException {
  /** Why a handshake failed. */
  public enum Reason {
    /** The certificate is valid, but for other hosts. */
    HOST_NAME("tls-hostname"),
    /** The certificate is expired, not valid yet, too weak, or not signed by anybody trusted. */
    UNTRUSTED("tls-untrusted"),
    /** The certificate is trusted, but its chain has none of the keys that are pinned. */
    PIN("tls-pin"),
    /** There is no protocol version, or no cipher suite, that both sides would use. */
    VERSION("tls-version"),
    /** The server wants a client certificate, or another one. */
    CLIENT_CERTIFICATE("tls-client-certificate"),
    /** The server does not speak TLS. */
    NOT_TLS("tls-not-spoken"),
    /** The server broke off the connection before the handshake was over. */
    CLOSED("tls-closed"),
    /** Anything else. */
    OTHER("tls-failed");

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

  /** Why the handshake failed. */
  private final Reason reason;

  TlsHandshakeException(Reason reason, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  /** Returns this failure, with a message that also tells how far it had come. */
  TlsHandshakeException after(TransportInfo way) {
    TlsHandshakeException told =
        new TlsHandshakeException(reason, getMessage() + "; " + way, getCause());
    told.setStackTrace(getStackTrace());
    return told;
  }

  /** Returns why the handshake failed. */
  public Reason reason() {
    return reason;
  }
}
