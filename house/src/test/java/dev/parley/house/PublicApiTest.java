// SPDX-License-Identifier: Apache-2.0
package dev.parley.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The public face of each module as a text, so that a change of it is seen in review. {@code ./dev
 * api} writes the texts anew.
 */
final class PublicApiTest {
  @ParameterizedTest
  @ValueSource(strings = {"websocket", "client", "jackson", "testkit"})
  void publicFaceIsAsReviewed(String module) throws IOException {
    Path reviewed = Repository.ROOT.resolve("house/src/test/api/" + module + ".txt");
    String face = face(module);
    if (System.getProperty("api.write") != null) {
      Files.createDirectories(reviewed.getParent());
      Files.writeString(reviewed, face);
    }
    assertThat(face).isEqualTo(Repository.read(reviewed));
  }

  private static String face(String module) {
    Path classes = Repository.ROOT.resolve(module).resolve("target/classes");
    TreeSet<String> packages = new TreeSet<>(exported(classes));
    List<String> types = new ArrayList<>();
    for (String name : packages) {
      try (Stream<Path> files = Files.list(classes.resolve(name.replace('.', '/')))) {
        files
            .map(file -> file.getFileName().toString())
            .filter(file -> file.endsWith(".class") && !file.equals("package-info.class"))
            .map(file -> load(name + "." + file.substring(0, file.length() - ".class".length())))
            .filter(PublicApiTest::isVisible)
            .map(PublicApiTest::describe)
            .forEach(types::add);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    types.sort(null);
    return String.join("\n", types) + "\n";
  }

  private static List<String> exported(Path classes) {
    try (var bytes = Files.newInputStream(classes.resolve("module-info.class"))) {
      return java.lang.module.ModuleDescriptor.read(bytes).exports().stream()
          .filter(export -> !export.isQualified())
          .map(java.lang.module.ModuleDescriptor.Exports::source)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Class<?> load(String name) {
    try {
      return Class.forName(name, false, PublicApiTest.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new AssertionError(e);
    }
  }

  private static boolean isVisible(Class<?> type) {
    for (Class<?> t = type; t != null; t = t.getEnclosingClass()) {
      if (!isVisible(t.getModifiers())) {
        return false;
      }
    }
    return !type.isAnonymousClass() && !type.isSynthetic();
  }

  private static boolean isVisible(int modifiers) {
    return Modifier.isPublic(modifiers) || Modifier.isProtected(modifiers);
  }

  private static String describe(Class<?> type) {
    TreeSet<String> members = new TreeSet<>();
    for (Field field : type.getDeclaredFields()) {
      if (isVisible(field.getModifiers()) && !field.isSynthetic()) {
        members.add(
            flags(field.getModifiers()) + name(field.getGenericType()) + " " + field.getName());
      }
    }
    for (Constructor<?> constructor : type.getDeclaredConstructors()) {
      if (isVisible(constructor.getModifiers()) && !constructor.isSynthetic()) {
        members.add("new" + parameters(constructor));
      }
    }
    for (Class<?> owner = type; owner != null; owner = owner.getSuperclass()) {
      if (owner == type || !isVisible(owner)) { // else they are told of there
        addMethods(owner, members);
      }
    }
    return kind(type) + members.stream().map(m -> "  " + m + "\n").collect(Collectors.joining());
  }

  private static void addMethods(Class<?> type, Set<String> members) {
    for (Method method : type.getDeclaredMethods()) {
      if (isVisible(method.getModifiers()) && !method.isSynthetic() && !method.isBridge()) {
        members.add(
            flags(method.getModifiers())
                + name(method.getGenericReturnType())
                + " "
                + method.getName()
                + parameters(method));
      }
    }
  }

  private static String kind(Class<?> type) {
    StringBuilder text = new StringBuilder(type.getName());
    text.append(": ").append(type.isSealed() ? "sealed " : "");
    text.append(Modifier.isFinal(type.getModifiers()) && !type.isEnum() ? "final " : "");
    if (type.isRecord()) {
      text.append("record");
      text.append(
          Arrays.stream(type.getRecordComponents())
              .map((RecordComponent c) -> name(c.getGenericType()) + " " + c.getName())
              .collect(Collectors.joining(", ", "(", ")")));
    } else {
      text.append(type.isEnum() ? "enum" : type.isInterface() ? "interface" : "class");
    }
    if (type.getSuperclass() != null && type.getSuperclass() != Object.class && !type.isRecord()) {
      text.append(" extends ").append(name(type.getGenericSuperclass()));
    }
    if (type.getInterfaces().length > 0) {
      text.append(" implements ")
          .append(
              Arrays.stream(type.getGenericInterfaces())
                  .map(PublicApiTest::name)
                  .collect(Collectors.joining(", ")));
    }
    return text.append('\n').toString();
  }

  private static String parameters(Executable executable) {
    return Arrays.stream(executable.getGenericParameterTypes())
        .map(PublicApiTest::name)
        .collect(Collectors.joining(", ", "(", ")"));
  }

  private static String flags(int modifiers) {
    return Modifier.isStatic(modifiers) ? "static " : "";
  }

  private static String name(Type type) {
    return type.getTypeName().replaceAll("\\b(java\\.(lang|util)|dev\\.parley)\\.([a-z]+\\.)*", "");
  }
}
