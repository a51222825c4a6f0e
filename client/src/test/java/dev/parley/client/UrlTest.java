// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class UrlTest {
  @Nested
  @DisplayName("RFC 6455 §3: scheme, host, port, path, query")
  class Parts {
    @ParameterizedTest
    @CsvSource({
      "ws://example.com, ws://example.com/",
      "wss://example.com/chat?room=1, wss://example.com/chat?room=1",
      "WSS://Example.COM/Chat, wss://example.com/Chat",
      "http://example.com/, ws://example.com/",
      "https://example.com?x, wss://example.com/?x",
      "ws://example.com:8080/, ws://example.com:8080/",
      "ws://example.com:80/, ws://example.com/",
      "wss://example.com:443/, wss://example.com/",
      "ws://example.com:443/, ws://example.com:443/",
      "ws://example.com:/, ws://example.com/",
      "ws://127.0.0.1:9001/getCaseCount, ws://127.0.0.1:9001/getCaseCount",
      "ws://[::1]:9001/, ws://[::1]:9001/",
      "ws://[2001:DB8::1], ws://[2001:db8::1]/",
      "ws://[::ffff:1.2.3.4]/, ws://[::ffff:1.2.3.4]/",
      "ws://my_service/, ws://my_service/",
      "ws://example.com./, ws://example.com/",
      "ws://h/a//b/../c;d=e, ws://h/a//b/../c;d=e",
      "ws://h/?redirect=ws://other@x/, ws://h/?redirect=ws://other@x/",
    })
    void urlIsRead(String url, String expected) {
      assertThat(Url.parse(url)).hasToString(expected);
    }

    @Test
    void ipv6HostHasBracketsWhereItIsWrittenOnly() {
      Url url = Url.parse("ws://[::1]:81/");
      assertThat(url.host()).isEqualTo("::1");
      assertThat(url.authority()).isEqualTo("[::1]:81");
    }

    @ParameterizedTest
    @CsvSource({"localhost:8080/chat, 8080", "localhost, 0", "localhost?x=a://b, 0", "[::1]:7, 7"})
    void schemeMayBeMissing(String url, int port) {
      Url parsed = Url.parse(url);
      assertThat(parsed.scheme()).isNull();
      assertThat(parsed.host()).isNotNull();
      assertThat(parsed.port()).isEqualTo(port);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/chat?a=b", "?a=b"})
    void hostMayBeMissing(String url) {
      Url parsed = Url.parse(url);
      assertThat(parsed.host()).isNull();
      assertThat(parsed.query()).isEqualTo("a=b");
    }

    @ParameterizedTest
    @CsvSource({
      "ftp://example.com/, scheme ftp",
      "ws+unix://x, scheme ws+unix",
      "wss:host, no //",
      "ws:/host, no //",
      "HTTPS:443, no //",
      "//host/path, begins with //",
      "'', host is empty",
      "ws://, host is empty",
      "ws:///path, host is empty",
      "ws://?x, host is empty",
      "ws://:80/, host is empty",
      "ws://h?#x, fragment",
      "ws://h/#, fragment",
      "ws://h#x, fragment",
      "ws://a@b\\@c, user information",
      "ws://user:secret@h/, user information",
      "ws://@h/, user information",
      "ws://h:0/, port 0",
      "ws://h:65536/, port 65536",
      "ws://h:99999999999/, port is not a number",
      "ws://h:-1/, port is not a number",
      "ws://h:+80/, port is not a number",
      "ws://h:8O/, port is not a number",
      "ws://h:80:81/, port is not a number",
      "ws://[::1%25eth0]/, zone",
      "ws://[::1%eth0]/, zone",
      "ws://[::1/, no domain name",
      "ws://[::1]x/, no domain name",
      "ws://[1.2.3.4]/, no IPv6",
      "ws://[:::1]/, no IPv6",
      "ws://[]/, no IPv6",
      "ws://::1/, host is empty",
      "ws://a b/, no domain name",
      "ws://a\\b/, no domain name",
      "ws://a%41/, no domain name",
      "ws://a..b/, no domain name",
      "ws://../, no domain name",
      "ws://h<x>/, no domain name",
      "ws://℀.example/, no domain name",
      "ws://h／x/, no domain name",
      "ws://1.2.3/, no IPv4",
      "ws://1.2.3.256/, no IPv4",
      "ws://01.2.3.4/, no IPv4",
      "ws://0x7f000001/, no IPv4",
      "ws://2130706433/, no IPv4",
    })
    void urlIsRefused(String url, String why) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Url.parse(url))
          .withMessageContaining(why);
    }

    @Test
    void messageShowsNoSecret() {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Url.parse("ws://user:hunter2@h/?token=hunter2"))
          .withMessageNotContaining("hunter2");
    }
  }

  @Nested
  @DisplayName("RFC 5890: one ASCII host")
  class InternationalNames {
    @ParameterizedTest
    @CsvSource({
      "ws://bücher.example/, xn--bcher-kva.example",
      "ws://BÜCHER.example/, xn--bcher-kva.example",
      "ws://例え。テスト/, xn--r8jz45g.xn--zckzah",
      "ws://xn--bcher-kva.example/, xn--bcher-kva.example",
    })
    void nameBecomesAscii(String url, String host) {
      assertThat(Url.parse(url).host()).isEqualTo(host);
      assertThat(Url.parse(url).authority()).isEqualTo(host);
    }

    @Test
    void labelThatGetsTooLongIsRefused() {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Url.parse("ws://" + "ü".repeat(64) + ".example/"));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Url.parse("ws://" + "a.".repeat(127) + "b/"));
    }
  }

  @Nested
  @DisplayName("RFC 3986 §2: percent-encoding")
  class Encoding {
    @ParameterizedTest
    @CsvSource({
      "/a b, /a%20b",
      "/wörld, /w%C3%B6rld",
      "/😀, /%F0%9F%98%80",
      "/a%20b%C3%B6, /a%20b%C3%B6",
      "/100%, /100%25",
      "/%zz%4, /%25zz%254",
      "/%４1, /%25%EF%BC%941",
      "/a\\b|c\"<>^`{}[], /a%5Cb%7Cc%22%3C%3E%5E%60%7B%7D%5B%5D",
      "/-._~!$&()*+;=:@/, /-._~!$&()*+;=:@/",
      "/p?q=a b&c=ö/?, /p?q=a%20b&c=%C3%B6/?",
      "chat, /chat",
      "'', /",
    })
    void whatIsNotAllowedIsEncoded(String target, String expected) {
      assertThat(Url.parseTarget(target).target()).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/a\r\nHost: evil", "/\0", "/\t", "/?a\nb", "/\u007f", "/\u0085"})
    void controlCharacterIsRefused(String target) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Url.parseTarget(target))
          .withMessageContaining("has the character U+");
      assertThatIllegalArgumentException().isThrownBy(() -> Url.parse("ws://h" + target));
    }

    @Test
    void loneSurrogateIsRefused() {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Url.parseTarget("/\ud83d"))
          .withMessageContaining("U+D83D at index 1");
    }

    @Test
    void parameterIsEncodedWhole() {
      assertThat(Url.encodeParameter("a&b=c d+e%20/ö\n~"))
          .isEqualTo("a%26b%3Dc%20d%2Be%2520%2F%C3%B6%0A~");
    }
  }
}
