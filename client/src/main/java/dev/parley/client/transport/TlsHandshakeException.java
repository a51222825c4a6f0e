// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.util.Map;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import org.jspecify.annotations.Nullable;

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

  private static final Pattern NO_SUCH_NAME =
      Pattern.compile("^No (name matching|subject alternative)");

  private static final Map<Reason, Pattern> MESSAGES =
      Map.of(
          Reason.VERSION,
          Pattern.compile(
              "protocol_version|handshake_failure|insufficient_security|selected protocol version"
                  + "|No appropriate protocol"),
          Reason.CLIENT_CERTIFICATE,
          Pattern.compile(
              "Received fatal alert: (certificate_|bad_certificate|unsupported_certificate"
                  + "|unknown_ca|access_denied)"),
          Reason.NOT_TLS,
          Pattern.compile("Unsupported or unrecognized SSL message|plaintext connection"));

  /** Why the handshake failed. */
  private final Reason reason;

  TlsHandshakeException(Reason reason, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  /**
   * Finds out why a handshake failed. JSSE says so in its messages only.
   *
   * @param answered whether the server had chosen a version and a cipher suite
   */
  static TlsHandshakeException of(SSLException cause, Destination destination, boolean answered) {
    for (Throwable e = cause; e != null; e = e.getCause()) {
      String said = String.valueOf(e.getMessage());
      if (e instanceof CertificateExpiredException) {
        return untrusted(destination, "has expired", cause);
      } else if (e instanceof CertificateNotYetValidException) {
        return untrusted(destination, "is not valid yet", cause);
      } else if (e instanceof CertificateException && NO_SUCH_NAME.matcher(said).find()) {
        return new TlsHandshakeException(
            Reason.HOST_NAME,
            "certificate of " + destination + " is for another host: " + said,
            cause);
      } else if (e.getCause() == null && isAboutTrust(e)) {
        return untrusted(destination, "is not trusted: " + said, cause);
      }
    }
    String said = String.valueOf(cause.getMessage());
    Reason reason = Reason.OTHER;
    for (Map.Entry<Reason, Pattern> known : MESSAGES.entrySet()) {
      if (known.getValue().matcher(said).find()) {
        reason = known.getKey();
      }
    }
    if (answered && said.endsWith("handshake_failure")) {
      reason = Reason.CLIENT_CERTIFICATE; // What else, by then, in TLS 1.2.
    }
    String why =
        switch (reason) {
          case VERSION -> destination + " has no TLS version or cipher suite that we would use";
          case CLIENT_CERTIFICATE -> destination + " wants a client certificate, or another one";
          case NOT_TLS -> destination + " does not speak TLS";
          case HOST_NAME, UNTRUSTED, CLOSED, OTHER ->
              "TLS handshake with " + destination + " failed";
        };
    return new TlsHandshakeException(reason, why + ": " + said, cause);
  }

  /**
   * Returns what an alert means that comes instead of the first bytes: in TLS 1.3, the server
   * judges the client's certificate after the client's handshake is over.
   */
  static SSLException ofFirstAlert(SSLException cause, Destination destination) {
    TlsHandshakeException translated = of(cause, destination, true);
    return translated.reason == Reason.CLIENT_CERTIFICATE ? translated : cause;
  }

  private static boolean isAboutTrust(Throwable e) {
    return e instanceof CertificateException
        || e instanceof CertPathBuilderException
        || e instanceof CertPathValidatorException;
  }

  private static TlsHandshakeException untrusted(
      Destination destination, String why, SSLException cause) {
    return new TlsHandshakeException(
        Reason.UNTRUSTED, "certificate of " + destination + " " + why, cause);
  }

  /** Returns why the handshake failed. */
  public Reason reason() {
    return reason;
  }
}
