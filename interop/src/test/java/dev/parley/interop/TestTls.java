// SPDX-License-Identifier: Apache-2.0
package dev.parley.interop;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** A key and a certificate for localhost, made for this run by the JDK's keytool. */
final class TestTls {
  static final String PASSWORD = "changeit";

  private final Path keyStore;
  private final KeyManagerFactory keys;
  private final SSLContext server;
  private final SSLContext client;

  TestTls(Path directory) {
    try {
      keyStore = directory.resolve("localhost.p12");
      Files.deleteIfExists(keyStore);
      generate(keyStore);
      KeyStore store = KeyStore.getInstance("PKCS12");
      try (InputStream in = Files.newInputStream(keyStore)) {
        store.load(in, PASSWORD.toCharArray());
      }
      KeyStore trusted = KeyStore.getInstance("PKCS12");
      trusted.load(null, null);
      trusted.setCertificateEntry("localhost", store.getCertificate("localhost"));

      keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(store, PASSWORD.toCharArray());
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(trusted);
      server = SSLContext.getInstance("TLS");
      server.init(keys.getKeyManagers(), null, null);
      client = SSLContext.getInstance("TLS");
      client.init(null, trust.getTrustManagers(), null);
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException("no certificate for the servers", e);
    }
  }

  Path keyStore() {
    return keyStore;
  }

  KeyManagerFactory keys() {
    return keys;
  }

  SSLContext server() {
    return server;
  }

  /** Returns a context that trusts these servers and nobody else. */
  SSLContext client() {
    return client;
  }

  private static void generate(Path keyStore) throws IOException {
    Path keytool = Path.of(System.getProperty("java.home"), "bin", "keytool");
    Path log = keyStore.resolveSibling("keytool.log");
    Process process =
        new ProcessBuilder(
                keytool.toString(),
                "-genkeypair",
                "-keystore",
                keyStore.toString(),
                "-storetype",
                "PKCS12",
                "-storepass",
                PASSWORD,
                "-alias",
                "localhost",
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-dname",
                "CN=localhost",
                "-ext",
                "san=dns:localhost,ip:127.0.0.1",
                "-validity",
                "2")
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
        process.destroyForcibly();
        throw new IOException("keytool failed: " + Files.readString(log));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted in keytool", e);
    }
  }
}
