// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.parley.testkit.TestCertificates;
import dev.parley.testkit.TestCertificates.Subject;
import java.time.Duration;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ServerIdentityTest {
  @Nested
  final class Names {
    @ParameterizedTest
    @CsvSource({
      "www.example, www.example",
      "WWW.Example, www.example",
      "*.www.example, a.www.example",
      "*.WWW.example, a.www.example"
    })
    void match(String name, String host) {
      assertThat(ServerIdentity.isFor(name, host)).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
      "www.example, example",
      "www.example., www.example",
      "*, example",
      "*., example.",
      "*.com, example.com",
      "*.com., example.com",
      "a*.www.example, ab.www.example",
      "www.*.example, www.a.example",
      "*.*.example, a.b.example",
      "*.www.example, a.b.www.example",
      "*.www.example, .www.example"
    })
    void doNotMatch(String name, String host) {
      assertThat(ServerIdentity.isFor(name, host)).isFalse();
    }
  }

  @Nested
  final class Certificates {
    private TlsHandshakeException refusal(Subject subject) throws Exception {
      TlsOptions options = TlsOptions.DEFAULT.withContext(TestCertificates.clientContext());
      try (Peer peer =
              new Peer(
                  Peer.tls(TestCertificates.issue(subject).context(), socket -> {}, Peer.ECHO));
          ReadinessLoop loop = new ReadinessLoop()) {
        SocketConnector connector = new SocketConnector(loop, new BufferPool(), options);
        return catchThrowableOfType(
            TlsHandshakeException.class,
            () -> connector.connect(peer.secure(), Deadline.after(Duration.ofSeconds(20))));
      }
    }

    @Test
    void areNotForTheirCommonName() throws Exception {
      TlsHandshakeException refusal = refusal(new Subject("localhost", "", -1, 30, false));
      assertThat(refusal.reason()).isEqualTo(TlsHandshakeException.Reason.HOST_NAME);
      assertThat(refusal)
          .hasMessageContaining("is for another host: ")
          .hasMessageContaining("its alternative names are none, expected localhost; ");
    }
  }
}
