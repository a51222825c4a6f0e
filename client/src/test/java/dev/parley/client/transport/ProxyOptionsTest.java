// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.parley.client.transport.ProxyOptions.Kind;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ProxyOptionsTest {
  @Nested
  class OfAUrl {
    @ParameterizedTest
    @CsvSource({
      "proxy,                    HTTP,    proxy,     1080",
      "proxy:3128,               HTTP,    proxy,     3128",
      "http://proxy:3128/,       HTTP,    proxy,     3128",
      "HTTPS://proxy,            HTTPS,   proxy,     443",
      "https://proxy:8443,       HTTPS,   proxy,     8443",
      "socks4a://proxy,          SOCKS4A, proxy,     1080",
      "socks5://127.0.0.1:9050,  SOCKS5,  127.0.0.1, 9050",
      "socks5h://[::1]:9050,     SOCKS5,  ::1,       9050",
    })
    void areWhatCurlReads(String url, Kind kind, String host, int port) {
      ProxyOptions options = ProxyOptions.parse(url);
      assertThat(options.kind()).isEqualTo(kind);
      assertThat(options.host()).isEqualTo(host);
      assertThat(options.port()).isEqualTo(port);
      assertThat(options.user()).isNull();
    }

    @ParameterizedTest
    @CsvSource({
      "user:pw@proxy,               user,   pw",
      "http://user@proxy,           user,   ''",
      "http://user:@proxy,          user,   ''",
      "http://:pw@proxy,            '',     pw",
      "http://me@home:a:b@proxy:80, me@home, a:b",
      "socks5://a%2Fb:1+1%40%C3%A4@proxy, a/b, 1+1@ä",
    })
    void haveItsCredentials(String url, String user, String password) {
      ProxyOptions options = ProxyOptions.parse(url);
      assertThat(options.host()).isEqualTo("proxy");
      assertThat(options.user()).isEqualTo(user);
      assertThat(options.password()).isEqualTo(password);
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "",
          "http://",
          "http://user:pass-word@",
          "ftp://user:pass-word@proxy",
          "socks4://proxy",
          "proxy:0",
          "proxy:65536",
          "proxy:http",
          "proxy:123456",
          "http://proxy/path",
          "http://proxy?query",
          "http://proxy#fragment",
          "http://a b",
          "http://a\nb",
          "http://::1",
          "http://[::1",
          "http:proxy",
          "http://user:pass-word%@proxy",
          "http://user:pass-word%4@proxy",
          "http://user:pass-word%zz@proxy",
          "http://us%3Aer:pass-word@proxy",
          "socks4a://user:pass-word@proxy",
          "socks5://user@proxy",
          "socks5://:pass-word@proxy",
        })
    void areRefusedWhereItIsNoneAndNotShown(String url) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> ProxyOptions.parse(url))
          .satisfies(
              e -> {
                assertThat(e.getMessage()).doesNotContain("pass-word");
                assertThat(e.getCause()).isNull();
              });
    }
  }

  @Test
  void credentialsOfSocks5AreCountedInOneByte() {
    ProxyOptions options = ProxyOptions.of(Kind.SOCKS5, "proxy", 1);
    assertThat(options.withCredentials("u".repeat(255), "ä".repeat(127)).user()).hasSize(255);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> options.withCredentials("u".repeat(256), "p"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> options.withCredentials("u", "ä".repeat(128)));
  }

  @Test
  void userOfSocks4aEndsWithNul() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ProxyOptions.of(Kind.SOCKS4A, "proxy", 1).withCredentials("a\0b", ""));
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void hostAndPortAreJudged(Kind kind) {
    assertThatIllegalArgumentException().isThrownBy(() -> ProxyOptions.of(kind, "", 1));
    assertThatIllegalArgumentException().isThrownBy(() -> ProxyOptions.of(kind, "[::1]", 1));
    assertThatIllegalArgumentException().isThrownBy(() -> ProxyOptions.of(kind, "proxy", 0));
  }

  @Test
  void textShowsNoCredentials() {
    assertThat(ProxyOptions.parse("socks5h://user:secret@[::1]:9050"))
        .hasToString("socks5://[::1]:9050");
    assertThat(ProxyOptions.parse("user:secret@proxy")).hasToString("http://proxy:1080");
  }
}
