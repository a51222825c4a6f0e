// SPDX-License-Identifier: Apache-2.0
package dev.parley.exam;

import static dev.parley.exam.Certificates.authority;
import static dev.parley.exam.Certificates.certificate;
import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.client.transport.TlsHandshakeException;
import dev.parley.client.transport.TlsHandshakeException.Reason;
import dev.parley.client.transport.TlsOptions;
import dev.parley.exam.Certificates.Identity;
import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A pinned key counts where it vouches for the server, and nowhere else. */
@Row(57)
final class TlsPinTest {
  private static final Identity BETWEEN = authority("between", Certificates.AUTHORITY);
  private static final Identity SERVER = certificate().by(BETWEEN).make();

  private static TlsOptions pinned(X509Certificate... certificates) {
    return TlsClient.TRUSTING.withPinnedKeys(
        List.of(certificates).stream().map(Pins::of).toArray(String[]::new));
  }

  private static Identity with(Identity identity, X509Certificate extra) {
    List<X509Certificate> chain = new ArrayList<>(identity.chain());
    chain.add(extra);
    return new Identity(identity.key(), List.copyOf(chain), false);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void keyOfServerOrAuthorityOpens(int place) throws Exception {
    List<X509Certificate> chain =
        List.of(SERVER.certificate(), BETWEEN.certificate(), Certificates.AUTHORITY.certificate());
    X509Certificate other = authority("other", null).certificate();
    TlsClient.opens(SERVER, "www.example", pinned(other, chain.get(place)));
  }

  @ParameterizedTest
  @ValueSource(strings = {TlsClient.TLS_1_2, TlsClient.TLS_1_3})
  void chainWithoutThePinnedKeyFails(String protocol) throws Exception {
    X509Certificate other = authority("other", null).certificate();
    TlsHandshakeException refusal =
        TlsClient.refusal(SERVER, "www.example", pinned(other), protocol);
    assertThat(refusal.reason()).isEqualTo(Reason.PIN);
    assertThat(refusal)
        .hasMessageStartingWith("chain of www.example:")
        .hasMessageContaining(
            " has no pinned key: its keys are "
                + Pins.of(SERVER.certificate())
                + ", "
                + Pins.of(BETWEEN.certificate())
                + ", "
                + Pins.of(Certificates.AUTHORITY.certificate())
                + ", expected "
                + Pins.of(other));
  }

  /**
   * The pinned certificate is sent along, and vouches for nobody: as it is, as one of the name of
   * the authority that does, and as one that the same authority has issued.
   */
  @ParameterizedTest
  @ValueSource(strings = {"stranger", "authority", "between"})
  void unverifiedCertificateWithThePinDoesNotSatisfyIt(String name) throws Exception {
    for (Identity issuer : Arrays.asList(null, Certificates.AUTHORITY)) {
      X509Certificate extra = authority(name, issuer).certificate();
      for (Identity server : List.of(certificate().make(), SERVER)) {
        Identity identity = with(server, extra);
        TlsHandshakeException refusal = refusal(identity, pinned(extra));
        assertThat(refusal.reason()).isIn(Reason.PIN, Reason.UNTRUSTED);
        if (name.equals("stranger")) {
          assertThat(refusal.reason()).isEqualTo(Reason.PIN);
          opens(identity, pinned(server.certificate()));
        }
      }
    }
  }

  @Test
  void pinDoesNotStandInForTrust() throws Exception {
    Identity stranger = certificate().selfSigned().make();
    assertThat(
            TlsClient.refusal(
                    stranger, "www.example", pinned(stranger.certificate()), TlsClient.TLS_1_3)
                .reason())
        .isEqualTo(Reason.UNTRUSTED);
  }

  @Test
  void pinDoesNotStandInForTheName() throws Exception {
    Identity other = certificate().names("dns:other.example").make();
    assertThat(
            TlsClient.refusal(other, "www.example", pinned(other.certificate()), TlsClient.TLS_1_3)
                .reason())
        .isEqualTo(Reason.HOST_NAME);
  }

  /** A session that is resumed brings no certificates of its own. */
  @ParameterizedTest
  @ValueSource(strings = {TlsClient.TLS_1_2, TlsClient.TLS_1_3})
  void resumedSessionIsHeldAgainstThePinsToo(String protocol) throws Exception {
    TlsServer.Talk talk =
        secured -> {
          secured.open();
          secured.in().readAllBytes();
        };
    X509Certificate other = authority("other", null).certificate();
    try (TlsServer server = new TlsServer(TlsServer.jsse(SERVER.context(), protocol, talk));
        var client = TlsClient.client(TlsClient.TRUSTING, Duration.ofSeconds(20))) {
      client.webSocketSession(server.url("www.example")).terminate();
      assertThat(
              TlsClient.refusal(
                      TlsClient.failure(
                          pinned(other), Duration.ofSeconds(20), server.url("www.example")))
                  .reason())
          .isEqualTo(Reason.PIN);
    }
  }

  private static TlsHandshakeException refusal(Identity identity, TlsOptions tls) throws Exception {
    try (TlsServer server = serving(identity)) {
      return TlsClient.refusal(
          TlsClient.failure(tls, Duration.ofSeconds(20), server.url("www.example")));
    }
  }

  private static void opens(Identity identity, TlsOptions tls) throws Exception {
    try (TlsServer server = serving(identity);
        var client = TlsClient.client(tls, Duration.ofSeconds(20))) {
      client.webSocketSession(server.url("www.example")).terminate();
    }
  }

  private static TlsServer serving(Identity identity) throws Exception {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(new KeyManager[] {new Presenting(identity)}, null, null);
    return new TlsServer(
        TlsServer.jsse(
            context,
            TlsClient.TLS_1_3,
            secured -> {
              secured.open();
              secured.in().readAllBytes();
            }));
  }

  /** Presents whatever list it is given, which no key store would take. */
  private static final class Presenting extends X509ExtendedKeyManager {
    private final Identity identity;

    Presenting(Identity identity) {
      this.identity = identity;
    }

    @Override
    public String[] getServerAliases(String keyType, Principal[] issuers) {
      return new String[] {"server"};
    }

    @Override
    public String chooseServerAlias(String keyType, Principal[] issuers, Socket socket) {
      return "server";
    }

    @Override
    public String chooseEngineServerAlias(String keyType, Principal[] issuers, SSLEngine engine) {
      return "server";
    }

    @Override
    public X509Certificate[] getCertificateChain(String alias) {
      return identity.chain().toArray(X509Certificate[]::new);
    }

    @Override
    public PrivateKey getPrivateKey(String alias) {
      return identity.key();
    }

    @Override
    public String[] getClientAliases(String keyType, Principal[] issuers) {
      return new String[0];
    }

    @Override
    public String chooseClientAlias(String[] keyType, Principal[] issuers, Socket socket) {
      throw new UnsupportedOperationException();
    }
  }
}
