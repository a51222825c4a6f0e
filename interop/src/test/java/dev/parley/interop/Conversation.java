// SPDX-License-Identifier: Apache-2.0
package dev.parley.interop;

import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Frame;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * What a server does in one session, as the path {@code /talk/<id>/<command>/<arguments>} asks.
 *
 * <ul>
 *   <li>{@code echo}: each message goes back with its own type
 *   <li>{@code fragments/N}: the same, in fragments of N bytes
 *   <li>{@code ping}: each message goes out as the payload of a Ping, and the Pong's as text
 *   <li>{@code close/CODE/REASON}: the server closes after the first message
 *   <li>{@code cut/fin}, {@code cut/rst}: the server echoes the first message, begins another one,
 *       and drops the TCP connection inside of it, by FIN or by RST
 * </ul>
 *
 * The servers in this JVM share this class; {@code server.js} says the same for Node.
 */
final class Conversation {
  static final String PATH = "/talk/";
  static final String SUBPROTOCOL = "parley.v2";

  /** The largest message that a server must take. */
  static final int MAX_MESSAGE = 32 << 20;

  /** The server's end of the session, in the words of its own API. */
  interface Answers {
    /** Sends one frame of a message; where it is not final, the next ones continue it. */
    void send(Frame frame);

    void ping(byte[] payload);

    void close(int code, String reason);

    /** Drops the TCP connection behind all that was sent, with no Close frame. */
    void cut(boolean reset);
  }

  private final String id;
  private final List<String> words;
  private final Answers answers;
  private final Closes closes;

  Conversation(String path, Answers answers, Closes closes) {
    List<String> parts = List.of(path.substring(PATH.length()).split("/"));
    this.id = parts.get(0);
    this.words = parts.subList(1, parts.size());
    this.answers = answers;
    this.closes = closes;
  }

  void message(Frame message) {
    switch (words.get(0)) {
      case "echo" -> answers.send(message);
      case "fragments" -> sendFragments(message, Integer.parseInt(words.get(1)));
      case "ping" -> answers.ping(message.data());
      case "close" -> answers.close(Integer.parseInt(words.get(1)), words.get(2));
      case "cut" -> {
        answers.send(message);
        answers.send(part(message, 0, 1, false));
        answers.cut(words.get(1).equals("rst"));
      }
      default -> throw new IllegalArgumentException("conversation " + words);
    }
  }

  void pong(byte[] payload) {
    if (words.get(0).equals("ping")) {
      answers.send(new Frame.Text("pong " + new String(payload, StandardCharsets.UTF_8)));
    }
  }

  void closed(int code, String reason) {
    closes.report(id, new CloseReason(code, reason));
  }

  private void sendFragments(Frame message, int size) {
    int length = message.data().length;
    int from = 0;
    do {
      int to = Math.min(length, from + size);
      answers.send(part(message, from, to, to == length));
      from = to;
    } while (from < length);
  }

  private static Frame part(Frame message, int from, int to, boolean fin) {
    byte[] data = Arrays.copyOfRange(message.data(), from, to);
    return message instanceof Frame.Text
        ? new Frame.Text(data, fin, false, false, false)
        : new Frame.Binary(data, fin, false, false, false);
  }
}
