// SPDX-License-Identifier: Apache-2.0
package dev.parley.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.lang.module.ModuleDescriptor;
import java.nio.file.Files;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What each published module exports and requires is as written down here. */
final class ModuleDescriptorTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          websocket | dev.parley.websocket, dev.parley.websocket.extension, dev.parley.websocket.handshake | java.base, org.jspecify?
          client    | dev.parley.client, dev.parley.client.transport                                       | dev.parley.websocket, java.base, java.net.http, jdk.jfr, jdk.net, org.jspecify?
          jackson   | dev.parley.jackson                                                                   | dev.parley.client, java.base, org.jspecify?, tools.jackson.databind
          testkit   | dev.parley.testkit                                                                   | dev.parley.websocket, java.base, org.jspecify?
          """)
  void exportsAndRequiresAreAsWritten(String module, String exports, String requires)
      throws IOException {
    ModuleDescriptor descriptor;
    try (InputStream bytes =
        Files.newInputStream(
            Repository.ROOT.resolve(module).resolve("target/classes/module-info.class"))) {
      descriptor = ModuleDescriptor.read(bytes);
    }
    assertThat(descriptor.name()).isEqualTo("dev.parley." + module);
    assertThat(
            sorted(
                descriptor.exports().stream()
                    .filter(export -> !export.isQualified())
                    .map(ModuleDescriptor.Exports::source)))
        .isEqualTo(exports);
    assertThat(sorted(descriptor.requires().stream().map(ModuleDescriptorTest::text)))
        .isEqualTo(requires);
  }

  private static String text(ModuleDescriptor.Requires required) {
    boolean optional = required.modifiers().contains(ModuleDescriptor.Requires.Modifier.STATIC);
    return required.name() + (optional ? "?" : "");
  }

  private static String sorted(Stream<String> names) {
    return names.sorted().collect(Collectors.joining(", "));
  }
}
