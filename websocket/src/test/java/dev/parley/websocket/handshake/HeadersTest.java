// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.handshake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HeadersTest {
  private static final Headers TWO = Headers.builder().add("Via", "a").add("vIA", "b").build();

  @Nested
  @DisplayName("RFC 9110 §5.1: field names")
  class FieldNames {
    @Test
    void namesAreFoundInAnyCase() {
      assertThat(TWO.get("VIA")).isEqualTo("a");
      assertThat(TWO.getAll("via")).containsExactly("a", "b");
      assertThat(TWO.contains("via")).isTrue();
      assertThat(TWO.fields())
          .containsExactly(new Headers.Field("Via", "a"), new Headers.Field("vIA", "b"));
    }

    @Test
    void missingNamesAreNotFound() {
      assertThat(TWO.get("Age")).isNull();
      assertThat(TWO.getAll("Age")).isEmpty();
      assertThat(TWO.contains("Age")).isFalse();
    }

    @Test
    void namesEndBeforeTheColon() {
      Headers headers = Headers.builder().add("A", "b:").add("Location", "https://x").build();
      assertThat(headers.get("A: b")).isNull();
      assertThat(headers.getAll("Location: https")).isEmpty();
      assertThat(headers.contains("")).isFalse();
      assertThat(headers.contains("Loc")).isFalse();
      assertThat(headers.contains("https://x and so on, past the end")).isFalse();
      assertThat(headers.contains("Location and so on, past the end")).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
      "'A ',   header name has the character U+0020 at index 1",
      "'A:b',  header name has the character U+003A at index 1",
      "'\r\n', header name has the character U+000D at index 0",
      "'A\0',  header name has the character U+0000 at index 1",
      "'A{',   header name has the character U+007B at index 1",
      "'A[',   header name has the character U+005B at index 1",
      "'A@',   header name has the character U+0040 at index 1",
      "'/',    header name has the character U+002F at index 0",
      "'Ä',    header name has the character U+00C4 at index 0",
    })
    void namesMustBeTokens(String name, String message) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Headers.builder().add(name, "value"))
          .withMessage(message + ", which no token has (RFC 9110 §5.6.2)");
    }

    @Test
    void namesMustNotBeEmpty() {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Headers.builder().set("", "value"))
          .withMessage("header name is empty, expected a token");
    }

    @Test
    void everyTokenCharacterIsFine() {
      String name = "!#$%&'*+-.^_`|~09azAZ";

      assertThat(Headers.builder().add(name, "").build().contains(name)).isTrue();
    }
  }

  @Nested
  @DisplayName("RFC 9110 §5.5: field values")
  class FieldValues {
    @ParameterizedTest
    @ValueSource(strings = {"\r", "\n", "\0", "\u007f", "\u001f", "\u0100", "\ud83d\ude00"})
    void valuesMustBeTextAndAreNeverShown(String character) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Headers.builder().add("Authorization", "secret" + character))
          .withMessage(
              "value of header Authorization has the character U+%04X at index 6 (RFC 9110 §5.5)",
              (int) character.charAt(0));
    }

    @ParameterizedTest
    @CsvSource({"'', ''", "' \ta b\t ', 'a b'", "'~\u0080\u00ff', '~\u0080\u00ff'"})
    void whiteSpaceAroundAValueIsDropped(String written, String value) {
      assertThat(Headers.builder().add("A", written).build().get("a")).isEqualTo(value);
    }
  }

  @Nested
  class Building {
    @Test
    void setReplacesEveryLine() {
      assertThat(TWO.toBuilder().add("Age", "1").set("via", "c").build())
          .isEqualTo(Headers.builder().add("Age", "1").add("via", "c").build());
    }

    @Test
    void addAllKeepsTheOrder() {
      Headers.Builder builder = Headers.builder().add("Age", "1").addAll(TWO);

      assertThat(builder.contains("VIA")).isTrue();
      assertThat(builder.contains("Allow")).isFalse();
      assertThat(builder.build())
          .isEqualTo(Headers.builder().add("Age", "1").add("Via", "a").add("vIA", "b").build());
    }

    @Test
    void setThatIsRefusedChangesNothing() {
      Headers.Builder builder = Headers.builder().add("A", "b");
      assertThatIllegalArgumentException().isThrownBy(() -> builder.set("A", "\n"));
      assertThat(builder.build().get("A")).isEqualTo("b");
    }

    @Test
    void headersDoNotChangeWithTheirBuilder() {
      Headers.Builder builder = Headers.builder();
      Headers headers = builder.build();
      builder.add("A", "b");

      assertThat(headers).isEqualTo(Headers.EMPTY);
    }
  }

  @Nested
  class Equality {
    @Test
    void sameLinesAreEqual() {
      assertThat(TWO).isEqualTo(TWO.toBuilder().build()).hasSameHashCodeAs(TWO.toBuilder().build());
    }

    @Test
    void otherLinesAndOtherThingsAreNot() {
      assertThat(TWO).isNotEqualTo(Headers.EMPTY).isNotEqualTo("Via");
      assertThat(TWO).doesNotHaveSameHashCodeAs(Headers.EMPTY);
    }

    @Test
    void valuesAreNotShown() {
      Headers headers = Headers.builder().add("Cookie", "secret").build();
      assertThat(headers).hasToString("[Cookie]");
      assertThat(headers.fields().getFirst()).hasToString("Cookie");
    }
  }
}
