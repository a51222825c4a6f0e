// SPDX-License-Identifier: Apache-2.0
package dev.parley.examples;

import dev.parley.client.HttpClient;
import dev.parley.client.WebSockets;
import dev.parley.client.transport.TlsOptions;
import dev.parley.websocket.Frame;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * Chooses whom to trust, and shows a certificate of its own.
 *
 * <p>Arguments: the URL, a key store with the certificates to trust, a key store with a private key
 * and its certificate, and the password of both.
 */
public final class Tls {
  public static void main(String... args) throws IOException, GeneralSecurityException {
    String url = args[0];
    char[] password = args[3].toCharArray();
    KeyStore trusted = KeyStore.getInstance(new File(args[1]), password);
    KeyStore own = KeyStore.getInstance(new File(args[2]), password);

    talk(url, TlsOptions.DEFAULT.withTrust(trusted));
    talk(url, TlsOptions.DEFAULT.withTrust(trusted).withClientCertificate(own, password));
    talk(url, TlsOptions.DEFAULT.withContext(contextThatTrusts(trusted)));
  }

  /**
   * The same with PEM files.
   *
   * <p>Arguments: the URL, a file with the certificates to trust, a file with our certificate, one
   * with its private key, and two pins.
   */
  static void withPemFiles(String... args) {
    String url = args[0];
    String pin = args[4];
    String reserve = args[5];
    TlsOptions pem = TlsOptions.DEFAULT.withTrust(Path.of(args[1]));

    talk(url, pem.withClientCertificate(Path.of(args[2]), Path.of(args[3])));
    talk(url, pem.withPinnedKeys(pin, reserve));
    talk(url, pem.withProtocols("TLSv1.3").withCipherSuites("TLS_AES_256_GCM_SHA384"));
  }

  /** For an experiment: no check at all, for one connection. */
  static void withoutACheck(String url) {
    try (HttpClient client = HttpClient.create()) {
      client.wss(
          request -> request.url(url).insecurelyTrustingAnyone(),
          session -> session.send("Anybody can read this."));
    }
  }

  private static void talk(String url, TlsOptions tls) {
    try (HttpClient client =
        HttpClient.create(config -> config.install(WebSockets.PLUGIN).tls(tls))) {
      client.wss(
          url,
          session -> {
            session.send("Can anybody else read this?");
            if (session.incoming().receive() instanceof Frame.Text answer) {
              System.out.println("Received: " + answer.readText());
            }
          });
    }
  }

  private static SSLContext contextThatTrusts(KeyStore trusted) throws GeneralSecurityException {
    var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    SSLContext context = SSLContext.getInstance("TLSv1.3");
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }
}
