// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("RFC 9110 §11.6.1: challenges")
final class HttpChallengeTest {
  private static HttpChallenge of(String scheme, String... parameters) {
    Map<String, String> all = new HashMap<>();
    for (int i = 0; i < parameters.length; i += 2) {
      all.put(parameters[i], parameters[i + 1]);
    }
    return new HttpChallenge(scheme, "", all);
  }

  @Test
  void severalInOneFieldAndOverSeveral() {
    // The example of RFC 9110, and what else servers send.
    assertThat(
            HttpChallenge.parse(
                List.of(
                    "Basic realm=\"simple\", Newauth realm=\"apps\", type=1, title=\"Login to"
                        + " \\\"apps\\\"\"",
                    "Negotiate",
                    " , Negotiate , ,NTLM TlRMTVNTUAAC==, Digest Realm = \"a, Basic b\" ,nonce=x")))
        .containsExactly(
            of("Basic", "realm", "simple"),
            of("Newauth", "realm", "apps", "type", "1", "title", "Login to \"apps\""),
            of("Negotiate"),
            of("Negotiate"),
            new HttpChallenge("NTLM", "TlRMTVNTUAAC==", Map.of()),
            of("Digest", "realm", "a, Basic b", "nonce", "x"));
  }

  @Test
  void nameIsAnyCaseAndTheFirstParameterHolds() {
    HttpChallenge challenge = HttpChallenge.parse(List.of("bAsIc REALM=a, realm=b")).getFirst();
    assertThat(challenge.is("Basic")).isTrue();
    assertThat(challenge.parameter("Realm")).isEqualTo("a");
    assertThat(challenge.parameter("none")).isNull();
    assertThat(challenge).hasToString("bAsIc [realm]");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Basic realm=\"a",
        "Basic realm=",
        "Basic =",
        "Basic realm=\"a\"\"b\"",
        "Basic \""
      })
  void whatCannotBeReadEndsTheField(String field) {
    assertThat(HttpChallenge.parse(List.of(field)))
        .allSatisfy(challenge -> assertThat(challenge.scheme()).isEqualTo("Basic"));
    assertThat(HttpChallenge.parse(List.of("", " ", ",", "\"", "=", "(x)"))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"a ", "a, ", "a=", "\"", "\\\"", "a=\"\\", " ", ",", "a=b ", "=,"})
  void hostileFieldIsReadInLinearTime(String part) {
    for (String start : List.of("", "Digest ", "Digest a=\"", "Digest a=b,")) {
      String field = start + part.repeat(8192 / part.length());
      assertTimeoutPreemptively(Duration.ofSeconds(2), () -> HttpChallenge.parse(List.of(field)));
    }
  }
}
