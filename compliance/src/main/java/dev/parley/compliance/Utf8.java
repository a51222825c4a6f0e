// SPDX-License-Identifier: Apache-2.0
package dev.parley.compliance;

import static dev.parley.compliance.ServerFrame.CONTINUATION;
import static dev.parley.compliance.ServerFrame.TEXT;

import dev.parley.compliance.Section.Group;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** Text is UTF-8, and is found out at the first byte that is not (RFC 6455 §5.6, §8.1). */
final class Utf8 {
  /** How long nothing comes before the byte that is wrong: so it is read alone. */
  private static final Duration PAUSE = Duration.ofMillis(50);

  private static final Map<String, String> VALID = new LinkedHashMap<>();
  private static final Map<String, String> INVALID = new LinkedHashMap<>();

  static {
    valid("U+0000", 0x0);
    valid("U+007F", 0x7f);
    valid("U+0080", 0x80);
    valid("U+07FF", 0x7ff);
    valid("U+0800", 0x800);
    valid("U+0FFF", 0xfff);
    valid("U+1000", 0x1000);
    valid("U+CFFF", 0xcfff);
    valid("U+D000", 0xd000);
    valid("U+D7FF, the last before the surrogates", 0xd7ff);
    valid("U+E000, the first after the surrogates", 0xe000);
    valid("U+FEFF, a byte order mark", 0xfeff);
    valid("U+FDD0, no character but allowed", 0xfdd0);
    valid("U+FFFD, the replacement character", 0xfffd);
    valid("U+FFFE, no character but allowed", 0xfffe);
    valid("U+FFFF, no character but allowed", 0xffff);
    valid("U+10000", 0x10000);
    valid("U+1FFFE, no character but allowed", 0x1fffe);
    valid("U+3FFFF", 0x3ffff);
    valid("U+40000", 0x40000);
    valid("U+FFFFF", 0xfffff);
    valid("U+100000", 0x100000);
    valid("U+10FFFF, the last of all", 0x10ffff);
    VALID.put("κόσμε", Hex.all(ServerFrame.utf8("κόσμε")));
    VALID.put("characters of 1, 2, 3 and 4 bytes", Hex.all(ServerFrame.utf8("aß世🌍🌍世ßa")));

    INVALID.put("80: a continuation byte alone", "80");
    INVALID.put("bf: a continuation byte alone", "bf");
    INVALID.put("80 bf 80: continuation bytes alone", "80 bf 80");
    INVALID.put("c0 80: an overlong NUL", "c0 80");
    INVALID.put("c0 af: an overlong slash", "c0 af");
    INVALID.put("c1 bf: overlong in two bytes", "c1 bf");
    INVALID.put("e0 80 80: an overlong NUL", "e0 80 80");
    INVALID.put("e0 80 af: an overlong slash", "e0 80 af");
    INVALID.put("e0 9f bf: overlong in three bytes", "e0 9f bf");
    INVALID.put("f0 80 80 80: an overlong NUL", "f0 80 80 80");
    INVALID.put("f0 80 80 af: an overlong slash", "f0 80 80 af");
    INVALID.put("f0 8f bf bf: overlong in four bytes", "f0 8f bf bf");
    INVALID.put("ed a0 80: the first surrogate", "ed a0 80");
    INVALID.put("ed ad bf: a high surrogate", "ed ad bf");
    INVALID.put("ed ae 80: a high surrogate", "ed ae 80");
    INVALID.put("ed af bf: the last high surrogate", "ed af bf");
    INVALID.put("ed b0 80: the first low surrogate", "ed b0 80");
    INVALID.put("ed be 80: a low surrogate", "ed be 80");
    INVALID.put("ed bf bf: the last surrogate", "ed bf bf");
    INVALID.put("ed a0 80 ed b0 80: a pair of surrogates", "ed a0 80 ed b0 80");
    INVALID.put("f4 90 80 80: beyond U+10FFFF", "f4 90 80 80");
    INVALID.put("f5 80 80 80: beyond U+10FFFF", "f5 80 80 80");
    INVALID.put("f7 bf bf bf: beyond U+10FFFF", "f7 bf bf bf");
    INVALID.put("f8 88 80 80 80: a form of five bytes", "f8 88 80 80 80");
    INVALID.put("fc 84 80 80 80 80: a form of six bytes", "fc 84 80 80 80 80");
    INVALID.put("fe: no byte of UTF-8", "fe");
    INVALID.put("ff: no byte of UTF-8", "ff");
    INVALID.put("fe fe ff ff: no bytes of UTF-8", "fe fe ff ff");
    INVALID.put("c2 41: the second byte missing", "c2 41");
    INVALID.put("e1 80 41: the third byte missing", "e1 80 41");
    INVALID.put("f1 80 80 41: the fourth byte missing", "f1 80 80 41");
    INVALID.put("c3 28: a second byte that is none", "c3 28");
    INVALID.put("e2 28 a1: a second byte that is none", "e2 28 a1");
    INVALID.put("f0 28 8c bc: a second byte that is none", "f0 28 8c bc");
    INVALID.put("f0 90 28 bc: a third byte that is none", "f0 90 28 bc");
    INVALID.put("c2 c2 80: a first byte for a second", "c2 c2 80");
  }

  private static final Map<String, String> TRUNCATED = new LinkedHashMap<>();

  static {
    TRUNCATED.put("c2: one byte of two", "c2");
    TRUNCATED.put("df: one byte of two", "df");
    TRUNCATED.put("e0: one byte of three", "e0");
    TRUNCATED.put("e4 b8: two bytes of three", "e4 b8");
    TRUNCATED.put("f0: one byte of four", "f0");
    TRUNCATED.put("f0 9f: two bytes of four", "f0 9f");
    TRUNCATED.put("f0 9f 8c: three bytes of four", "f0 9f 8c");
  }

  private Utf8() {}

  private static void valid(String name, int codePoint) {
    VALID.put(name, Hex.all(ServerFrame.utf8(Character.toString(codePoint))));
  }

  static Section section() {
    Section section = new Section(6, "UTF-8");
    Group valid = section.group("Valid text", "RFC 6455 §5.6");
    Group split = section.group("Valid text, a fragment for each byte", "RFC 6455 §5.6");
    Group chopped = section.group("Valid text, byte by byte", "RFC 6455 §5.6").paced(Pacing.BYTES);
    VALID.forEach(
        (name, hex) -> {
          byte[] text = around(hex, "a");
          Message message = Message.of(true, text);
          valid.echoes(name, message, ServerFrame.of(TEXT, text));
          split.echoes(name, message, Samples.fragments(TEXT, text, 1).toArray(ServerFrame[]::new));
          chopped.echoes(name, message, ServerFrame.of(TEXT, text));
        });

    Group invalid = section.group("Text that is not UTF-8", "RFC 6455 §8.1");
    Group invalidSplit =
        section.group("Text that is not UTF-8, a fragment for each byte", "RFC 6455 §8.1");
    Group invalidChopped =
        section.group("Text that is not UTF-8, byte by byte", "RFC 6455 §8.1").paced(Pacing.BYTES);
    Group atOnce = section.group("Found out before the frame is complete", "RFC 6455 §8.1");
    Group beforeLast = section.group("Found out before the message is complete", "RFC 6455 §8.1");
    INVALID.forEach(
        (name, hex) -> {
          byte[] text = around(hex, "a");
          ServerFrame[] fragments = Samples.fragments(TEXT, text, 1).toArray(ServerFrame[]::new);
          invalid.fails(1007, name, ServerFrame.of(TEXT, text));
          invalidSplit.fails(1007, name, fragments);
          invalidChopped.fails(1007, name, ServerFrame.of(TEXT, text));
          failsWithinFrame(atOnce, name, text);
          failsWithinMessage(beforeLast, name, text);
        });
    Group truncated = section.group("Text that ends inside a character", "RFC 6455 §8.1");
    TRUNCATED.forEach(
        (name, hex) -> {
          byte[] text = around(hex, "");
          truncated.fails(1007, name, ServerFrame.of(TEXT, text));
          truncated.fails(
              1007,
              name + ", in two fragments",
              ServerFrame.text("grüß").unfinished(),
              ServerFrame.of(CONTINUATION, Hex.bytes(hex)));
          truncated.fails(
              1007,
              name + ", and an empty last fragment",
              ServerFrame.of(TEXT, text).unfinished(),
              ServerFrame.continuation(""));
        });
    return section;
  }

  /** Puts some text before the bytes, and some after them. */
  private static byte[] around(String hex, String after) {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    text.writeBytes(ServerFrame.utf8("grüß "));
    text.writeBytes(Hex.bytes(hex));
    text.writeBytes(ServerFrame.utf8(after));
    return text.toByteArray();
  }

  /**
   * Returns where the first byte is that no text can have there, whatever follows (RFC 3629 §4).
   */
  private static int impossible(byte[] text) {
    int due = 0;
    int least = 0x80;
    int most = 0xbf;
    for (int at = 0; at < text.length; at++) {
      int next = text[at] & 0xff;
      if (due == 0) {
        if (next >= 0x80 && (next < 0xc2 || next > 0xf4)) {
          return at;
        }
        due = next < 0x80 ? 0 : next < 0xe0 ? 1 : next < 0xf0 ? 2 : 3;
        least = next == 0xe0 ? 0xa0 : next == 0xf0 ? 0x90 : 0x80;
        most = next == 0xed ? 0x9f : next == 0xf4 ? 0x8f : 0xbf;
      } else {
        if (next < least || next > most) {
          return at;
        }
        due--;
        least = 0x80;
        most = 0xbf;
      }
    }
    throw new IllegalArgumentException("text that may go on well");
  }

  /** What could go on well comes first, alone; then the one byte that nothing can mend. */
  private static void failsWithinFrame(Group group, String name, byte[] text) {
    int bad = impossible(text);
    byte[] good = Arrays.copyOf(text, bad);
    byte[] rest = Arrays.copyOfRange(text, bad + 1, text.length + 1000);
    group.add(
        name + ", of a frame the bytes up to the first impossible one",
        "the connection fails with 1007 before the others come",
        client -> {
          client.open();
          client.send(ServerFrame.of(TEXT, good).claiming(text.length + 1000L));
          client.waitsForMore(PAUSE).raw("an impossible byte", new byte[] {text[bad]});
          if (!client.reactsAtOnce()) {
            client.tolerate("the client waited for the end of the frame");
            client.raw("the rest of the frame", rest);
            client.send(ServerFrame.text("after"));
          }
          client.fails(1007);
        });
  }

  private static void failsWithinMessage(Group group, String name, byte[] text) {
    int bad = impossible(text);
    byte[] good = Arrays.copyOf(text, bad);
    byte[] rest = Arrays.copyOfRange(text, bad + 1, text.length);
    group.add(
        name + ", the first impossible byte in a fragment that is not the last",
        "the connection fails with 1007 before the last one comes",
        client -> {
          client.open();
          client.send(ServerFrame.text("grüß").unfinished());
          client.send(ServerFrame.of(CONTINUATION, good).unfinished());
          client.waitsForMore(PAUSE);
          client.send(ServerFrame.of(CONTINUATION, text[bad]).unfinished());
          if (!client.reactsAtOnce()) {
            client.tolerate("the client waited for the end of the message");
            client.send(ServerFrame.of(CONTINUATION, rest), ServerFrame.text("after"));
          }
          client.fails(1007);
        });
  }
}
