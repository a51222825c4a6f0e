// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import dev.parley.client.transport.TlsHandshakeException.Reason;
import java.net.IDN;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.security.cert.Certificate;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

/**
 * Judges whether a certificate is for a host (RFC 9525 §6). The JDK does so during the handshake,
 * but it takes the common name where there is no other, {@code w*.example} for a wildcard, and
 * {@code *.com} for anything of an authority of one's own; and where an {@code SSLContext} brings a
 * trust manager that judges for itself, it does not look at all. So we look again.
 */
final class ServerIdentity {
  private static final int DNS_NAME = 2; // RFC 5280 §4.2.1.6
  private static final int ADDRESS = 7;
  private static final int MOST_SHOWN = 5;

  private ServerIdentity() {}

  /** Throws unless the certificate of a session is for the host. */
  static void require(SSLSession session, Destination destination) throws TlsHandshakeException {
    List<String> names = new ArrayList<>();
    try {
      Certificate[] chain = session.getPeerCertificates();
      if (chain[0] instanceof X509Certificate certificate
          && isFor(certificate, destination, names)) {
        return;
      }
    } catch (SSLPeerUnverifiedException | CertificateParsingException | UnknownHostException e) {
      throw new TlsHandshakeException(
          Reason.HOST_NAME, "certificate of " + destination + " names no host", e);
    }
    throw new TlsHandshakeException(
        Reason.HOST_NAME,
        "certificate of "
            + destination
            + " is for another host: its alternative names are "
            + (names.isEmpty() ? "none" : show(names))
            + ", expected "
            + destination.host(),
        null);
  }

  private static boolean isFor(X509Certificate certificate, Destination host, List<String> names)
      throws CertificateParsingException, UnknownHostException {
    Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
    for (List<?> alternative : alternatives == null ? List.<List<?>>of() : alternatives) {
      if (alternative.get(0) instanceof Integer type && alternative.get(1) instanceof String name) {
        names.add(name);
        if ((type == DNS_NAME && !host.isAddress() && isFor(name, ascii(host.host())))
            || (type == ADDRESS && host.isAddress() && isSameAddress(name, host.host()))) {
          return true;
        }
      }
    }
    return false;
  }

  /** RFC 9525 §6.3: a wildcard stands for one whole label, the first, of at least three. */
  static boolean isFor(String pattern, String host) {
    if (!pattern.startsWith("*.")) {
      return pattern.equalsIgnoreCase(host);
    }
    String domain = pattern.substring(1);
    int label = host.indexOf('.');
    return label > 0
        && domain.indexOf('.', 1) > 0
        && domain.equalsIgnoreCase(host.substring(label));
  }

  private static boolean isSameAddress(String one, String other) throws UnknownHostException {
    return InetAddress.getByName(one).equals(InetAddress.getByName(other)); // literals, both
  }

  private static String ascii(String host) {
    return IDN.toASCII(host.endsWith(".") ? host.substring(0, host.length() - 1) : host)
        .toLowerCase(Locale.ROOT);
  }

  /** The names are the peer's: shortened, and without what could garble a log. */
  private static String show(List<String> names) {
    String shown = String.join(", ", names.subList(0, Math.min(names.size(), MOST_SHOWN)));
    String clean = shown.replaceAll("[^ -~]", "?");
    return (clean.length() > 200 ? clean.substring(0, 200) : clean)
        + (names.size() > MOST_SHOWN ? " and " + (names.size() - MOST_SHOWN) + " more" : "");
  }
}
