// SPDX-License-Identifier: Apache-2.0
package dev.parley.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.parley.testkit.TestCertificates.Subject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class TestCertificatesTest {
  private static SSLSocket connect(MockWebSocketServer server, String host, SSLContext context)
      throws IOException {
    SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(host, server.port());
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    socket.setSSLParameters(parameters);
    socket.setSoTimeout(10_000);
    return socket;
  }

  @ParameterizedTest
  @ValueSource(strings = {"localhost", "127.0.0.1"})
  void aClientThatTrustsTheAuthorityAcceptsTheServer(String host) throws IOException {
    try (var server = MockWebSocketServer.start(c -> c.tls(TestCertificates.serverContext()));
        SSLSocket socket = connect(server, host, TestCertificates.clientContext())) {
      socket.startHandshake();

      assertThat(socket.getSession().getPeerCertificates()).hasSize(2);
    }
  }

  static Stream<Subject> wrongSubjects() {
    return Stream.of(
        Subject.EXPIRED, Subject.NOT_YET_VALID, Subject.WRONG_HOST, Subject.SELF_SIGNED);
  }

  @ParameterizedTest
  @MethodSource("wrongSubjects")
  void aClientRefusesTheOthers(Subject subject) throws IOException {
    SSLContext context = TestCertificates.issue(subject).context();
    try (var server = MockWebSocketServer.start(c -> c.tls(context));
        SSLSocket socket = connect(server, "localhost", TestCertificates.clientContext())) {
      assertThatThrownBy(socket::startHandshake).isInstanceOf(SSLException.class);
    }
  }

  @Test
  void aClientPresentsItsCertificate() throws IOException {
    SSLParameters parameters = new SSLParameters();
    parameters.setNeedClientAuth(true);
    SSLContext own = TestCertificates.issue(Subject.CLIENT).context();
    try (var server =
            MockWebSocketServer.start(c -> c.tls(TestCertificates.serverContext(), parameters));
        RawClient client = new RawClient(connect(server, "localhost", own))) {
      client.request("/");

      assertThat(client.readHead()).startsWith("HTTP/1.1 101 ");
    }
  }

  @Test
  void filesHoldTheChainAndTheKey() throws IOException, GeneralSecurityException {
    TestCertificates.Issued issued = TestCertificates.issue(Subject.SERVER);
    CertificateFactory factory = CertificateFactory.getInstance("X.509");

    try (var chain = Files.newInputStream(issued.certificateFile());
        var authority = Files.newInputStream(TestCertificates.authorityFile())) {
      assertThat(List.<Certificate>copyOf(factory.generateCertificates(chain)))
          .hasSize(2)
          .endsWith(factory.generateCertificate(authority));
    }
    String key =
        Files.readString(issued.keyFile(), StandardCharsets.US_ASCII)
            .replaceAll("-----[A-Z ]+-----|\n", "");
    byte[] der = Base64.getDecoder().decode(key);
    assertThat(KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(der)))
        .isNotNull();
  }

  @Test
  void makesEachCertificateOnce() {
    assertThat(TestCertificates.issue(Subject.SERVER))
        .isSameAs(TestCertificates.issue(Subject.SERVER));
  }
}
