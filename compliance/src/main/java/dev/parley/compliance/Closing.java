// SPDX-License-Identifier: Apache-2.0
package dev.parley.compliance;

import static dev.parley.compliance.ServerFrame.CLOSE;

import dev.parley.compliance.Section.Group;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

/** The closing handshake, and ends without one (RFC 6455 §5.5.1, §7). */
final class Closing {
  private static final int[] VALID = {
    1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3001, 3999, 4000,
    4001, 4999
  };
  private static final int[] INVALID = {
    0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 1999, 2000, 2999, 5000, 32_768, 65_535
  };
  private static final String ANSWERED = "a Close with the same code; the application is told both";

  private Closing() {}

  static Section section() {
    Section section = new Section(7, "Closing");
    Group codes = section.group("Close codes", "RFC 6455 §7.4");
    for (int code : VALID) {
      closes(codes, "Close " + code, ServerFrame.close(code, ""), code, "");
      closes(codes, "Close " + code + " and a reason", ServerFrame.close(code, "so"), code, "so");
    }
    closes(codes, "Close without a code", ServerFrame.of(CLOSE), 1005, "");
    Group reasons = section.group("Close reasons", "RFC 6455 §5.5.1");
    for (Pacing pacing : List.of(Pacing.WHOLE, Pacing.BYTES)) {
      reasons.paced(pacing);
      for (int size : new int[] {1, 2, 100, 122, 123}) {
        String reason = new String(Samples.text(size), StandardCharsets.UTF_8);
        closes(
            reasons,
            "Close 1000 with a reason of " + Samples.size(size),
            ServerFrame.close(1000, reason),
            1000,
            reason);
      }
      closes(
          reasons,
          "Close 1000 with a reason of 123 bytes, none of them ASCII",
          ServerFrame.close(1000, "世".repeat(41)),
          1000,
          "世".repeat(41));
    }
    Group invalid = section.group("Close codes that must not be sent", "RFC 6455 §7.4");
    for (int code : INVALID) {
      invalid.fails(1002, "Close " + code, ServerFrame.close(code, ""));
      invalid.fails(1002, "Close " + code + " and a reason", ServerFrame.close(code, "so"));
    }
    broken(section.group("Broken Close frames", "RFC 6455 §5.5.1"));
    Group after = section.group("After a Close", "RFC 6455 §5.5.1");
    after(after);
    after(after.paced(Pacing.BYTES));
    before(section.group("Before a Close", "RFC 6455 §5.5.1"));
    byClient(section.group("The client closes", "RFC 6455 §7.1.2"));
    without(section.group("Ends without a Close", "RFC 6455 §7.1.5"));
    return section;
  }

  private static void closes(
      Group group, String title, ServerFrame close, int code, String reason) {
    group.add(
        title,
        ANSWERED,
        client -> {
          client.open();
          client.send(ServerFrame.text("before")).echoes(Message.text("before"));
          client.closes(close, code, reason);
        });
  }

  private static void broken(Group group) {
    group.fails(1002, "Close with half a code", ServerFrame.of(CLOSE, (byte) 3));
    for (String bad :
        List.of("80", "c0 80", "ed a0 80", "f4 90 80 80", "ff", "c3 28", "e4 b8", "f0 9f 8c")) {
      group.fails(
          1007,
          "Close with a reason that is not UTF-8: " + bad,
          ServerFrame.close(1000, Hex.bytes(bad)));
      group.fails(
          1007,
          "Close with a reason that is not UTF-8 after some that is: " + bad,
          ServerFrame.close(1000, Hex.bytes("67 72 c3 bc c3 9f " + bad)));
    }
    group.fails(
        1002, "Close with a reason of 124 bytes", ServerFrame.close(1000, Samples.text(124)));
  }

  private static void after(Group group) {
    ignored(group, "text", ServerFrame.text("after"));
    ignored(group, "binary", ServerFrame.binary((byte) 1));
    ignored(group, "Ping", ServerFrame.ping((byte) 1));
    ignored(group, "another Close", ServerFrame.close(1001, "again"));
    ignored(group, "a frame with reserved bits", ServerFrame.text("after").rsv(7));
    ignored(group, "a frame of a reserved opcode", ServerFrame.of(3));
    ignored(group, "64 KiB of binary", ServerFrame.binary(Samples.binary(65_536)));
  }

  private static void ignored(Group group, String what, ServerFrame frame) {
    group.add(
        "Close 1000, then " + what,
        "the Close is answered; what follows is ignored, and nothing follows the answer",
        client -> {
          client.open();
          client.send(ServerFrame.close(1000, ""), frame).answered(1000);
          client.noMorePongs();
        });
  }

  private static void before(Group group) {
    for (int count : new int[] {1, 3, 20}) {
      group.add(
          count + (count == 1 ? " text" : " texts") + " and a Close, in one write",
          "all texts are delivered, the Close is answered",
          client -> {
            client.open();
            for (int i = 0; i < count; i++) {
              client.delivers(Message.text("text " + i)).send(ServerFrame.text("text " + i));
            }
            client.send(ServerFrame.close(1000, "")).answered(1000);
          });
    }
    group.add(
        "a text of 256 KiB and a Close, in one write",
        "the text is delivered, the Close is answered",
        client -> {
          byte[] text = Samples.text(1 << 18);
          client.open();
          client.delivers(Message.of(true, text)).send(ServerFrame.of(ServerFrame.TEXT, text));
          client.send(ServerFrame.close(1000, "")).answered(1000);
        });
    group.add(
        "a Ping and a Close, in one write",
        "the Close is answered",
        client -> {
          client.open();
          client.send(ServerFrame.ping((byte) 1), ServerFrame.close(1000, "")).answered(1000);
        });
  }

  private static void byClient(Group group) {
    Settings closing = Settings.PLAIN.withClosesAfter(1);
    String ended = "the session is closed, and the application is told the server's code";
    ServerFrame close = ServerFrame.close(1000, "");
    group.with(closing);
    byClient(group, "its Close is answered", ended, client -> client.answers(close, 1000, ""));
    byClient(
        group,
        "its Close is answered with 1001 and a reason",
        ended,
        client -> client.answers(ServerFrame.close(1001, "so"), 1001, "so"));
    byClient(
        group,
        "its Close is answered without a code",
        ended,
        client -> client.answers(ServerFrame.of(CLOSE), 1005, ""));
    byClient(
        group,
        "a Ping, a text and half a binary come before the answer",
        "the session is closed as if there had been nothing between",
        client -> {
          client.mayDeliver(Message.text("late"));
          client.send(ServerFrame.ping((byte) 1), ServerFrame.text("late"));
          client.send(ServerFrame.binary((byte) 1).unfinished()).answers(close, 1000, "");
        });
    group.add(
        "the text comes back, and our Close crosses that of the client",
        "one Close, with its own code or as an answer; the session is closed",
        client -> {
          client.open();
          client.send(ServerFrame.text("a")).echoes(Message.text("a"));
          client.send(ServerFrame.close(1001, "so")).clientCloses(1000, 1001).ends(1001, "so");
        });
    byClient(
        group,
        "the stream ends in place of an answer",
        "the application is told that there was none",
        Exchange::breaksOff);
    Duration timeout = Duration.ofMillis(500);
    group.with(closing.withCloseTimeout(timeout));
    byClient(
        group,
        "no answer comes; the client was told to wait 500 ms",
        "the client gives up after 500 ms, and tells its application",
        client -> client.givesUp(timeout));
  }

  private static void byClient(Group group, String title, String expects, Case.Script script) {
    group.add(
        title,
        expects,
        client -> {
          client.open();
          client.send(ServerFrame.text("a")).echoes(Message.text("a"));
          script.play(client.clientCloses(1000));
        });
  }

  private static void without(Group group) {
    String told = "the application is told that the connection broke, and gets what was complete";
    ServerFrame whole = ServerFrame.text("whole");
    byte[] half = new byte[] {(byte) 0x81, 5, 'a'};
    group.add(
        "a text, then the end of the stream",
        told,
        client -> {
          client.open();
          client.send(whole).echoes(Message.text("whole")).breaksOff();
        });
    group.add(
        "a text and half a frame, then the end of the stream",
        told,
        client -> {
          client.open();
          client.delivers(Message.text("whole")).send(whole).raw("half a frame", half).breaksOff();
        });
    group.add(
        "the first fragment of a text, then the end of the stream",
        told,
        client -> {
          client.open();
          client.send(whole.unfinished()).breaksOff();
        });
    group.add(
        "a text, then a reset",
        told,
        client -> {
          client.open();
          client.send(whole).echoes(Message.text("whole")).resets();
        });
    group.add(
        "half a header, then a reset",
        told,
        client -> {
          client.open();
          client.send(whole).echoes(Message.text("whole"));
          client.raw("half a header", new byte[] {(byte) 0x81}).resets();
        });
  }
}
