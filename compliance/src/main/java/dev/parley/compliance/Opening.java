// SPDX-License-Identifier: Apache-2.0
package dev.parley.compliance;

import dev.parley.compliance.Section.Group;
import java.time.Duration;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;

/**
 * The opening handshake: what the client asks, and what it may take for an answer (RFC 6455 §4).
 */
final class Opening {
  private static final String STATUS = "HTTP/1.1 101 Switching Protocols\r\n";
  private static final String UPGRADE = "Upgrade: websocket\r\n";
  private static final String CONNECTION = "Connection: Upgrade\r\n";
  private static final String ACCEPT = "Sec-WebSocket-Accept: {accept}\r\n";
  private static final String END = "\r\n";
  private static final String REFUSES = "no session: the client hangs up, and tells its user why";
  private static final String OPENS = "the session opens";

  private Opening() {}

  static Section requests() {
    Section section = new Section(11, "What the client writes");
    Group request = section.group("The opening request", "RFC 6455 §4.1");
    asks(request, "a GET of HTTP/1.1", r -> r.line().matches("GET /\\S+ HTTP/1\\.1"));
    asks(request, "Host, once, with the port", r -> one(r, "Host", "localhost:\\d+"));
    asks(request, "Upgrade: websocket", r -> one(r, "Upgrade", "(?i)websocket"));
    asks(
        request,
        "Connection: Upgrade",
        r -> one(r, "Connection", "(?i)(.*,\\s*)?upgrade(\\s*,.*)?"));
    asks(request, "Sec-WebSocket-Version: 13", r -> one(r, "Sec-WebSocket-Version", "13"));
    asks(request, "a key of 16 bytes", Opening::hasKey);
    asks(
        request,
        "no body is announced",
        r -> r.all("Transfer-Encoding").isEmpty() && r.get("Content-Length").matches("0?"));
    asks(
        request,
        "no extension and no subprotocol that nobody wanted",
        Settings.BARE,
        r ->
            r.all("Sec-WebSocket-Extensions").isEmpty()
                && r.all("Sec-WebSocket-Protocol").isEmpty());
    asks(
        request,
        "the subprotocols, in order",
        Settings.PLAIN.withSubprotocols("chat.v2", "chat.v1"),
        r -> r.get("Sec-WebSocket-Protocol").replace(" ", "").equals("chat.v2,chat.v1"));
    Group frames = section.group("Frames", "RFC 6455 §5.3");
    frames.add(
        "200 texts",
        "each echo is masked with a key of its own",
        client -> {
          client.open();
          for (int i = 0; i < 200; i++) {
            client.send(ServerFrame.text("same")).echoes(Message.text("same"));
          }
          List<Integer> keys = client.maskingKeys();
          int different = new HashSet<>(keys).size();
          if (different < keys.size() - 1) {
            throw Departure.failed(different + " masking keys for " + keys.size() + " frames");
          }
          client.closes();
        });
    return section;
  }

  private interface Question {
    boolean asks(Request request);
  }

  private static void asks(Group group, String what, Question question) {
    asks(group, what, Settings.PLAIN, question);
  }

  private static void asks(Group group, String what, Settings settings, Question question) {
    group
        .with(settings)
        .add(
            "nothing: this is about the request",
            what,
            client -> {
              if (!question.asks(client.request())) {
                throw Departure.failed("not in the request: " + what);
              }
              client.open();
              client.closes();
            });
  }

  private static boolean one(Request request, String name, String pattern) {
    List<String> values = request.all(name);
    return values.size() == 1 && values.get(0).matches(pattern);
  }

  private static boolean hasKey(Request request) {
    List<String> keys = request.all("Sec-WebSocket-Key");
    try {
      return keys.size() == 1
          && keys.get(0).length() == 24
          && Base64.getDecoder().decode(keys.get(0)).length == 16;
    } catch (IllegalArgumentException e) {
      return false; // it is no base64
    }
  }

  static Section responses() {
    Section section = new Section(12, "Opening handshake");
    good(section.group("A 101 that is right", "RFC 6455 §4.1"));
    accept(section.group("Sec-WebSocket-Accept", "RFC 6455 §4.1"));
    upgrade(section.group("Upgrade and Connection", "RFC 6455 §4.1"));
    grammar(section.group("What is no HTTP/1.1", "RFC 9112 §2, §5"));
    body(section.group("A 101 with a body", "RFC 9110 §8.6, RFC 9112 §6"));
    status(section.group("Other answers than a 101", "RFC 6455 §4.1"));
    limits(section.group("Heads that are too much", "RFC 9110 §5.4"));
    ends(section.group("Ends before the head does", "RFC 9112 §8"));
    return section;
  }

  private static void opens(Group group, String title, String head) {
    group.add(
        title,
        OPENS,
        client -> {
          client.respond(head);
          client.send(ServerFrame.text("a")).echoes(Message.text("a")).closes();
        });
  }

  /** Whoever takes the head for a right one would deliver the text after it. */
  private static void refused(Group group, String title, String head) {
    group.add(
        title,
        REFUSES,
        client -> {
          client.respond(head);
          client.send(ServerFrame.text("after")).refuses();
        });
  }

  /** As {@link #refused}, where the RFC lets a client read it as if it were right. */
  private static void refusedAtWill(Group group, String title, String head, String rfc) {
    group.add(
        title,
        REFUSES,
        client -> {
          client.respond(head);
          client
              .send(ServerFrame.text("after"))
              .refusesOr("the client reads it as if it were right, as " + rfc + " allows");
        });
  }

  /** Where a client that reads it as if it were right and one that refuses are both right. */
  private static void eitherWay(Group group, String title, String head) {
    group.add(
        title,
        "the session opens; or the client hangs up, and tells its user why",
        client -> {
          client.respond(head);
          client.send(ServerFrame.text("a")).echoesOrRefuses(Message.text("a"));
        });
  }

  private static String title(String statusLine) {
    return "status line: " + statusLine.replaceAll("[\\x00-\\x1f]", "·");
  }

  private static void good(Group group) {
    opens(
        group, "Upgrade: WebSocket", STATUS + "Upgrade: WebSocket\r\n" + CONNECTION + ACCEPT + END);
    opens(
        group,
        "Connection: keep-alive, Upgrade",
        STATUS + UPGRADE + "Connection: keep-alive, Upgrade\r\n" + ACCEPT + END);
    opens(
        group,
        "Connection over two lines",
        STATUS + UPGRADE + "Connection: keep-alive\r\nConnection: Upgrade\r\n" + ACCEPT + END);
    opens(
        group,
        "names and values in other case",
        STATUS
            + "UPGRADE: WEBSOCKET\r\nconnection: UPGRADE\r\nsec-websocket-ACCEPT: {accept}\r\n"
            + END);
    opens(
        group,
        "no space after the colons",
        STATUS
            + "Upgrade:websocket\r\nConnection:Upgrade\r\nSec-WebSocket-Accept:{accept}\r\n"
            + END);
    opens(
        group,
        "spaces and tabs around the values",
        STATUS
            + "Upgrade: \t websocket \t\r\nConnection:   Upgrade  \r\n"
            + "Sec-WebSocket-Accept:  {accept} \t\r\n"
            + END);
    opens(group, "no reason phrase", "HTTP/1.1 101 \r\n" + UPGRADE + CONNECTION + ACCEPT + END);
    opens(
        group,
        "another reason phrase",
        "HTTP/1.1 101 Off we go\r\n" + UPGRADE + CONNECTION + ACCEPT + END);
    opens(
        group,
        "the fields in another order, others among them",
        STATUS
            + "Server: x\r\n"
            + ACCEPT
            + "Date: Sun, 22 Nov 2026 00:00:00 GMT\r\n"
            + CONNECTION
            + "X-Empty:\r\n"
            + UPGRADE
            + "Set-Cookie: a=b\r\nSet-Cookie: c=d\r\n"
            + END);
    opens(
        group,
        "50 more fields",
        STATUS + UPGRADE + CONNECTION + ACCEPT + "X-More: and more\r\n".repeat(50) + END);
    opens(
        group,
        "a field of 4 KiB",
        STATUS + UPGRADE + CONNECTION + ACCEPT + "X-Long: " + "a".repeat(4096) + "\r\n" + END);
  }

  private static void accept(Group group) {
    String rest = STATUS + UPGRADE + CONNECTION;
    refused(group, "no Sec-WebSocket-Accept", rest + END);
    refused(group, "an empty one", rest + "Sec-WebSocket-Accept:\r\n" + END);
    refused(
        group,
        "one for another key",
        rest + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" + END);
    refused(group, "one without its padding", rest + "Sec-WebSocket-Accept: {unpadded}\r\n" + END);
    refused(group, "one in other case", rest + "Sec-WebSocket-Accept: {swapped}\r\n" + END);
    refused(group, "one with a space inside", rest + "Sec-WebSocket-Accept: {spaced}\r\n" + END);
    refused(
        group, "one with one character changed", rest + "Sec-WebSocket-Accept: {off}\r\n" + END);
    refused(
        group,
        "the right one, and a character more",
        rest + "Sec-WebSocket-Accept: {accept}=\r\n" + END);
    refused(
        group,
        "the right one, then a wrong one",
        rest + ACCEPT + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" + END);
    refused(
        group,
        "a wrong one, then the right one",
        rest + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" + ACCEPT + END);
    refused(group, "the right one twice", rest + ACCEPT + ACCEPT + END);
    refused(group, "the key itself", rest + "Sec-WebSocket-Accept: {key}\r\n" + END);
  }

  private static void upgrade(Group group) {
    refused(group, "no Upgrade", STATUS + CONNECTION + ACCEPT + END);
    refused(group, "an empty Upgrade", STATUS + "Upgrade:\r\n" + CONNECTION + ACCEPT + END);
    for (String other :
        List.of("websocket2", "web socket", "h2c", "xwebsocket", "websocket, h2c")) {
      refused(
          group,
          "Upgrade: " + other,
          STATUS + "Upgrade: " + other + "\r\n" + CONNECTION + ACCEPT + END);
    }
    refused(group, "no Connection", STATUS + UPGRADE + ACCEPT + END);
    refused(group, "an empty Connection", STATUS + UPGRADE + "Connection:\r\n" + ACCEPT + END);
    for (String other : List.of("keep-alive", "close", "notupgrade", "upgraded", "up grade")) {
      refused(
          group,
          "Connection: " + other,
          STATUS + UPGRADE + "Connection: " + other + "\r\n" + ACCEPT + END);
    }
  }

  private static void grammar(Group group) {
    String rest = UPGRADE + CONNECTION + ACCEPT + END;
    for (String line :
        List.of(
            "HTTP/2 101 Switching Protocols",
            "HTTP/2.0 101 Switching Protocols",
            "HTTP/1.1 1012 Switching Protocols",
            "HTTP/1.1 10 Switching Protocols",
            "HTTP/1.1 +101 Switching Protocols",
            "HTTP/1.1 0101 Switching Protocols",
            "HTTP/1.1 1O1 Switching Protocols",
            "HTTP/11 101 Switching Protocols",
            "HTTPS/1.1 101 Switching Protocols",
            "ICY 101 Switching Protocols",
            "HTTP/1.1101 Switching Protocols",
            "GET / HTTP/1.1",
            "\u0000\u0001\u0002\u0003HTTP/1.1 101 Switching Protocols")) {
      refused(group, title(line), line + "\r\n" + rest);
    }
    String recovered = "RFC 9110 §2.4";
    for (String line :
        List.of("HTTP/1.0 101 Switching Protocols", "http/1.1 101 Switching Protocols")) {
      refusedAtWill(group, title(line), line + "\r\n" + rest, recovered);
    }
    for (String line :
        List.of(
            "HTTP/1.1  101 Switching Protocols",
            "HTTP/1.1\t101 Switching Protocols",
            " HTTP/1.1 101 Switching Protocols")) {
      refusedAtWill(group, title(line), line + "\r\n" + rest, "RFC 9112 §4");
    }
    String fields = STATUS + UPGRADE + CONNECTION + ACCEPT;
    refusedAtWill(group, "a space before a colon", fields + "X-Name : value\r\n" + END, recovered);
    refusedAtWill(
        group,
        "a space before the colon of Upgrade",
        STATUS + "Upgrade : websocket\r\n" + CONNECTION + ACCEPT + END,
        recovered);
    // RFC 9112 §5.2 has a client read it as a space, and no sender write it.
    eitherWay(group, "a field continued on the next line", fields + "X-Name: a\r\n b\r\n" + END);
    // RFC 9112 §2.2 has it refused or left out.
    eitherWay(group, "a first line that continues nothing", STATUS + " X: y\r\n" + rest);
    refusedAtWill(group, "a line without a colon", fields + "no field\r\n" + END, recovered);
    refusedAtWill(group, "a field without a name", fields + ": value\r\n" + END, recovered);
    refusedAtWill(group, "a space in a name", fields + "X Name: value\r\n" + END, recovered);
    refusedAtWill(
        group, "a NUL in a value", fields + "X-Name: a\u0000b\r\n" + END, "RFC 9110 §5.5");
    refusedAtWill(group, "a NUL in a name", fields + "X-N\u0000me: b\r\n" + END, recovered);
    refusedAtWill(
        group, "a bare CR in a value", fields + "X-Name: a\rb\r\n" + END, "RFC 9112 §2.2");
    String lines = (fields + END).replace("\r\n", "\n");
    refusedAtWill(group, "lines that end in LF alone", lines, "RFC 9112 §2.2");
    refusedAtWill(
        group, "one line that ends in LF alone", fields + "X-Name: a\n" + END, "RFC 9112 §2.2");
    refused(group, "lines that end in CR alone", (fields + END).replace("\r\n", "\r"));
  }

  /** A 101 has no body, whatever its fields say (RFC 9112 §6.3): what follows is a frame. */
  private static void body(Group group) {
    String fields = STATUS + UPGRADE + CONNECTION + ACCEPT;
    noFrame(group, "Content-Length: 5", fields + "Content-Length: 5\r\n" + END, "hello");
    noFrame(
        group,
        "Content-Length: 5, twice",
        fields + "Content-Length: 5\r\nContent-Length: 5\r\n" + END,
        "hello");
    noFrame(
        group,
        "Transfer-Encoding: chunked",
        fields + "Transfer-Encoding: chunked\r\n" + END,
        "5\r\nhello\r\n0\r\n\r\n");
    refusedAtWill(
        group, "Content-Length: -1", fields + "Content-Length: -1\r\n" + END, "RFC 9112 §6.3");
    opens(group, "Content-Length: 0", fields + "Content-Length: 0\r\n" + END);
  }

  private static void noFrame(Group group, String title, String head, String body) {
    group.add(
        title,
        "no session; or the body is taken for a broken frame, and the connection fails",
        client -> {
          client.respond(head + body);
          client.send(ServerFrame.text("after")).refusesOrFails();
        });
  }

  private static void status(Group group) {
    for (int status : new int[] {200, 204, 400, 401, 403, 404, 407, 426, 429, 500, 502, 503}) {
      group.add(
          "status " + status + " with a body",
          REFUSES,
          client -> {
            client.respond(
                "HTTP/1.1 "
                    + status
                    + " Reason\r\nConnection: close\r\nRetry-After: 5\r\n"
                    + (status == 204 ? "\r\n" : "Content-Length: 6\r\n\r\nsorry!"));
            client.refusesAfterEnd();
          });
    }
    group.add(
        "status 200 with all that a 101 has",
        REFUSES,
        client -> {
          client.respond("HTTP/1.1 200 OK\r\n" + UPGRADE + CONNECTION + ACCEPT + END);
          client.send(ServerFrame.text("after")).refusesAfterEnd();
        });
    group.add(
        "status 400, chunked",
        REFUSES,
        client -> {
          client.respond(
              String.join(
                  "\r\n",
                  "HTTP/1.1 400 Bad",
                  "Connection: close",
                  "Transfer-Encoding: chunked",
                  "",
                  "5",
                  "sorry",
                  "0",
                  "",
                  ""));
          client.refusesAfterEnd();
        });
    for (int status : new int[] {301, 302, 303, 307, 308}) {
      group.add(
          "status " + status + ", to a place where nothing is",
          REFUSES,
          client -> {
            client.respond(
                "HTTP/1.1 "
                    + status
                    + " Moved\r\nLocation: /nowhere\r\nContent-Length: 0\r\n"
                    + "Connection: close\r\n\r\n");
            client.refusesAfterEnd();
          });
    }
  }

  private static void limits(Group group) {
    String unlimited = "the client reads a head without end";
    String stops = "the client stops reading, and refuses";
    endless(group, "a status line of 24 MiB", "HTTP/1.1 101 ", "a".repeat(1 << 16), unlimited);
    endless(group, "a field of 24 MiB", STATUS + UPGRADE + "X: ", "a".repeat(1 << 16), unlimited);
    endless(group, "a field name of 24 MiB", STATUS + UPGRADE, "a".repeat(1 << 16), unlimited);
    endless(
        group,
        "fields of 24 MiB in all",
        STATUS + UPGRADE,
        ("X: " + "a".repeat(1019) + "\r\n").repeat(64),
        unlimited);
    group.add(
        "10 000 short fields",
        stops,
        client -> {
          client.respond(STATUS + UPGRADE + CONNECTION + ACCEPT + "X: y\r\n".repeat(10_000) + END);
          client.send(ServerFrame.text("after")).refusesOr("the client takes 10 000 fields");
        });
    group
        .with(Settings.PLAIN.withOpenTimeout(Duration.ofMillis(500)))
        .add(
            "a right 101, a byte each 40 ms; the client was told to wait 500 ms",
            "the client gives up after 500 ms in all",
            client -> {
              byte[] head = ServerFrame.utf8(STATUS + UPGRADE);
              int bytes = 0;
              while (bytes < 50 && !client.reacts(Duration.ZERO)) { // for two seconds
                client.drip(head[bytes++], Duration.ofMillis(40));
              }
              if (!client.reacts(Duration.ZERO)) {
                client.tolerate("the client counts its time from the last byte");
              }
              client.refuses();
            });
  }

  private static void endless(
      Group group, String title, String begin, String more, String otherwise) {
    group.add(
        title,
        "the client stops reading, and refuses",
        client -> {
          client.respond(begin);
          long written = client.flood("more of it", ServerFrame.utf8(more), 24L << 20);
          if (!client.lost() && written >= 24L << 20) {
            client.tolerate(otherwise);
          }
          client.refusesAfterEnd();
        });
  }

  private static void ends(Group group) {
    String fields = STATUS + UPGRADE + CONNECTION + ACCEPT;
    ends(group, "nothing at all", "");
    ends(group, "half a status line", "HTTP/1.1 10");
    ends(group, "half a head", STATUS + UPGRADE);
    ends(group, "all but the empty line", fields);
    ends(group, "all but the last LF", fields + "\r");
  }

  private static void ends(Group group, String title, String head) {
    group.add(
        title + ", then the end of the stream",
        REFUSES,
        client -> {
          client.respond(head);
          client.refusesAfterEnd();
        });
    group.add(
        title + ", then a reset",
        REFUSES,
        client -> {
          client.respond(head);
          client.refusesAfterReset();
        });
  }
}
