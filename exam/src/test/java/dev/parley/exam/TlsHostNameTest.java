// SPDX-License-Identifier: Apache-2.0
package dev.parley.exam;

import static dev.parley.exam.Certificates.certificate;
import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.client.transport.TlsHandshakeException;
import dev.parley.client.transport.TlsHandshakeException.Reason;
import dev.parley.client.transport.TlsOptions;
import dev.parley.exam.Certificates.Identity;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** For whom a certificate is: whom it names, by its alternative names and by nothing else. */
@Row(54)
final class TlsHostNameTest {
  private static Identity naming(String... alternativeNames) {
    return certificate().names(alternativeNames).make();
  }

  private static TlsHandshakeException refusal(Identity identity, String host) throws Exception {
    return judged(TlsClient.refusal(identity, host), host);
  }

  private static TlsHandshakeException judged(TlsHandshakeException refusal, String host) {
    assertThat(refusal.reason()).isEqualTo(Reason.HOST_NAME);
    assertThat(refusal)
        .hasMessageStartingWith("certificate of " + host + ":")
        .hasMessageContaining(" is for another host: ");
    return refusal;
  }

  @Nested
  final class AName {
    @ParameterizedTest
    @CsvSource({
      "dns:www.example, www.example",
      "dns:WWW.Example, www.EXAMPLE",
      "dns:www.example, www.example.",
      "dns:*.www.example, a.www.example",
      "dns:xn--bcher-kva.example, b\u00fccher.example",
      "dns:*.xn--bcher-kva.example, www.b\u00fccher.example"
    })
    void isMatched(String alternative, String host) throws Exception {
      TlsClient.opens(naming("dns:other.example", alternative), host);
    }

    @ParameterizedTest
    @CsvSource({
      "dns:other.example, www.example",
      "dns:www.example, www.other.example",
      "dns:www.example, example.com",
      "dns:www.example., www.example",
      "dns:www.example\\0.other.example, www.example",
      "dns:b\u00fccher.example, xn--bcher-kva.example",
      "ip:127.0.0.1, www.example"
    })
    void isNot(String alternative, String host) throws Exception {
      refusal(naming(alternative.replace("\\0", "\0")), host);
    }

    @Test
    void isNotMatchedByTheCommonName() throws Exception {
      TlsHandshakeException refusal =
          refusal(certificate().commonName("www.example").names().make(), "www.example");
      assertThat(refusal)
          .hasMessageContaining("its alternative names are none, expected www.example; ");
      refusal(certificate().commonName("www.example").names("ip:127.0.0.1").make(), "www.example");
    }
  }

  @Nested
  final class AWildcard {
    @ParameterizedTest
    @CsvSource({
      "*, www.example",
      "*., www.example",
      "*.*, www.example",
      "*.example, www.example",
      "*.com, example.com",
      "*.*.example, a.www.example",
      "a*.www.example, abc.www.example",
      "*c.www.example, abc.www.example",
      "a*c.www.example, abc.www.example",
      "www.*.example, www.a.example",
      "*.www.example, www.example",
      "*.www.example, a.b.www.example",
      "xn--*.www.example, xn--bcher-kva.www.example"
    })
    void standsForOneWholeLabelOfThreeAndNothingElse(String name, String host) throws Exception {
      refusal(naming("dns:" + name), host);
    }
  }

  @Nested
  final class AnAddress {
    @Test
    void isMatchedByAnAddress() throws Exception {
      TlsClient.opens(naming("dns:www.example", "ip:127.0.0.1"), "127.0.0.1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"dns:127.0.0.1", "dns:*.0.0.1", "ip:127.0.0.2", "ip:::1"})
    void isNotMatchedByNamesAndOtherAddresses(String alternative) throws Exception {
      refusal(naming(alternative), "127.0.0.1");
    }
  }

  @Nested
  final class ACustomContext {
    private static TlsOptions with(TrustManager... managers) throws GeneralSecurityException {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, managers, null);
      return TlsOptions.DEFAULT.withContext(context);
    }

    private void assertVerifies(TlsOptions options) throws Exception {
      TlsClient.opens(naming("dns:www.example"), "www.example", options);
      for (String protocol : new String[] {TlsClient.TLS_1_2, TlsClient.TLS_1_3}) {
        judged(
            TlsClient.refusal(naming("dns:other.example"), "www.example", options, protocol),
            "www.example");
        judged(
            TlsClient.refusal(naming("dns:other.example"), "127.0.0.1", options, protocol),
            "127.0.0.1");
      }
    }

    @Test
    void doesNotTurnTheCheckOff() throws Exception {
      var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(Certificates.trust(Certificates.AUTHORITY));
      assertVerifies(with(factory.getTrustManagers()));
    }

    @Test
    void doesNotTurnItOffWithATrustManagerThatTrustsAnyone() throws Exception {
      assertVerifies(with(new Credulous()));
    }
  }

  /** Looks at nothing, and as an extended trust manager has the JDK look at nothing either. */
  private static final class Credulous extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
