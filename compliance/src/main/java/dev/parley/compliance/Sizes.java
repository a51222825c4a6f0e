// SPDX-License-Identifier: Apache-2.0
package dev.parley.compliance;

import static dev.parley.compliance.ServerFrame.BINARY;
import static dev.parley.compliance.ServerFrame.CONTINUATION;
import static dev.parley.compliance.ServerFrame.TEXT;

import dev.parley.compliance.Section.Group;
import java.util.Arrays;

/** Large messages, many messages, and what a client must not take (RFC 6455 §10.4). */
final class Sizes {
  private static final int LIMIT = 64 << 10;

  private Sizes() {}

  static Section large() {
    Section section = new Section(8, "Large and many");
    Group whole = section.group("Large messages in one frame", "RFC 6455 §5.2");
    Group split = section.group("Large messages in fragments", "RFC 6455 §5.4");
    Group chopped = section.group("Large messages in small pieces", "RFC 6455 §5.2");
    for (int opcode : new int[] {TEXT, BINARY}) {
      for (int size : new int[] {1 << 18, 1 << 20, 4 << 20, 8 << 20, 16 << 20}) {
        Framing.echo(whole, opcode, size);
      }
      for (int size : new int[] {64, 256, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 1 << 18}) {
        fragments(split, opcode, 1 << 20, size);
      }
      fragments(split, opcode, 4 << 20, 64); // 64 Ki of them
      fragments(split, opcode, 16 << 20, 1 << 20);
      for (int piece : new int[] {64, 128, 256, 512, 1024, 2048}) {
        chopped.paced(Pacing.pieces(piece));
        Framing.echo(chopped, opcode, 1 << 18);
      }
    }
    Group many = section.group("Many messages, each after the echo of the last", "RFC 6455 §5.6");
    Group burst = section.group("Many messages at once", "RFC 6455 §5.6");
    for (int opcode : new int[] {TEXT, BINARY}) {
      for (int size : new int[] {0, 16, 64, 256, 1024, 4096}) {
        many(many, opcode, size);
        burst(burst, opcode, size);
      }
    }
    return section;
  }

  private static void fragments(Group group, int opcode, int length, int size) {
    byte[] payload = opcode == TEXT ? Samples.text(length) : Samples.binary(length);
    group.echoes(
        "%s of %s in fragments of %s"
            .formatted(ServerFrame.name(opcode), Samples.size(length), Samples.size(size)),
        Message.of(opcode == TEXT, payload),
        Samples.fragments(opcode, payload, size).toArray(ServerFrame[]::new));
  }

  private static void many(Group group, int opcode, int size) {
    byte[] payload = opcode == TEXT ? Samples.text(size) : Samples.binary(size);
    Message message = Message.of(opcode == TEXT, payload);
    group.add(
        "100 times %s of %s".formatted(ServerFrame.name(opcode), Samples.size(size)),
        "each comes back",
        client -> {
          client.open();
          for (int i = 0; i < 100; i++) {
            client.send(ServerFrame.of(opcode, payload)).echoes(message);
          }
          client.closes();
        });
  }

  private static void burst(Group group, int opcode, int size) {
    byte[] payload = opcode == TEXT ? Samples.text(size) : Samples.binary(size);
    Message message = Message.of(opcode == TEXT, payload);
    group.add(
        "200 times %s of %s".formatted(ServerFrame.name(opcode), Samples.size(size)),
        "all come back",
        client -> {
          client.open();
          for (int i = 0; i < 200; i++) {
            client.send(ServerFrame.of(opcode, payload));
          }
          for (int i = 0; i < 200; i++) {
            client.echoes(message);
          }
          client.closes();
        });
  }

  static Section limits() {
    Section section = new Section(9, "Limits");
    Settings limited = Settings.PLAIN.withMaxMessageSize(LIMIT);
    within(section.group("A message as large as the limit of 64 KiB", "RFC 6455 §10.4"), limited);
    beyond(section.group("A message beyond the limit of 64 KiB", "RFC 6455 §10.4"), limited);
    claims(section.group("Lengths claimed, with nothing sent", "RFC 6455 §10.4"));
    endless(section.group("Fragments without an end", "RFC 6455 §10.4"));
    return section;
  }

  private static void within(Group group, Settings limited) {
    group.with(limited);
    for (int opcode : new int[] {TEXT, BINARY}) {
      for (int size : new int[] {LIMIT, LIMIT / 2, LIMIT - 1, 64}) {
        byte[] payload = opcode == TEXT ? Samples.text(LIMIT) : Samples.binary(LIMIT);
        group.echoes(
            ServerFrame.name(opcode) + " in fragments of " + Samples.size(size),
            Message.of(opcode == TEXT, payload),
            Samples.fragments(opcode, payload, size).toArray(ServerFrame[]::new));
      }
    }
  }

  private static void beyond(Group group, Settings limited) {
    group.with(limited);
    for (int opcode : new int[] {TEXT, BINARY}) {
      String name = ServerFrame.name(opcode);
      byte[] payload = opcode == TEXT ? Samples.text(LIMIT + 1) : Samples.binary(LIMIT + 1);
      group.fails(1009, name + " of one byte more", ServerFrame.of(opcode, payload));
      group.fails(
          1009,
          name + " of one byte more, in two fragments",
          Samples.fragments(opcode, payload, LIMIT).toArray(ServerFrame[]::new));
      group.fails(
          1009,
          name + " of one byte more, in many fragments",
          Samples.fragments(opcode, payload, 64).toArray(ServerFrame[]::new));
      group.add(
          name + ", the header alone says that it is one byte more",
          "the connection fails with 1009 before the payload comes",
          client -> {
            client.open();
            client.raw("header", ServerFrame.of(opcode, payload).header());
            failsOnClaim(client);
          });
      group.add(
          name + " of which the header of the second fragment says that it is too much",
          "the connection fails with 1009 before the payload comes",
          client -> {
            client.open();
            client.send(ServerFrame.of(opcode, Samples.text(LIMIT)).unfinished());
            client.raw("header", ServerFrame.of(CONTINUATION, (byte) 'a').header());
            failsOnClaim(client);
          });
    }
  }

  private static void failsOnClaim(Exchange client) throws InterruptedException {
    client.fails(1009, "the client waited for a payload larger than it accepts");
  }

  private static void claims(Group group) {
    for (int opcode : new int[] {TEXT, BINARY}) {
      for (int bits : new int[] {31, 40, 62}) {
        group.add(
            "%s whose header claims 2^%d bytes".formatted(ServerFrame.name(opcode), bits),
            "the connection fails with 1009, and no memory is taken",
            client -> {
              client.open();
              client.raw("header", ServerFrame.of(opcode).claiming(1L << bits).header());
              failsOnClaim(client);
            });
      }
    }
  }

  private static void endless(Group group) {
    byte[] empty = new byte[32 << 10]; // 16 Ki times 00 00, an empty continuation
    group.add(
        "an empty first fragment, then 512 Ki empty ones",
        "the connection fails with 1008",
        client -> {
          client.open();
          client.send(ServerFrame.of(BINARY).unfinished());
          client.flood("16 Ki empty fragments", empty, 1 << 20);
          client.fails(1008, "the client takes empty fragments without end");
        });
    byte[] tiny = new byte[48 << 10]; // 16 Ki times 00 01 00, one byte each
    for (int i = 1; i < tiny.length; i += 3) {
      tiny[i] = 1;
    }
    group.add(
        "512 Ki fragments of one byte",
        "the connection fails with 1008",
        client -> {
          client.open();
          client.send(ServerFrame.of(BINARY, (byte) 0).unfinished());
          client.flood("16 Ki fragments of one byte", tiny, 3 << 19);
          client.fails(1008, "the client takes tiny fragments without end");
        });
    byte[] message = new byte[64 << 10];
    Arrays.fill(message, (byte) 7);
    group.echoes(
        "64 Ki fragments of one byte",
        Message.binary(message),
        Samples.fragments(BINARY, message, 1).toArray(ServerFrame[]::new));
  }

  static Section reads() {
    Section section = new Section(10, "How the bytes are cut");
    for (Pacing pacing : new Pacing[] {Pacing.GLUED, Pacing.GLUED_BYTES, Pacing.pieces(3)}) {
      Group group = section.group("Cut: " + pacing, "RFC 6455 §4.1, §5.2").paced(pacing);
      for (int length : new int[] {0, 1, 125, 126, 127, 65_535, 65_536}) {
        if (pacing.piece() == 0 || length < 1000) {
          Framing.echo(group, TEXT, length);
          Framing.echo(group, BINARY, length);
        }
      }
      group.echoes(
          "text in 3 fragments",
          Message.text("grüß"),
          Samples.fragments(TEXT, ServerFrame.utf8("grüß"), 2).toArray(ServerFrame[]::new));
      talks(group);
      group.fails(1002, "text with RSV2", ServerFrame.text("a").rsv(2));
      group.fails(1002, "opcode 5", ServerFrame.of(5));
      group.fails(1002, "masked text", ServerFrame.text("a").masked(new byte[4]));
      group.fails(1007, "text that is not UTF-8", ServerFrame.of(TEXT, Hex.bytes("c3 28")));
      group.fails(1002, "Ping of 126 bytes", ServerFrame.ping(Samples.binary(126)));
    }
    Group split = section.group("Head and frames cut in two", "RFC 6455 §4.1, §5.2");
    for (int at = 1; at < 160; at += at < 120 ? 13 : 1) {
      talks(split.paced(Pacing.splitAt(at)));
    }
    return section;
  }

  private static void talks(Group group) {
    group.add(
        "text, Ping, binary and Close",
        "both messages are delivered, the Close is answered",
        client -> {
          client.open();
          client.delivers(Message.text("grüß")).send(ServerFrame.text("grüß"));
          client.send(ServerFrame.ping((byte) 1));
          client.delivers(Message.binary(new byte[] {7})).send(ServerFrame.binary((byte) 7));
          client.send(ServerFrame.close(1000, "")).answered(1000);
        });
    group.add(
        "a Close alone",
        "the Close is answered",
        client -> {
          client.open();
          client.send(ServerFrame.close(1001, "")).answered(1001);
        });
  }
}
