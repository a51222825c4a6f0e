// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.parley.client.transport.HttpAuthentication.Exchange;
import dev.parley.client.transport.HttpAuthentication.Request;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class HttpAuthenticationTest {
  private static final Request REQUEST = new Request("GET", "/dir/index.html");

  @Test
  void queryOfARequestIsNotShown() {
    assertThat(new Request("GET", "/dir?key=secret")).hasToString("GET /dir?...");
    assertThat(REQUEST).hasToString("GET /dir/index.html");
  }

  private static @Nullable String answer(Exchange exchange, String... challenges) {
    return exchange.credentials(REQUEST, HttpChallenge.parse(List.of(challenges)));
  }

  @Nested
  @DisplayName("RFC 7617: Basic")
  final class Basic {
    @Test
    void goesAtOnceAndOnce() {
      Exchange exchange = HttpAuthentication.basic("Aladdin", "open sesame").begin();
      assertThat(answer(exchange)).isEqualTo("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
      assertThat(answer(exchange, "Basic realm=\"x\"")).isNull();
    }

    @Test
    void isUtf8() {
      assertThat(answer(HttpAuthentication.basic("test", "123\u00a3").begin()))
          .isEqualTo("Basic dGVzdDoxMjPCow==");
    }

    @Test
    void userHasNoColonAndNobodyAControlCharacter() {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> HttpAuthentication.basic("a:b", "secret"))
          .withMessage("user with a colon, expected none (RFC 7617 §2)");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> HttpAuthentication.basic("a", "sec\nret"))
          .withMessage("password with a control character, expected none");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> HttpAuthentication.digest("a\r", "secret"));
    }
  }

  @Nested
  @DisplayName("RFC 7616: Digest")
  final class Digest {
    private static String md5(String text) throws NoSuchAlgorithmException {
      byte[] octets = text.getBytes(StandardCharsets.UTF_8);
      return HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(octets));
    }

    @Test
    @DisplayName("§3.4.1, §3.4.2: realm and nonce count as their octets came")
    void realmAndNonceInUtf8() throws Exception {
      String realm = new String("Zürich".getBytes(StandardCharsets.UTF_8), ISO_8859_1);
      String nonce = new String("é".getBytes(StandardCharsets.UTF_8), ISO_8859_1);
      Exchange exchange = HttpAuthentication.digest("grün", "geheim").begin();
      assertThat(answer(exchange)).isNull();
      String proof = md5(md5("grün:Zürich:geheim") + ":é:" + md5("GET:/dir/index.html"));
      assertThat(answer(exchange, "Digest realm=\"" + realm + "\", nonce=\"" + nonce + "\""))
          .contains("realm=\"" + realm + "\"", "response=\"" + proof + "\"");
    }

    @ParameterizedTest
    @DisplayName("§3.9.1: the examples")
    @CsvSource({
      "MD5,     8ca523f5e9506fed4657c9700eebdbec",
      "SHA-256, 753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"
    })
    void examples(String algorithm, String response) {
      Exchange exchange =
          PasswordAuthentication.digest(
                  "Mufasa", "Circle of Life", () -> "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ")
              .begin();
      assertThat(answer(exchange)).isNull();
      assertThat(
              answer(
                  exchange,
                  "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm="
                      + algorithm
                      + ", nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\","
                      + " opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""))
          .isEqualTo(
              "Digest username=\"Mufasa\", realm=\"http-auth@example.org\","
                  + " uri=\"/dir/index.html\", algorithm="
                  + algorithm
                  + ", nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", nc=00000001,"
                  + " cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\", qop=auth,"
                  + " response=\""
                  + response
                  + "\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"");
    }

    private static String digest(String user, String challenge) {
      Exchange exchange = PasswordAuthentication.digest(user, "secret", () -> "c").begin();
      return String.valueOf(answer(exchange, challenge));
    }

    @Test
    void ofTheFirstDaysHasNoQop() {
      // RFC 2069: H(H(A1):nonce:H(A2)), computed with openssl.
      assertThat(digest("u", "Digest realm=\"r\", nonce=\"n\""))
          .isEqualTo(
              "Digest username=\"u\", realm=\"r\", uri=\"/dir/index.html\", nonce=\"n\","
                  + " response=\"50d76a6954d955a49be26e7915c7f8f8\"");
    }

    @Test
    void strongestIsTaken() {
      assertThat(
              answer(
                  HttpAuthentication.digest("u", "p").begin(),
                  "Digest realm=\"r\", nonce=\"1\", algorithm=MD5, qop=auth",
                  "Digest realm=\"r\", nonce=\"2\", algorithm=SHA-512-256, qop=auth",
                  "Digest realm=\"r\", nonce=\"3\", algorithm=SHA-256, qop=auth",
                  "Digest realm=\"r\", nonce=\"4\", algorithm=SHA3, qop=auth"))
          .contains("nonce=\"2\"", "algorithm=SHA-512-256");
    }

    @Test
    void sessionsAndIntegrityOfNothing() {
      assertThat(digest("u", "Digest realm=r, nonce=n, algorithm=md5-SESS, qop=\"auth-int\""))
          .contains("algorithm=MD5-sess, ", "cnonce=\"c\"", "qop=auth-int");
    }

    @Test
    void userMayBeAnyTextOrHashed() {
      assertThat(digest("J\u00e4s\u00f8n", "Digest realm=r, nonce=n, qop=auth"))
          .startsWith("Digest username*=UTF-8''J%C3%A4s%C3%B8n, ");
      assertThat(digest("a\"b\\c", "Digest realm=\"d\\\"e\", nonce=n, qop=auth"))
          .startsWith("Digest username=\"a\\\"b\\\\c\", realm=\"d\\\"e\", ");
      assertThat(digest("u", "Digest realm=r, nonce=n, qop=auth, userhash=true"))
          .endsWith(", userhash=true")
          .doesNotContain("username=\"u\"");
    }

    @Test
    void passwordIsTriedOnceWhateverTheServerSays() {
      Exchange exchange = HttpAuthentication.digest("u", "p").begin();
      String fresh = "Digest realm=r, nonce=n, qop=auth";
      assertThat(answer(exchange, fresh)).isNotNull();
      assertThat(answer(exchange, fresh)).isNull();
      assertThat(answer(exchange, fresh + ", stale=true")).isNull();
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "Basic realm=r",
          "Digest nonce=n",
          "Digest realm=r",
          "Digest realm=r, nonce=n, algorithm=SHA3",
          "Digest realm=r, nonce=n, qop=\"future\"",
          "Negotiate"
        })
    void whatCannotBeAnsweredIsNot(String challenge) {
      assertThat(answer(HttpAuthentication.digest("u", "p").begin(), challenge)).isNull();
    }
  }

  @Test
  void basicOrDigestAnswersWhatIsAskedFor() {
    Exchange exchange = HttpAuthentication.basicOrDigest("u", "p").begin();
    assertThat(answer(exchange)).startsWith("Basic ");
    assertThat(answer(exchange, "Digest realm=r, nonce=n, qop=auth", "Basic realm=r"))
        .startsWith("Digest ");
    assertThat(answer(exchange, "Digest realm=r, nonce=n, qop=auth")).isNull();
  }

  @Test
  void nothingSecretIsShown() {
    assertThat(
            List.of(
                HttpAuthentication.basic("user", "hunter2"),
                HttpAuthentication.digest("user", "hunter2"),
                HttpAuthentication.basicOrDigest("user", "hunter2")))
        .hasToString(
            "[HttpAuthentication[Basic], HttpAuthentication[Digest], HttpAuthentication[Basic or"
                + " Digest]]");
  }
}
