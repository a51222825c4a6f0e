// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.client.transport.TlsHandshakeException.Reason;
import java.io.IOException;
import java.security.SignatureException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertPathValidatorException.BasicReason;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.util.EnumSet;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

final class TlsDiagnosisTest {
  private final TlsDiagnosis diagnosis =
      new TlsDiagnosis(new Destination(true, "www.example", 443));

  @Nested
  final class OfTheHandshake {
    static List<Arguments> causes() {
      Exception forged =
          new CertPathValidatorException("signature check failed", new SignatureException("no"));
      return List.of(
          Arguments.of(
              new CertificateExpiredException("NotAfter: x"), Reason.UNTRUSTED, "has expired"),
          Arguments.of(
              new CertificateNotYetValidException("NotBefore: x"),
              Reason.UNTRUSTED,
              "is not valid yet"),
          Arguments.of(
              forged, Reason.UNTRUSTED, "is not trusted: signature check failed; expected"),
          Arguments.of(
              new CertPathValidatorException(
                  "MD5", null, null, -1, BasicReason.ALGORITHM_CONSTRAINED),
              Reason.UNTRUSTED,
              "is too weak: MD5; expected"),
          Arguments.of(
              new CertificateException("No name matching www.example found"),
              Reason.HOST_NAME,
              "is for another host"),
          Arguments.of(
              new CertificateException("Illegal given domain name: www_.example"),
              Reason.HOST_NAME,
              "is for another host"));
    }

    @ParameterizedTest
    @MethodSource("causes")
    void looksIntoTheCauses(Exception cause, Reason reason, String message) {
      SSLException failure = new SSLHandshakeException("certificate_unknown", cause);
      TlsHandshakeException e = diagnosis.ofHandshake(failure, false);
      assertThat(e.reason()).isEqualTo(reason);
      assertThat(e).hasMessageStartingWith("certificate of www.example:443 " + message);
      assertThat(e).hasCause(failure);
    }

    @ParameterizedTest
    @CsvSource({
      "Received fatal alert: protocol_version, VERSION",
      "(handshake_failure) Received fatal alert: handshake_failure, VERSION",
      "Server selected disabled ciphersuite TLS_RSA_WITH_AES_128_GCM_SHA256, VERSION",
      "Received fatal alert: certificate_required, CLIENT_CERTIFICATE",
      "Unsupported or unrecognized SSL message, NOT_TLS",
      "Received fatal alert: internal_error, OTHER"
    })
    void looksAtTheMessage(String said, Reason reason) {
      assertThat(diagnosis.ofHandshake(new SSLException(said), false).reason()).isEqualTo(reason);
    }

    @Test
    void takesARefusalAfterAllWasChosenForOneOfTheClient() {
      SSLException refusal = new SSLException("Received fatal alert: handshake_failure");
      assertThat(diagnosis.ofHandshake(refusal, true).reason())
          .isEqualTo(Reason.CLIENT_CERTIFICATE);
    }

    @Test
    void knowsABrokenConnection() {
      assertThat(diagnosis.ofEnd(null))
          .hasMessage("www.example:443 closed the connection during the TLS handshake");
      TlsHandshakeException reset = diagnosis.ofEnd(new IOException("Connection reset"));
      assertThat(reset.reason()).isEqualTo(Reason.CLOSED);
      assertThat(reset).hasMessageEndingWith("handshake: Connection reset");
    }

    @Test
    void hasAWordForEachReason() {
      Stream<String> words = EnumSet.allOf(Reason.class).stream().map(Reason::word);
      assertThat(words).doesNotHaveDuplicates().allMatch(word -> word.matches("tls-[a-z-]+"));
    }
  }

  @Nested
  final class OfTheSession {
    @ParameterizedTest
    @CsvSource({
      "Received fatal alert: internal_error, ended TLS with an alert",
      "Tag mismatch, was changed on its way",
      "Input record too big: max = 16709 len = 32772, sent a record larger than TLS allows",
      "Unsupported or unrecognized SSL message, sent something else than TLS",
      "what else, TLS with www.example:443 failed: what else"
    })
    void saysInWordsWhatHappened(String said, String message) {
      SSLException cause = new SSLException(said);
      assertThat(diagnosis.ofSession(cause, true))
          .isExactlyInstanceOf(SSLException.class)
          .hasMessageContaining(message)
          .hasMessageEndingWith(": " + said)
          .hasCause(cause);
    }

    @Test
    void saysWhatIsBehindAnExceptionThatSaysNothing() {
      String said = "Unexpected plaintext alert received: Level: warning; Alert: close_notify";
      SSLException cause = new SSLException("Unexpected exception", new IOException(said));
      assertThat(diagnosis.ofSession(cause, false))
          .isExactlyInstanceOf(SSLException.class)
          .hasMessage(
              "www.example:443 ended TLS with an alert that is not encrypted, as anybody may send: "
                  + said)
          .hasCause(cause);
      assertThat(diagnosis.ofSession(new SSLException("Unexpected exception"), true))
          .hasMessage("TLS with www.example:443 failed: Unexpected exception");
    }

    @Test
    void takesAnAlertBeforeTheFirstByteForTheEndOfTheHandshake() {
      SSLException alert = new SSLException("Received fatal alert: certificate_required");
      assertThat(diagnosis.ofSession(alert, false)).isInstanceOf(TlsHandshakeException.class);
      assertThat(diagnosis.ofSession(alert, true)).isExactlyInstanceOf(SSLException.class);
    }
  }
}
