// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import javax.net.ssl.SSLHandshakeException;

/** A TLS handshake failed; the message says why in plain words, the cause in those of TLS. */
public final class TlsHandshakeException extends SSLHandshakeException {
  /** Why a handshake failed. */
  public enum Reason {
    /** The certificate is valid, but for other hosts. */
    HOST_NAME,
    /** The certificate is expired, not valid yet, too weak, or not signed by anybody trusted. */
    UNTRUSTED,
    /** There is no protocol version, or no cipher suite, that both sides would use. */
    VERSION,
    /** The server wants a client certificate, or another one. */
    CLIENT_CERTIFICATE,
    /** The server does not speak TLS. */
    NOT_TLS,
    /** The server closed the connection before the handshake was over. */
    CLOSED,
    /** Anything else. */
    OTHER
  }

  private static final long serialVersionUID = 1;

  /** Why the handshake failed. */
  private final Reason reason;

  /** Makes an exception. */
  public TlsHandshakeException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  /** Returns why the handshake failed. */
  public Reason reason() {
    return reason;
  }
}
