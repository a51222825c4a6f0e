// SPDX-License-Identifier: Apache-2.0
package dev.parley.exam;

import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import org.bouncycastle.tls.Certificate;
import org.bouncycastle.tls.CertificateEntry;
import org.bouncycastle.tls.CipherSuite;
import org.bouncycastle.tls.ContentType;
import org.bouncycastle.tls.DefaultTlsServer;
import org.bouncycastle.tls.HandshakeType;
import org.bouncycastle.tls.ProtocolVersion;
import org.bouncycastle.tls.SignatureScheme;
import org.bouncycastle.tls.TlsCredentialedSigner;
import org.bouncycastle.tls.TlsServerProtocol;
import org.bouncycastle.tls.crypto.TlsCertificate;
import org.bouncycastle.tls.crypto.TlsCryptoParameters;
import org.bouncycastle.tls.crypto.impl.jcajce.JcaDefaultTlsCredentialedSigner;
import org.bouncycastle.tls.crypto.impl.jcajce.JcaTlsCrypto;
import org.bouncycastle.tls.crypto.impl.jcajce.JcaTlsCryptoProvider;
import org.jspecify.annotations.Nullable;

/** TLS as no honest server speaks it: BouncyCastle's, with what it sends in our hands. */
final class HostileTls extends TlsServerProtocol {
  private final JcaTlsCrypto crypto = new JcaTlsCryptoProvider().create(new SecureRandom());
  private final Socket socket;

  HostileTls(Socket socket) throws IOException {
    super(socket.getInputStream(), socket.getOutputStream());
    this.socket = socket;
  }

  /** What a test does with the server's side, once TLS holds. */
  interface Talk {
    void talk(HostileTls tls, TlsServer.Secured secured) throws Exception;
  }

  /** Serves TLS 1.3. */
  static TlsServer.Service serving(Certificates.Identity identity, Talk talk) {
    return serving(ProtocolVersion.TLSv13, identity, talk);
  }

  /** Serves one version of TLS. */
  static TlsServer.Service serving(
      ProtocolVersion version, Certificates.Identity identity, Talk talk) {
    return socket -> {
      HostileTls tls = new HostileTls(socket);
      tls.accept(tls.new Speaking(version, identity));
      talk.talk(tls, new TlsServer.Secured(tls.getInputStream(), tls.getOutputStream(), socket));
    };
  }

  /** Accepts only some versions and cipher suites, which is all that it ever gets to say. */
  static TlsServer.Service offering(ProtocolVersion[] versions, int... cipherSuites) {
    return socket -> {
      HostileTls tls = new HostileTls(socket);
      tls.accept(
          new DefaultTlsServer(tls.crypto) {
            @Override
            protected ProtocolVersion[] getSupportedVersions() {
              return versions;
            }

            @Override
            protected int[] getSupportedCipherSuites() {
              return cipherSuites;
            }
          });
    };
  }

  /** Sends a ticket for a later session (RFC 8446 §4.6.1). */
  void sendTicket(int size) throws IOException {
    int body = 4 + 4 + 1 + 8 + 2 + size + 2;
    ByteBuffer ticket = ByteBuffer.allocate(4 + body);
    ticket.putInt(HandshakeType.new_session_ticket << 24 | body);
    ticket.putInt(3600).putInt(7); // lifetime, age
    byte[] unique = new byte[8 + 2 + size];
    crypto.getSecureRandom().nextBytes(unique);
    ByteBuffer.wrap(unique).putShort(8, (short) size);
    ticket.put((byte) 8).put(unique).putShort((short) 0);
    safeWriteRecord(ContentType.handshake, ticket.array(), 0, ticket.capacity());
  }

  /** Changes the key, and asks for another key of the client's (RFC 8446 §4.6.3). */
  void sendKeyUpdate() throws IOException {
    send13KeyUpdate(true);
  }

  void sendFatalAlert(short description) throws IOException {
    raiseAlertFatal(description, "on purpose", null);
  }

  Socket socket() {
    return socket;
  }

  private final class Speaking extends DefaultTlsServer {
    private final ProtocolVersion version;
    private final Certificates.Identity identity;

    Speaking(ProtocolVersion version, Certificates.Identity identity) {
      super(crypto);
      this.version = version;
      this.identity = identity;
    }

    @Override
    protected ProtocolVersion[] getSupportedVersions() {
      return version.only();
    }

    @Override
    protected int[] getSupportedCipherSuites() {
      return new int[] {
        CipherSuite.TLS_AES_128_GCM_SHA256, CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
      };
    }

    @Override
    public TlsCredentialedSigner getCredentials() throws IOException {
      try {
        TlsCertificate certificate = crypto.createCertificate(identity.certificate().getEncoded());
        byte @Nullable [] request = version.equals(ProtocolVersion.TLSv13) ? new byte[0] : null;
        CertificateEntry[] entries = {new CertificateEntry(certificate, null)};
        return new JcaDefaultTlsCredentialedSigner(
            new TlsCryptoParameters(context),
            (JcaTlsCrypto) getCrypto(),
            identity.key(),
            new Certificate(request, entries),
            SignatureScheme.getSignatureAndHashAlgorithm(SignatureScheme.ecdsa_secp256r1_sha256));
      } catch (GeneralSecurityException e) {
        throw new IOException(e);
      }
    }
  }
}
