// SPDX-License-Identifier: Apache-2.0
package dev.parley.compliance;

import static dev.parley.compliance.ServerFrame.BINARY;
import static dev.parley.compliance.ServerFrame.TEXT;

import dev.parley.compliance.Section.Group;
import java.util.List;

/** Messages in several frames (RFC 6455 §5.4). */
final class Fragments {
  private static final String TOGETHER = "one message comes back";

  private Fragments() {}

  static Section section() {
    Section section = new Section(5, "Fragmentation");
    Group wholes = section.group("Fragments of every size", "RFC 6455 §5.4");
    for (int opcode : new int[] {TEXT, BINARY}) {
      cut(wholes, opcode, 2, 1);
      cut(wholes, opcode, 5, 1);
      cut(wholes, opcode, 250, 125);
      cut(wholes, opcode, 252, 126);
      cut(wholes, opcode, 1000, 1);
      cut(wholes, opcode, 131_070, 65_535);
      cut(wholes, opcode, 131_072, 65_536);
      cut(wholes, opcode, 65_536, 64);
      wholes.paced(Pacing.BYTES);
      cut(wholes, opcode, 5, 1);
      cut(wholes, opcode, 252, 126);
      wholes.paced(Pacing.WHOLE);
    }
    empty(section.group("Empty fragments", "RFC 6455 §5.4"));
    Group between = section.group("Control frames between fragments", "RFC 6455 §5.4");
    between(between);
    between(between.paced(Pacing.BYTES));
    Group broken = section.group("Fragments out of order", "RFC 6455 §5.4");
    outOfOrder(broken);
    outOfOrder(broken.paced(Pacing.BYTES));
    Group after =
        section.group("Out of order, after a message that has come back", "RFC 6455 §5.4");
    afterEcho(after);
    afterEcho(after.paced(Pacing.BYTES));
    Group behind =
        section
            .group(
                "Out of order right behind a message, which comes back all the same",
                "RFC 6455 §5.4")
            .alone();
    behind(behind);
    behind(behind.paced(Pacing.BYTES));
    return section;
  }

  private static void cut(Group group, int opcode, int length, int size) {
    byte[] payload = opcode == TEXT ? Samples.text(length) : Samples.binary(length);
    List<ServerFrame> frames = Samples.fragments(opcode, payload, size);
    String title =
        "%s of %s in %d fragments"
            .formatted(ServerFrame.name(opcode), Samples.size(length), frames.size());
    group.echoes(title, Message.of(opcode == TEXT, payload), frames.toArray(ServerFrame[]::new));
  }

  private static void empty(Group group) {
    ServerFrame none = ServerFrame.continuation("");
    for (int opcode : new int[] {TEXT, BINARY}) {
      boolean text = opcode == TEXT;
      String name = ServerFrame.name(opcode);
      ServerFrame first = ServerFrame.of(opcode).unfinished();
      group.echoes(name + " of 2 empty fragments", Message.of(text, new byte[0]), first, none);
      group.echoes(
          name + " of 4 empty fragments",
          Message.of(text, new byte[0]),
          first,
          none.unfinished(),
          none.unfinished(),
          none);
      group.echoes(
          name + ", empty fragments around its one byte",
          Message.of(text, new byte[] {'a'}),
          first,
          none.unfinished(),
          ServerFrame.continuation("a").unfinished(),
          none);
      group.echoes(
          name + ", the last fragment empty",
          Message.of(text, new byte[] {'a'}),
          ServerFrame.of(opcode, (byte) 'a').unfinished(),
          none);
    }
  }

  private static void between(Group group) {
    ServerFrame first = ServerFrame.text("a").unfinished();
    ServerFrame second = ServerFrame.continuation("b").unfinished();
    ServerFrame third = ServerFrame.continuation("c");
    group.add(
        "text in 2 fragments, a Ping between",
        "the Ping is answered before the message is complete; then the message comes back",
        client -> {
          client.open();
          client.send(first, ServerFrame.ping((byte) 9)).pongs(new byte[] {9});
          client.send(third).echoes(Message.text("ac")).closes();
        });
    group.add(
        "text in 3 fragments, a Ping after each but the last",
        TOGETHER + ", and each Ping is answered in time",
        client -> {
          client.open();
          client.send(first, ServerFrame.ping((byte) 1)).pongs(new byte[] {1});
          client.send(second, ServerFrame.ping((byte) 2)).pongs(new byte[] {2});
          client.send(third).echoes(Message.text("abc")).closes();
        });
    group.add(
        "text in 3 fragments, Pings between, in one write",
        TOGETHER + ", and the last Ping is answered",
        client -> {
          client.open();
          client.send(first, ServerFrame.ping((byte) 1), second);
          client.send(ServerFrame.ping((byte) 2), third);
          client.echoes(Message.text("abc"));
          client.lastPongs(List.of(new byte[] {1}, new byte[] {2})).closes();
        });
    group.add(
        "binary in 3 fragments, Pongs between",
        TOGETHER,
        client -> {
          client.open();
          client.send(ServerFrame.binary((byte) 'a').unfinished(), ServerFrame.pong());
          client.send(second, ServerFrame.pong(Samples.binary(125)), third);
          client.echoes(Message.binary(ServerFrame.utf8("abc"))).closes();
        });
    group.add(
        "two texts in 2 fragments each, a Ping in both",
        "both come back, and the last Ping is answered",
        client -> {
          client.open();
          client.send(first, ServerFrame.ping((byte) 1), third);
          client.send(first, ServerFrame.ping((byte) 2), third);
          client.echoes(Message.text("ac")).echoes(Message.text("ac"));
          client.lastPongs(List.of(new byte[] {1}, new byte[] {2})).closes();
        });
    group.add(
        "a Close inside a message",
        "the Close is answered, and nothing is delivered",
        client -> {
          client.open();
          client.send(first).closes();
        });
  }

  private static void outOfOrder(Group group) {
    ServerFrame first = ServerFrame.text("a").unfinished();
    ServerFrame binary = ServerFrame.binary((byte) 1).unfinished();
    ServerFrame last = ServerFrame.continuation("c");
    group.fails(1002, "final continuation of nothing", last);
    group.fails(1002, "continuation of nothing that is not final", last.unfinished());
    group.fails(1002, "empty continuation of nothing", ServerFrame.continuation(""));
    group.fails(1002, "continuation of nothing, then text", last.unfinished(), last);
    group.fails(1002, "text inside a text", first, ServerFrame.text("b"), last);
    group.fails(1002, "first fragment of a text inside a text", first, first, last);
    group.fails(1002, "binary inside a text", first, ServerFrame.binary((byte) 1), last);
    group.fails(1002, "text inside a binary", binary, ServerFrame.text("b"), last);
    group.fails(1002, "empty text inside a text", first, ServerFrame.text(""), last);
    group.fails(
        1002,
        "text inside a text, a Ping before it",
        first,
        ServerFrame.ping((byte) 1),
        ServerFrame.text("b"),
        last);
    group.add(
        "a message in fragments, then a continuation of nothing",
        "the message is delivered; the connection fails with 1002",
        client -> {
          client.open();
          client.delivers(Message.text("ac")).send(first, last);
          client.send(last, ServerFrame.text("after")).fails(1002);
        });
  }

  private static void afterEcho(Group group) {
    ServerFrame first = ServerFrame.text("a").unfinished();
    ServerFrame last = ServerFrame.continuation("c");
    group.failsAfterEcho(1002, "final continuation of nothing", last);
    group.failsAfterEcho(1002, "continuation of nothing that is not final", last.unfinished());
    group.failsAfterEcho(1002, "empty continuation of nothing", ServerFrame.continuation(""));
    group.failsAfterEcho(1002, "text inside a text", first, ServerFrame.text("b"), last);
    group.add(
        "text in 2 fragments, its echo, then a continuation of nothing that is not final",
        "the text comes back; then the connection fails with 1002",
        client -> {
          client.open();
          client.send(first, last).echoes(Message.text("ac"));
          client.send(last.unfinished(), ServerFrame.text("after")).fails(1002);
        });
  }

  private static void behind(Group group) {
    ServerFrame first = ServerFrame.text("a").unfinished();
    ServerFrame last = ServerFrame.continuation("c");
    group.failsAfterEchoOfEither(1002, "final continuation of nothing", last);
    group.failsAfterEchoOfEither(
        1002, "continuation of nothing that is not final", last.unfinished());
    group.failsAfterEchoOfEither(1002, "text inside a text", first, ServerFrame.text("b"), last);
    group.failsAfterEchoOf(
        1002,
        Message.text("ac"),
        List.of(first, last),
        "in 2 fragments, continuation of nothing that is not final",
        last.unfinished());
  }
}
