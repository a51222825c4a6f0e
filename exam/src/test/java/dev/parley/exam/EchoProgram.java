// SPDX-License-Identifier: Apache-2.0
package dev.parley.exam;

import dev.parley.testkit.MockWebSocketServer;
import dev.parley.testkit.TestCertificates;
import dev.parley.websocket.extension.WebSocketExtensions;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.KeySpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** An echo server in a process of its own, so that what is measured in ours is the client's. */
final class EchoProgram implements AutoCloseable {
  private final Process process;
  private final String url;

  private EchoProgram(String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of("-Xmx1g", EchoProgram.class.getName()));
    command.addAll(List.of(arguments));
    process = java(command.toArray(String[]::new));
    var lines = process.inputReader(StandardCharsets.UTF_8);
    url = Objects.requireNonNull(lines.readLine(), "the URL");
  }

  static EchoProgram start() throws IOException {
    return new EchoProgram();
  }

  /** Starts one with TLS, which {@link TestCertificates#clientContext()} trusts. */
  static EchoProgram startSecure() throws IOException {
    TestCertificates.Issued issued = TestCertificates.issue(TestCertificates.Subject.SERVER);
    return new EchoProgram(issued.certificateFile().toString(), issued.keyFile().toString());
  }

  /** Starts another JVM with our class path. */
  static Process java(String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }

  String url() {
    return url;
  }

  /**
   * Serves until its input ends.
   *
   * @param arguments for TLS: a PEM file with the certificate and those that vouch for it, and one
   *     with the private key
   */
  public static void main(String[] arguments) throws IOException, GeneralSecurityException {
    SSLContext tls = arguments.length == 0 ? null : context(arguments[0], arguments[1]);
    try (MockWebSocketServer server =
        MockWebSocketServer.start(
            config -> {
              config
                  .extensions(all -> all.install(WebSocketExtensions.perMessageDeflate()))
                  .recordedFrames(1);
              if (tls != null) {
                config.tls(tls);
              }
            })) {
      PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
      out.println(server.url());
      while (System.in.read() >= 0) {}
    }
  }

  private static SSLContext context(String certificates, String key)
      throws IOException, GeneralSecurityException {
    Certificate[] chain;
    try (InputStream in = Files.newInputStream(Path.of(certificates))) {
      chain =
          CertificateFactory.getInstance("X.509")
              .generateCertificates(in)
              .toArray(Certificate[]::new);
    }
    String base64 = Files.readString(Path.of(key)).replaceAll("-----.*-----", "");
    KeySpec encoded = new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(base64));
    KeyStore keys = KeyStore.getInstance("PKCS12");
    keys.load((InputStream) null, null);
    char[] password = {};
    keys.setKeyEntry(
        "server", KeyFactory.getInstance("EC").generatePrivate(encoded), password, chain);
    var managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(keys, password);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), null, null);
    return context;
  }

  @Override
  public void close() {
    try {
      process.getOutputStream().close();
      int unused = process.waitFor();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
