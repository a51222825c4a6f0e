// SPDX-License-Identifier: Apache-2.0
package dev.parley.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * Certificates for tests of {@code wss}, made at run time, so that none can expire in a repository.
 *
 * <p>An authority made for this JVM issues them; {@link #clientContext()} trusts it and nothing
 * else. Each certificate is made when it is first asked for, and once. May be used by any thread.
 *
 * @implNote The JDK has no public API that makes certificates, but it has a program that does:
 *     {@code keytool}, run as a process, which takes about a second for each.
 */
public final class TestCertificates {
  private static final String PASSWORD = "changeit";
  private static final String AUTHORITY = "authority";

  private static final ReentrantLock LOCK = new ReentrantLock();
  private static @Nullable TestCertificates shared;

  private final Path directory;
  private final Path keyStoreFile;
  private final Path authorityFile;
  private final KeyStore trusted;
  private final Map<Subject, Issued> issued = new HashMap<>();
  private int aliases;

  /**
   * What a certificate says.
   *
   * @param commonName the common name, which no client should look at
   * @param alternativeNames the names it is valid for, as in {@code dns:localhost,ip:127.0.0.1};
   *     empty for none
   * @param beginDay the first day it is valid, counted from today
   * @param days for how many days it is valid
   * @param selfSigned whether it signs itself in place of the authority
   */
  public record Subject(
      String commonName, String alternativeNames, int beginDay, int days, boolean selfSigned) {
    private static final String LOOPBACK = "dns:localhost,ip:127.0.0.1,ip:::1";

    /** A server that a client accepts which trusts the authority. */
    public static final Subject SERVER = new Subject("server", LOOPBACK, -1, 30, false);

    /** A client. */
    public static final Subject CLIENT = new Subject("client", "", -1, 30, false);

    /** A server whose certificate was valid once. */
    public static final Subject EXPIRED = new Subject("server", LOOPBACK, -30, 10, false);

    /** A server whose certificate is not valid yet. */
    public static final Subject NOT_YET_VALID = new Subject("server", LOOPBACK, 5, 10, false);

    /** A server of another name, but for the common name. */
    public static final Subject WRONG_HOST =
        new Subject("localhost", "dns:other.example", -1, 30, false);

    /** A server that nobody vouches for. */
    public static final Subject SELF_SIGNED = new Subject("server", LOOPBACK, -1, 30, true);
  }

  /**
   * A certificate with its key, for Java and for other programs.
   *
   * @param context presents the certificate, and trusts the authority; for a server or a client
   * @param certificateFile a PEM file: the certificate, then those that vouch for it
   * @param keyFile a PEM file: the private key, in PKCS #8
   */
  public record Issued(SSLContext context, Path certificateFile, Path keyFile) {}

  /** Makes the authority. */
  private TestCertificates() throws IOException, GeneralSecurityException, InterruptedException {
    directory = Files.createTempDirectory("parley-certificates");
    directory.toFile().deleteOnExit();
    keyStoreFile = temporary("keys.p12");
    keytool(AUTHORITY, "-dname", "CN=Parley test authority", "-ext", "bc:c");
    authorityFile = temporary("authority.pem");
    Certificate certificate = keyStore().getCertificate(AUTHORITY);
    Files.writeString(authorityFile, pem("CERTIFICATE", certificate.getEncoded()));
    trusted = emptyKeyStore();
    trusted.setCertificateEntry(AUTHORITY, certificate);
  }

  /** Returns a context for a server that presents {@link Subject#SERVER}. */
  public static SSLContext serverContext() {
    return issue(Subject.SERVER).context();
  }

  /** Returns a context for a client that trusts the authority, and presents no certificate. */
  public static SSLContext clientContext() {
    return with(certificates -> certificates.context(new KeyManager[0]));
  }

  /** Returns the certificate of a subject. */
  public static Issued issue(Subject subject) {
    return with(certificates -> certificates.issued(subject));
  }

  /** Returns a PEM file with the certificate of the authority. */
  public static Path authorityFile() {
    return with(certificates -> certificates.authorityFile);
  }

  private interface Use<T> {
    T apply(TestCertificates certificates)
        throws IOException, GeneralSecurityException, InterruptedException;
  }

  private static <T> T with(Use<T> use) {
    LOCK.lock();
    try {
      TestCertificates certificates = shared;
      if (certificates == null) {
        certificates = new TestCertificates();
        shared = certificates;
      }
      return use.apply(certificates);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot make test certificates", e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("cannot make test certificates", e);
    } catch (InterruptedException e) {
      throw MockConnection.interrupted(e);
    } finally {
      LOCK.unlock();
    }
  }

  private Issued issued(Subject subject)
      throws IOException, GeneralSecurityException, InterruptedException {
    Issued known = issued.get(subject);
    if (known != null) {
      return known;
    }
    String alias = "subject-" + ++aliases; // where keytool was interrupted, it may be taken
    List<String> options = new ArrayList<>();
    options.addAll(List.of("-dname", "CN=" + subject.commonName()));
    options.addAll(List.of("-startdate", "%+dd".formatted(subject.beginDay())));
    options.addAll(List.of("-validity", Integer.toString(subject.days())));
    if (!subject.alternativeNames().isEmpty()) {
      options.addAll(List.of("-ext", "san=" + subject.alternativeNames()));
    }
    if (!subject.selfSigned()) {
      options.addAll(List.of("-signer", AUTHORITY));
    }
    keytool(alias, options.toArray(String[]::new));

    KeyStore all = keyStore();
    Key key = all.getKey(alias, PASSWORD.toCharArray());
    Certificate[] chain = all.getCertificateChain(alias);
    KeyStore own = emptyKeyStore();
    own.setKeyEntry(alias, key, PASSWORD.toCharArray(), chain);
    var keyManagers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keyManagers.init(own, PASSWORD.toCharArray());

    StringBuilder certificates = new StringBuilder();
    for (Certificate certificate : chain) {
      certificates.append(pem("CERTIFICATE", certificate.getEncoded()));
    }
    Issued made =
        new Issued(
            context(keyManagers.getKeyManagers()),
            Files.writeString(temporary(alias + ".pem"), certificates),
            Files.writeString(temporary(alias + ".key"), pem("PRIVATE KEY", key.getEncoded())));
    issued.put(subject, made);
    return made;
  }

  private SSLContext context(KeyManager[] keyManagers) throws GeneralSecurityException {
    var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keyManagers, trust.getTrustManagers(), null);
    return context;
  }

  private void keytool(String alias, String... options) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of("-J-XX:TieredStopAtLevel=1", "-genkeypair", "-alias", alias));
    command.addAll(List.of("-keyalg", "EC", "-groupname", "secp256r1", "-storetype", "PKCS12"));
    command.addAll(List.of("-keystore", keyStoreFile.toString(), "-storepass", PASSWORD));
    command.addAll(List.of(options));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException("keytool failed: " + output.strip());
    }
  }

  private KeyStore keyStore() throws IOException, GeneralSecurityException {
    return KeyStore.getInstance(keyStoreFile.toFile(), PASSWORD.toCharArray());
  }

  private static KeyStore emptyKeyStore() throws IOException, GeneralSecurityException {
    KeyStore empty = KeyStore.getInstance("PKCS12");
    empty.load((InputStream) null, null);
    return empty;
  }

  private Path temporary(String name) {
    Path file = directory.resolve(name);
    file.toFile().deleteOnExit();
    return file;
  }

  private static String pem(String type, byte[] der) {
    String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
    return "-----BEGIN %s-----%n%s%n-----END %s-----%n"
        .formatted(type, base64, type)
        .replace("\r", "");
  }
}
