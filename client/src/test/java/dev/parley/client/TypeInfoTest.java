// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.lang.reflect.ParameterizedType;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class TypeInfoTest {
  @Test
  void anonymousSubclassKeepsGenerics() {
    TypeInfo<List<String>> type = new TypeInfo<>() {};
    assertThat(type.type()).isInstanceOf(ParameterizedType.class);
    assertThat(type.rawType()).isEqualTo(List.class);
    assertThat(type).hasToString("java.util.List<java.lang.String>");
  }

  @Test
  void classIsAType() {
    assertThat(TypeInfo.of(String.class).type()).isEqualTo(String.class);
    assertThat(new TypeInfo<String>() {}).isEqualTo(TypeInfo.of(String.class));
  }

  @Test
  void reflectedTypeIsAType() {
    TypeInfo<Map<String, List<Integer>>> type = new TypeInfo<>() {};
    assertThat(TypeInfo.of(type.type())).isEqualTo(type).hasSameHashCodeAs(type);
    assertThat(TypeInfo.of(type.type())).isNotEqualTo(TypeInfo.of(Map.class));
  }

  @Test
  void genericArrayHasAClass() {
    assertThat(new TypeInfo<List<String>[]>() {}.rawType()).isEqualTo(List[].class);
  }

  @Test
  void typeVariableIsRefused() {
    assertThatIllegalStateException().isThrownBy(TypeInfoTest::<String>forgotten);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TypeInfo.of(List.class.getTypeParameters()[0]));
  }

  @Test
  @SuppressWarnings({"rawtypes", "unchecked"}) // the mistake under test
  void missingTypeIsRefused() {
    assertThatIllegalStateException()
        .isThrownBy(() -> new TypeInfo() {})
        .withMessageContaining("new TypeInfo<List<Message>>() {}");
  }

  @Test
  void valuesAreTold() {
    assertThat(TypeInfo.of(int.class).accepts(1)).isTrue();
    assertThat(TypeInfo.of(int.class).accepts(1L)).isFalse();
    assertThat(new TypeInfo<List<String>>() {}.accepts(List.of())).isTrue();
  }

  private static <T> void forgotten() {
    new TypeInfo<T>() {};
  }
}
