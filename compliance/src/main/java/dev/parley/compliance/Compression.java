// SPDX-License-Identifier: Apache-2.0
package dev.parley.compliance;

import static dev.parley.compliance.ServerFrame.BINARY;
import static dev.parley.compliance.ServerFrame.CONTINUATION;
import static dev.parley.compliance.ServerFrame.PING;
import static dev.parley.compliance.ServerFrame.TEXT;

import dev.parley.compliance.Section.Group;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.Deflater;
import org.jspecify.annotations.Nullable;

/** permessage-deflate: every parameter, in both directions, and its abuse (RFC 7692). */
final class Compression {
  private static final int RSV1 = 4;
  private static final String COMES_BACK = "every message comes back";

  /** "grüß", compressed with the fixed codes, as a message has it. */
  private static final byte[] COMPRESSED = compress("grüß");

  private Compression() {}

  private static byte[] compress(String text) {
    try (Compressor compressor = new Compressor(false, 0)) {
      return compressor.compress(ServerFrame.utf8(text));
    }
  }

  static Section messages() {
    Section section = new Section(14, "Compression: messages");
    for (int fragments : new int[] {1, 4, 50}) {
      String how = fragments == 1 ? "in one frame" : "in " + fragments + " fragments";
      Group group =
          section.group("Messages of every size, " + how, "RFC 7692 §7.2").with(Settings.DEFLATE);
      for (boolean forgets : new boolean[] {false, true}) {
        for (int size :
            new int[] {
              0, 1, 16, 125, 126, 256, 1024, 4096, 8192, 16_384, 32_768, 65_536, 131_072
            }) {
          for (int opcode : new int[] {TEXT, BINARY}) {
            sizes(group, opcode, size, fragments, forgets);
          }
        }
      }
    }
    return section;
  }

  private static void sizes(Group group, int opcode, int size, int fragments, boolean forgets) {
    String title =
        "10 times %s of %s%s"
            .formatted(
                ServerFrame.name(opcode),
                Samples.size(size),
                forgets ? ", no context taken over" : "");
    group.add(
        title,
        COMES_BACK,
        client -> {
          Deflate agreed = client.openCompressed(new Deflate(forgets, forgets, 0, 0));
          byte[] payload = opcode == TEXT ? Samples.text(size) : Samples.binary(size);
          try (Compressor compressor = compressor(agreed)) {
            for (int i = 0; i < 10; i++) {
              client.send(frames(opcode, compressor.compress(payload), fragments));
              client.echoes(Message.of(opcode == TEXT, payload));
            }
          }
          client.closes();
        });
  }

  private static Compressor compressor(Deflate agreed) {
    return new Compressor(agreed.serverForgets(), agreed.serverBits());
  }

  /** Cuts a compressed payload into so many frames, the first with RSV1. */
  private static List<ServerFrame> frames(int opcode, byte[] compressed, int count) {
    int size = Math.max(1, (compressed.length + count - 1) / count);
    List<ServerFrame> frames = new ArrayList<>(Samples.fragments(opcode, compressed, size));
    frames.set(0, frames.get(0).rsv(RSV1));
    return frames;
  }

  static Section parameters() {
    Section section = new Section(15, "Compression: parameters");
    for (boolean serverForgets : new boolean[] {false, true}) {
      for (boolean clientForgets : new boolean[] {false, true}) {
        String title =
            (serverForgets ? "server_no_context_takeover" : "server keeps its context")
                + ", "
                + (clientForgets ? "client_no_context_takeover" : "client keeps its context");
        Group group = section.group(title, "RFC 7692 §7.1").with(Settings.DEFLATE);
        for (int serverBits = 7; serverBits <= 15; serverBits++) {
          for (int clientBits = 7; clientBits <= 15; clientBits++) {
            conversation(
                group,
                new Deflate(
                    serverForgets,
                    clientForgets,
                    serverBits == 7 ? 0 : serverBits,
                    clientBits == 7 ? 0 : clientBits));
          }
        }
      }
    }
    medleys(section.group("100 different messages", "RFC 7692 §7.2").with(Settings.DEFLATE));
    Offers.add(section);
    return section;
  }

  private static void medleys(Group group) {
    for (int serverBits : new int[] {8, 9, 15}) {
      for (int clientBits : new int[] {8, 9, 15}) {
        for (int forget = 0; forget < 4; forget++) {
          Deflate asked = new Deflate((forget & 1) != 0, (forget & 2) != 0, serverBits, clientBits);
          group.add(
              asked.print().substring(Deflate.NAME.length() + 2),
              COMES_BACK,
              client -> {
                medley(client, client.openCompressed(asked), 100);
                client.closes();
              });
        }
      }
    }
  }

  /** Different messages of different sizes, in different fragments, the same in every run. */
  static void medley(Exchange client, Deflate agreed, int count) throws InterruptedException {
    Medley medley = new Medley(agreed.print().hashCode());
    try (Compressor compressor = compressor(agreed)) {
      for (int i = 0; i < count; i++) {
        int opcode = medley.upTo(2) == 1 ? TEXT : BINARY;
        byte[] payload = opcode == TEXT ? medley.text(medley.size()) : medley.binary(medley.size());
        talk(client, compressor, opcode, payload, medley.upTo(7));
      }
    }
  }

  /** Messages that repeat themselves as far back as the windows reach, and further. */
  private static void conversation(Group group, Deflate asked) {
    group.add(
        "server window %s, client window %s"
            .formatted(bits(asked.serverBits()), bits(asked.clientBits())),
        COMES_BACK,
        client -> {
          Deflate agreed = client.openCompressed(asked);
          int serverWindow = 1 << (agreed.serverBits() == 0 ? 15 : agreed.serverBits());
          int clientWindow = 1 << (agreed.clientBits() == 0 ? 15 : agreed.clientBits());
          try (Compressor compressor = compressor(agreed)) {
            talk(client, compressor, TEXT, Samples.text(100), 1);
            talk(client, compressor, TEXT, Samples.text(100), 2);
            talk(client, compressor, BINARY, new byte[0], 1);
            talk(client, compressor, BINARY, Samples.periodic(3 * serverWindow, serverWindow), 3);
            talk(client, compressor, BINARY, Samples.periodic(100, serverWindow), 1);
            talk(client, compressor, BINARY, Samples.periodic(3 * clientWindow, clientWindow), 1);
            talk(client, compressor, BINARY, Samples.periodic(5000, clientWindow + 1), 2);
            talk(client, compressor, TEXT, Samples.text(5000), 7);
          }
          client.closes();
        });
  }

  private static String bits(int bits) {
    return bits == 0 ? "not limited" : "of " + bits + " bits";
  }

  private static void talk(
      Exchange client, Compressor compressor, int opcode, byte[] payload, int fragments)
      throws InterruptedException {
    client.send(frames(opcode, compressor.compress(payload), fragments));
    client.echoes(Message.of(opcode == TEXT, payload));
  }

  static Section abuse() {
    Section section = new Section(16, "Compression: what is allowed, and what is not");
    allowed(section.group("Unusual, but right", "RFC 7692 §7.2.3").with(Settings.DEFLATE));
    bits(section.group("Reserved bits", "RFC 7692 §6.1").with(Settings.DEFLATE));
    garbage(
        section
            .group("Data that is not compressed data", "RFC 7692 §7.2.2")
            .with(Settings.DEFLATE));
    text(
        section.group("Compressed text that is not UTF-8", "RFC 6455 §8.1").with(Settings.DEFLATE));
    limits(
        section
            .group("Limits, 64 KiB a message", "RFC 6455 §10.4")
            .with(Settings.DEFLATE.withMaxMessageSize(64 << 10)));
    return section;
  }

  private static void allowed(Group group) {
    echo(group, "a stored block", "00 05 00 fa ff 48 65 6c 6c 6f 00", "Hello");
    echo(group, "two blocks", "f2 48 05 00 00 00 ff ff ca c9 c9 07 00", "Hello");
    echo(group, "a final block (BFINAL)", "f3 48 cd c9 c9 07 00 00", "Hello");
    echo(group, "an empty message of one byte", "00", "");
    echo(group, "an empty message as a fixed block", "02 00", "");
    echo(group, "an empty stored block, then text", "00 00 00 ff ff f2 48 cd c9 c9 07 00", "Hello");
    group.add(
        "a message that refers to the one before",
        COMES_BACK,
        client -> {
          Deflate agreed = client.openCompressed(Deflate.DEFAULT);
          client.send(compressed(TEXT, "f2 48 cd c9 c9 07 00")).echoes(Message.text("Hello"));
          if (!agreed.serverForgets()) {
            client.send(compressed(TEXT, "f2 00 11 00 00")).echoes(Message.text("Hello"));
          }
          client.closes();
        });
    group.add(
        "a final block, and a message after it that refers to nothing",
        COMES_BACK,
        client -> {
          client.openCompressed(Deflate.DEFAULT);
          client.send(compressed(TEXT, "f3 48 cd c9 c9 07 00 00")).echoes(Message.text("Hello"));
          client.send(compressed(TEXT, "f2 48 cd c9 c9 07 00")).echoes(Message.text("Hello"));
          client.closes();
        });
    group.add(
        "messages that are not compressed, between those that are",
        "every message comes back, the context is not touched",
        client -> {
          Deflate agreed = client.openCompressed(Deflate.DEFAULT);
          byte[] text = Samples.text(2000);
          try (Compressor compressor = compressor(agreed)) {
            for (int i = 0; i < 5; i++) {
              talk(client, compressor, TEXT, text, 1);
              client.send(ServerFrame.of(TEXT, text)).echoes(Message.of(true, text));
            }
          }
          client.closes();
        });
    group.add(
        "Pings between the fragments of a compressed message",
        "the Pings are answered, the message comes back",
        client -> {
          Deflate agreed = client.openCompressed(Deflate.DEFAULT);
          byte[] text = Samples.text(2000);
          try (Compressor compressor = compressor(agreed)) {
            int i = 0;
            for (ServerFrame frame : frames(TEXT, compressor.compress(text), 5)) {
              byte[] payload = {(byte) i++};
              client.send(frame, ServerFrame.ping(payload)).pongs(payload);
            }
            client.echoComes(Message.of(true, text)).delivers(Message.of(true, text));
          }
          client.closes();
        });
    group.add(
        "empty fragments of a compressed message",
        "the message comes back",
        client -> {
          client.openCompressed(Deflate.DEFAULT);
          client.send(ServerFrame.of(TEXT).rsv(RSV1).unfinished());
          client.send(ServerFrame.continuation("").unfinished());
          client.send(ServerFrame.of(CONTINUATION, COMPRESSED).unfinished());
          client.send(ServerFrame.continuation("")).echoes(Message.text("grüß")).closes();
        });
    for (int level : new int[] {0, 1, 9}) {
      group.add(
          "text of 128 KiB, compressed with level " + level,
          "the message comes back",
          client -> {
            client.openCompressed(Deflate.DEFAULT);
            byte[] text = Samples.text(1 << 17);
            client.send(frames(TEXT, deflate(text, level), 1));
            client.echoes(Message.of(true, text)).closes();
          });
    }
  }

  private static ServerFrame compressed(int opcode, String hex) {
    return ServerFrame.of(opcode, Hex.bytes(hex)).rsv(RSV1);
  }

  private static void echo(Group group, String title, String hex, String text) {
    for (Pacing pacing : List.of(Pacing.WHOLE, Pacing.BYTES)) {
      group
          .paced(pacing)
          .add(
              title,
              "the message comes back",
              client -> {
                client.openCompressed(Deflate.DEFAULT);
                client.send(compressed(TEXT, hex)).echoes(Message.text(text)).closes();
              });
    }
    group.paced(Pacing.WHOLE);
  }

  private static byte[] deflate(byte[] text, int level) {
    Deflater deflater = new Deflater(level, true);
    deflater.setInput(text);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] buffer = new byte[16 << 10];
    for (int count = -1; count != 0; ) {
      count = deflater.deflate(buffer, 0, buffer.length, Deflater.SYNC_FLUSH);
      out.write(buffer, 0, count);
    }
    deflater.end();
    return Arrays.copyOf(out.toByteArray(), out.size() - 4);
  }

  private static void fails(Group group, int code, String title, ServerFrame... frames) {
    group.add(
        title,
        "the connection fails with " + code,
        client -> {
          client.openCompressed(Deflate.DEFAULT);
          client.delivers(Message.text("grüß"));
          client.send(ServerFrame.of(TEXT, COMPRESSED).rsv(RSV1));
          client.send(frames).send(ServerFrame.text("after")).fails(code);
        });
  }

  private static void bits(Group group) {
    ServerFrame first = ServerFrame.of(TEXT, COMPRESSED).rsv(RSV1).unfinished();
    fails(group, 1002, "a continuation with RSV1", first, ServerFrame.of(CONTINUATION).rsv(RSV1));
    fails(
        group,
        1002,
        "a continuation with RSV1 of a message without",
        ServerFrame.text("a").unfinished(),
        ServerFrame.of(CONTINUATION, COMPRESSED).rsv(RSV1));
    fails(group, 1002, "a Ping with RSV1", ServerFrame.of(PING, COMPRESSED).rsv(RSV1));
    fails(group, 1002, "a Pong with RSV1", ServerFrame.pong(COMPRESSED).rsv(RSV1));
    fails(group, 1002, "a Close with RSV1", ServerFrame.close(1000, "").rsv(RSV1));
    for (int bits : new int[] {1, 2, 3, 5, 6, 7}) {
      ServerFrame frame = ServerFrame.of(TEXT, COMPRESSED).rsv(bits);
      fails(group, 1002, frame.toString(), frame);
    }
    group.add(
        "RSV1, after the offer was declined",
        "the connection fails with 1002",
        client -> {
          client.requireDeflateOffer();
          client.open();
          client.send(ServerFrame.of(TEXT, COMPRESSED).rsv(RSV1));
          client.send(ServerFrame.text("after")).fails(1002);
        });
  }

  private static void garbage(Group group) {
    garbage(group, "a block of the reserved type", "07 00");
    garbage(
        group, "a stored block whose length does not match", "00 05 00 00 00 68 65 6c 6c 6f 00");
    garbage(group, "a stored block that is cut", "00 05 00 fa ff 68 65");
    garbage(group, "a distance too far back", Hex.all(Compressor.tooFarBack()));
    garbage(group, "codes that are no code", "04 c0 ff ff ff ff ff ff ff ff ff ff");
    garbage(group, "bytes of all ones", "ff ff ff ff ff ff ff ff");
    garbage(group, "the header of zlib", "78 9c f2 48 cd c9 c9 07 00");
    garbage(group, "the header of gzip", "1f 8b 08 00 00 00 00 00 00 03 f2 48 cd c9 c9 07 00");
    fails(
        group,
        1007,
        "binary that is garbage",
        ServerFrame.of(BINARY, Hex.bytes("07 00")).rsv(RSV1));
    fails(
        group,
        1007,
        "garbage in the second fragment",
        ServerFrame.of(BINARY, Hex.bytes("f2 48 05 00 00 00 ff ff")).rsv(RSV1).unfinished(),
        ServerFrame.of(CONTINUATION, Hex.bytes("07 00")));
  }

  private static void garbage(Group group, String title, String hex) {
    fails(group, 1007, title, compressed(TEXT, hex));
  }

  private static void text(Group group) {
    for (String bad : List.of("80", "c0 80", "ed a0 80", "f4 90 80 80", "ff", "c3 28", "e4 b8")) {
      byte[] text = Hex.bytes("67 72 c3 bc c3 9f " + bad);
      try (Compressor compressor = new Compressor(true, 0)) {
        byte[] compressed = compressor.compress(text);
        fails(group, 1007, bad, frames(TEXT, compressed, 1).toArray(ServerFrame[]::new));
        fails(
            group,
            1007,
            bad + ", in fragments",
            frames(TEXT, compressed, 4).toArray(ServerFrame[]::new));
      }
    }
  }

  private static void limits(Group group) {
    int limit = 64 << 10;
    for (int opcode : new int[] {TEXT, BINARY}) {
      String name = ServerFrame.name(opcode);
      for (int fragments : new int[] {1, 20}) {
        String how = fragments == 1 ? "" : ", in fragments";
        byte[] most = new byte[limit];
        Arrays.fill(most, (byte) 'a');
        byte[] beyond = Arrays.copyOf(most, limit + 1);
        beyond[limit] = 'a';
        group.add(
            name + " of 64 KiB, very small on the wire" + how,
            "the message comes back",
            client -> {
              client.openCompressed(Deflate.DEFAULT);
              client.send(frames(opcode, deflate(most, 9), fragments));
              client.echoes(Message.of(opcode == TEXT, most)).closes();
            });
        tooBig(group, name + " of one byte more" + how, opcode, beyond, fragments);
        tooBig(group, name + " of 64 MiB, 64 KiB on the wire" + how, opcode, null, fragments);
      }
    }
    byte[] incompressible = Samples.binary(limit);
    group.add(
        "binary of 64 KiB that is larger on the wire",
        "the message comes back",
        client -> {
          client.openCompressed(Deflate.DEFAULT);
          client.send(frames(BINARY, deflate(incompressible, 0), 1));
          if (client.closesInstead()) {
            client.tolerate("the client counts the bytes on the wire");
            client.fails(1009);
          } else {
            client.echoes(Message.binary(incompressible)).closes();
          }
        });
  }

  /** A message that is too big once it is decompressed; {@code null} for a bomb. */
  private static void tooBig(
      Group group, String title, int opcode, byte @Nullable [] payload, int fragments) {
    group.add(
        title,
        "the connection fails with 1009",
        client -> {
          client.openCompressed(Deflate.DEFAULT);
          byte[] compressed = payload == null ? bomb() : deflate(payload, 9);
          client.send(frames(opcode, compressed, fragments));
          client.send(ServerFrame.text("after")).fails(1009);
        });
  }

  private static byte[] bomb() {
    Deflater deflater = new Deflater(9, true);
    byte[] zeros = new byte[1 << 20];
    Arrays.fill(zeros, (byte) 'a');
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] buffer = new byte[16 << 10];
    for (int i = 0; i < 64; i++) {
      deflater.setInput(zeros);
      int flush = i == 63 ? Deflater.SYNC_FLUSH : Deflater.NO_FLUSH;
      for (int count = -1; count != 0; ) {
        count = deflater.deflate(buffer, 0, buffer.length, flush);
        out.write(buffer, 0, count);
      }
    }
    deflater.end();
    return Arrays.copyOf(out.toByteArray(), out.size() - 4);
  }
}
