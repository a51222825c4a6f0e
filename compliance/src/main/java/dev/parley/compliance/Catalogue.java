// SPDX-License-Identifier: Apache-2.0
package dev.parley.compliance;

import java.util.List;

/** Every case, in sections. */
final class Catalogue {
  private Catalogue() {}

  static List<Section> sections() {
    return List.of(
        Framing.section(),
        Controls.pings(),
        Controls.reservedBits(),
        Controls.opcodes(),
        Fragments.section(),
        Utf8.section(),
        Closing.section(),
        Sizes.large(),
        Sizes.limits(),
        Sizes.reads(),
        Opening.requests(),
        Opening.responses(),
        Negotiation.section(),
        Compression.messages(),
        Compression.parameters(),
        Compression.abuse());
  }

  static List<Case> cases() {
    return sections().stream().flatMap(Section::cases).toList();
  }
}
