// SPDX-License-Identifier: Apache-2.0
package dev.parley.compliance;

import static dev.parley.compliance.ServerFrame.BINARY;
import static dev.parley.compliance.ServerFrame.TEXT;

import dev.parley.compliance.Section.Group;
import dev.parley.compliance.ServerFrame.Form;

/** Lengths: every boundary, every form, and those that no one may write (RFC 6455 §5.2). */
final class Framing {
  private static final int[] LENGTHS = {
    0, 1, 2, 124, 125, 126, 127, 128, 129, 65_534, 65_535, 65_536, 65_537, 1 << 17
  };

  private Framing() {}

  static Section section() {
    Section section = new Section(1, "Framing");
    Group text = section.group("Text of every length", "RFC 6455 §5.6");
    Group binary = section.group("Binary of every length", "RFC 6455 §5.6");
    for (int length : LENGTHS) {
      echo(text, TEXT, length);
      echo(binary, BINARY, length);
    }
    Group chopped = section.group("The same in small pieces", "RFC 6455 §5.2");
    for (int length : LENGTHS) {
      chopped.paced(Pacing.pieces(length <= 129 ? 1 : 997));
      echo(chopped, TEXT, length);
      echo(chopped, BINARY, length);
    }
    tooLongAForm(section.group("A length in a form too long for it", "RFC 6455 §5.2"));
    beyond(section.group("Lengths that do not exist", "RFC 6455 §5.2"));
    masked(section.group("Masked frames of a server", "RFC 6455 §5.1"));
    return section;
  }

  static void echo(Group group, int opcode, int length) {
    byte[] payload = opcode == TEXT ? Samples.text(length) : Samples.binary(length);
    group.echoes(
        ServerFrame.name(opcode) + " of " + Samples.size(length),
        Message.of(opcode == TEXT, payload),
        ServerFrame.of(opcode, payload));
  }

  private static void tooLongAForm(Group group) {
    for (int opcode : new int[] {TEXT, BINARY}) {
      for (int length : new int[] {0, 1, 125}) {
        tooLongAForm(group, opcode, length, Form.SIXTEEN_BITS);
      }
      for (int length : new int[] {0, 1, 125, 126, 300, 65_535}) {
        tooLongAForm(group, opcode, length, Form.SIXTY_FOUR_BITS);
      }
    }
  }

  private static void tooLongAForm(Group group, int opcode, int length, Form form) {
    group.fails(
        1002,
        ServerFrame.name(opcode)
            + " of "
            + Samples.size(length)
            + ", the length in "
            + (form == Form.SIXTEEN_BITS ? 16 : 64)
            + " bits",
        ServerFrame.of(opcode, Samples.text(length)).form(form));
  }

  private static void beyond(Group group) {
    for (int opcode : new int[] {TEXT, BINARY}) {
      String name = ServerFrame.name(opcode);
      ServerFrame frame = ServerFrame.of(opcode);
      group.fails(1002, name + " of 2⁶³ bytes", frame.claiming(Long.MIN_VALUE));
      group.fails(1002, name + " of 2⁶³ + 5 bytes", frame.claiming(Long.MIN_VALUE + 5));
      group.fails(1002, name + " of 2⁶⁴ − 1 bytes", frame.claiming(-1));
    }
  }

  private static void masked(Group group) {
    for (int opcode : new int[] {TEXT, BINARY, 8, 9, 10}) {
      ServerFrame frame =
          opcode == 8 ? ServerFrame.close(1000, "") : ServerFrame.of(opcode, Samples.text(5));
      String name = ServerFrame.name(opcode);
      group.fails(1002, name + ", masked", frame.masked((byte) 1, (byte) 2, (byte) 3, (byte) 4));
      group.fails(1002, name + ", masked with zeros", frame.masked(new byte[4]));
    }
    group.fails(
        1002,
        "continuation, masked",
        ServerFrame.text("a").unfinished(),
        ServerFrame.continuation("b").masked((byte) 1, (byte) 2, (byte) 3, (byte) 4));
  }
}
