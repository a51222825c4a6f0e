// SPDX-License-Identifier: Apache-2.0
package dev.parley.compliance;

import static dev.parley.compliance.ServerFrame.BINARY;
import static dev.parley.compliance.ServerFrame.CLOSE;
import static dev.parley.compliance.ServerFrame.CONTINUATION;
import static dev.parley.compliance.ServerFrame.PING;
import static dev.parley.compliance.ServerFrame.PONG;
import static dev.parley.compliance.ServerFrame.TEXT;

import dev.parley.compliance.Section.Group;
import dev.parley.compliance.ServerFrame.Form;
import java.util.ArrayList;
import java.util.List;

/** Pings and Pongs, reserved bits, reserved opcodes (RFC 6455 §5.2, §5.5). */
final class Controls {
  private static final int[] OPCODES = {TEXT, BINARY, CONTINUATION, CLOSE, PING, PONG};
  private static final int[] RESERVED = {3, 4, 5, 6, 7, 11, 12, 13, 14, 15};
  private static final String BEHIND = "Right behind a message, which comes back all the same";
  private static final String ANSWERED = "a Pong with the same payload";

  private Controls() {}

  static Section pings() {
    Section section = new Section(2, "Pings and Pongs");
    Group answered = section.group("A Ping is answered", "RFC 6455 §5.5.2");
    for (Pacing pacing : List.of(Pacing.WHOLE, Pacing.BYTES)) {
      answered.paced(pacing);
      for (int size : new int[] {0, 1, 5, 123, 124, 125}) {
        ping(answered, "Ping of " + Samples.size(size), Samples.text(size));
      }
      ping(answered, "Ping with bytes that are no text", Hex.bytes("00 ff fe fd fc fb 00 ff"));
      ping(answered, "Ping of 125 bytes that are no text", Samples.binary(125));
    }
    Group many = section.group("Many Pings", "RFC 6455 §5.5.3");
    for (int count : new int[] {2, 1000}) {
      many.paced(Pacing.WHOLE);
      flood(many, count);
      many.paced(Pacing.BYTES);
      flood(many, count);
    }
    Group each = section.group("Ten Pings, each of them to be answered", "RFC 6455 §5.5.2, §5.5.3");
    for (Pacing pacing : List.of(Pacing.WHOLE, Pacing.GLUED, Pacing.BYTES)) {
      each.paced(pacing);
      ten(each, "10 Pings", 1);
      ten(each, "10 Pings of 125 bytes", 125);
    }
    section
        .group("Pings among messages", "RFC 6455 §5.5.2")
        .add(
            "Ping, text, Ping, binary, Ping, in one write",
            "both messages come back, and the last Ping is answered",
            client -> {
              client.open();
              client.send(ServerFrame.ping((byte) 1), ServerFrame.text("a"));
              client.send(ServerFrame.ping((byte) 2), ServerFrame.binary((byte) 7));
              client.send(ServerFrame.ping((byte) 3));
              client.echoes(Message.text("a")).echoes(Message.binary(new byte[] {7}));
              client.lastPongs(List.of(new byte[] {1}, new byte[] {2}, new byte[] {3})).closes();
            });
    pongs(section.group("Pongs that nobody asked for", "RFC 6455 §5.5.3"));
    broken(section.group("Broken control frames", "RFC 6455 §5.5"));
    return section;
  }

  private static void ping(Group group, String title, byte[] payload) {
    group.add(
        title,
        ANSWERED,
        client -> {
          client.open();
          client.send(ServerFrame.ping(payload)).pongs(payload).closes();
        });
  }

  private static void flood(Group group, int count) {
    group.add(
        count + " Pings",
        "the last one is answered; others may be, in their order",
        client -> {
          client.open();
          List<byte[]> payloads = new ArrayList<>();
          for (int i = 0; i < count; i++) {
            payloads.add(ServerFrame.utf8("ping " + i));
            client.send(ServerFrame.ping(payloads.get(i)));
          }
          client.lastPongs(payloads).closes();
        });
  }

  /** So many that no client is flooded: nothing keeps it from answering each. */
  private static void ten(Group group, String title, int size) {
    group.add(
        title,
        "each is answered, in their order",
        client -> {
          client.open();
          List<byte[]> payloads = new ArrayList<>();
          for (int i = 0; i < 10; i++) {
            byte[] payload = Samples.binary(size);
            payload[0] = (byte) i;
            payloads.add(payload);
            client.send(ServerFrame.ping(payload));
          }
          client.allPongs(payloads).closes();
          client.noMorePongs();
        });
  }

  private static void pongs(Group group) {
    for (int size : new int[] {0, 5, 125}) {
      group.add(
          "Pong of " + Samples.size(size) + ", then a Ping",
          "only the Ping is answered",
          client -> {
            client.open();
            client.send(ServerFrame.pong(Samples.binary(size)), ServerFrame.ping((byte) 1));
            client.pongs(new byte[] {1}).closes();
            client.noMorePongs();
          });
    }
    group.add(
        "10 Pongs, and a text after them",
        "the text comes back, no Pong is answered",
        client -> {
          client.open();
          for (int i = 0; i < 10; i++) {
            client.send(ServerFrame.pong((byte) i));
          }
          client.send(ServerFrame.text("a")).echoes(Message.text("a")).closes();
          client.noMorePongs();
        });
  }

  private static void broken(Group group) {
    for (int opcode : new int[] {PING, PONG, CLOSE}) {
      String name = ServerFrame.name(opcode);
      byte[] small = opcode == CLOSE ? Hex.bytes("03 e8") : Samples.text(5);
      ServerFrame frame = ServerFrame.of(opcode, small);
      for (int size : new int[] {126, 127, 65_536}) {
        byte[] payload = Samples.text(size);
        System.arraycopy(small, 0, payload, 0, 2);
        group.fails(1002, name + " of " + Samples.size(size), ServerFrame.of(opcode, payload));
      }
      for (Form form : new Form[] {Form.SIXTEEN_BITS, Form.SIXTY_FOUR_BITS}) {
        String bits = form == Form.SIXTEEN_BITS ? "16" : "64";
        group.fails(1002, name + ", the length in " + bits + " bits", frame.form(form));
      }
      group.fails(1002, name + " that is not final", frame.unfinished());
      group.fails(
          1002,
          name + " that is not final, and its continuation",
          frame.unfinished(),
          ServerFrame.continuation("b"));
    }
  }

  static Section reservedBits() {
    Section section = new Section(3, "Reserved bits");
    Group alone = section.group("With no extension to give them a meaning", "RFC 6455 §5.2");
    Group chopped =
        section.group("The same, byte by byte", "RFC 6455 §5.2").paced(Pacing.GLUED_BYTES);
    Group after = section.group("After a message that has come back", "RFC 6455 §5.2");
    for (int opcode : OPCODES) {
      for (int bits = 1; bits < 8; bits++) {
        reservedBits(alone, opcode, bits);
        if (Integer.bitCount(bits) == 1) {
          reservedBits(chopped, opcode, bits);
        }
      }
    }
    for (Pacing pacing : List.of(Pacing.WHOLE, Pacing.BYTES)) {
      after.paced(pacing);
      for (int bits = 1; bits < 8; bits++) {
        ServerFrame frame = ServerFrame.text("b").rsv(bits);
        after.failsAfterEcho(1002, frame.toString(), frame);
      }
    }
    Group behind = section.group(BEHIND, "RFC 6455 §5.2").alone();
    for (Pacing pacing : List.of(Pacing.WHOLE, Pacing.BYTES)) {
      behind.paced(pacing);
      for (int bits = 1; bits < 8; bits++) {
        ServerFrame frame = ServerFrame.text("b").rsv(bits);
        behind.failsAfterEchoOfEither(1002, frame.toString(), frame);
      }
    }
    return section;
  }

  private static void reservedBits(Group group, int opcode, int bits) {
    byte[] payload = opcode == CLOSE ? Hex.bytes("03 e8") : Samples.text(5);
    ServerFrame frame = ServerFrame.of(opcode, payload).rsv(bits);
    String title = frame.toString();
    if (opcode == CONTINUATION) {
      group.fails(1002, title, ServerFrame.text("a").unfinished(), frame);
    } else {
      group.fails(1002, title, frame);
    }
  }

  static Section opcodes() {
    Section section = new Section(4, "Opcodes");
    Group alone = section.group("Reserved opcodes", "RFC 6455 §5.2");
    Group inside = section.group("Reserved opcodes inside a message", "RFC 6455 §5.2");
    Group after = section.group("After a message that has come back", "RFC 6455 §5.2");
    Group behind = section.group(BEHIND, "RFC 6455 §5.2").alone();
    for (int opcode : RESERVED) {
      ServerFrame empty = ServerFrame.of(opcode);
      ServerFrame full = ServerFrame.of(opcode, Samples.text(5));
      String name = ServerFrame.name(opcode);
      alone.paced(Pacing.WHOLE).fails(1002, name + ", empty", empty);
      alone.fails(1002, name + ", 5 bytes", full);
      alone.paced(Pacing.BYTES).fails(1002, name + ", 5 bytes", full);
      inside.fails(1002, name, ServerFrame.text("a").unfinished(), full);
      after.paced(Pacing.WHOLE).failsAfterEcho(1002, name + ", empty", empty);
      after.failsAfterEcho(1002, name + ", 5 bytes", full);
      after.paced(Pacing.BYTES).failsAfterEcho(1002, name + ", 5 bytes", full);
      behind.paced(Pacing.WHOLE).failsAfterEchoOfEither(1002, name + ", empty", empty);
      behind.paced(Pacing.BYTES).failsAfterEchoOfEither(1002, name + ", 5 bytes", full);
    }
    return section;
  }
}
