// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.parley.websocket.handshake.Headers;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class HttpResponseTest {
  private static HttpResponse response(String type, byte[] body) {
    return new HttpResponse(
        HttpClient.create(),
        new HttpStatus(403, "Forbidden"),
        Headers.builder().add("Content-Type", type).build(),
        body);
  }

  @ParameterizedTest
  @CsvSource({
    "text/plain; charset=ISO-8859-1, ISO-8859-1",
    "text/plain;CHARSET=\"utf-16\", UTF-16",
    "text/plain, UTF-8",
    "text/plain; charset=klingon, UTF-8",
    "text/plain; charset=%%%, UTF-8",
  })
  void bodyIsReadInItsCharset(String type, String charset) {
    assertThat(response(type, "wörld".getBytes(Charset.forName(charset))).bodyAsText())
        .isEqualTo("wörld");
  }

  @Test
  void bodyIsCopied() {
    HttpResponse response = response("text/plain", "a".getBytes(StandardCharsets.UTF_8));
    response.bodyAsBytes()[0] = 'b';
    assertThat(response.bodyAsText()).isEqualTo("a");
  }

  @Test
  void refusedUpgradeSaysWhy() {
    HttpResponse response = response("text/plain", new byte[0]);
    WebSocketUpgradeException refusal = new WebSocketUpgradeException(response);
    assertThat(refusal).hasMessage("WebSocket upgrade failed: 403 Forbidden");
    assertThat(refusal.response()).isSameAs(response);
  }

  @Test
  void textShowsNoValue() {
    assertThat(response("secret/thing", new byte[0])).hasToString("403 Forbidden [Content-Type]");
  }

  @Test
  void statusIsThreeDigits() {
    assertThat(new HttpStatus(404, "")).hasToString("404");
    assertThatIllegalArgumentException().isThrownBy(() -> new HttpStatus(99, ""));
    assertThatIllegalArgumentException().isThrownBy(() -> new HttpStatus(1000, ""));
  }
}
