// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import java.lang.invoke.MethodType;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A type with its generics, for a {@link WebsocketContentConverter}. A class says enough with
 * {@link #of(Class)}; generics are kept by an anonymous subclass, because the compiler writes a
 * superclass down where it forgets a variable:
 *
 * {@snippet :
 * List<ChatMessage> messages =
 *     session.receiveDeserialized(new TypeInfo<List<ChatMessage>>() {});
 * }
 *
 * <p>Immutable. Two are equal when their types are.
 *
 * @param <T> the type
 */
public abstract class TypeInfo<T> {
  private final Type type;

  /**
   * Takes the type from the anonymous subclass that is being made.
   *
   * @throws IllegalStateException if the subclass gives no type, or only a type variable, which
   *     says nothing at run time
   */
  protected TypeInfo() {
    if (!(getClass().getGenericSuperclass() instanceof ParameterizedType parent)
        || parent.getRawType() != TypeInfo.class
        || rawType(parent.getActualTypeArguments()[0]) == null) {
      throw new IllegalStateException(
          "TypeInfo needs a type, as in new TypeInfo<List<Message>>() {}");
    }
    this.type = parent.getActualTypeArguments()[0];
  }

  private TypeInfo(Type type) {
    if (rawType(Objects.requireNonNull(type, "type")) == null) {
      throw new IllegalArgumentException(
          type + " is a type variable or a wildcard, expected a class or generic class");
    }
    this.type = type;
  }

  /** Returns the type of a class without generics. */
  public static <T> TypeInfo<T> of(Class<T> type) {
    return new Known<>(type);
  }

  /**
   * Returns a type that was found by reflection.
   *
   * @throws IllegalArgumentException if it is a type variable or a wildcard
   */
  public static TypeInfo<?> of(Type type) {
    return new Known<>(type);
  }

  /** Returns the type with its generics. */
  public final Type type() {
    return type;
  }

  /** Returns the class of the type, without generics. */
  public final Class<?> rawType() {
    return Objects.requireNonNull(rawType(type), "checked by the constructors");
  }

  /** Tells whether a value is of this type, as far as that can be seen at run time. */
  final boolean accepts(Object value) {
    return MethodType.methodType(rawType()).wrap().returnType().isInstance(value);
  }

  private static @Nullable Class<?> rawType(Type type) {
    if (type instanceof GenericArrayType array) {
      Class<?> component = rawType(array.getGenericComponentType());
      return component == null ? null : component.arrayType();
    }
    Type raw = type instanceof ParameterizedType generic ? generic.getRawType() : type;
    return raw instanceof Class<?> known ? known : null;
  }

  @Override
  public final boolean equals(@Nullable Object other) {
    return other instanceof TypeInfo<?> that && type.equals(that.type);
  }

  @Override
  public final int hashCode() {
    return type.hashCode();
  }

  /** Returns the type as Java writes it. */
  @Override
  public final String toString() {
    return type.getTypeName();
  }

  private static final class Known<T> extends TypeInfo<T> {
    private Known(Type type) {
      super(type);
    }
  }
}
