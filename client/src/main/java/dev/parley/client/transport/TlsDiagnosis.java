// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import dev.parley.client.transport.TlsHandshakeException.Reason;
import java.io.IOException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertPathValidatorException.BasicReason;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Finds out what went wrong in TLS. JSSE says so in its messages, and partly in its causes. */
final class TlsDiagnosis {
  private static final Pattern NO_SUCH_NAME =
      Pattern.compile("^(No (name matching|subject alternative)|Illegal given domain name)");
  private static final Pattern ALERT =
      Pattern.compile("(?:Received fatal alert|alert received): (\\w+)");
  private static final Pattern ABOUT_VERSION =
      Pattern.compile(
          "protocol_version|handshake_failure|insufficient_security|selected protocol version"
              + "|No appropriate protocol|selected disabled ciphersuite"
              + "|selected improper ciphersuite|Unsupported or disabled protocol");
  private static final Pattern ABOUT_CLIENT_CERTIFICATE =
      Pattern.compile(
          "certificate_|bad_certificate|unsupported_certificate|unknown_ca|access_denied");
  private static final Pattern NO_RECORD =
      Pattern.compile("Unsupported or unrecognized SSL message|plaintext connection");
  private static final Pattern UNENCRYPTED = Pattern.compile("plaintext alert");
  private static final Pattern TOO_LARGE = Pattern.compile("too big|exceeds|too large|overflow");
  private static final Pattern CORRUPT =
      Pattern.compile("Tag mismatch|bad record MAC|Insufficient|invalid record|too short");

  private final Destination destination;

  TlsDiagnosis(Destination destination) {
    this.destination = destination;
  }

  /**
   * Finds out why a handshake failed.
   *
   * @param answered whether the server had chosen a version and a cipher suite
   */
  TlsHandshakeException ofHandshake(SSLException cause, boolean answered) {
    String distrust = null;
    for (Throwable e = cause; e != null; e = e.getCause()) {
      TlsHandshakeException judged = ofCertificate(e, cause);
      if (judged != null) {
        return judged;
      }
      distrust = isAboutTrust(e) ? e.getMessage() : distrust;
    }
    if (distrust != null) {
      return untrusted(
          "is not trusted: "
              + distrust
              + "; expected one that an authority we trust vouches for, with the certificates in"
              + " between",
          cause);
    }
    String said = String.valueOf(cause.getMessage());
    Matcher alert = ALERT.matcher(said);
    if (alert.find() && isAboutClientCertificate(alert.group(1), answered)) {
      return failed(
          Reason.CLIENT_CERTIFICATE,
          destination + " wants a client certificate, or another one",
          cause);
    } else if (ABOUT_VERSION.matcher(said).find()) {
      return failed(
          Reason.VERSION,
          destination
              + " has no TLS version or cipher suite that we would use, expected TLS 1.2 or 1.3"
              + " with forward secrecy",
          cause);
    } else if (NO_RECORD.matcher(said).find()) {
      return failed(
          Reason.NOT_TLS,
          destination + " does not speak TLS, which wss is due to begin with",
          cause);
    }
    return failed(Reason.OTHER, "TLS handshake with " + destination + " failed", cause);
  }

  /** Returns what it means that the connection went away in the middle of the handshake. */
  TlsHandshakeException ofEnd(@Nullable IOException cause) {
    return new TlsHandshakeException(
        Reason.CLOSED,
        destination
            + " closed the connection during the TLS handshake"
            + (cause == null ? "" : ": " + cause.getMessage()),
        cause);
  }

  /**
   * Finds out what ended TLS after the handshake.
   *
   * @param received whether bytes for the application had come: in TLS 1.3, the server judges the
   *     client's certificate after the client's handshake is over
   */
  SSLException ofSession(SSLException cause, boolean received) {
    String said = said(cause);
    Matcher alert = ALERT.matcher(said);
    String why;
    if (UNENCRYPTED.matcher(said).find()) {
      why = destination + " ended TLS with an alert that is not encrypted, as anybody may send";
    } else if (alert.find()) {
      if (!received && isAboutClientCertificate(alert.group(1), true)) {
        return ofHandshake(cause, true);
      }
      why = destination + " ended TLS with an alert";
    } else if (NO_RECORD.matcher(said).find()) {
      why = destination + " sent something else than TLS, where a record was due";
    } else if (TOO_LARGE.matcher(said).find()) {
      why = destination + " sent a record larger than TLS allows, or something else than TLS";
    } else if (CORRUPT.matcher(said).find()) {
      why = "a TLS record of " + destination + " was changed on its way, or is none of its own";
    } else {
      why = "TLS with " + destination + " failed";
    }
    return new SSLException(why + ": " + said, cause);
  }

  /** Returns what was said; where that is only that there was an exception, what it said. */
  private static String said(SSLException cause) {
    String said = String.valueOf(cause.getMessage());
    return said.equals("Unexpected exception") && cause.getCause() != null
        ? String.valueOf(cause.getCause().getMessage())
        : said;
  }

  private @Nullable TlsHandshakeException ofCertificate(Throwable e, SSLException cause) {
    String said = String.valueOf(e.getMessage());
    return switch (e) {
      case CertificateExpiredException old -> untrusted("has expired: " + said, cause);
      case CertificateNotYetValidException early -> untrusted("is not valid yet: " + said, cause);
      case CertificateException names when NO_SUCH_NAME.matcher(said).find() ->
          new TlsHandshakeException(
              Reason.HOST_NAME,
              "certificate of " + destination + " is for another host: " + said,
              cause);
      case CertPathValidatorException path
          when path.getReason() == BasicReason.ALGORITHM_CONSTRAINED ->
          untrusted(
              "is too weak: "
                  + said
                  + "; expected RSA keys of 2048 bits, and neither SHA-1 nor MD5",
              cause);
      default -> null;
    };
  }

  private static boolean isAboutTrust(Throwable e) {
    return e instanceof CertificateException
        || e instanceof CertPathBuilderException
        || e instanceof CertPathValidatorException;
  }

  private static boolean isAboutClientCertificate(String alert, boolean answered) {
    return ABOUT_CLIENT_CERTIFICATE.matcher(alert).find()
        || (answered && alert.equals("handshake_failure")); // What else, by then, in TLS 1.2.
  }

  private TlsHandshakeException untrusted(String why, SSLException cause) {
    return new TlsHandshakeException(
        Reason.UNTRUSTED, "certificate of " + destination + " " + why, cause);
  }

  private static TlsHandshakeException failed(Reason reason, String why, SSLException cause) {
    return new TlsHandshakeException(reason, why + ": " + cause.getMessage(), cause);
  }
}
