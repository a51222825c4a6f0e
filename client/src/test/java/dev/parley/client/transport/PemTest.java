// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.interfaces.ECPrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The files are as OpenSSL wrote them; each form that is encrypted has one password. */
final class PemTest {
  private static final String PASSWORD = "p\u00e4ssword";
  private static final char[] ENTRY = "entry".toCharArray();

  @TempDir Path directory;

  private static String text(String name) throws IOException {
    try (InputStream in =
        Objects.requireNonNull(PemTest.class.getResourceAsStream("pem/" + name + ".pem"), name)) {
      return new String(in.readAllBytes(), StandardCharsets.US_ASCII);
    }
  }

  private Path file(String... names) throws IOException {
    StringBuilder all = new StringBuilder();
    for (String name : names) {
      all.append("What stands between the blocks: h\u00e9.\n").append(text(name));
    }
    return Files.writeString(
        directory.resolve(String.join("+", names) + ".pem"), all, StandardCharsets.ISO_8859_1);
  }

  private PrivateKey key(Path certificate, Path key, @Nullable String password) throws Exception {
    KeyStore store =
        Pem.clientCertificate(
            certificate, key, password == null ? null : password.toCharArray(), ENTRY);
    return (PrivateKey) Objects.requireNonNull(store.getKey("client", ENTRY));
  }

  /** Returns the key by way of the JDK, which reads this form only. */
  private static PrivateKey expected(String kind) throws Exception {
    String base64 = text(kind + ".pkcs8").replaceAll("-----.*-----", "");
    String algorithm =
        switch (kind) {
          case "rsa" -> "RSA";
          case "ec" -> "EC";
          default -> "EdDSA";
        };
    return KeyFactory.getInstance(algorithm)
        .generatePrivate(new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(base64)));
  }

  /** Returns what is secret in a key; of the same EC key there are several forms. */
  private static Object number(PrivateKey key) {
    return key instanceof ECPrivateKey ec ? ec.getS() : key;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "rsa.pkcs1",
        "rsa.pkcs8",
        "rsa.pkcs8.aes256",
        "rsa.pkcs8.aes128",
        "rsa.pkcs8.3des",
        "rsa.pkcs1.aes256",
        "rsa.pkcs1.des3",
        "ec.sec1",
        "ec.sec1.params",
        "ec.sec1.aes128",
        "ec.pkcs8",
        "ed25519.pkcs8"
      })
  void keyIsReadAsItIs(String name) throws Exception {
    String kind = name.substring(0, name.indexOf('.'));
    boolean encrypted = text(name).contains("ENCRYPTED");
    // PKCS #12's way of reading a password has no agreed form beyond ASCII.
    String password = !encrypted ? null : name.endsWith("8.3des") ? "password" : PASSWORD;
    assertThat(number(key(file(kind + ".cert"), file(name), password)))
        .isEqualTo(number(expected(kind)));
    // One file may hold both, in either order.
    Path both = file(name, kind + ".cert");
    assertThat(number(key(both, both, password))).isEqualTo(number(expected(kind)));
  }

  @Test
  void curveMayBeNamedBeforeTheKeyOnly() throws Exception {
    // SEC 1 lets the key leave its curve out: it is cut off here, and its length set right.
    byte[] der = Base64.getMimeDecoder().decode(text("ec.sec1").replaceAll("-----.*-----", ""));
    byte[] bare = new byte[39];
    System.arraycopy(der, 0, bare, 0, bare.length);
    bare[1] = (byte) (bare.length - 2);
    Path key = directory.resolve("bare.pem");
    String block =
        "-----BEGIN EC PRIVATE KEY-----\n"
            + Base64.getEncoder().encodeToString(bare)
            + "\n-----END EC PRIVATE KEY-----\n";
    String params = text("ec.sec1.params");
    Files.writeString(key, params.substring(0, params.indexOf("-----BEGIN EC PRIVATE")) + block);
    assertThat(number(key(file("ec.cert"), key, null))).isEqualTo(number(expected("ec")));

    Files.writeString(key, block);
    assertThatThrownBy(() -> key(file("ec.cert"), key, null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageEndingWith("bare.pem: EC private key that names no curve");
  }

  @Test
  void everyCertificateIsTrusted() throws Exception {
    KeyStore store = Pem.authorities(file("rsa.cert", "ec.cert", "rsa.pkcs8"));
    assertThat(store.size()).isEqualTo(2);
  }

  @Nested
  final class Refuses {
    private void refuses(Path certificate, Path key, @Nullable String password, String message) {
      assertThatThrownBy(() -> key(certificate, key, password))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(message)
          .hasMessageNotContaining(PASSWORD);
    }

    @ParameterizedTest
    @ValueSource(strings = {"rsa.pkcs8.aes256", "rsa.pkcs8.3des", "rsa.pkcs1.des3"})
    void anEncryptedKeyWithoutItsPassword(String name) throws Exception {
      refuses(
          file("rsa.cert"),
          file(name),
          null,
          name + ".pem: private key that is encrypted: give its password");
      refuses(
          file("rsa.cert"),
          file(name),
          "wrong",
          name + ".pem: private key that its password does not open, or that is malformed");
    }

    @ParameterizedTest
    @CsvSource({"rsa, ec.pkcs8", "ec, rsa.pkcs1", "ed25519, ec.sec1"})
    void theKeyOfAnotherCertificate(String certificate, String key) throws Exception {
      refuses(
          file(certificate + ".cert"),
          file(key),
          null,
          key + ".pem is not that of the certificate in ");
    }

    @Test
    void filesThatLackWhatTheyAreToHave() throws Exception {
      refuses(file("rsa.cert"), file("ec.cert"), null, "ec.cert.pem: no private key in PEM");
      refuses(file("rsa.pkcs8"), file("rsa.pkcs8"), null, "pem: no certificate in PEM form");
      Path missing = directory.resolve("missing.pem");
      refuses(missing, file("rsa.pkcs8"), null, "there is no file " + missing);
      refuses(file("rsa.cert"), missing, null, "there is no file " + missing);
      refuses(directory, file("rsa.pkcs8"), null, "cannot read " + directory);
      assertThatThrownBy(() -> Pem.authorities(missing))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("there is no file " + missing);
    }

    private Path bad(String label, String content) throws IOException {
      return Files.writeString(
          directory.resolve("bad.pem"),
          "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n".formatted(label, content));
    }

    @ParameterizedTest
    @CsvSource({
      "RSA PRIVATE KEY,       AAAA",
      "RSA PRIVATE KEY,       AAAAA",
      "RSA PRIVATE KEY,       ''",
      "EC PRIVATE KEY,        MIIB",
      "EC PRIVATE KEY,        MAMCAQE=",
      "EC PRIVATE KEY,        MIR/////AgEB",
      "PRIVATE KEY,           AAAA",
      "ENCRYPTED PRIVATE KEY, AAAA",
      "CERTIFICATE,           AAAA",
    })
    void whatIsMalformed(String label, String base64) throws Exception {
      Path file = bad(label, base64);
      boolean certificate = label.equals("CERTIFICATE");
      refuses(
          certificate ? file : file("rsa.cert"),
          certificate ? file("rsa.pkcs8") : file,
          "secret",
          "bad.pem: ");
    }

    @ParameterizedTest
    @CsvSource({
      "'Proc-Type: 4,ENCRYPTED\nDEK-Info: RC4,00\n', encrypted with RC4",
      "'Proc-Type: 4,ENCRYPTED\nDEK-Info: nothing\n', does not say how",
      "'Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n', bad.pem: ",
    })
    void anEncryptionThatNobodyKnows(String headers, String message) throws Exception {
      Path file = bad("RSA PRIVATE KEY", headers + "\nAAAA");
      refuses(file("rsa.cert"), file, "secret", message);
    }
  }
}
